"""First orders: what a coupon for one needs to know, and what every order that is sold leaves behind."""

from datetime import datetime

from chalicelib.coupons.ports import CouponUnavailable, FirstOf, Firsts
from chalicelib.kit.transaction import Action, Contention
from chalicelib.orders.ports import Bought, Order, OrdersPorts

_PAGE = 100  # orders of a customer that are looked through at once
_MOST = 1_000  # of them in all: whoever has more is new nowhere


def look(ports: OrdersPorts, customer_id: str, shop_id: str, order_id: str, now: datetime) -> Firsts:
    """Return what an order would be the first of. Read what the transaction will check again, and the customer's orders
    from before that was kept.
    """
    bought = ports.store.bought(customer_id)
    of = bought.first_of(shop_id)
    before = before_of(ports, customer_id, shop_id) if of else of
    return Firsts(of - before, bought.in_use(shop_id, order_id, now))


def before_of(ports: OrdersPorts, customer_id: str, shop_id: str, at: datetime | None = None) -> frozenset[FirstOf]:
    """Return what a customer had bought of before a moment, or until now, by their orders; a moment old."""
    found: set[FirstOf] = set()
    after, seen = None, 0
    while FirstOf.SHOP not in found:
        page = ports.store.of_customer(customer_id, after, _PAGE)
        shops = {order.shop_id for order in page.items if order.is_bought and (at is None or order.created_at < at)}
        found |= {FirstOf.PLATFORM} if shops else set()
        found |= {FirstOf.SHOP} if shop_id in shops else set()
        after, seen = page.next, seen + len(page.items)
        if after is None:
            break
        if seen >= _MOST:
            return frozenset(FirstOf)
    return frozenset(found)


def claim(ports: OrdersPorts, order: Order, until: datetime, now: datetime) -> list[Action]:
    """Return the write that makes an order the one that uses a coupon for a first order, until its hold ends; none
    where it uses none.

    Raises:
        CouponUnavailable: another order uses one.
    """
    if not order.first_of:
        return []
    bought = ports.store.bought(order.customer_id)
    _check(order, bought, now)
    using = bought.using(order.first_of, order.shop_id, order.id, until)
    return [ports.store.put_bought(order.customer_id, using)]


def claim_new(ports: OrdersPorts, order: Order, now: datetime) -> list[Action]:
    """Return what is written with an order that is not there yet: as by `claim` where it is held, as by `sold` where it
    is sold at once.

    Raises:
        Contention: what was looked at has changed since.
    """
    if not order.first_of and order.confirmed_at is None:
        return []
    bought = ports.store.bought(order.customer_id)
    still = bought.first_of(order.shop_id) - bought.in_use(order.shop_id, order.id, now)
    if not set(order.first_of) <= still:
        raise Contention
    if order.confirmed_at is None:
        new = bought.using(order.first_of, order.shop_id, order.id, order.hold_until)
    else:
        new = bought.with_sold(order)
    return [] if new == bought else [ports.store.put_bought(order.customer_id, new)]


def sold(ports: OrdersPorts, order: Order, now: datetime) -> list[Action]:
    """Return the write that an order is sold: none where the customer has bought in its shop before.

    Raises:
        CouponUnavailable: it uses a coupon for a first order, its hold ran out, and another order uses one now.
    """
    bought = ports.store.bought(order.customer_id)
    _check(order, bought, now)
    new = bought.with_sold(order)
    return [] if new == bought else [ports.store.put_bought(order.customer_id, new)]


def _check(order: Order, bought: Bought, now: datetime) -> None:
    if bought.in_use(order.shop_id, order.id, now) & set(order.first_of):
        raise CouponUnavailable(state="used")


def undone(ports: OrdersPorts, order: Order) -> list[Action]:
    """Return the write that an order came to nothing; none where it was the first of nothing."""
    bought = ports.store.bought(order.customer_id)
    new = bought.without(order)
    return [] if new == bought else [ports.store.put_bought(order.customer_id, new)]
