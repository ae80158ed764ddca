from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from chalicelib.kit.clock import SystemClock, iso, iso_or_none, parse, parse_or_none
from chalicelib.kit.wire import Moment

MOMENTS = st.datetimes(
    min_value=datetime(1, 1, 3),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(9999, 12, 29),  # noqa: DTZ001 - as above
    timezones=st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)


def test_the_machines_clock_is_aware_and_in_utc():
    assert SystemClock().now().tzinfo is UTC


@given(MOMENTS)
def test_a_moment_survives_writing_and_reading(moment):
    assert parse(iso(moment)) == moment


@given(MOMENTS, MOMENTS)
def test_texts_sort_as_moments_do(one, other):
    assert (iso(one) < iso(other)) is (one < other)


@pytest.mark.parametrize("text", ["2030-05-01T09:30:00", "yesterday", "", "0001-01-01T00:00:00+14:00"])
def test_what_is_no_moment_is_refused(text):
    with pytest.raises(ValueError, match=r"time|isoformat"):
        parse(text)


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_moment_off_the_calendar_is_refused_on_the_wire(text):
    with pytest.raises(ValidationError, match="out of range"):
        TypeAdapter(Moment).validate_python(text)


@given(st.none() | MOMENTS)
def test_what_a_row_may_lack_comes_back_as_it_was(moment):
    assert parse_or_none(iso_or_none(moment)) == moment


def test_nothing_is_read_from_a_row_that_lacks_it():
    assert iso_or_none(None) is None
    assert parse_or_none(None) is None
    with pytest.raises(ValueError, match="no offset"):
        parse_or_none("2026-03-01T12:00:00")
