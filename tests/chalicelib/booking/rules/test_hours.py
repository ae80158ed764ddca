"""Opening hours and starts, held against a slow oracle that looks at the clock of every minute."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chalicelib.booking.rules import hours
from chalicelib.booking.rules.hours import Window
from chalicelib.shops.ports import Interval

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


def walls_of(interval: Interval, day: date) -> tuple[datetime, datetime]:
    def wall(text: str) -> datetime:
        hour, minute = map(int, text.split(":"))
        return datetime.combine(day, time()) + timedelta(hours=hour, minutes=minute)

    opens, closes = wall(interval.opens), wall(interval.closes)
    return opens, closes if closes > opens else closes + DAY


def slow_moment(wall: datetime, zone: str, day: date) -> datetime:
    return next(at for at, shown in clock_of(zone, day) if shown >= wall)


def slow_starts(weekly: tuple[Interval, ...], zone: str, day: date, minutes: int, slot: int) -> list[datetime]:
    """Every minute of which the clock shows a time of the grid for the first time, in a shop that stays open."""
    minutes_open: set[datetime] = set()
    grid: set[datetime] = set()
    for offset in range(-2, 4):
        begun = day + timedelta(days=offset)
        for interval in weekly:
            if interval.weekday == begun.weekday():
                opens, closes = walls_of(interval, begun)
                first, last = slow_moment(opens, zone, day), slow_moment(closes, zone, day)
                minutes_open |= {first + n * MINUTE for n in range(int((last - first) / MINUTE))}
                grid |= {opens + n * slot * MINUTE for n in range(-(-int((closes - opens) / MINUTE) // slot))}
    found, seen = [], set()
    for at, shown in clock_of(zone, day):
        is_first = shown not in seen
        seen.add(shown)
        if (
            is_first
            and shown.date() == day
            and shown in grid
            and all(at + n * MINUTE in minutes_open for n in range(minutes))
        ):
            found.append(at)
    return found


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


@given(PLACES, WEEKS, st.sampled_from([15, 30, 45, 60, 100, 480, 1500]), st.sampled_from([10, 15, 30, 45, 60]))
@example(("America/New_York", date(2026, 3, 8), 0), ALWAYS, 60, 30)
@example(("America/New_York", date(2026, 11, 1), 0), ALWAYS, 60, 30)
@example(("Pacific/Apia", date(2011, 12, 30), 0), ALWAYS, 60, 30)
@example(("Pacific/Apia", date(2011, 12, 30), -1), ALWAYS, 15, 10)
@example(("America/Sao_Paulo", date(2018, 11, 4), 0), ALWAYS, 30, 15)
@settings(max_examples=150, deadline=None)
def test_starts_are_those_of_the_slow_oracle(
    place: tuple[str, date, int], weekly: tuple[Interval, ...], minutes: int, slot: int
) -> None:
    zone, odd, offset = place
    day = odd + timedelta(days=offset)
    found = hours.starts(weekly, ZoneInfo(zone), day, minutes=minutes, slot_minutes=slot)
    assert list(found) == slow_starts(weekly, zone, day, minutes, slot)
    labels = [at.astimezone(ZoneInfo(zone)).replace(tzinfo=None) for at in found]
    assert len(set(labels)) == len(labels)
    assert {label.date() for label in labels} <= {day}


@given(PLACES, WEEKS)
@settings(max_examples=80, deadline=None)
def test_windows_are_open_minutes_of_the_slow_oracle(
    place: tuple[str, date, int], weekly: tuple[Interval, ...]
) -> None:
    zone, odd, offset = place
    day = odd + timedelta(days=offset)
    windows = hours.open_windows(weekly, ZoneInfo(zone), day, day)
    minutes_open: set[datetime] = set()
    for interval in weekly:
        if interval.weekday == day.weekday():
            first, last = (slow_moment(wall, zone, odd) for wall in walls_of(interval, day))
            minutes_open |= {first + n * MINUTE for n in range(int((last - first) / MINUTE))}
    assert sum(((w.end - w.start) // MINUTE for w in windows), 0) == len(minutes_open)
    assert all(any(w.start <= at < w.end for w in windows) for at in minutes_open)
    assert all(one.end < other.start for one, other in pairwise(windows))


WALLS = st.datetimes(datetime.combine(date(2026, 1, 1), time()), datetime.combine(date(2036, 1, 1), time()))


@given(st.sampled_from(sorted(ODD)), WALLS)
@settings(max_examples=300, deadline=None)
def test_a_moment_is_the_first_at_which_the_clock_shows_it(zone: str, wall: datetime) -> None:
    wall = wall.replace(second=0, microsecond=0)
    at = hours.moment(wall, ZoneInfo(zone))
    before, after = ((at + step).astimezone(ZoneInfo(zone)).replace(tzinfo=None) for step in (-MINUTE, MINUTE * 0))
    assert before < wall <= after


def local_starts(zone: str, day: date, weekly: tuple[Interval, ...] = ALWAYS, minutes: int = 30) -> list[str]:
    found = hours.starts(weekly, ZoneInfo(zone), day, minutes=minutes, slot_minutes=30)
    return [at.astimezone(ZoneInfo(zone)).isoformat() for at in found]


def test_a_start_in_a_gap_does_not_exist() -> None:
    found = local_starts("America/New_York", date(2026, 3, 8))
    assert len(found) == 46
    assert found[3:5] == ["2026-03-08T01:30:00-05:00", "2026-03-08T03:00:00-04:00"]


def test_a_start_in_a_fold_exists_once_and_says_its_offset() -> None:
    found = local_starts("America/New_York", date(2026, 11, 1))
    assert len(found) == 48
    assert found[2:5] == ["2026-11-01T01:00:00-04:00", "2026-11-01T01:30:00-04:00", "2026-11-01T02:00:00-05:00"]


def test_half_an_hour_of_lord_howe() -> None:
    gap = local_starts("Australia/Lord_Howe", date(2026, 10, 4))
    assert gap[3:5] == ["2026-10-04T01:30:00+10:30", "2026-10-04T02:30:00+11:00"]
    fold = local_starts("Australia/Lord_Howe", date(2026, 4, 5))
    assert fold[3:5] == ["2026-04-05T01:30:00+11:00", "2026-04-05T02:00:00+10:30"]


def test_the_day_that_samoa_skipped_has_no_times_and_no_length() -> None:
    assert local_starts("Pacific/Apia", date(2011, 12, 30)) == []
    span = hours.day_bounds(date(2011, 12, 30), ZoneInfo("Pacific/Apia"))
    assert span.start == span.end == datetime(2011, 12, 30, 10, tzinfo=UTC)


def test_a_midnight_that_does_not_exist() -> None:
    found = local_starts("America/Sao_Paulo", date(2018, 11, 4))
    assert found[0] == "2018-11-04T01:00:00-02:00"
    span = hours.day_bounds(date(2018, 11, 4), ZoneInfo("America/Sao_Paulo"))
    assert span.end - span.start == timedelta(hours=23)


def test_past_midnight_belongs_to_the_next_date() -> None:
    bar = (Interval(4, "22:00", "01:30"),)  # Friday night
    assert local_starts("Asia/Shanghai", date(2026, 5, 1), bar) == [
        f"2026-05-01T{at}:00+08:00" for at in ("22:00", "22:30", "23:00", "23:30")
    ]
    assert local_starts("Asia/Shanghai", date(2026, 5, 2), bar) == [
        f"2026-05-02T{at}:00+08:00" for at in ("00:00", "00:30", "01:00")
    ]


def test_a_service_runs_over_midnight_in_a_shop_that_never_closes() -> None:
    assert local_starts("Asia/Shanghai", date(2026, 5, 1), minutes=120)[-1] == "2026-05-01T23:30:00+08:00"


def test_the_grid_begins_at_the_opening() -> None:
    found = local_starts("Asia/Kathmandu", date(2026, 6, 1), (Interval(0, "09:10", "10:45"),))
    assert found == ["2026-06-01T09:10:00+05:45", "2026-06-01T09:40:00+05:45", "2026-06-01T10:10:00+05:45"]


def test_hours_in_a_gap_begin_when_it_ends() -> None:
    night = (Interval(6, "02:15", "04:00"),)
    (window,) = hours.open_windows(night, ZoneInfo("America/New_York"), date(2026, 3, 8), date(2026, 3, 8))
    assert window == Window(datetime(2026, 3, 8, 7, tzinfo=UTC), datetime(2026, 3, 8, 8, tzinfo=UTC))
    assert local_starts("America/New_York", date(2026, 3, 8), night) == ["2026-03-08T03:15:00-04:00"]


@pytest.mark.parametrize("zone", sorted(ODD))
def test_dates_follow_each_other_without_a_hole(zone: str) -> None:
    day = date(2026, 1, 1)
    ends = hours.day_bounds(day, ZoneInfo(zone)).start
    for offset in range(3653):
        span = hours.day_bounds(day + timedelta(days=offset), ZoneInfo(zone))
        assert span.start == ends
        ends = span.end
