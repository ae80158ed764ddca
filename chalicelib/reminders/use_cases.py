"""What is done with reminders: they are planned when something happens to an order, and told when their time comes.

What may go wrong, and why a visit is still reminded once:

- Messages come late, twice, and one before the other: whichever comes, the order is read as it stands, and a plan that
  was made from the same version or a newer one stays. Two at once: one finds the plan's version moved on, and looks
  again.
- The clock strikes while a change's message is on its way: whoever tells a reminder reads the order and its bookings
  first, and plans anew where the order has moved on. What was called off, has begun, or was never accepted is not told.
- Two sweeps at once, or one that dies: a reminder leaves the plan in the transaction that tells it, conditioned on the
  plan's version. Of two one writes; what was not written is found by the next.
- A function's clock is slow and plans what was told: its message has the id of the one before, and notices know it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.booking import use_cases as booking
from chalicelib.kit.errors import NotFound
from chalicelib.kit.failures import Failures
from chalicelib.kit.observability import log, metric
from chalicelib.kit.transaction import Action, Contention, retrying
from chalicelib.orders import use_cases as orders
from chalicelib.orders.ports import Order
from chalicelib.reminders import messages, rules
from chalicelib.reminders.ports import Plan, RemindersPorts
from chalicelib.reminders.rules import Reminder
from chalicelib.shops import use_cases as shops

BATCH = 150  # plans of a shard and run, some 30 s of work in all, the function has 50; what is left waits for the next


def plan(ports: RemindersPorts, order_id: str) -> Plan | None:
    """Plan the reminders of an order as it stands; None where there is nothing to plan, or no such order: its table
    came back from before it was sold.
    """

    def attempt() -> Plan | None:
        order, before = orders.read(ports.orders, order_id), ports.store.plan(order_id)
        if before is not None and before.order_version >= order.version:
            return before
        if before is None and not rules.visits(order):
            return None
        zone = shops.shop(ports.shops, order.shop_id).zone
        new = rules.planned(order, zone, ports.clock.now(), before)
        if new is not None:
            ports.committer.commit([ports.store.put(new)])
        return new

    try:
        return retrying(attempt)
    except NotFound:
        log.warning("an order to plan is not there", order_id=order_id)
        return None


@dataclass(frozen=True)
class Swept:
    """What a run did: reminders that were told, those that nobody needs any more, plans that could not be worked."""

    told: int
    dropped: int
    failed: int


def sweep(ports: RemindersPorts, as_of: datetime) -> Swept:
    """Tell the reminders whose time has come. Safe to repeat, to run twice at once and to die at any point. One plan
    that fails does not keep the others waiting.
    """
    told = dropped = 0
    failures = Failures()
    for shard in range(ports.store.shards):
        for found in ports.store.due(shard, as_of, BATCH):
            with failures.spared("a reminder could not be told", order_id=found.order_id):
                sent, left = _tell(ports, found, as_of)
                told, dropped = told + sent, dropped + left
    if told:
        metric("Reminders", told)
    if dropped:
        metric("RemindersDropped", dropped)
    return Swept(told, dropped, failures.count)


def _tell(ports: RemindersPorts, found: Plan, as_of: datetime) -> tuple[int, int]:
    """Tell what is due of a plan that the index named; how many were told, how many dropped."""
    try:
        return _told(ports, found, as_of)
    except Contention:  # the index was behind, or somebody else is at it

        def attempt() -> tuple[int, int]:
            stands = ports.store.plan(found.order_id)
            return _told(ports, stands, as_of) if stands else (0, 0)

        return retrying(attempt)


def _told(ports: RemindersPorts, standing: Plan, as_of: datetime) -> tuple[int, int]:
    come, to_come = rules.due(standing.pending, as_of)
    if not come:
        return 0, 0
    order = orders.read(ports.orders, standing.order_id)
    new = replace(standing, pending=to_come, version=standing.version + 1)
    if order.version > standing.order_version:  # its message is on its way, or told of nothing that we hear of
        fresh = rules.planned(order, standing.zone, as_of, replace(standing, pending=to_come))
        new = fresh or new
    actions = _messages(ports, order, come, as_of)
    ports.committer.commit([ports.store.put(new), *actions])
    return len(actions), len(come) - len(actions)


def _messages(ports: RemindersPorts, order: Order, come: Sequence[Reminder], as_of: datetime) -> list[Action]:
    """Return the writes of what is told: of visits that are still to come as they were planned."""
    expected = booking.expected(ports.booking, [line.ref for line in order.lines])
    lines = {visit.starts_at: [one for one in visit.lines if one.ref in expected] for visit in rules.visits(order)}
    return [
        ports.outbox.put(messages.told(one, lines[one.starts_at], order, as_of))
        for one in come
        if lines.get(one.starts_at) and as_of < one.until
    ]
