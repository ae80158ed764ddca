"""Ordering: everything is held in one transaction, or nothing is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from chalicelib.coupons import use_cases as coupons
from chalicelib.coupons.ports import Reserved
from chalicelib.kit.auth import Actor
from chalicelib.kit.errors import Forbidden, invalid
from chalicelib.kit.idempotency import Once
from chalicelib.kit.ids import new_id
from chalicelib.kit.observability import about, metric
from chalicelib.kit.transaction import Action, Contention, retrying
from chalicelib.orders import messages
from chalicelib.orders.ports import Line, LineState, Order, OrdersPorts, OrderState, Wish
from chalicelib.orders.rules import HOLD, Asked, priced, with_lines


@dataclass(frozen=True)
class _Basket:
    """What is asked for, under the ids that it keeps through every attempt."""

    order_id: str
    wishes: dict[str, list[Wish]]  # by kind
    coupon_id: str | None


def hold(ports: OrdersPorts, actor: Actor, asked: Sequence[Asked], coupon_id: str | None, once: Once) -> Order:
    """Hold what is asked for until it is paid, for `HOLD` at most; confirm it at once where nothing is to pay now: a
    coupon covers it all, or it is paid at the shop.

    Raises:
        Problem: a line's own (taken, no such thing), or the coupon's; TooManyHolds; SeveralShops; TooDear.
        NotAvailable: customer and merchant have nothing to do with each other.
        Forbidden: somebody works for a merchant, in whose name they sell and buy nothing.
    """
    wishes: dict[str, list[Wish]] = {}
    for one in asked:
        wishes.setdefault(one.kind, []).append(Wish(new_id("lin"), one.fields))
    basket = _Basket(new_id("ord"), wishes, coupon_id)
    about(order_id=basket.order_id)

    def attempt() -> Order:
        now = ports.clock.now()
        order, actions = _reserved(ports, actor, basket, now, now + HOLD)
        if actor.for_merchant not in {None, order.merchant_id}:
            raise Forbidden
        if order.total == 0:
            order, actions = _given(ports, actor, basket, now)
        else:
            actions.append(ports.store.take_hold(actor.account_id, order.id, order.hold_until, now))
        allowed = ports.dealings.may_begin(order.customer_id, order.merchant_id)
        ports.committer.commit([*allowed, ports.store.create(order), *actions, ports.idempotency.remember(once, order)])
        return order

    order = retrying(attempt)
    if order.state == OrderState.HELD:
        metric("Holds")
    return order


def _given(ports: OrdersPorts, actor: Actor, basket: _Basket, now: datetime) -> tuple[Order, list[Action]]:
    """There is nothing to pay: no hold, no payment, confirmed."""
    order, actions = _reserved(ports, actor, basket, now, None)
    if order.total:  # a price rose between the two looks
        raise Contention
    if order.counts_until is not None:
        actions.append(ports.store.take_hold(actor.account_id, order.id, order.counts_until, now))
    return order, [*actions, ports.outbox.put(messages.told(messages.CONFIRMED, order, now))]


def _reserved(
    ports: OrdersPorts, actor: Actor, basket: _Basket, now: datetime, until: datetime | None
) -> tuple[Order, list[Action]]:
    lines: list[Line] = []
    actions: list[Action] = []
    for kind, wishes in basket.wishes.items():
        reservation = ports.kinds[kind].reserve(actor, basket.order_id, wishes, until, now)
        lines += reservation.lines
        actions += reservation.actions
    share = ports.shares.of(lines[0].merchant_id, lines[0].price.currency)
    plain = priced(lines, {}, share)
    coupon = _coupon(ports, actor, basket, plain, now, until)
    if coupon is not None:
        plain = priced(lines, coupon.discount_by_line, share)
        actions += coupon.actions
    first = plain[0]
    order = Order(
        id=basket.order_id,
        customer_id=actor.account_id,
        merchant_id=first.merchant_id,
        shop_id=first.shop_id,
        lines=with_lines(plain, LineState.HELD if until else LineState.CONFIRMED),
        currency=first.price.currency,
        total=sum(line.paid for line in plain),
        discount=sum(line.discount for line in plain),
        state=OrderState.HELD if until else OrderState.CONFIRMED,
        hold_until=until or now,
        created_at=now,
        coupon_id=basket.coupon_id,
        coupon_paid_by=coupon.paid_by if coupon else None,
        confirmed_at=None if until else now,
    )
    return order, actions


def _coupon(
    ports: OrdersPorts, actor: Actor, basket: _Basket, lines: Sequence[Line], now: datetime, until: datetime | None
) -> Reserved | None:
    if basket.coupon_id is None:
        return None
    if lines[0].merchant_id == actor.account_id:
        raise invalid("coupon_id", "not for what one buys in one's own shop")
    return coupons.reserve(
        ports.coupons,
        actor,
        basket.coupon_id,
        basket.order_id,
        lines[0].shop_id,
        {line.id: line.net for line in lines},
        lines[0].price.currency,
        until,
        now,
    )
