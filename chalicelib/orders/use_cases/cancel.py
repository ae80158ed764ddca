"""Cancelling: by the customer under the frozen policy, by the merchant always with all money back."""

from collections.abc import Collection
from datetime import datetime

from chalicelib.coupons.ports import Ending
from chalicelib.kit.auth import Actor
from chalicelib.kit.errors import NotFound
from chalicelib.kit.idempotency import Once
from chalicelib.kit.transaction import Action, retrying
from chalicelib.orders import messages
from chalicelib.orders.ports import Line, LineState, Order, OrdersPorts, OrderState
from chalicelib.orders.rules import (
    AlreadyStarted,
    Happening,
    called_off,
    going_back,
    has_started,
    is_free,
    move,
    not_possible,
    with_lines,
)
from chalicelib.orders.use_cases import _firsts, _lines
from chalicelib.orders.use_cases.read import get


def cancel(
    ports: OrdersPorts,
    actor: Actor,
    order_id: str,
    reason: str | None,
    once: Once,
    line_ids: Collection[str] | None = None,
) -> Order:
    """Cancel an order, or some of its lines. What was paid goes back, less the fee that the policy frozen on each line
    lets the merchant keep of a late cancellation; an admin cancels as the merchant does.

    Raises:
        NotFound: neither the customer nor the merchant of such an order, or no such line.
        NotPossible: not held and not confirmed, a line that is not confirmed, or some lines of an order that is only
            held. AlreadyStarted: the customer comes too late.
    """

    def attempt() -> Order:
        now = ports.clock.now()
        order = get(ports, actor, order_id)
        by_customer = actor.account_id == order.customer_id and not order.is_own
        if line_ids is not None and {order.line(one) for one in line_ids} & {None}:
            raise NotFound("order line")
        if order.state == OrderState.HELD and line_ids is None:
            new, actions = _let_go(ports, order, now, by_customer=by_customer, reason=reason)
        elif order.state == OrderState.CONFIRMED:
            new, actions = called(ports, order, now, by_customer=by_customer, reason=reason, line_ids=line_ids)
        else:
            raise not_possible(order)
        ports.committer.commit([ports.store.replace(new), *actions, ports.idempotency.remember(once, new)])
        return new

    return retrying(attempt)


def _let_go(
    ports: OrdersPorts, order: Order, now: datetime, *, by_customer: bool, reason: str | None
) -> tuple[Order, list[Action]]:
    """No money is involved; a payment that is on its way will find a cancelled order and go back."""
    lines = with_lines(order.lines, LineState.CANCELLED)
    new = move(order, Happening.CANCEL, OrderState.CANCELLED, lines=lines, reason=reason)
    actions = _lines.release(ports, order, order.lines, LineState.CANCELLED, now)
    if order.is_live(now):
        actions.append(ports.store.drop_hold(order.customer_id, order.id))
    actions += _lines.coupons_back(ports, order, Ending.UNPAID, now)
    if order.first_of:
        actions += _firsts.undone(ports, order)
    if not by_customer:  # a customer who lets go of a hold need not be told, and the merchant has never heard of it
        actions.append(ports.outbox.put(messages.told(messages.CANCELLED, new, now)))
    return new, actions


def called(
    ports: OrdersPorts,
    order: Order,
    now: datetime,
    *,
    by_customer: bool,
    reason: str | None,
    line_ids: Collection[str] | None = None,
) -> tuple[Order, list[Action]]:
    """Return a confirmed order of which some lines, or all that are still to come, are called off; and the writes
    beside that of the order itself.

    Raises:
        NotPossible: one of the lines is not confirmed. AlreadyStarted: the customer comes too late.
    """
    chosen = [line for line in order.lines if line.state == LineState.CONFIRMED and _is_among(line, line_ids)]
    if line_ids is not None and len(chosen) < len(set(line_ids)):
        raise not_possible(order)
    if by_customer and any(has_started(line, now) for line in chosen):
        raise AlreadyStarted
    late = [line for line in chosen if by_customer and not is_free(line, now)]
    free = _lines.free_to_cancel(ports, late, now) if late else ()
    new = called_off(order, now, in_full=not by_customer, reason=reason, line_ids=line_ids, free=free)
    actions = _lines.release(ports, order, chosen, LineState.CANCELLED, now)
    for line in chosen:
        ended = new.line(line.id)
        if ended is not None and ended.state == LineState.CANCELLED:
            actions += _lines.kept(ports, new, ended, now)  # all is kept: no refund will come that makes it due
    if all(line.state in _GONE for line in new.lines):
        ending = _ending(new, by_customer=by_customer, late={line.id for line in late} - set(free))
        actions += _lines.coupons_back(ports, order, ending, now)
    if order.is_bought and not new.is_bought:
        actions += _firsts.undone(ports, order)
    counted = order.counts_until
    if new.state != OrderState.CONFIRMED and counted is not None and now < counted:
        actions += ports.store.forget_hold(order.customer_id, order.id)
    actions.append(ports.outbox.put(messages.told(messages.CANCELLED, new, now)))
    amount = going_back(new, new.rounds)
    if amount and new.payment_id is not None:
        reason_of_refund = messages.numbered(messages.CANCELLED_LINES, new.rounds)
        actions.append(
            ports.outbox.put(
                messages.refund_due(new, new.payment_id, amount, reason_of_refund, now, by_customer=by_customer)
            )
        )
    return new, actions


_GONE = frozenset({LineState.REFUNDING, LineState.REFUNDED, LineState.CANCELLED})


def _ending(order: Order, *, by_customer: bool, late: Collection[str]) -> Ending:
    """How an order ended of which all lines are given up; `late`: those that it was too late for now."""
    if late or any(line.kept for line in order.lines):
        return Ending.LATE
    return Ending.IN_TIME if by_customer else Ending.BY_SHOP


def _is_among(line: Line, line_ids: Collection[str] | None) -> bool:
    return line_ids is None or line.id in line_ids
