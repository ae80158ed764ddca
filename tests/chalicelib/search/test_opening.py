"""Hours in one line, held against booking's windows."""

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.booking.rules.hours import open_windows
from chalicelib.search.opening import is_open, short_hours, short_week
from chalicelib.shops.ports import HoursException, Interval, Schedule
from tests.zones import DAY, ODD, SCHEDULES, WEEKS, exceptions

BAR = tuple(Interval(day, "18:00", "02:00") for day in range(7))
OCTOBER = [HoursException(date(2026, 10, day)) for day in range(1, 8)]
CHRISTMAS = HoursException(date(2026, 12, 24), (("13:00", "14:00"), ("10:00", "12:00")))
BEGIN, END = datetime(2020, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hours", "text"),
    [
        ([], ""),
        ([(day, "00:00", "24:00") for day in range(7)], "Mo-Su 00:00-24:00"),
        ([(4, "18:00", "02:00")], "Fr 18:00-02:00"),
        (
            [*((day, o, c) for day in (0, 1, 2) for o, c in (("13:00", "18:00"), ("09:00", "12:00"))), (6, "10:00", "16:00")],
            "Mo-We 09:00-12:00,13:00-18:00; Su 10:00-16:00",
        ),
    ],
)  # fmt: skip
def test_a_week_in_short(hours, text):
    assert short_week(Interval(*one) for one in hours) == text


@pytest.mark.parametrize(
    ("dates", "text"),
    [
        ([], "Mo 09:00-18:00"),
        (OCTOBER, "Mo 09:00-18:00; 2026 Oct 01-2026 Oct 07 off"),
        ([CHRISTMAS, *OCTOBER[:1]], "Mo 09:00-18:00; 2026 Oct 01 off; 2026 Dec 24 10:00-12:00,13:00-14:00"),
        (
            [HoursException(date(2027, 1, 1)), HoursException(date(2026, 12, 31)), HoursException(date(2026, 12, 29))],
            "Mo 09:00-18:00; 2026 Dec 29 off; 2026 Dec 31-2027 Jan 01 off",
        ),
        (
            [HoursException(date(2026, 5, day), (("10:00", "02:00"),)) for day in (1, 2, 3)] + [HoursException(date(2026, 5, 4))],
            "Mo 09:00-18:00; 2026 May 01-2026 May 03 10:00-02:00; 2026 May 04 off",
        ),
    ],
)  # fmt: skip
def test_exceptions_in_short(dates, text):
    assert short_hours([Interval(0, "09:00", "18:00")], dates) == text
    assert short_hours([Interval(0, "09:00", "18:00")], reversed(dates)) == text


def test_a_shop_that_opens_on_a_date_alone():
    assert short_hours([], []) == ""
    text = short_hours([], [CHRISTMAS])
    assert text == "2026 Dec 24 10:00-12:00,13:00-14:00"
    assert is_open(text, "UTC", datetime(2026, 12, 24, 11, tzinfo=UTC))
    assert not is_open(text, "UTC", datetime(2026, 12, 24, 12, tzinfo=UTC))
    assert not is_open("", "UTC", datetime(2026, 12, 24, 11, tzinfo=UTC))


def by_booking(standing, zone, at):
    day = at.astimezone(ZoneInfo(zone)).date()
    windows = open_windows(standing, ZoneInfo(zone), day - 3 * DAY, day + 2 * DAY)
    return any(window.start <= at < window.end for window in windows)


def agree(standing, zone, at):
    text = short_hours(standing.weekly, standing.exceptions)
    assert is_open(text, zone, at) == by_booking(standing, zone, at), (text, zone, at)


@given(SCHEDULES, st.integers(-4 * 86_400, 4 * 86_400), st.sampled_from([0, 1, 999_999]))
@settings(max_examples=200, deadline=None)
def test_it_is_open_when_booking_says_so_where_clocks_are_odd(case, seconds, micros):
    (zone, odd, _), standing = case
    noon = datetime(odd.year, odd.month, odd.day, 12, tzinfo=UTC)
    agree(standing, zone, noon + timedelta(seconds=seconds, microseconds=micros))


MOMENTS = st.integers(0, int((END - BEGIN).total_seconds()) - 1).map(lambda seconds: BEGIN + timedelta(seconds=seconds))


@given(st.sampled_from(sorted(ODD)), WEEKS, MOMENTS, st.data())
@settings(max_examples=200, deadline=None)
def test_it_is_open_when_booking_says_so_at_any_time(zone, weekly, at, data):
    standing = Schedule(weekly, data.draw(exceptions(at.date())))
    agree(standing, zone, at)


@pytest.mark.parametrize("zone", sorted(ODD))
def test_every_minute_of_its_oddest_days(zone):
    for odd in ODD[zone]:
        standing = Schedule(
            (*(Interval(day, "01:15", "02:30") for day in range(7)), *(Interval(day, "23:30", "00:20") for day in range(7))),
            (HoursException(odd - DAY, (("22:00", "02:10"),)), HoursException(odd + DAY)),
        )  # fmt: skip
        noon = datetime(odd.year, odd.month, odd.day, 12, tzinfo=UTC)
        windows = open_windows(standing, ZoneInfo(zone), odd - 4 * DAY, odd + 4 * DAY)
        text, zone_is_open = short_hours(standing.weekly, standing.exceptions), set()
        for minute in range(-2 * 1440, 2 * 1440):
            at = noon + timedelta(minutes=minute)
            found = is_open(text, zone, at)
            assert found == any(window.start <= at < window.end for window in windows), at
            zone_is_open.add(found)
        assert zone_is_open == {True, False}


def test_the_hour_that_is_shown_twice_and_the_one_that_is_not_shown():
    night = short_week([Interval(6, "01:30", "02:00")])
    first = datetime(2026, 11, 1, 5, 30, tzinfo=UTC)  # 01:30 in New York, to come again
    assert is_open(night, "America/New_York", first)
    assert is_open(night, "America/New_York", first + timedelta(minutes=45))  # until 02:00 is shown
    assert not is_open(night, "America/New_York", first + timedelta(minutes=90))
    gap = short_week([Interval(6, "02:15", "02:45")])
    assert not any(
        is_open(gap, "America/New_York", datetime(2026, 3, 8, 6, tzinfo=UTC) + timedelta(minutes=n)) for n in range(180)
    )


def test_a_moment_is_the_same_in_every_zone_that_says_it():
    """Also where two moments are equal for Python: the same zone's, told apart by `fold` alone."""
    new_york = ZoneInfo("America/New_York")
    text = short_week([Interval(6, "01:30", "01:45")])
    first, second = (datetime(2026, 11, 1, 1, 35, tzinfo=new_york, fold=fold) for fold in (0, 1))
    assert first == second
    assert (is_open(text, "America/New_York", first), is_open(text, "America/New_York", second)) == (True, False)
    assert is_open(text, "America/New_York", first.astimezone(timezone(timedelta(hours=8))))


def test_the_night_before_a_closed_date_ends_as_ever():
    text = short_hours(BAR, [HoursException(date(2026, 5, 2))])
    may = datetime(2026, 5, 1, tzinfo=UTC)
    open_at = [hour for hour in range(72) if is_open(text, "UTC", may + timedelta(hours=hour))]
    assert open_at == [0, 1, *range(18, 26), *range(66, 72)]


@pytest.mark.parametrize(
    "text",
    [
        "24/7", "Mo-Fr", "Mo-Fr 9:00-18:00", "Mo-Fr 09:00-18:00 open", "Mo,We 09:00-18:00", "PH off", "Dec 25 off",
        "Su-Mo 09:00-18:00", "Xx 09:00-18:00", "2026 Foo 25 off", "2026 Feb 30 off", "2026 Dec 25-2026 Dec 24 off",
        "Mo 09:00", "Mo 09:00-18:00;Tu off",
    ],
)  # fmt: skip
def test_texts_of_others_are_refused(text):
    with pytest.raises(ValueError, match=r"\w"):
        is_open(text, "UTC", BEGIN)
