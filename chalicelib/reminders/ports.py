"""What reminders need from outside; also the types of this domain that others may use."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from chalicelib.booking.ports import BookingPorts
from chalicelib.kit.clock import Clock
from chalicelib.kit.outbox import Outbox
from chalicelib.kit.transaction import Action, Committer
from chalicelib.orders.ports import OrdersPorts
from chalicelib.reminders.rules import Plan
from chalicelib.shops.ports import ShopPorts

__all__ = ["Plan", "PlanStore", "RemindersPorts"]


class PlanStore(Protocol):
    """Where it is kept what is still to be told."""

    def plan(self, order_id: str) -> Plan | None:
        """Return an order's plan, read consistently; None where there is none."""
        ...

    def put(self, plan: Plan) -> Action:
        """Return the write of a plan's next version, provided that it follows the one that stands."""
        ...

    def due(self, shard: int, now: datetime, limit: int) -> Sequence[Plan]:
        """Return plans of a shard of which something is due, the longest due first; an index: one may be told of that
        was due a moment ago.
        """
        ...

    @property
    def shards(self) -> int: ...


@dataclass(frozen=True)
class RemindersPorts:
    """What the use cases are given."""

    store: PlanStore
    clock: Clock
    committer: Committer
    outbox: Outbox
    orders: OrdersPorts
    booking: BookingPorts
    shops: ShopPorts
