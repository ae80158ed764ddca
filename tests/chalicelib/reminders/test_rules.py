"""When reminders come, by the clock of a shop."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kit.wall import shown
from chalicelib.orders.ports import LineState
from chalicelib.reminders import rules
from chalicelib.reminders.rules import Kind
from tests.chalicelib.booking.world import NOW, order
from tests.chalicelib.reminders.world import HOUR, line
from tests.zones import ODD

ZONES = st.sampled_from([*ODD, "Europe/London", "Asia/Kolkata", "America/Santiago", "Pacific/Chatham"])
MINUTES = st.integers(0, 15 * 365 * 24 * 60).map(lambda n: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=n))


def in_zone(text, zone):
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def walls(starts_at, zone):
    day, soon = rules.reminders(in_zone(starts_at, zone), zone)
    assert (day.kind, soon.kind) == (Kind.DAY_BEFORE, Kind.SOON)
    return tuple(f"{shown(one.at, ZoneInfo(zone)):%m-%dT%H:%M}" for one in (day, soon))


@pytest.mark.parametrize(
    ("zone", "starts_at", "day_before", "soon"),
    [
        ("Asia/Shanghai", "2026-05-02T14:30", "05-01T14:30", "05-02T12:30"),
        # Two hours before eight is in the night: one hears at seven, and of what begins before eight in the evening.
        ("Asia/Shanghai", "2026-05-02T08:00", "05-01T08:00", "05-02T07:00"),
        ("Asia/Shanghai", "2026-05-02T08:59", "05-01T08:59", "05-02T07:00"),
        ("Asia/Shanghai", "2026-05-02T09:00", "05-01T09:00", "05-02T07:00"),
        ("Asia/Shanghai", "2026-05-02T07:59", "05-01T07:59", "05-01T21:00"),
        ("Asia/Shanghai", "2026-05-02T06:00", "04-30T21:00", "05-01T21:00"),
        ("Asia/Shanghai", "2026-05-02T00:30", "04-30T21:00", "05-01T21:00"),
        ("Asia/Shanghai", "2026-05-02T23:00", "05-01T21:00", "05-02T21:00"),
        ("Asia/Shanghai", "2026-05-02T21:00", "05-01T21:00", "05-02T19:00"),
        # Clocks go forward on 8 March and back on 1 November: the day before is 23 and 25 hours before.
        ("America/New_York", "2026-03-08T10:00", "03-07T10:00", "03-08T08:00"),
        ("America/New_York", "2026-11-01T10:00", "10-31T10:00", "11-01T08:00"),
        # Half an hour.
        ("Australia/Lord_Howe", "2026-04-05T12:15", "04-04T12:15", "04-05T10:15"),
        ("Australia/Lord_Howe", "2026-10-04T12:15", "10-03T12:15", "10-04T10:15"),
    ],
)
def test_reminders_come_by_the_shops_clock(zone, starts_at, day_before, soon):
    assert walls(starts_at, zone) == (day_before, soon)


@pytest.mark.parametrize(
    ("starts_at", "hours"), [("2026-03-08T10:00", 23), ("2026-11-01T10:00", 25), ("2026-06-01T10:00", 24)]
)
def test_the_day_before_is_a_day_by_the_clock_on_the_wall(starts_at, hours):
    start = in_zone(starts_at, "America/New_York")
    day, soon = rules.reminders(start, "America/New_York")
    assert start - day.at == hours * HOUR
    assert start - soon.at == 2 * HOUR


@given(ZONES, MINUTES)
def test_nobody_is_woken_and_nobody_hears_too_late(zone, starts_at):
    clock = ZoneInfo(zone)
    day, soon = rules.reminders(starts_at, zone)
    for one in (day, soon):
        assert time(7) <= shown(one.at, clock).time() <= time(21)
    assert day.at < soon.at
    assert timedelta(hours=1) <= starts_at - soon.at <= timedelta(hours=13)
    assert timedelta(hours=22) <= starts_at - day.at <= timedelta(hours=36)
    assert (day.until, soon.until) == (soon.at, starts_at)


def test_lines_that_follow_each_other_are_one_visit():
    lines = [
        line(1, NOW + 30 * HOUR),
        line(2, NOW + 31 * HOUR, 2),
        line(3, NOW + 35 * HOUR),
        line(4, NOW + 38.5 * HOUR),
    ]
    found = rules.visits(order([lines[3], lines[1], lines[0], lines[2]]))
    assert [[one.id for one in visit.lines] for visit in found] == [["lin_1", "lin_2", "lin_3"], ["lin_4"]]
    assert (found[0].starts_at, found[0].ends_at) == (NOW + 30 * HOUR, NOW + 36 * HOUR)


def test_a_long_line_keeps_short_ones_in_its_visit():
    found = rules.visits(order([line(1, NOW, 6), line(2, NOW + HOUR), line(3, NOW + 8 * HOUR)]))
    assert [[one.id for one in visit.lines] for visit in found] == [["lin_1", "lin_2", "lin_3"]]


@pytest.mark.parametrize("state", sorted(set(LineState) - {LineState.CONFIRMED}))
def test_what_is_not_sold_or_is_over_is_no_visit(state):
    assert rules.visits(order([line(1, NOW, state=state), line(2, None)])) == []


def test_who_sells_to_themselves_is_not_reminded():
    assert rules.visits(order([line(1, NOW + 30 * HOUR)], customer_id="acc_merchant")) == []


@pytest.mark.parametrize(
    ("hours", "kinds"),
    [(1, []), (3, [Kind.SOON]), (20, [Kind.SOON]), (23.99, [Kind.SOON]), (25, [Kind.DAY_BEFORE, Kind.SOON])],
)
def test_what_would_have_come_by_now_does_not_come(hours, kinds):
    noon = datetime(2030, 5, 1, 4, tzinfo=UTC)
    found = rules.planned(order([line(1, noon + hours * HOUR)]), "Asia/Shanghai", noon, None)
    assert [one.kind for one in found.pending] == kinds if kinds else found is None


def test_each_of_weekly_visits_is_reminded():
    weekly = [line(number, NOW + timedelta(weeks=number)) for number in range(1, 9)]
    found = rules.planned(order(weekly), "Asia/Shanghai", NOW, None)
    assert len(found.pending) == 16
    assert found.next_at == NOW + timedelta(days=6)
    assert found.ends_at == weekly[-1].ends_at
