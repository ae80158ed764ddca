"""Busy times of a calendar elsewhere, on the days that can be booked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from chalicelib.booking import messages
from chalicelib.booking.ports import BookingPorts
from chalicelib.booking.rules.busy import keys_ahead, rewritten
from chalicelib.kit.transaction import Action
from chalicelib.kit.wall import Window


@dataclass(frozen=True)
class BusyTime:
    """What to write, and what stands in the way.

    Attributes:
        actions: at most 93, for the caller to commit; none where nothing changes.
        conflicts: number of bookings that stand where the calendar is busy; they stay.
    """

    actions: tuple[Action, ...]
    conflicts: int


def rewrite_busy(
    ports: BookingPorts, shop_id: str, resource_id: str, mark: str, spans: Sequence[Window], now: datetime
) -> BusyTime:
    """Return the writes that let a calendar's busy times be these, within the days that can be booked, and the message
    that tells of it: one read of their rows. The caller commits them, and begins anew where a row has changed since.

    Args:
        ports: of these the store and the outbox alone.
        shop_id: the shop.
        resource_id: whose time it is.
        mark: the calendar's id, `cal_...`.
        spans: in order, none touching another; none at all frees what the calendar took.
        now: the moment.
    """
    days = list(ports.store.days(keys_ahead(resource_id, now), consistent=True))
    found = rewritten(days, mark, spans, now)
    actions = [ports.store.replace_day(day) for day in found.days]
    if actions:
        actions.append(ports.outbox.put(messages.time_changed(shop_id, found.took, found.freed, now)))
    return BusyTime(tuple(actions), len(found.conflicts))
