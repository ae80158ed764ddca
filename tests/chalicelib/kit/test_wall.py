from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chalicelib.kit import wall
from chalicelib.kit.wall import Window
from tests.zones import MINUTE, ODD, PLACES, clock_of

WALLS = st.datetimes(datetime.combine(date(2026, 1, 1), time()), datetime.combine(date(2036, 1, 1), time()))


@given(st.sampled_from(sorted(ODD)), WALLS)
@settings(max_examples=300, deadline=None)
def test_a_moment_is_the_first_at_which_the_clock_shows_it(zone: str, shown: datetime) -> None:
    shown = shown.replace(second=0, microsecond=0)
    at = wall.moment(shown, ZoneInfo(zone))
    before, after = ((at + step).astimezone(ZoneInfo(zone)).replace(tzinfo=None) for step in (-MINUTE, MINUTE * 0))
    assert before < shown <= after


@given(PLACES, st.integers(0, 60 * 24 * 9 - 1), st.integers(0, 59_999_999))
@example(("America/New_York", date(2026, 11, 1), 0), 4 * 1440 - 360 + 1, 0)
@settings(max_examples=200, deadline=None)
def test_what_the_clock_has_reached_is_the_most_that_it_has_shown(
    place: tuple[str, date, int], minute: int, micros: int
) -> None:
    name, day, _ = place
    zone, clock = ZoneInfo(name), clock_of(name, day)
    at = clock[minute][0] + timedelta(microseconds=micros)
    reached = wall.reached(at, zone)
    most = max([at.astimezone(zone).replace(tzinfo=None), *(shown for _, shown in clock[: minute + 1])])
    assert most <= reached < most + MINUTE
    assert wall.moment(reached, zone) <= at
    assert wall.moment(reached + timedelta(microseconds=1), zone) > at


def test_the_hour_that_new_york_shows_twice() -> None:
    zone = ZoneInfo("America/New_York")
    again = datetime(2026, 11, 1, 6, 30, tzinfo=UTC)
    shown = {wall.shown(again, zone), wall.reached(again - timedelta(hours=1), zone)}
    assert {at.isoformat() for at in shown} == {"2026-11-01T01:30:00"}
    assert wall.reached(again, zone).isoformat() == "2026-11-01T01:59:59.999999"
    assert wall.reached(again + timedelta(minutes=30), zone).isoformat() == "2026-11-01T02:00:00"


def test_the_day_that_samoa_skipped_has_no_length() -> None:
    span = wall.day_bounds(date(2011, 12, 30), ZoneInfo("Pacific/Apia"))
    assert span.start == span.end == datetime(2011, 12, 30, 10, tzinfo=UTC)


def test_a_day_without_its_midnight() -> None:
    span = wall.day_bounds(date(2018, 11, 4), ZoneInfo("America/Sao_Paulo"))
    assert span.end - span.start == timedelta(hours=23)


def test_spans_that_meet_are_one_and_empty_ones_none() -> None:
    noon = datetime(2026, 5, 1, 12, tzinfo=UTC)
    one, two, three, four = (noon + timedelta(hours=n) for n in range(4))
    spans = [Window(three, four), Window(one, two), Window(two, two), Window(two, three), Window(four, four)]
    assert wall.merged(spans) == (Window(one, four),)
    assert wall.merged([Window(three, four), Window(one, two)]) == (Window(one, two), Window(three, four))


@pytest.mark.parametrize(
    ("opens", "closes", "closing"),
    [
        ("09:00", "18:00", "2026-05-01T18:00:00"),
        ("18:00", "02:00", "2026-05-02T02:00:00"),
        ("00:00", "24:00", "2026-05-02T00:00:00"),
        ("09:00", "09:00", "2026-05-02T09:00:00"),
    ],
)
def test_hours_on_the_wall(opens: str, closes: str, closing: str) -> None:
    found = wall.walls(opens, closes, date(2026, 5, 1))
    assert [at.isoformat() for at in found] == [f"2026-05-01T{opens}:00", closing]


@pytest.mark.parametrize("zone", sorted(ODD))
def test_dates_follow_each_other_without_a_hole(zone: str) -> None:
    day = date(2026, 1, 1)
    ends = wall.day_bounds(day, ZoneInfo(zone)).start
    for offset in range(3653):
        span = wall.day_bounds(day + timedelta(days=offset), ZoneInfo(zone))
        assert span.start == ends
        ends = span.end
