"""Weeks as OpenStreetMap writes them (`opening_hours`): the part of that notation that says fixed times of weekdays."""

import re
from collections.abc import Iterator

from chalicelib.shops.ports import Interval

DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
_RULE = re.compile(r"(?:(?P<days>[A-Z][a-z](?:\s*[-,]\s*[A-Z][a-z])*)\s+)?(?P<times>[\d:,\s-]+|off|closed)")
_TIMES = re.compile(r"(\d{1,2}:\d{2})\s*-\s*(\d{1,2}:\d{2})")


def week(text: str) -> tuple[Interval, ...]:
    """Return the intervals of a week: `Mo-Fr 09:00-12:00,13:00-18:00; Sa 10:00-02:00`, or `24/7`; nothing for an empty
    text. A later rule replaces what an earlier one says of a day.

    Raises:
        ValueError: it says something else.
    """
    if text == "24/7":
        return tuple(Interval(day, "00:00", "24:00") for day in range(len(DAYS)))
    by_day: dict[int, list[Interval]] = {}
    for rule in filter(None, map(str.strip, text.split(";"))):
        found = _RULE.fullmatch(rule)
        if found is None:
            raise ValueError(f"'{rule}' is not like Mo-Fr 09:00-18:00")
        closed = found["times"] in {"off", "closed"}
        times = [] if closed else list(_times(found["times"]))
        for day in _days(found["days"] or "Mo-Su"):
            by_day[day] = [Interval(day, opens, closes) for opens, closes in times]
    return tuple(interval for day in sorted(by_day) for interval in by_day[day])


def _days(text: str) -> Iterator[int]:
    for part in text.split(","):
        first, _, last = (name.strip() for name in part.partition("-"))
        if first not in DAYS or (last and last not in DAYS):
            raise ValueError(f"'{part}' is no day: {' '.join(DAYS)}")
        start = DAYS.index(first)
        count = (DAYS.index(last) - start) % len(DAYS) if last else 0
        yield from ((start + ahead) % len(DAYS) for ahead in range(count + 1))


def _times(text: str) -> Iterator[tuple[str, str]]:
    for part in text.split(","):
        found = _TIMES.fullmatch(part.strip())
        if found is None:
            raise ValueError(f"'{part.strip()}' is not like 09:00-18:00")
        yield found[1].zfill(5), found[2].zfill(5)
