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
        _, new, actions = _decided(ports, actor, order_id, reason, line_ids)
        ports.committer.commit([ports.store.replace(new), *actions, ports.idempotency.remember(once, new)])
        return new

    return retrying(attempt)


def cancel_quote(
    ports: OrdersPorts, actor: Actor, order_id: str, line_ids: Collection[str] | None = None
) -> tuple[Order, Order]:
    """Return an order as it is, and as it would be after `cancel`, which raises the same. Nothing is written."""
    order, new, _ = _decided(ports, actor, order_id, None, line_ids)
    return order, new


def _decided(
    ports: OrdersPorts, actor: Actor, order_id: str, reason: str | None, line_ids: Collection[str] | None
) -> tuple[Order, Order, list[Action]]:
    now = ports.clock.now()
    order = get(ports, actor, order_id)
    by_customer = actor.account_id == order.customer_id and not order.is_own
    if line_ids is not None and {order.line(one) for one in line_ids} & {None}:
        raise NotFound("order line")
    if order.state == OrderState.HELD and line_ids is None:
        return order, *_let_go(ports, order, now, by_customer=by_customer, reason=reason)
    if order.state == OrderState.CONFIRMED:
        return order, *called(ports, order, now, by_customer=by_customer, reason=reason, line_ids=line_ids)
    raise not_possible(order)


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
    chosen = _chosen(order, now, line_ids, by_customer=by_customer)
    late = [line for line in chosen if by_customer and not is_free(line, now)]
    free = _lines.free_to_cancel(ports, late, now) if late else ()
    goes_on = any(line.state not in _GONE and line not in chosen for line in order.lines)
    used = _lines.used(ports, order) if goes_on else ()
    new = called_off(order, now, in_full=not by_customer, reason=reason, line_ids=line_ids, free=free, used=used)
    actions = _lines.release(ports, order, chosen, LineState.CANCELLED, now)
    actions += _lines.corrected(ports, order, new, now)
    for line in chosen:
        ended = new.line(line.id)
        if ended is not None and ended.state == LineState.CANCELLED:
            actions += _lines.kept(ports, new, ended, now)  # all is kept: no refund will come that makes it due
    ending = _ending(new, by_customer=by_customer, late={line.id for line in late} - set(free))
    actions += _lines.coupons_back(ports, order, ending, now, _without_use(order, new))
    if order.is_bought and not new.is_bought:
        actions += _firsts.undone(ports, order)
    counted = order.counts_until
    if new.state != OrderState.CONFIRMED and counted is not None and now < counted:
        actions += ports.store.forget_hold(order.customer_id, order.id)
    actions.append(ports.outbox.put(messages.told(messages.CANCELLED, new, now)))
    return new, [*actions, *_refund(ports, new, now, by_customer=by_customer)]


def _chosen(order: Order, now: datetime, line_ids: Collection[str] | None, *, by_customer: bool) -> list[Line]:
    """Return the lines that are called off; raises as `called`."""
    to_come = [line for line in order.lines if line.state == LineState.CONFIRMED]
    chosen = [line for line in to_come if line_ids is None or line.id in line_ids]
    if line_ids is not None and len(chosen) < len(set(line_ids)):
        raise not_possible(order)
    if by_customer and any(has_started(line, now) for line in chosen):
        raise AlreadyStarted
    return chosen


def _refund(ports: OrdersPorts, order: Order, now: datetime, *, by_customer: bool) -> list[Action]:
    """Return the message that the money of what was called off goes back; none where there is none."""
    amount = going_back(order, order.rounds)
    if not amount or order.payment_id is None:
        return []
    cause = messages.numbered(messages.CANCELLED_LINES, order.rounds)
    due = messages.refund_due(order, order.payment_id, amount, cause, now, by_customer=by_customer)
    return [ports.outbox.put(due)]


_GONE = frozenset({LineState.REFUNDING, LineState.REFUNDED, LineState.CANCELLED})


def _without_use(order: Order, new: Order) -> list[str]:
    """Return the coupons of which nothing is taken off any more: all of the order went, or the lines that they are for,
    or those that stay do not reach the least to spend.
    """
    if all(line.state in _GONE for line in new.lines):
        return list(order.coupon_ids)
    still = {part.coupon_id for line in new.lines if line.state not in _GONE for part in line.discounts}
    had = {part.coupon_id for line in order.lines if line.state not in _GONE for part in line.discounts}
    return [one for one in order.coupon_ids if one in had - still]


def _ending(order: Order, *, by_customer: bool, late: Collection[str]) -> Ending:
    """How coupons end whose lines are given up; `late`: those that it was too late for now."""
    if not by_customer:
        return Ending.BY_SHOP
    return Ending.LATE if late or any(line.kept for line in order.lines if line.state in _GONE) else Ending.IN_TIME
