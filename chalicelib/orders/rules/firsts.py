"""Where a customer has bought, and which order has a coupon for a first one.

Two first orders at once use one: while an order that used such a coupon is unpaid and held, or once it is paid, no
other can. Whoever lets go of it, or calls it off with nothing kept, can.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from chalicelib.coupons.ports import FirstOf
from chalicelib.orders.rules.order import Order

_PLATFORM = "PLATFORM"


@dataclass(frozen=True)
class Slot:
    """The order that uses a coupon for a first one.

    Attributes:
        order_id: the order.
        until: its hold's end; None: it was sold.
    """

    order_id: str
    until: datetime | None

    def is_taken(self, order_id: str, now: datetime) -> bool:
        """Whether another order has it at this moment."""
        return self.order_id != order_id and (self.until is None or now < self.until)


@dataclass(frozen=True)
class Bought:
    """What is kept of a customer.

    Attributes:
        shops: by shop the order that was the first there.
        slots: by what an order was the first of: who used a coupon for that.
        version: rises with every change; 0 where nothing is kept yet.
    """

    shops: Mapping[str, str] = field(default_factory=dict)
    slots: Mapping[str, Slot] = field(default_factory=dict)
    version: int = 0

    def first_of(self, shop_id: str) -> frozenset[FirstOf]:
        """What an order in a shop would be the first of."""
        return frozenset(
            first
            for first, bought in ((FirstOf.PLATFORM, bool(self.shops)), (FirstOf.SHOP, shop_id in self.shops))
            if not bought
        )

    def in_use(self, shop_id: str, order_id: str, now: datetime) -> frozenset[FirstOf]:
        """What another order uses a coupon for that wants to be the first."""
        slots = {first: self.slots.get(_scope(first, shop_id)) for first in FirstOf}
        return frozenset(first for first, slot in slots.items() if slot is not None and slot.is_taken(order_id, now))

    def using(self, firsts: Collection[FirstOf], shop_id: str, order_id: str, until: datetime | None) -> "Bought":
        """Return it with an order that uses coupons for a first one until its hold ends, or for good."""
        slots = {_scope(first, shop_id): Slot(order_id, until) for first in firsts}
        return replace(self, slots={**self.slots, **slots})

    def with_sold(self, order: Order) -> "Bought":
        """Return it with an order that is sold."""
        shops = self.shops if order.shop_id in self.shops else {**self.shops, order.shop_id: order.id}
        return replace(self, shops=shops).using(order.first_of, order.shop_id, order.id, None)

    def without(self, order: Order) -> "Bought":
        """Return it without an order that came to nothing. Another one of the same shop that was sold after it is found
        among the customer's orders.
        """
        shops = {shop_id: order_id for shop_id, order_id in self.shops.items() if order_id != order.id}
        slots = {scope: slot for scope, slot in self.slots.items() if slot.order_id != order.id}
        return replace(self, shops=shops, slots=slots)


def _scope(first: FirstOf, shop_id: str) -> str:
    return _PLATFORM if first == FirstOf.PLATFORM else shop_id
