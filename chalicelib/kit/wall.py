"""Moments in UTC by the clock on a wall somewhere.

One sentence decides every odd case: *it is hh:mm from the first moment on at which the clock shows hh:mm or later.*
So hours that begin in a gap (clocks put forward) begin when the gap ends, hours that end in a fold (clocks put back)
end when the time is shown first, and a day that a zone skipped (Apia, 30 December 2011) has no hours.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, order=True)
class Window:
    """A span of time in UTC, without its end."""

    start: datetime
    end: datetime


def moment(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return the first moment (UTC) at which the zone's clock shows the naive time `wall` or later."""
    found = wall.replace(tzinfo=zone).astimezone(UTC)
    if shown(found, zone) == wall:
        return found
    # In a gap: reading `wall` with the offset before and after it gives moments on either side of the jump.
    low, high = wall.replace(tzinfo=zone, fold=1).astimezone(UTC), found
    while high - low > _SECOND:
        middle = low + timedelta(seconds=(high - low) // _SECOND // 2)
        if shown(middle, zone) < wall:
            low = middle
        else:
            high = middle
    return high


def day_bounds(day: date, zone: ZoneInfo) -> Window:
    """Return the span of a local date: 23, 24 or 25 hours mostly, nothing where the zone skipped it."""
    return Window(_midnight(day, zone), _midnight(day + DAY, zone))


def reached(at: datetime, zone: ZoneInfo) -> datetime:
    """Return the latest (naive) that the zone's clock has shown by a moment: what it shows then, but where it was put
    back and has not caught up yet, the last tick before it was. So `moment(wall, zone) <= at` exactly when
    `wall <= reached(at, zone)`.
    """
    local = at.astimezone(zone)
    if not local.fold:
        return local.replace(tzinfo=None)
    first = local.replace(fold=0).astimezone(UTC)
    low, high = first, at.astimezone(UTC)  # it was put back after `low`, at `high` or before
    while high - low > _TICK:
        middle = low + (high - low) // 2
        if shown(middle, zone) - shown(first, zone) == middle - first:
            low = middle
        else:
            high = middle
    return shown(low, zone)


def merged(spans: Iterable[Window]) -> tuple[Window, ...]:
    """Return spans in order, those that meet or overlap as one, the empty ones left out."""
    result: list[Window] = []
    for span in sorted(spans):
        if span.start >= span.end:
            continue
        if result and span.start <= result[-1].end:
            result[-1] = Window(result[-1].start, max(result[-1].end, span.end))
        else:
            result.append(span)
    return tuple(result)


def walls(opens: str, closes: str, day: date) -> tuple[datetime, datetime]:
    """Return the naive opening and closing of hours that begin on `day`: `HH:MM`; what closes at or before it opens
    does so on the next day.
    """
    opening, closing = _wall(opens, day), _wall(closes, day)
    return opening, closing if closing > opening else closing + DAY


def shown(at: datetime, zone: ZoneInfo) -> datetime:
    """Return what the zone's clock shows at a moment, naive."""
    return at.astimezone(zone).replace(tzinfo=None, fold=0)


def _wall(text: str, day: date) -> datetime:
    hour, minute = text.split(":")
    return datetime.combine(day, time()) + timedelta(hours=int(hour), minutes=int(minute))


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return moment(datetime.combine(day, time()), zone)
