"""What a calendar from elsewhere says of busy times. No I/O."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from chalicelib.calendars.rules.faults import MOST_BYTES, CalendarTooLarge, NotUnderstood
from chalicelib.calendars.rules.parsing import Event, events
from chalicelib.calendars.rules.recurrence import Budget, occurrences
from chalicelib.kit.wall import DAY, Window, merged

MOST_SPANS = 2_000
DAYS_LOOKED_AT = 400_000  # a second or two
_GRID = timedelta(minutes=5)


@dataclass(frozen=True)
class Busy:
    """Busy times, in order, rounded outwards to five minutes, those that meet as one.

    Attributes:
        skipped: events that mean nothing to us.
        until: what begins later was left out; None where nothing was.
    """

    spans: tuple[Window, ...]
    skipped: int = 0
    until: datetime | None = None


def busy_times(text: str, zone: ZoneInfo, span: Window) -> Busy:
    """Return when a calendar is busy within a span.

    Args:
        text: iCalendar.
        zone: of whole days, of floating times, and of times in a zone that nobody knows.
        span: what is looked at.

    Raises:
        CalendarTooLarge, NotACalendar, TooComplex: it could not be read.
    """
    if len(text.encode()) > MOST_BYTES:
        raise CalendarTooLarge
    found_events, skipped = events(text, zone)
    budget = Budget(DAYS_LOOKED_AT)
    found: list[Window] = []
    for group in _by_uid(found_events).values():
        for one in _instances(group, span, budget, skipped):
            budget.spend(1)
            if one.start < span.end and one.end > span.start:
                found.append(_rounded(one))
    spans = merged(found)
    left_out = spans[MOST_SPANS].start if len(spans) > MOST_SPANS else None
    return Busy(spans[:MOST_SPANS], len(skipped), left_out)


def _by_uid(found: Iterable[Event]) -> Mapping[str, list[Event]]:
    groups: dict[str, list[Event]] = {}
    for number, event in enumerate(found):
        groups.setdefault(event.uid or f"\0{number}", []).append(event)
    return groups


def _instances(group: list[Event], span: Window, budget: Budget, skipped: list[NotUnderstood]) -> Iterator[Window]:
    """Yield the busy times of all events of one UID: of the series without what was moved, and of what was."""
    moved = {one.replaces: one for one in group if one.replaces is not None}
    for master in (one for one in group if one.replaces is None and one.is_busy):
        try:
            for at in _starts(master, span, budget):
                taken = master.span(at)
                is_out = taken.start in master.left_out or at.date() in master.left_out
                if not is_out and taken.start not in moved:
                    yield taken
        except (NotUnderstood, OverflowError, ValueError):  # of the calendar's ends
            skipped.append(NotUnderstood())
    yield from (one.span(one.start) for one in moved.values() if one.is_busy)


def _starts(master: Event, span: Window, budget: Budget) -> Iterator[datetime]:
    """Yield when a series takes place, about the span. Its start is always one of it (RFC 5545, 3.8.2.4)."""
    found = {master.start, *master.more}
    yield from found
    if master.rule is None:
        return
    length = master.nominal + master.exact
    first = (span.start - length - DAY).astimezone(master.zone).replace(tzinfo=None)
    last = (span.end + DAY).astimezone(master.zone).replace(tzinfo=None)
    for at in occurrences(master.rule, master.start, first, last, budget):
        if at not in found:
            yield at


def _rounded(span: Window) -> Window:
    start, end = span.start.timestamp(), span.end.timestamp()
    step = int(_GRID.total_seconds())
    if start == end:
        return span  # nothing, and left out
    return Window(
        datetime.fromtimestamp(start // step * step, UTC), datetime.fromtimestamp(-(-end // step) * step, UTC)
    )
