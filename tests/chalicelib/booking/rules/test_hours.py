"""Opening hours and starts, held against a slow oracle that looks at the clock of every minute."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import example, given, settings
from hypothesis import strategies as st

from chalicelib.booking.rules import hours
from chalicelib.kit.wall import Window
from chalicelib.shops.ports import HoursException, Interval, Schedule
from tests.zones import ALWAYS, MINUTE, SCHEDULES, clock_of, slow_moment, walls_of

NEVER_CLOSED = Schedule(ALWAYS)


def begun_on(standing: Schedule, day: date) -> list[tuple[str, str]]:
    """The hours that begin on a date."""
    instead = {one.date: list(one.intervals) for one in standing.exceptions}
    return instead.get(day, [(one.opens, one.closes) for one in standing.weekly if one.weekday == day.weekday()])


def slow_starts(standing: Schedule, zone: str, day: date, minutes: int, slot: int) -> list[datetime]:
    """Every minute of which the clock shows a time of the grid for the first time, in a shop that stays open."""
    minutes_open: set[datetime] = set()
    grid: set[datetime] = set()
    for offset in range(-2, 4):
        begun = day + timedelta(days=offset)
        for clocks in begun_on(standing, begun):
            opens, closes = walls_of(clocks, begun)
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


@given(SCHEDULES, st.sampled_from([15, 30, 45, 60, 100, 480, 1500]), st.sampled_from([10, 15, 30, 45, 60]))
@example((("America/New_York", date(2026, 3, 8), 0), NEVER_CLOSED), 60, 30)
@example((("America/New_York", date(2026, 11, 1), 0), NEVER_CLOSED), 60, 30)
@example((("Pacific/Apia", date(2011, 12, 30), 0), NEVER_CLOSED), 60, 30)
@example((("Pacific/Apia", date(2011, 12, 30), -1), NEVER_CLOSED), 15, 10)
@example((("America/Sao_Paulo", date(2018, 11, 4), 0), NEVER_CLOSED), 30, 15)
@settings(max_examples=150, deadline=None)
def test_starts_are_those_of_the_slow_oracle(
    case: tuple[tuple[str, date, int], Schedule], minutes: int, slot: int
) -> None:
    (zone, odd, offset), standing = case
    day = odd + timedelta(days=offset)
    found = hours.starts(standing, ZoneInfo(zone), day, minutes=minutes, slot_minutes=slot)
    assert list(found) == slow_starts(standing, zone, day, minutes, slot)
    labels = [at.astimezone(ZoneInfo(zone)).replace(tzinfo=None) for at in found]
    assert len(set(labels)) == len(labels)
    assert {label.date() for label in labels} <= {day}


@given(SCHEDULES)
@settings(max_examples=80, deadline=None)
def test_windows_are_open_minutes_of_the_slow_oracle(case: tuple[tuple[str, date, int], Schedule]) -> None:
    (zone, odd, offset), standing = case
    day = odd + timedelta(days=offset)
    windows = hours.open_windows(standing, ZoneInfo(zone), day, day)
    minutes_open: set[datetime] = set()
    for clocks in begun_on(standing, day):
        first, last = (slow_moment(wall, zone, odd) for wall in walls_of(clocks, day))
        minutes_open |= {first + n * MINUTE for n in range(int((last - first) / MINUTE))}
    assert sum(((w.end - w.start) // MINUTE for w in windows), 0) == len(minutes_open)
    assert all(any(w.start <= at < w.end for w in windows) for at in minutes_open)
    assert all(one.end < other.start for one, other in pairwise(windows))


def local_starts(
    zone: str,
    day: date,
    weekly: tuple[Interval, ...] = ALWAYS,
    minutes: int = 30,
    exceptions: tuple[HoursException, ...] = (),
) -> list[str]:
    found = hours.starts(Schedule(weekly, exceptions), ZoneInfo(zone), day, minutes=minutes, slot_minutes=30)
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


def test_the_day_that_samoa_skipped_has_no_times() -> None:
    assert local_starts("Pacific/Apia", date(2011, 12, 30)) == []


def test_a_midnight_that_does_not_exist() -> None:
    found = local_starts("America/Sao_Paulo", date(2018, 11, 4))
    assert found[0] == "2018-11-04T01:00:00-02:00"


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
    (window,) = hours.open_windows(Schedule(night), ZoneInfo("America/New_York"), date(2026, 3, 8), date(2026, 3, 8))
    assert window == Window(datetime(2026, 3, 8, 7, tzinfo=UTC), datetime(2026, 3, 8, 8, tzinfo=UTC))
    assert local_starts("America/New_York", date(2026, 3, 8), night) == ["2026-03-08T03:15:00-04:00"]


def test_a_date_with_hours_of_its_own_and_one_without() -> None:
    may_day = (
        HoursException(date(2026, 5, 1), (("10:00", "11:00"), ("23:30", "00:30"))),
        HoursException(date(2026, 5, 2)),
    )
    assert local_starts("Asia/Shanghai", date(2026, 5, 1), exceptions=may_day) == [
        f"2026-05-01T{at}:00+08:00" for at in ("10:00", "10:30", "23:30")
    ]
    assert local_starts("Asia/Shanghai", date(2026, 5, 2), exceptions=may_day) == ["2026-05-02T00:00:00+08:00"]
    assert len(local_starts("Asia/Shanghai", date(2026, 5, 3), exceptions=may_day)) == 48


def test_the_night_before_a_closed_date_ends_as_ever() -> None:
    bar = tuple(Interval(day, "22:00", "01:30") for day in range(7))
    closed = (HoursException(date(2026, 5, 2)),)
    assert local_starts("Asia/Shanghai", date(2026, 5, 2), bar, exceptions=closed) == [
        f"2026-05-02T{at}:00+08:00" for at in ("00:00", "00:30", "01:00")
    ]
    assert local_starts("Asia/Shanghai", date(2026, 5, 3), bar, exceptions=closed)[0] == "2026-05-03T22:00:00+08:00"


def test_the_last_service_before_a_closed_date_ends_at_midnight() -> None:
    closed = (HoursException(date(2026, 5, 2)),)
    last = local_starts("Asia/Shanghai", date(2026, 5, 1), minutes=120, exceptions=closed)[-1]
    assert last == "2026-05-01T22:00:00+08:00"
