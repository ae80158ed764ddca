"""A shop's opening hours, said by the clock on its wall (`kit.wall`), as moments in UTC.

A start must be shown by the clock exactly: in a gap there is none. In a fold a start exists once, the first time that
the clock shows it.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from chalicelib.kit.wall import DAY, Window, merged, moment, shown, walls
from chalicelib.shops.ports import Schedule


def open_windows(schedule: Schedule, zone: ZoneInfo, first: date, last: date) -> tuple[Window, ...]:
    """Return when a shop is open by the hours that begin on the local dates `first` to `last`: in order, and merged
    where they meet, so that a service may run over midnight in a shop that does not close.
    """
    spans = []
    for day in _dates(first, last):
        for clocks in schedule.of(day):
            opens, closes = walls(*clocks, day)
            spans.append(Window(moment(opens, zone), moment(closes, zone)))
    return merged(spans)


def starts(schedule: Schedule, zone: ZoneInfo, day: date, *, minutes: int, slot_minutes: int) -> tuple[datetime, ...]:
    """Return when a service of `minutes` can begin on the local date `day`, in UTC and in order.

    Starts lie on a grid of `slot_minutes` by the wall clock from each opening on. The service must end while the
    shop is open; what the staff needs afterwards may not fit any more.
    """
    length = timedelta(minutes=minutes)
    grid = {wall for begun in (day - DAY, day) for wall in _grid(schedule, begun, slot_minutes) if wall.date() == day}
    begins = {at for at, wall in ((_at(wall, zone), wall) for wall in grid) if shown(at, zone) == wall}
    # A service over midnight ends on the next date, or on the one after it where the zone skipped a whole date.
    windows = open_windows(schedule, zone, day - DAY, day + length + 2 * DAY)
    return tuple(sorted(at for at in begins if any(w.start <= at and at + length <= w.end for w in windows)))


def _at(wall: datetime, zone: ZoneInfo) -> datetime:
    return wall.replace(tzinfo=zone).astimezone(UTC)


def _grid(schedule: Schedule, day: date, slot_minutes: int) -> Iterable[datetime]:
    step = timedelta(minutes=slot_minutes)
    for clocks in schedule.of(day):
        wall, closes = walls(*clocks, day)
        while wall < closes:
            yield wall
            wall += step


def _dates(first: date, last: date) -> Iterable[date]:
    return (first + timedelta(days=offset) for offset in range((last - first).days + 1))
