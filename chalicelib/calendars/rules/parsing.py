"""The times of a calendar's events. No I/O.

Of each event only its times are kept: the lines that hold titles, places and people are dropped before anything is
parsed. So are definitions of time zones, which could be made to take for ever; a zone counts by its name.
"""

import re
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from chalicelib.calendars.rules.faults import NotACalendar, NotUnderstood, TooComplex
from chalicelib.calendars.rules.recurrence import Rule
from chalicelib.kit.wall import DAY, Window

MOST_EVENTS = 5_000
_LONGEST = timedelta(days=366)
_EARLIEST, _LATEST = 1900, 2200  # years
_KEPT = frozenset(
    {"UID", "DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID", "STATUS", "TRANSP"}
)
_WEEKDAYS = {"MO": 0, "TU": 1, "WE": 2, "TH": 3, "FR": 4, "SA": 5, "SU": 6}
_BY_DAY = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)")
_NAME = re.compile(r"[A-Za-z0-9-]+")


@dataclass(frozen=True)
class Event:
    """A VEVENT's times: naive by the clock of `zone`.

    Attributes:
        nominal, exact: its length: whole days by the clock, and time that passes.
        left_out: moments, and dates of which nothing counts.
        replaces: the moment of the occurrence that this one stands for.
    """

    uid: str
    zone: ZoneInfo
    start: datetime
    nominal: timedelta
    exact: timedelta
    is_busy: bool
    rule: Rule | None = None
    more: tuple[datetime, ...] = ()
    left_out: frozenset[datetime | date] = field(default_factory=frozenset)
    replaces: datetime | None = None

    def span(self, at: datetime) -> Window:
        """Return the time that an occurrence takes."""
        return Window(moment(at, self.zone), moment(at + self.nominal, self.zone) + self.exact)


def _essence(text: str) -> str:
    """Return the lines of events that say when, unfolded and in a calendar of their own.

    Raises:
        NotACalendar: it does not begin like one.
    """
    unfolded = re.sub(r"(?:\r\n|\n|\r)[ \t]", "", text.removeprefix("\ufeff").lstrip())
    if not unfolded[:15].upper().startswith("BEGIN:VCALENDAR"):
        raise NotACalendar
    kept: list[str] = ["BEGIN:VCALENDAR"]
    inside: list[str] = []
    for line in re.split(r"\r\n|\n|\r", unfolded):
        named = _NAME.match(line)
        name = named.group().upper() if named else ""
        if name == "BEGIN":
            inside.append(line[6:].strip().upper())
        is_event = inside[1:] == ["VEVENT"]
        if is_event and (name in _KEPT or name in {"BEGIN", "END"}):
            kept.append(f"{name}:VEVENT" if name in {"BEGIN", "END"} else line)
        if name == "END" and inside:
            inside.pop()
    return "\r\n".join([*kept, "END:VCALENDAR", ""])


def events(text: str, zone: ZoneInfo) -> tuple[list[Event], list[NotUnderstood]]:
    """Return a calendar's events, and a fault for each that means nothing to us.

    Args:
        text: iCalendar.
        zone: of whole days, of floating times, and of times in a zone that nobody knows.

    Raises:
        NotACalendar, TooComplex: it could not be read.
    """
    # A function that imports no calendar does not wait for the library.
    from icalendar import Calendar

    essence = _essence(text)
    if essence.count("BEGIN:VEVENT") > MOST_EVENTS:
        raise TooComplex
    try:
        with warnings.catch_warnings(action="ignore"):  # it guesses zones by the names that programs give them
            components = Calendar.from_ical(essence).walk("VEVENT")
    except Exception as error:  # a stranger's text in somebody else's parser
        raise NotACalendar from error
    found, skipped = [], []
    for component in components:
        try:
            found.append(_event(component, zone))
        except NotUnderstood as fault:
            skipped.append(fault)
        except Exception:  # noqa: BLE001 - as above: a value that is none
            skipped.append(NotUnderstood())
    return found, skipped


def _event(component: Mapping[str, Any], shop_zone: ZoneInfo) -> Event:
    start, zone, is_date = _wall(component["DTSTART"].dt, shop_zone)
    nominal, exact = _length(component, start, zone, shop_zone, is_date=is_date)
    rule = _rule(component["RRULE"], zone) if "RRULE" in component else None
    replaced = component.get("RECURRENCE-ID")
    return Event(
        uid=str(component.get("UID", "")),
        zone=zone,
        start=start,
        nominal=min(nominal, _LONGEST),
        exact=min(exact, _LONGEST),
        is_busy=str(component.get("TRANSP", "")).upper() != "TRANSPARENT"
        and str(component.get("STATUS", "")).upper() != "CANCELLED",
        rule=rule,
        more=tuple(_wall(_begin(one), shop_zone, zone)[0] for one in _dates(component.get("RDATE"))),
        left_out=frozenset(_left_out(component, shop_zone)),
        replaces=_when(replaced.dt, shop_zone) if replaced is not None else None,
    )


def _length(
    component: Mapping[str, Any], start: datetime, zone: ZoneInfo, shop_zone: ZoneInfo, *, is_date: bool
) -> tuple[timedelta, timedelta]:
    """Return how long an event takes: days by the clock, and time that passes (RFC 5545, 3.8.2.2 and 3.8.5.3)."""
    zero = timedelta()
    if "DTEND" in component:
        end, its_zone, _ = _wall(component["DTEND"].dt, shop_zone)
        if is_date:
            nominal, exact = end - start, zero
        else:
            nominal, exact = zero, moment(end, its_zone) - moment(start, zone)
    elif "DURATION" in component:
        told: timedelta = component["DURATION"].dt
        nominal, exact = timedelta(days=told.days), told - timedelta(days=told.days)
    else:
        nominal, exact = (DAY if is_date else zero), zero
    if nominal < zero or exact < zero:
        raise NotUnderstood
    return nominal, exact


def _rule(told: Mapping[str, Any], zone: ZoneInfo) -> Rule:
    def numbers(name: str) -> tuple[int, ...]:
        return tuple(int(one) for one in told.get(name, ()))

    def single(name: str) -> Any:
        return told[name][0] if name in told else None

    frequency, count, until = single("FREQ"), single("COUNT"), single("UNTIL")
    return Rule(
        frequency=str(frequency).upper(),
        interval=int(single("INTERVAL") or 1),
        count=int(count) if count is not None else None,
        until=None if until is None else _until(until, zone),
        week_start=_WEEKDAYS[str(single("WKST") or "MO").upper()],
        by_month=numbers("BYMONTH"),
        by_week=numbers("BYWEEKNO"),
        by_year_day=numbers("BYYEARDAY"),
        by_month_day=numbers("BYMONTHDAY"),
        by_day=tuple(map(_weekday, told.get("BYDAY", ()))),
        by_hour=numbers("BYHOUR"),
        by_minute=numbers("BYMINUTE"),
        by_second=numbers("BYSECOND"),
        by_position=numbers("BYSETPOS"),
    )


def _weekday(told: Any) -> tuple[int, int]:
    found = _BY_DAY.fullmatch(str(told).upper())
    if found is None:
        raise NotUnderstood
    return int(found.group(1) or 0), _WEEKDAYS[found.group(2)]


def _until(told: date, zone: ZoneInfo) -> datetime:
    if not isinstance(told, datetime):
        return datetime.combine(told, time.max)
    return told.astimezone(zone).replace(tzinfo=None) if told.tzinfo else told


def _left_out(component: Mapping[str, Any], shop_zone: ZoneInfo) -> Iterator[datetime | date]:
    for one in _dates(component.get("EXDATE")):
        yield _when(one, shop_zone) if isinstance(one, datetime) else one


def _dates(told: Any) -> Iterator[Any]:
    lists = told if isinstance(told, list) else [told] if told is not None else []
    return (one.dt for many in lists for one in many.dts)


def _begin(one: Any) -> date:
    begin: date = one[0] if isinstance(one, tuple) else one  # a PERIOD
    return begin


def _wall(told: date, shop_zone: ZoneInfo, shown_in: ZoneInfo | None = None) -> tuple[datetime, ZoneInfo, bool]:
    """Return what a value says by the clock, by which zone's, and whether it is a date.

    Raises:
        NotUnderstood: out of all reason.
    """
    if not _EARLIEST <= told.year < _LATEST:
        raise NotUnderstood
    if not isinstance(told, datetime):
        return datetime.combine(told, time()), shown_in or shop_zone, True
    if told.tzinfo is not None:
        zone = told.tzinfo if isinstance(told.tzinfo, ZoneInfo) else ZoneInfo("UTC")
        shown = (
            told.replace(tzinfo=None)
            if isinstance(told.tzinfo, ZoneInfo)
            else told.astimezone(UTC).replace(tzinfo=None)
        )
    else:
        zone, shown = shop_zone, told
    if shown_in is not None and shown_in != zone:
        return moment(shown, zone).astimezone(shown_in).replace(tzinfo=None), shown_in, False
    return shown, zone, False


def _when(told: date, shop_zone: ZoneInfo) -> datetime:
    shown, zone, _ = _wall(told, shop_zone)
    return moment(shown, zone)


def moment(shown: datetime, zone: ZoneInfo) -> datetime:
    """Return the moment at which a clock shows a time: the first of two, and in a gap by the offset before it (RFC
    5545, 3.3.5), which is what `fold=0` says.
    """
    return shown.replace(tzinfo=zone).astimezone(UTC)
