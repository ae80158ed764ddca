"""Zones whose clocks do odd things, what they show minute by minute, and hours to try on them."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from chalicelib.shops.ports import HoursException, Interval, Schedule

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
ALWAYS = tuple(Interval(day, "00:00", "24:00") for day in range(7))

# Each zone with dates around which its clock does something odd.
ODD = {
    "Australia/Lord_Howe": [date(2026, 4, 5), date(2026, 10, 4)],  # half an hour
    "Asia/Kathmandu": [date(2026, 6, 1), date(1985, 12, 31)],  # +05:45; +05:30 until 1986
    "Pacific/Apia": [date(2011, 12, 30), date(2012, 4, 1), date(2011, 9, 24)],  # a day that never was
    "Africa/Casablanca": [date(2026, 2, 15), date(2026, 3, 22), date(2027, 2, 7)],  # clocks put back for Ramadan
    "America/New_York": [date(2026, 3, 8), date(2026, 11, 1)],
    "Asia/Shanghai": [date(2026, 5, 1), date(1991, 9, 15)],
    "America/Sao_Paulo": [date(2018, 11, 4), date(2019, 2, 17)],  # at midnight
    "Australia/Adelaide": [date(2026, 4, 5), date(2026, 10, 4)],
    "Europe/Dublin": [date(2026, 3, 29), date(2026, 10, 25)],  # a negative summer time in the data
    "Antarctica/Troll": [date(2026, 3, 29), date(2026, 10, 25)],  # two hours
}
BEGINS, ENDS = timedelta(days=4), timedelta(days=5)


@cache
def clock_of(zone: str, day: date) -> tuple[tuple[datetime, datetime], ...]:
    """Every minute around a date: the moment, and what the clock shows."""
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    at = noon - BEGINS
    minutes = []
    while at < noon + ENDS:
        minutes.append((at, at.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)))
        at += MINUTE
    return tuple(minutes)


def walls_of(clocks: tuple[str, str], day: date) -> tuple[datetime, datetime]:
    def wall(text: str) -> datetime:
        hour, minute = map(int, text.split(":"))
        return datetime.combine(day, time()) + timedelta(hours=hour, minutes=minute)

    opens, closes = map(wall, clocks)
    return opens, closes if closes > opens else closes + DAY


def slow_moment(wall: datetime, zone: str, day: date) -> datetime:
    return next(at for at, shown in clock_of(zone, day) if shown >= wall)


TIMES = st.builds("{:02d}:{:02d}".format, st.integers(0, 23), st.sampled_from([0, 0, 15, 30, 45, 50]))
INTERVALS = st.builds(Interval, st.integers(0, 6), TIMES, st.one_of(TIMES, st.just("24:00")))
WEEKS = st.one_of(
    st.just(ALWAYS),
    st.lists(INTERVALS, max_size=6).map(tuple),
    st.tuples(TIMES, TIMES).map(lambda pair: tuple(Interval(day, *pair) for day in range(7))),
)
PLACES = st.sampled_from(sorted(ODD)).flatmap(
    lambda zone: st.tuples(st.just(zone), st.sampled_from(ODD[zone]), st.integers(-1, 1))
)


def exceptions(*near: date) -> st.SearchStrategy[tuple[HoursException, ...]]:
    """Some dates around others, each with hours of its own or none."""
    days = st.builds(lambda day, offset: day + offset * DAY, st.sampled_from(near), st.integers(-3, 3))
    clocks = st.lists(st.tuples(TIMES, st.one_of(TIMES, st.just("24:00"))), max_size=2).map(tuple)
    made = st.lists(st.builds(HoursException, days, clocks), max_size=4, unique_by=lambda one: one.date)
    return made.map(tuple)


SCHEDULES = PLACES.flatmap(
    lambda place: st.tuples(st.just(place), st.builds(Schedule, WEEKS, st.just(()) | exceptions(place[1])))
)
"""A place and time where a clock is odd, and hours there."""
