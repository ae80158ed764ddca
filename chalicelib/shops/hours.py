"""When a shop or one of its people can be had, as they say it: by the wall clock of the shop. No I/O."""

from dataclasses import dataclass
from datetime import date

DAY, WEEK = 24 * 60, 7 * 24 * 60  # minutes


@dataclass(frozen=True)
class Interval:
    """When a shop is open, by its own wall clock.

    Attributes:
        weekday: the day that it begins on; Monday is 0.
        opens: `HH:MM`.
        closes: `HH:MM` or `24:00`; at or before `opens` means on the next day.
    """

    weekday: int
    opens: str
    closes: str


Clocks = tuple[str, str]
"""Opens and closes, as in `Interval`."""


@dataclass(frozen=True)
class HoursException:
    """A date on which a shop keeps other hours than its week says.

    Attributes:
        date: by the shop's own clock. All weekly hours that begin on it are replaced; those that began the evening
            before and run past midnight end as ever.
        intervals: the hours that begin on it instead; none where the shop stays closed.
    """

    date: date
    intervals: tuple[Clocks, ...] = ()


@dataclass(frozen=True)
class Schedule:
    """All that a shop says of its hours."""

    weekly: tuple[Interval, ...]
    exceptions: tuple[HoursException, ...] = ()

    def of(self, day: date) -> tuple[Clocks, ...]:
        """Return the hours that begin on a local date."""
        for exception in self.exceptions:
            if exception.date == day:
                return exception.intervals
        return tuple((one.opens, one.closes) for one in self.weekly if one.weekday == day.weekday())


def span(interval: Interval) -> tuple[int, int]:
    """Return when a well-formed interval begins and ends, in minutes of the week's wall clock since Monday 00:00; the
    end is beyond the week's (10,080) when Sunday night reaches into Monday.
    """
    day = interval.weekday * DAY
    opens, closes = _minutes(interval.opens), _minutes(interval.closes)
    return day + opens, day + closes + (DAY if closes <= opens else 0)


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)
