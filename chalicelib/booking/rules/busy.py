"""Busy times from a calendar elsewhere, as time that is taken. No I/O.

They stand on the days beside the bookings, under the calendar's id, so that free times need to know of no calendar.
What was sold stays: a busy time is written where nothing is sold, and the bookings in its way are told.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta

from chalicelib.booking.rules.days import Claim, Day, DayKey, Taken, utc_dates
from chalicelib.kit.wall import DAY, Window, merged

CALENDAR = "cal_"  # what the ids begin with under which busy times stand
AHEAD = timedelta(days=90)  # no booking begins later


@dataclass(frozen=True)
class Rewritten:
    """What becomes of some days.

    Attributes:
        days: those that change, each with the version that was read.
        conflicts: ids of bookings, held or sold, that stand where the calendar is busy.
        took, freed: within which time the calendar takes more than it did, and less: a span for each day at most.
    """

    days: tuple[Day, ...]
    conflicts: frozenset[str]
    took: tuple[Claim, ...] = ()
    freed: tuple[Claim, ...] = ()


def keys_ahead(resource_id: str, now: datetime) -> tuple[DayKey, ...]:
    """Return the rows that busy times are written to: 91 dates, and 92 where a booking may run over midnight."""
    return tuple((resource_id, day) for day in utc_dates(now, now + AHEAD + DAY))


def rewritten(days: Sequence[Day], mark: str, spans: Sequence[Window], now: datetime) -> Rewritten:
    """Return what changes on some days when a calendar's busy times are these, and no more what they were.

    Args:
        days: of one resource.
        mark: the calendar's id.
        spans: in order, none touching another.
        now: holds that ran out by then keep nobody out.
    """
    changed, conflicts = [], set[str]()
    took, freed = list[Claim](), list[Claim]()
    for day in days:
        midnight = datetime.combine(day.date, time(), UTC)
        whole = Window(midnight, midnight + DAY)
        others = [one for one in day.taken if one.is_live(now) and one.booking_id != mark]
        sold = [one for one in others if not one.booking_id.startswith(CALENDAR)]
        wanted = [_within(span, whole) for span in spans if span.start < whole.end and span.end > whole.start]
        conflicts |= {
            one.booking_id for one in sold for span in wanted if one.start < span.end and one.end > span.start
        }
        free = _without(wanted, merged(Window(one.start, one.end) for one in sold))
        mine = [Taken(span.start, span.end, mark) for span in free]
        if mine != [one for one in day.taken if one.booking_id == mark]:
            in_order = sorted([*others, *mine], key=lambda one: (one.start, one.booking_id))
            changed.append(replace(day, taken=tuple(in_order)))
            before = [Window(one.start, one.end) for one in day.taken if one.booking_id == mark]
            took += _hull(day.resource_id, _without(free, before))
            freed += _hull(day.resource_id, _without(before, free))
    return Rewritten(tuple(changed), frozenset(conflicts), tuple(took), tuple(freed))


def _hull(resource_id: str, spans: Sequence[Window]) -> list[Claim]:
    return [Claim(resource_id, spans[0].start, spans[-1].end)] if spans else []


def _within(span: Window, whole: Window) -> Window:
    return Window(max(span.start, whole.start), min(span.end, whole.end))


def _without(spans: Sequence[Window], gaps: Sequence[Window]) -> list[Window]:
    """Return spans without the time of `gaps`, which are in order."""
    left = []
    for span in spans:
        at = span.start
        for gap in gaps:
            if gap.end <= at or gap.start >= span.end:
                continue
            if gap.start > at:
                left.append(Window(at, gap.start))
            at = max(at, gap.end)
        if at < span.end:
            left.append(Window(at, span.end))
    return left
