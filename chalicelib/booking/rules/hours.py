"""A shop's opening hours, said by the clock on its wall, as moments in UTC.

One sentence decides every odd case: *it is hh:mm from the first moment on at which the clock shows hh:mm or later.*
So hours that begin in a gap (clocks put forward) begin when the gap ends, hours that end in a fold (clocks put back)
end when the time is shown first, and a day that a zone skipped (Apia, 30 December 2011) has no hours.

A start must be shown by the clock exactly: in a gap there is none. In a fold a start exists once, the first time that
the clock shows it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from chalicelib.shops.ports import Interval

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, order=True)
class Window:
    """A span of time in UTC, without its end."""

    start: datetime
    end: datetime


def moment(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return the first moment (UTC) at which the zone's clock shows the naive time `wall` or later."""
    found = wall.replace(tzinfo=zone).astimezone(UTC)
    if _shown(found, zone) == wall:
        return found
    # In a gap: reading `wall` with the offset before and after it gives moments on either side of the jump.
    low, high = wall.replace(tzinfo=zone, fold=1).astimezone(UTC), found
    while high - low > _SECOND:
        middle = low + timedelta(seconds=(high - low) // _SECOND // 2)
        if _shown(middle, zone) < wall:
            low = middle
        else:
            high = middle
    return high


def day_bounds(day: date, zone: ZoneInfo) -> Window:
    """Return the span of a local date: 23, 24 or 25 hours mostly, nothing where the zone skipped it."""
    return Window(_midnight(day, zone), _midnight(day + _DAY, zone))


def open_windows(hours: Iterable[Interval], zone: ZoneInfo, first: date, last: date) -> tuple[Window, ...]:
    """Return when a shop is open by the hours that begin on the local dates `first` to `last`: in order, and merged
    where they meet, so that a service may run over midnight in a shop that does not close.
    """
    weekly = tuple(hours)
    spans = []
    for day in _dates(first, last):
        for interval in weekly:
            if interval.weekday == day.weekday():
                opens, closes = _walls(interval, day)
                spans.append(Window(moment(opens, zone), moment(closes, zone)))
    return merged(spans)


def starts(
    hours: Iterable[Interval], zone: ZoneInfo, day: date, *, minutes: int, slot_minutes: int
) -> tuple[datetime, ...]:
    """Return when a service of `minutes` can begin on the local date `day`, in UTC and in order.

    Starts lie on a grid of `slot_minutes` by the wall clock from each opening on. The service must end while the
    shop is open; what the staff needs afterwards may not fit any more.
    """
    weekly = tuple(hours)
    length = timedelta(minutes=minutes)
    shown = {wall for before in (day - _DAY, day) for wall in _grid(weekly, before, slot_minutes) if wall.date() == day}
    begins = {at for at, wall in ((moment(wall, zone), wall) for wall in shown) if _shown(at, zone) == wall}
    # A service over midnight ends on the next date, or on the one after it where the zone skipped a whole date.
    windows = open_windows(weekly, zone, day - _DAY, day + length + 2 * _DAY)
    return tuple(sorted(at for at in begins if any(w.start <= at and at + length <= w.end for w in windows)))


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


def _grid(weekly: Sequence[Interval], day: date, slot_minutes: int) -> Iterable[datetime]:
    step = timedelta(minutes=slot_minutes)
    for interval in weekly:
        if interval.weekday == day.weekday():
            wall, closes = _walls(interval, day)
            while wall < closes:
                yield wall
                wall += step


def _walls(interval: Interval, day: date) -> tuple[datetime, datetime]:
    """Return the naive opening and closing of hours that begin on `day`."""
    opens, closes = _wall(interval.opens, day), _wall(interval.closes, day)
    return opens, closes if closes > opens else closes + _DAY


def _wall(text: str, day: date) -> datetime:
    hour, minute = text.split(":")
    return datetime.combine(day, time()) + timedelta(hours=int(hour), minutes=int(minute))


def _shown(at: datetime, zone: ZoneInfo) -> datetime:
    return at.astimezone(zone).replace(tzinfo=None, fold=0)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return moment(datetime.combine(day, time()), zone)


def _dates(first: date, last: date) -> Iterable[date]:
    return (first + timedelta(days=offset) for offset in range((last - first).days + 1))
