"""When something that repeats takes place (RFC 5545, 3.3.10): wall-clock times within a span. No I/O.

Rules come from strangers. An engine that walks from the first occurrence on, as dateutil's, can be kept busy for hours
by one line (a rule of seconds, or one that never matches), and nothing from outside stops it. This one goes straight to
the periods that the span touches; only a COUNT makes it walk from the start. Every day that it looks at is paid from a
budget. The tests hold it against dateutil.
"""

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import product

from chalicelib.calendars.rules.faults import NotUnderstood, TooComplex

FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")  # what repeats within a day is no appointment
_MOST_TIMES = 48  # a day
_DAY = timedelta(days=1)


class Budget:
    """What may be spent on a calendar: a day that is looked at costs 1."""

    def __init__(self, days: int) -> None:
        self._left = days

    def spend(self, days: int) -> None:
        """Raise `TooComplex` where it does not suffice."""
        self._left -= days
        if self._left < 0:
            raise TooComplex


@dataclass(frozen=True)
class Rule:
    """An RRULE. Weekdays count from Monday, 0; `by_day` has pairs of a position (0: every one) and a weekday.

    Attributes:
        until: the last wall-clock time that may be one.
    """

    frequency: str
    interval: int = 1
    count: int | None = None
    until: datetime | None = None
    week_start: int = 0
    by_month: tuple[int, ...] = ()
    by_week: tuple[int, ...] = ()
    by_year_day: tuple[int, ...] = ()
    by_month_day: tuple[int, ...] = ()
    by_day: tuple[tuple[int, int], ...] = ()
    by_hour: tuple[int, ...] = ()
    by_minute: tuple[int, ...] = ()
    by_second: tuple[int, ...] = ()
    by_position: tuple[int, ...] = ()

    def anchored(self, start: datetime) -> "Rule":
        """Return the rule with all that it leaves to its start said.

        Raises:
            NotUnderstood: it means nothing, or is of a kind that is not honoured.
        """
        if self.frequency not in FREQUENCIES or self.interval < 1 or (self.count is not None and self.count < 1):
            raise NotUnderstood
        if self.by_week and self.frequency != "YEARLY":
            raise NotUnderstood
        if any(position for position, _ in self.by_day) and self.frequency not in {"MONTHLY", "YEARLY"}:
            raise NotUnderstood
        said = dict(vars(self))
        if not (self.by_week or self.by_year_day or self.by_month_day or self.by_day):
            if self.frequency == "WEEKLY":
                said["by_day"] = ((0, start.weekday()),)
            elif self.frequency == "MONTHLY":
                said["by_month_day"] = (start.day,)
            elif self.frequency == "YEARLY":
                said["by_month"] = self.by_month or (start.month,)
                said["by_month_day"] = (start.day,)
        clocks = (self.by_hour or (start.hour,), self.by_minute or (start.minute,), self.by_second or (start.second,))
        said["by_hour"], said["by_minute"], said["by_second"] = clocks
        if len(clocks[0]) * len(clocks[1]) * len(clocks[2]) > _MOST_TIMES:
            raise NotUnderstood
        return Rule(**said)


def occurrences(rule: Rule, start: datetime, first: datetime, last: datetime, budget: Budget) -> Iterator[datetime]:
    """Yield the naive times from `first` to `last`, in order, at which a rule that begins at `start` says so.

    Raises:
        NotUnderstood: not a rule. TooComplex: the budget is used up.
    """
    said = rule.anchored(start)
    seen = 0
    for period in _periods(said, start, first, last):
        for at in _times(said, period, start, budget):
            if at < start:
                continue
            seen += 1
            is_over = (said.until is not None and at > said.until) or (said.count is not None and seen > said.count)
            if is_over or at > last:
                return
            if at >= first:
                yield at


def _periods(rule: Rule, start: datetime, first: datetime, last: datetime) -> Iterator[tuple[date, date]]:
    """Yield the first and the last date of each period that may hold something."""
    origin = _number(rule, start.date())
    number = origin
    if rule.count is None and first > start:
        behind = max(0, _number(rule, first.date()) - origin)
        number = origin + behind // rule.interval * rule.interval
    while True:
        try:
            bounds = _bounds(rule, number)
        except (ValueError, OverflowError):  # beyond the calendar's end
            return
        if bounds[0] > last.date():
            return
        yield bounds
        number += rule.interval


def _number(rule: Rule, day: date) -> int:
    """Return the number of the period that holds a date."""
    if rule.frequency == "YEARLY":
        return day.year
    if rule.frequency == "MONTHLY":
        return day.year * 12 + day.month - 1
    if rule.frequency == "WEEKLY":
        return (day.toordinal() - 1 - rule.week_start) // 7  # 1 January of the year 1 was a Monday
    return day.toordinal()


def _bounds(rule: Rule, number: int) -> tuple[date, date]:
    if rule.frequency == "YEARLY":
        return date(number, 1, 1), date(number, 12, 31)
    if rule.frequency == "MONTHLY":
        first = date(number // 12, number % 12 + 1, 1)
        return first, first.replace(day=_days_of(first))
    if rule.frequency == "WEEKLY":
        first = date.fromordinal(max(1, number * 7 + 1 + rule.week_start))
        return first, date.fromordinal(number * 7 + 7 + rule.week_start)
    return date.fromordinal(number), date.fromordinal(number)


def _times(rule: Rule, period: tuple[date, date], start: datetime, budget: Budget) -> Iterator[datetime]:
    budget.spend(1)
    days = (day for day in _days(rule, period, budget) if _matches(rule, day))
    clocks = sorted(set(product(rule.by_hour, rule.by_minute, rule.by_second)))
    found = (datetime.combine(day, time(*clock)) for day in days for clock in clocks)
    if not rule.by_position:
        yield from (at for at in found if at >= start)
        return
    every = list(found)
    chosen = {position - 1 if position > 0 else len(every) + position for position in rule.by_position}
    yield from (every[at] for at in sorted(chosen) if 0 <= at < len(every))


def _days(rule: Rule, period: tuple[date, date], budget: Budget) -> Iterator[date]:
    """Yield the dates of a period, of a year's only those of the months that matter."""
    first, last = period
    if rule.frequency == "YEARLY" and rule.by_month:
        spans = [(date(first.year, m, 1), date(first.year, m, _days_of(date(first.year, m, 1)))) for m in _months(rule)]
    else:
        spans = [(first, last)]
    for begin, end in spans:
        budget.spend((end - begin).days + 1)
        yield from (begin + offset * _DAY for offset in range((end - begin).days + 1))


def _months(rule: Rule) -> list[int]:
    return sorted({month for month in rule.by_month if 1 <= month <= 12})  # noqa: PLR2004 - months of a year


def _matches(rule: Rule, day: date) -> bool:
    if rule.by_month and day.month not in rule.by_month:
        return False
    if rule.by_month_day and not {day.day, day.day - _days_of(day) - 1} & set(rule.by_month_day):
        return False
    if rule.by_year_day:
        of_year = day.timetuple().tm_yday
        if not {of_year, of_year - _days_in_year(day.year) - 1} & set(rule.by_year_day):
            return False
    if rule.by_week and not _week(rule, day) & set(rule.by_week):
        return False
    return not rule.by_day or any(_is_weekday(rule, day, *wanted) for wanted in rule.by_day)


def _is_weekday(rule: Rule, day: date, position: int, weekday: int) -> bool:
    if day.weekday() != weekday:
        return False
    if position == 0:
        return True
    if rule.frequency == "MONTHLY" or rule.by_month:
        place, length = day.day, _days_of(day)
    else:
        place, length = day.timetuple().tm_yday, _days_in_year(day.year)
    return position in {(place - 1) // 7 + 1, -((length - place) // 7 + 1)}


def _week(rule: Rule, day: date) -> set[int]:
    """Return the number of a date's week, counted from the first and from the last of the year that it belongs to."""
    middle = day + (3 - (day.weekday() - rule.week_start) % 7) * _DAY  # a week belongs to the year of its fourth day
    number = (middle.timetuple().tm_yday - 1) // 7 + 1
    rest = (_days_in_year(middle.year) - middle.timetuple().tm_yday) // 7
    return {number, -(rest + 1)}


def _days_of(day: date) -> int:
    return calendar.monthrange(day.year, day.month)[1]


def _days_in_year(year: int) -> int:
    return 366 if calendar.isleap(year) else 365
