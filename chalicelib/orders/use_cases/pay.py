"""Money comes, and money has gone back. Called by payments, inside its own transactions."""

from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.coupons import use_cases as coupons
from chalicelib.coupons.ports import CouponUnavailable, Ending
from chalicelib.kit.auth import Actor
from chalicelib.kit.errors import NotFound
from chalicelib.kit.money import Money
from chalicelib.kit.transaction import Action
from chalicelib.orders import messages
from chalicelib.orders.ports import CannotFulfil, LineState, Order, OrdersPorts, OrderState
from chalicelib.orders.rules import Happening, HoldRanOut, failed, money_back, move, not_possible, with_lines
from chalicelib.orders.use_cases import _firsts, _lines
from chalicelib.orders.use_cases.read import read


@dataclass(frozen=True)
class Paid:
    """What a payment does to an order.

    Attributes:
        order: as it will stand.
        fulfilled: the order is the customer's; False: this payment's money goes back, and a message says so.
        actions: writes for the transaction that also puts the payment and the books.
    """

    order: Order
    fulfilled: bool
    actions: list[Action]


def payable(ports: OrdersPorts, actor: Actor, order_id: str) -> Order:
    """Return the caller's own order, which waits for money.

    Raises:
        NotFound: the caller has no such order.
        NotPossible: it is not held. HoldRanOut: its hold is over.
    """
    order = read(ports, order_id)
    if order.customer_id != actor.account_id:
        raise NotFound("order")
    if order.state == OrderState.EXPIRED or (order.state == OrderState.HELD and not order.is_live(ports.clock.now())):
        raise HoldRanOut
    if order.state != OrderState.HELD:
        raise not_possible(order)
    return order


def paid(ports: OrdersPorts, order_id: str, payment_id: str, amount: Money, now: datetime) -> Paid:
    """Return what the arrival of a payment does to an order. Idempotent by `payment_id`; call it inside `retrying`.

    Lines and coupon become the customer's, also after the hold ran out where they are still free. Otherwise the order
    refunds itself. A second payment, or one of another amount, goes back without touching what the order stands for.
    """
    order = read(ports, order_id)
    if payment_id == order.payment_id or payment_id in order.returned:
        fulfilled = payment_id == order.payment_id and order.state in {OrderState.CONFIRMED, OrderState.COMPLETED}
        return Paid(order, fulfilled, [])
    if amount != order.money:
        return _sent_back(ports, order, payment_id, amount, "wrong-amount", now)
    if order.payment_id is not None or order.state not in _WAITS:
        return _sent_back(ports, order, payment_id, amount, "paid-twice", now)
    if order.state == OrderState.CANCELLED:
        return _failed(ports, order, payment_id, now)
    try:
        return _confirmed(ports, order, payment_id, now)
    except (CannotFulfil, CouponUnavailable):
        return _failed(ports, order, payment_id, now)


_WAITS = {OrderState.HELD, OrderState.EXPIRED, OrderState.CANCELLED}


def _confirmed(ports: OrdersPorts, order: Order, payment_id: str, now: datetime) -> Paid:
    lines = with_lines(order.lines, LineState.CONFIRMED)
    new = move(order, Happening.PAY, OrderState.CONFIRMED, lines=lines, payment_id=payment_id, confirmed_at=now)
    actions = [ports.store.replace(new), *_lines.confirm(ports, order, now)]
    if order.coupon_ids:
        actions += coupons.use(ports.coupons, order.coupon_ids, order.customer_id, order.id, now)
    actions += _firsts.sold(ports, new, now)
    if order.is_live(now):
        actions.append(ports.store.drop_hold(order.customer_id, order.id))
    return Paid(new, True, [*actions, ports.outbox.put(messages.told(messages.CONFIRMED, new, now))])


def _failed(ports: OrdersPorts, order: Order, payment_id: str, now: datetime) -> Paid:
    """The order becomes one that refunds itself; what it still holds is free for others."""
    new = failed(order, payment_id)
    actions = [ports.store.replace(new)]
    if order.state == OrderState.HELD:
        actions += _lines.release(ports, order, order.lines, LineState.EXPIRED, now)
    if order.coupon_ids:
        actions += _lines.coupons_back(ports, order, Ending.UNPAID, now)
    if order.first_of:
        actions += _firsts.undone(ports, order)
    if order.is_live(now):
        actions.append(ports.store.drop_hold(order.customer_id, order.id))
    why = messages.refund_due(new, payment_id, new.total, messages.UNFULFILLED, now)
    return Paid(new, False, [*actions, ports.outbox.put(why)])


def _sent_back(ports: OrdersPorts, order: Order, payment_id: str, amount: Money, reason: str, now: datetime) -> Paid:
    new = replace(order, returned=(*order.returned, payment_id), version=order.version + 1)
    why = messages.refund_due(new, payment_id, amount.amount, reason, now)
    return Paid(new, False, [ports.store.replace(new), ports.outbox.put(why)])


def refunded(
    ports: OrdersPorts, order_id: str, amount: Money, now: datetime, *, payment_id: str, reason: str
) -> list[Action]:
    """Return what it does to an order that a refund of `payment_id` reached the customer: nothing, where the order
    lives on another payment. That a refund is told once is the caller's condition, in the same transaction.

    Args:
        ports: what orders need.
        order_id: the order.
        amount: what went back.
        now: the moment.
        payment_id: which money it was.
        reason: as the order's own message said it when it asked for the refund.
    """
    order = read(ports, order_id)
    turn = messages.turn_of(reason)
    if payment_id != order.payment_id or turn not in order.open:
        return []
    new = money_back(order, amount.amount, turn)
    actions = [ports.store.replace(new)]
    for line in order.lines:
        if line.state == LineState.REFUNDING and line.refund_round == turn:
            actions += _lines.kept(ports, order, line, now)
    return [*actions, ports.outbox.put(messages.told(messages.REFUNDED, new, now))]
