"""Orders, bookings and plans in memory, and a clock that a test moves."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from chalicelib.booking.rules.booking import State
from chalicelib.kit.money import Money
from chalicelib.kit.transaction import Action
from chalicelib.orders.ports import Line, LineState, OrderState, Policy
from chalicelib.reminders import use_cases
from chalicelib.reminders.ports import RemindersPorts
from tests.chalicelib.booking.world import NOW, FakeCommitter, FakeOutbox, StoppedClock, order

HOUR = timedelta(hours=1)


def line(number: int, starts_at: datetime | None, hours: float = 1, **more: Any) -> Line:
    """Return a confirmed line; its booking is `bkg_<number>`."""
    return Line(
        id=f"lin_{number}",
        kind="booking",
        ref=f"bkg_{number}",
        shop_id="shp_1",
        merchant_id="acc_merchant",
        title="剪发",
        price=Money(12800, "CNY"),
        policy=Policy(120, 3000),
        starts_at=starts_at,
        ends_at=starts_at and starts_at + hours * HOUR,
        **{"state": LineState.CONFIRMED, **more},
    )


@dataclass
class FakePlans:
    """See `reminders.ports.PlanStore`: one shard, and an index that is never behind unless a test makes it so."""

    rows: dict[str, Any] = field(default_factory=dict)
    shards = 1

    def plan(self, order_id):
        return self.rows.get(order_id)

    def put(self, plan):
        return Action((self.rows, plan.order_id, plan.version - 1, plan))

    def due(self, shard, now, limit):
        found = [one for one in self.rows.values() if one.next_at is not None and one.next_at <= now]
        return sorted(found, key=lambda one: one.next_at)[:limit]


class _Bookings:
    """What `booking.use_cases.expected` reads: confirmed, but for those whose state a test says."""

    def __init__(self) -> None:
        self.states: dict[str, State] = {}

    def bookings(self, booking_ids) -> Mapping[str, Any]:
        return {one: SimpleNamespace(id=one, state=self.states.get(one, State.CONFIRMED)) for one in booking_ids}


class World:
    """A shop in some zone, its orders and their reminders."""

    def __init__(self, zone: str = "Asia/Shanghai", now: datetime = NOW) -> None:
        self.clock, self.orders, self.plans, self.zone = StoppedClock(now), {}, FakePlans(), zone
        self.bookings, self.outbox = _Bookings(), FakeOutbox()
        shop = SimpleNamespace(zone=zone)
        self.ports = RemindersPorts(
            store=self.plans,
            clock=self.clock,
            committer=FakeCommitter(),
            outbox=self.outbox,
            orders=SimpleNamespace(store=SimpleNamespace(order=self.orders.get)),
            booking=SimpleNamespace(store=self.bookings),
            shops=SimpleNamespace(store=SimpleNamespace(shop=lambda _id: shop)),
        )

    def confirmed(self, *lines: Line, order_id: str = "ord_1", **more: Any) -> None:
        """Put an order's next version, sold, with these lines."""
        before = self.orders.get(order_id)
        version = before.version + 1 if before else 2
        made = order(lines, id=order_id, state=OrderState.CONFIRMED, version=version, **more)
        self.orders[order_id] = made

    def cancelled(self, order_id: str = "ord_1") -> None:
        """Put its next version, given up."""
        gone = [replace(one, state=LineState.CANCELLED) for one in self.orders[order_id].lines]
        self.confirmed(*gone, order_id=order_id)

    def plan(self, order_id: str = "ord_1"):
        return use_cases.plan(self.ports, order_id)

    def sweep(self, at: datetime | None = None):
        """The minute strikes: at a moment, or now."""
        if at is not None:
            self.clock.moment = at
        return use_cases.sweep(self.ports, self.clock.moment)

    @property
    def told(self):
        """(type, start of the visit, when) of what was told, in order."""
        return [(one.type, one.payload["starts_at"], one.occurred_at) for one in self.outbox.sent.values()]
