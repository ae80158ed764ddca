"""What is asked for becomes an order: lines that can be had, their prices, and coupons on them. Nothing is written."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from chalicelib.coupons import use_cases as coupons
from chalicelib.coupons.ports import CouponDoesNotFit, Misfit, Purchase, Reserved
from chalicelib.coupons.use_cases import Buyer
from chalicelib.kit.auth import Actor
from chalicelib.kit.ids import new_id
from chalicelib.kit.transaction import Action
from chalicelib.orders.ports import Line, LineState, Order, OrdersPorts, OrderState, Wish
from chalicelib.orders.rules import Asked, item_of, priced, with_lines
from chalicelib.orders.use_cases import _firsts
from chalicelib.settlement.ports import Share


@dataclass(frozen=True)
class Basket:
    """What is asked for, under the ids that it keeps through every attempt."""

    order_id: str
    wishes: dict[str, list[Wish]]  # by kind
    coupon_ids: Sequence[str]


def basket_of(asked: Sequence[Asked], coupon_ids: Sequence[str]) -> Basket:
    """Return what is asked for under new ids."""
    wishes: dict[str, list[Wish]] = {}
    for one in asked:
        wishes.setdefault(one.kind, []).append(Wish(new_id("lin"), one.fields))
    return Basket(new_id("ord"), wishes, coupon_ids)


def reserved(
    ports: OrdersPorts, actor: Actor, basket: Basket, now: datetime, until: datetime | None
) -> tuple[Order, list[Action]]:
    """Return the order that a basket makes, and the writes that hold its lines and coupons until a moment; with None
    they are the customer's for good.
    """
    plain = wanted(ports, actor, basket, now, until)
    if not basket.coupon_ids:
        return plain.order(), list(plain.actions)
    order = plain.order()
    if order.merchant_id == actor.account_id:
        raise CouponDoesNotFit(Misfit.OWN_SHOP)
    ours = (basket.coupon_ids, order.id, purchase_of(order), until)
    taken = coupons.reserve(ports.coupons, buyer_of(ports, actor, order), *ours)
    return plain.order(taken), [*plain.actions, *taken.actions]


@dataclass(frozen=True)
class Wanted:
    """Lines that can be had, before coupons.

    Attributes:
        customer_id, order_id: whose they are.
        lines: in the order in which they were asked for.
        share: the platform's.
        now, until: when they are held, and how long; until None: for good.
        actions: the writes that hold them.
    """

    customer_id: str
    order_id: str
    lines: tuple[Line, ...]
    share: Share
    now: datetime
    until: datetime | None
    actions: tuple[Action, ...]

    def order(self, taken: Reserved | None = None) -> Order:
        """Return the order that they make with what coupons take off."""
        parts = {line.id: taken.parts(line.id) for line in self.lines} if taken else {}
        sold = priced(self.lines, parts, self.share)
        first = sold[0]
        return Order(
            id=self.order_id,
            customer_id=self.customer_id,
            merchant_id=first.merchant_id,
            shop_id=first.shop_id,
            lines=with_lines(sold, LineState.HELD if self.until else LineState.CONFIRMED),
            currency=first.price.currency,
            total=sum(line.paid for line in sold),
            discount=sum(line.discount for line in sold),
            state=OrderState.HELD if self.until else OrderState.CONFIRMED,
            hold_until=self.until or self.now,
            created_at=self.now,
            coupon_ids=tuple(one.coupon.id for one in taken.taken) if taken else (),
            first_of=tuple(sorted(taken.first_of)) if taken else (),
            confirmed_at=None if self.until else self.now,
        )


def wanted(ports: OrdersPorts, actor: Actor, basket: Basket, now: datetime, until: datetime | None) -> Wanted:
    """Return the lines of a basket as they can be had now."""
    lines: list[Line] = []
    actions: list[Action] = []
    for kind, wishes in basket.wishes.items():
        reservation = ports.kinds[kind].reserve(actor, basket.order_id, wishes, until, now)
        lines += reservation.lines
        actions += reservation.actions
    share = ports.shares.of(lines[0].merchant_id, lines[0].price.currency)
    return Wanted(actor.account_id, basket.order_id, tuple(lines), share, now, until, tuple(actions))


def buyer_of(ports: OrdersPorts, actor: Actor, order: Order) -> Buyer:
    """Return who buys, as coupons see them."""
    who = actor.account_id
    return Buyer(actor, order.merchant_id, lambda: _firsts.look(ports, who, order.shop_id, order.id, order.created_at))


def purchase_of(order: Order) -> Purchase:
    """Return an order as coupons see it."""
    return Purchase(order.shop_id, order.currency, tuple(item_of(line) for line in order.lines), order.created_at)
