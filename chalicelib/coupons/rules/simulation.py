"""What a campaign would have cost on orders that were sold: the rule of orders, on one coupon more for each customer.

Every customer has as many coupons as the campaign would give one, and uses one with each order that it fits, in the
order in which orders are looked at, until the campaign's number or money is used up. The prices are those before the
coupons that were really used. An order that came to nothing is left out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from hashlib import blake2b
from typing import Any

from chalicelib.coupons.rules.coupon import Coupon
from chalicelib.coupons.rules.fitting import Part, Purchase
from chalicelib.coupons.rules.problems import CouponDoesNotFit
from chalicelib.coupons.rules.stacking import together
from chalicelib.coupons.rules.terms import ALL, PaidBy, Terms

_HASH = 8  # bytes of a customer: of 40,000 two are the same once in 20 billion runs
_WIDTH = _HASH + 1
MOST_CUSTOMERS = 40_000  # 9 bytes each: what one row can hold


class SimulationState(StrEnum):
    """Where a simulation stands."""

    RUNNING = "running"
    DONE = "done"
    FULL = "full"  # more customers were hit than it can remember: its figures end where it got to


@dataclass(frozen=True)
class Simulation:
    """A run over the orders of a time, some at a time.

    Attributes:
        id: `sim_...`.
        shop_id: whose orders; None: all shops'.
        terms, number, per_person, money: of the campaign.
        since, until: orders made in between, the end excluded.
        started_at: when it was begun.
        orders: how many were looked at: sold in the currency, and not come to nothing.
        revenue: what these cost their customers, minor units.
        hits: how many of them would have had a coupon.
        platform, merchant: what it would have taken off, by who bears it; minor units.
        customers: how many coupons whom has used, packed.
        reached: when the order was made that it got to; a shop's are looked at in their order.
        after: where it goes on; None at its end, and before its beginning.
        version: rises with every step.
    """

    id: str
    shop_id: str | None
    terms: Terms
    since: datetime
    until: datetime
    started_at: datetime
    number: int | None = None
    per_person: int = 1
    money: int | None = None
    state: SimulationState = SimulationState.RUNNING
    orders: int = 0
    revenue: int = 0
    hits: int = 0
    platform: int = 0
    merchant: int = 0
    customers: bytes = field(default=b"", repr=False)
    reached: datetime | None = None
    after: Mapping[str, Any] | None = None
    version: int = 1

    @property
    def discount(self) -> int:
        """What it would have taken off, minor units."""
        return self.platform + self.merchant

    @property
    def share_bps(self) -> int:
        """How much of the revenue that is, basis points, rounded down."""
        return self.discount * ALL // self.revenue if self.revenue else 0


@dataclass(frozen=True)
class Sale:
    """An order that was sold, as a campaign would have met it.

    Attributes:
        customer_id: whose.
        purchase: what was bought, when it was.
        revenue: what it cost the customer, minor units.
    """

    customer_id: str
    purchase: Purchase
    revenue: int


def stepped(run: Simulation, sales: Sequence[Sale], after: Mapping[str, Any] | None) -> Simulation:
    """Return a simulation that has looked at more orders; `after` is where it goes on, None at the end."""
    used = _unpacked(run.customers)
    for sale in sales:
        who = _hashed(sale.customer_id)
        run = replace(run, orders=run.orders + 1, revenue=run.revenue + sale.revenue, reached=sale.purchase.at)
        if used.get(who, 0) >= run.per_person or (run.number is not None and run.hits >= run.number):
            continue
        parts = _taken(run, sale)
        platform, amount = sum(part.platform for part in parts), sum(part.amount for part in parts)
        if not amount or (run.money is not None and run.discount + amount > run.money):
            continue
        used[who] = used.get(who, 0) + 1
        merchant = run.merchant + amount - platform
        run = replace(run, hits=run.hits + 1, platform=run.platform + platform, merchant=merchant)
    state = SimulationState.DONE if after is None else SimulationState.RUNNING
    if len(used) > MOST_CUSTOMERS and after is not None:
        state = SimulationState.FULL
    return replace(run, state=state, customers=_packed(used), after=after, version=run.version + 1)


def _taken(run: Simulation, sale: Sale) -> list[Part]:
    bps = run.terms.platform_bps or 0
    forever = (sale.purchase.at, sale.purchase.at, sale.purchase.at)
    coupon = Coupon(run.id, run.id, sale.customer_id, run.shop_id, "", run.terms, PaidBy.of(bps), *forever)
    purchase = replace(sale.purchase, joined=frozenset({run.id}))
    try:
        [taken] = together([coupon], purchase)
    except CouponDoesNotFit:
        return []
    return list(taken.parts.values())


def _hashed(customer_id: str) -> bytes:
    return blake2b(customer_id.encode(), digest_size=_HASH).digest()


def _packed(used: Mapping[bytes, int]) -> bytes:
    return b"".join(who + bytes([min(255, times)]) for who, times in used.items())


def _unpacked(packed: bytes) -> dict[bytes, int]:
    rows = (packed[start : start + _WIDTH] for start in range(0, len(packed), _WIDTH))
    return {row[:_HASH]: row[_HASH] for row in rows}
