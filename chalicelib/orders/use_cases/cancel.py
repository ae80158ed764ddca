"""Cancelling: by the customer under the frozen policy, by the merchant always with all money back."""

from datetime import datetime

from chalicelib.coupons import use_cases as coupons
from chalicelib.kit.auth import Actor
from chalicelib.kit.idempotency import Once
from chalicelib.kit.transaction import Action, retrying
from chalicelib.orders import messages
from chalicelib.orders.ports import LineState, Order, OrdersPorts, OrderState
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
from chalicelib.orders.use_cases import _lines
from chalicelib.orders.use_cases.read import get


def cancel(ports: OrdersPorts, actor: Actor, order_id: str, reason: str | None, once: Once) -> Order:
    """Cancel an order. What was paid goes back, less the fee that the policy frozen on each line lets the merchant keep
    of a late cancellation; an admin cancels as the merchant does.

    Raises:
        NotFound: neither the customer nor the merchant of such an order.
        NotPossible: not held and not confirmed. AlreadyStarted: the customer comes too late.
    """

    def attempt() -> Order:
        now = ports.clock.now()
        order = get(ports, actor, order_id)
        by_customer = actor.account_id == order.customer_id
        if order.state == OrderState.HELD:
            new, actions = _let_go(ports, order, now, by_customer=by_customer, reason=reason)
        elif order.state == OrderState.CONFIRMED:
            new, actions = _called_off(ports, order, now, by_customer=by_customer, reason=reason)
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
    actions += _coupon_back(ports, order)
    if not by_customer:  # a customer who lets go of a hold need not be told, and the merchant has never heard of it
        actions.append(ports.outbox.put(messages.told(messages.CANCELLED, new, now)))
    return new, actions


def _called_off(
    ports: OrdersPorts, order: Order, now: datetime, *, by_customer: bool, reason: str | None
) -> tuple[Order, list[Action]]:
    open_lines = [line for line in order.lines if line.state == LineState.CONFIRMED]
    if by_customer and any(has_started(line, now) for line in open_lines):
        raise AlreadyStarted
    new = called_off(order, now, in_full=not by_customer, reason=reason)
    actions = _lines.release(ports, order, open_lines, LineState.CANCELLED, now)
    for line in new.lines:
        if line.state == LineState.CANCELLED:  # all of it is kept: no refund will come that could make it due
            actions += _lines.kept(ports, new, line, now)
    free_of_charge = not by_customer or all(is_free(line, now) for line in open_lines)
    if free_of_charge and len(open_lines) == len(order.lines):
        actions += _coupon_back(ports, order)
    actions.append(ports.outbox.put(messages.told(messages.CANCELLED, new, now)))
    if new.state == OrderState.REFUNDING and new.payment_id is not None:
        why = messages.refund_due(new, new.payment_id, going_back(new), "cancelled", now)
        actions.append(ports.outbox.put(why))
    return new, actions


def _coupon_back(ports: OrdersPorts, order: Order) -> list[Action]:
    if order.coupon_id is None:
        return []
    return coupons.give_back(ports.coupons, order.coupon_id, order.customer_id, order.id)
