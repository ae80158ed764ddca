"""Opening hours as a card holds them, in one line of text, and whether that line says open. No I/O.

The text is a subset of OpenStreetMap's `opening_hours`: a rule for each run of weekdays that are alike, then one for
each run of exceptional dates that are; a later rule replaces what earlier ones say of a day. As everywhere here the
hours of a day are those that begin on it: what began the evening before ends as ever.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from itertools import groupby
from zoneinfo import ZoneInfo

from chalicelib.kit import wall
from chalicelib.shops.ports import HoursException, Interval

_DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DATE = rf"\d{{4}} (?:{'|'.join(_MONTHS)}) \d\d"
_RULE = re.compile(
    rf"(?:(?P<days>[A-Z][a-z](?:-[A-Z][a-z])?)|(?P<from>{_DATE})(?:-(?P<to>{_DATE}))?) (?P<times>off|\d\d[\d:,-]+)"
)
_DAY = 24 * 60  # minutes

_Spans = tuple[tuple[int, int], ...]  # minutes of a day's wall clock, without their ends


@dataclass(frozen=True, slots=True)
class _Hours:
    """When it is open, with what reaches in from the day before: by weekday, and on dates (ordinals) that differ."""

    week: tuple[_Spans, ...]
    dates: Mapping[int, _Spans]


def short_hours(hours: Iterable[Interval], exceptions: Iterable[HoursException]) -> str:
    """Return all that a shop says of its hours, past exceptions too: what a card holds is to depend on the shop alone.

    For example `Mo-Fr 09:00-18:00; 2026 Oct 01-2026 Oct 07 off; 2026 Dec 24 10:00-14:00`.
    """
    return "; ".join(filter(None, (short_week(hours), *_dated(exceptions))))


def short_week(hours: Iterable[Interval]) -> str:
    """Return a week as OpenStreetMap writes it (`opening_hours`): `Mo-Fr 09:00-12:00,13:00-18:00; Sa 10:00-16:00`.

    An interval that closes at or before it opens ends on the next day, there as in `Interval`.
    """
    ordered = sorted(hours, key=lambda interval: interval.opens)
    days = [
        ",".join(f"{interval.opens}-{interval.closes}" for interval in ordered if interval.weekday == day)
        for day in range(len(_DAYS))
    ]
    parts = []
    for times, run in groupby(range(len(_DAYS)), key=days.__getitem__):
        same = list(run)
        if times:
            span = _DAYS[same[0]] if len(same) == 1 else f"{_DAYS[same[0]]}-{_DAYS[same[-1]]}"
            parts.append(f"{span} {times}")
    return "; ".join(parts)


def is_open(text: str, zone: str, at: datetime) -> bool:
    """Tell whether a shop is open at a moment, exactly as booking's windows say it.

    Args:
        text: its hours, by `short_hours`.
        zone: IANA name.
        at: aware.

    Raises:
        ValueError: the text is of another kind.
    """
    day, minute = _clock(zone, at if at.tzinfo is UTC else at.astimezone(UTC))
    hours = _read(text)
    spans = hours.dates.get(day)
    if spans is None:
        spans = hours.week[(day + 6) % 7]  # ordinal 1 was a Monday
    return any(opens <= minute < closes for opens, closes in spans)


def _dated(exceptions: Iterable[HoursException]) -> Iterator[str]:
    """Yield a rule for each run of dates that follow each other and are alike."""
    told = [
        (one.date, ",".join(f"{opens}-{closes}" for opens, closes in sorted(one.intervals)) or "off")
        for one in sorted(exceptions, key=lambda one: one.date)
    ]
    numbered = enumerate(told)
    for (_, times), run in groupby(numbered, key=lambda pair: (pair[1][0].toordinal() - pair[0], pair[1][1])):
        days = [day for _, (day, _) in run]
        span = _written(days[0]) if len(days) == 1 else f"{_written(days[0])}-{_written(days[-1])}"
        yield f"{span} {times}"


def _written(day: date) -> str:
    return f"{day.year} {_MONTHS[day.month - 1]} {day.day:02}"


@lru_cache(maxsize=1024)
def _clock(zone: str, at: datetime) -> tuple[int, int]:
    """Return how far the clock of a zone has got (see `wall.reached`): the date's ordinal and the minute of the day.
    `at` is in UTC: in other zones two moments can be equal.
    """
    reached = wall.reached(at, ZoneInfo(zone))
    return reached.toordinal(), reached.hour * 60 + reached.minute


@lru_cache(maxsize=8192)
def _read(text: str) -> _Hours:
    week: list[_Spans] = [()] * len(_DAYS)
    dates: dict[int, _Spans] = {}
    for rule in text.split("; ") if text else ():
        found = _RULE.fullmatch(rule)
        if found is None:
            raise ValueError(f"'{rule}' is no rule of `short_hours`")
        times = _times(found["times"])
        if found["days"]:
            names = found["days"].split("-")
            for day in _run(_DAYS.index(names[0]), _DAYS.index(names[-1])):
                week[day] = times
        else:
            for day in _run(_ordinal(found["from"]), _ordinal(found["to"] or found["from"])):
                dates[day] = times
    begun = dates | {day: week[(day + 6) % 7] for last in dates for day in (last - 1, last + 1) if day not in dates}
    return _Hours(
        week=tuple(_with_night(week[day - 1], week[day]) for day in range(len(_DAYS))),
        dates={day: _with_night(begun[day - 1], begun[day]) for day in begun if day - 1 in begun},
    )


def _run(first: int, last: int) -> range:
    if last < first:
        raise ValueError("a rule of `short_hours` does not run backwards")
    return range(first, last + 1)


def _with_night(before: Sequence[tuple[int, int]], own: _Spans) -> _Spans:
    """Return a day's hours and those of the night that reaches into it."""
    return tuple((0, closes - _DAY) for _, closes in before if closes > _DAY) + own


def _times(text: str) -> _Spans:
    spans = []
    for part in text.split(",") if text != "off" else ():
        opens, closes = map(_minutes, part.split("-"))
        spans.append((opens, closes if closes > opens else closes + _DAY))
    return tuple(spans)


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def _ordinal(text: str) -> int:
    year, month, day = text.split(" ")
    return date(int(year), _MONTHS.index(month) + 1, int(day)).toordinal()
