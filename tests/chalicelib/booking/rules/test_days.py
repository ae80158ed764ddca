from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.booking.rules.days import Claim, Day, Diary, Taken, utc_dates
from chalicelib.kit.wall import Window

NOON = datetime(2030, 5, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
TODAY = NOON.date()


def claim(first: int, last: int, resource: str = "stf_1") -> Claim:
    return Claim(resource, NOON + first * MINUTE, NOON + last * MINUTE)


def taken(first: int, last: int, booking: str = "bkg_1", hold: int | None = None) -> Taken:
    hold_until = None if hold is None else NOON + hold * MINUTE
    return Taken(NOON + first * MINUTE, NOON + last * MINUTE, booking, hold_until)


def diary(*entries: Taken, version: int = 3) -> Diary:
    return Diary([Day("stf_1", TODAY, version, entries)], NOON)


def test_times_that_touch_do_not_overlap():
    page = diary(taken(30, 60))
    assert page.is_free(claim(0, 30))
    assert page.is_free(claim(60, 90))
    assert not page.is_free(claim(0, 31))
    assert not page.is_free(claim(59, 90))
    assert not page.is_free(claim(40, 50))
    assert not page.is_free(claim(0, 90))


def test_a_hold_that_ran_out_keeps_nobody_out_from_that_moment_on():
    assert diary(taken(0, 60, hold=0)).is_free(claim(0, 60))
    assert not diary(taken(0, 60, hold=1)).is_free(claim(0, 60))


def test_what_ran_out_is_dropped_when_the_row_is_written():
    page = diary(taken(0, 60, "bkg_old", hold=-5), taken(120, 180, "bkg_live"))
    page.take(claim(0, 60), "bkg_new", NOON + 10 * MINUTE)
    (day,) = page.changed
    assert [one.booking_id for one in day.taken] == ["bkg_new", "bkg_live"]
    assert day.version == 3


def test_a_claim_over_midnight_stands_whole_on_both_rows():
    late = claim(700, 740)
    assert late.keys == (("stf_1", TODAY), ("stf_1", date(2030, 5, 2)))
    page = Diary([Day("stf_1", TODAY), Day("stf_1", date(2030, 5, 2))], NOON)
    page.take(late, "bkg_1", None)
    assert [day.taken for day in page.changed] == [(taken(700, 740),), (taken(700, 740),)]
    assert not page.is_free(claim(720, 750))
    assert not page.is_free(claim(690, 701))


def test_a_span_that_ends_at_midnight_touches_one_date():
    midnight = datetime(2030, 5, 2, tzinfo=UTC)
    assert utc_dates(NOON, midnight) == (TODAY,)
    assert utc_dates(midnight, midnight + MINUTE) == (date(2030, 5, 2),)
    shanghai = NOON.astimezone(tz=None)
    assert utc_dates(shanghai, midnight) == (TODAY,)


def test_a_row_that_was_not_read_says_nothing():
    with pytest.raises(KeyError, match="not read"):
        diary().is_free(claim(700, 740))


def test_dropping_leaves_what_is_not_live():
    page = diary(taken(0, 60, "bkg_1", hold=-1), taken(60, 90, "bkg_2"))
    page.drop(claim(0, 60), "bkg_1")
    page.drop(claim(100, 130), "bkg_3")
    assert page.changed == ()
    page.drop(claim(60, 90), "bkg_2")
    assert page.changed == (Day("stf_1", TODAY, 3, ()),)


def test_taking_anew_replaces_the_hold():
    page = diary(taken(0, 60, "bkg_1", hold=5))
    page.take(claim(0, 60), "bkg_1", None)
    assert page.changed[0].taken == (taken(0, 60, "bkg_1"),)


def test_load_is_what_is_taken_inside_the_span():
    page = diary(taken(-60, 30), taken(60, 90), taken(90, 200, hold=-1), taken(210, 400))
    span = Window(NOON, NOON + 240 * MINUTE)
    assert page.load("stf_1", span) == (30 + 30 + 30) * MINUTE
    assert page.load("stf_2", span) == timedelta()


SPANS = st.tuples(st.integers(-700, 690), st.integers(1, 200)).map(lambda pair: (pair[0], min(719, sum(pair))))


@given(st.lists(st.tuples(SPANS, st.sampled_from([None, -1, 0, 1])), max_size=12), SPANS)
def test_free_is_what_the_minutes_say(entries, asked):
    page = diary(*(taken(*span, f"bkg_{n}", hold) for n, (span, hold) in enumerate(entries)))
    busy = {minute for span, hold in entries if hold is None or hold > 0 for minute in range(*span)}
    assert page.is_free(claim(*asked)) == busy.isdisjoint(range(*asked))
