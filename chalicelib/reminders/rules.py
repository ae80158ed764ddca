"""When somebody is reminded of a visit. No I/O.

A visit is what of an order happens at one go: a line that begins `TOGETHER` or less after those before it belongs to
their visit, for its own reminder would come while its customer is there. Each visit has two reminders:

- *the day before*: at the same time by the shop's clock, not 24 hours before. Somebody who comes at ten expects to hear
  of it at ten; where clocks are put forward or back in between, that is 23 or 25 hours before. A time that the clock
  skipped comes when the gap ends, see `kit.wall`.
- *soon*: `SOON` before by any clock, because that is how long the way there and what is done before it take.

Neither comes at night by the shop's clock. The day before then comes in the evening before, never later: many shops
let customers cancel for nothing until 24 hours before, and who is told after that has been told too late. Soon comes
when the night ends where `LEAST` is left by then, otherwise in the evening before: of a visit at 08:00 one hears at
07:00, of one at 07:30 at 21:00.

A reminder is good until the next one of its visit is due, or the visit begins: after an outage nobody gets both at
once, and nobody is reminded of what has begun.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from chalicelib.kit.wall import DAY, moment, shown
from chalicelib.orders.ports import Line, LineState, Order

SOON = timedelta(hours=2)
LEAST = timedelta(hours=1)
TOGETHER = timedelta(hours=2)
EVENING, MORNING = time(21), time(7)
"""From when until when it is night."""


class Kind(StrEnum):
    """Which of a visit's reminders."""

    DAY_BEFORE = "day_before"
    SOON = "soon"


@dataclass(frozen=True)
class Visit:
    """What of an order happens at one go.

    Attributes:
        lines: by their start.
    """

    lines: tuple[Line, ...]
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, order=True)
class Reminder:
    """One thing to be told.

    Attributes:
        at: when.
        until: from then on it is of no use.
        starts_at: of which visit, by when that begins.
    """

    at: datetime
    kind: Kind
    starts_at: datetime
    until: datetime


@dataclass(frozen=True)
class Plan:
    """What is still to be told of an order.

    Attributes:
        order_version: the version of the order that it was made from; never replaced by an older one's.
        zone: IANA zone of the shop when it was made.
        pending: what is to come, in order.
        ends_at: the end of the last visit: afterwards nothing can be planned.
        version: rises with every change; 1 is the first.
    """

    order_id: str
    order_version: int
    zone: str
    pending: tuple[Reminder, ...]
    ends_at: datetime
    version: int = 1

    @property
    def next_at(self) -> datetime | None:
        """When something is to be done; None where nothing is."""
        return self.pending[0].at if self.pending else None


def visits(order: Order) -> list[Visit]:
    """Return the visits of an order's confirmed lines, by start. Who bought in their own shop is not reminded: they
    booked it for somebody else, whom we do not know.
    """
    if order.is_own:
        return []
    timed = sorted(
        (one.starts_at, one.ends_at or one.starts_at, one.id, one)
        for one in order.lines
        if one.state == LineState.CONFIRMED and one.starts_at is not None
    )
    found: list[Visit] = []
    for start, end, _, line in timed:
        last = found[-1] if found else None
        if last is not None and start <= last.ends_at + TOGETHER:
            found[-1] = Visit((*last.lines, line), last.starts_at, max(last.ends_at, end))
        else:
            found.append(Visit((line,), start, end))
    return found


def reminders(starts_at: datetime, zone: str) -> tuple[Reminder, Reminder]:
    """Return both reminders of a visit that begins at a moment, by the clock of an IANA zone."""
    clock = ZoneInfo(zone)
    day = _day_before(starts_at, clock)
    soon = _soon(starts_at, clock)
    return (
        Reminder(day, Kind.DAY_BEFORE, starts_at, until=soon),
        Reminder(soon, Kind.SOON, starts_at, until=starts_at),
    )


def planned(order: Order, zone: str, now: datetime, before: Plan | None) -> Plan | None:
    """Return what is to be told of an order as it stands; None where there is nothing to keep. What would have been due
    by now is left out: the order's own notice has just said it, or it was told; but for what the plan before still
    owes, whatever else of the order was changed.
    """
    found, owed = visits(order), before.pending if before else ()
    both = (one for visit in found for one in reminders(visit.starts_at, zone))
    pending = sorted(one for one in both if one.at > now or one in owed)
    if before is None and not pending:
        return None
    ends = [visit.ends_at for visit in found]
    return Plan(
        order_id=order.id,
        order_version=order.version,
        zone=zone,
        pending=tuple(pending),
        ends_at=max(ends) if ends else now,
        version=before.version + 1 if before else 1,
    )


def due(pending: Iterable[Reminder], now: datetime) -> tuple[Sequence[Reminder], tuple[Reminder, ...]]:
    """Split reminders into those whose time has come and those to come."""
    ordered = sorted(pending)
    return [one for one in ordered if one.at <= now], tuple(one for one in ordered if one.at > now)


def _day_before(starts_at: datetime, zone: ZoneInfo) -> datetime:
    at = moment(shown(starts_at, zone) - DAY, zone)
    night = _night(at, zone)
    return night[0] if night else at


def _soon(starts_at: datetime, zone: ZoneInfo) -> datetime:
    at = starts_at - SOON
    night = _night(at, zone)
    if night is None:
        return at
    evening, morning = night
    return morning if morning <= starts_at - LEAST else evening


def _night(at: datetime, zone: ZoneInfo) -> tuple[datetime, datetime] | None:
    """Return the begin and the end of the night that a moment is in; None by day, and when the night just begins."""
    wall = shown(at, zone)
    if MORNING <= wall.time() <= EVENING:
        return None
    eve = wall.date() if wall.time() > EVENING else wall.date() - DAY
    return moment(datetime.combine(eve, EVENING), zone), moment(datetime.combine(eve + DAY, MORNING), zone)
