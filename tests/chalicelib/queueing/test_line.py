from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.queueing.line import MOST_MINUTES, ahead, lowest, members, without_lowest
from tests.chalicelib.queueing.world import NOW, TODAY, line

NUMBERS = st.sets(st.integers(1, 999), max_size=40)


def bits(numbers):
    return sum(1 << number for number in numbers)


@given(NUMBERS, st.integers(0, 1000))
def test_a_set_of_numbers_knows_its_order(numbers, number):
    assert members(bits(numbers)) == tuple(sorted(numbers))
    assert members(bits(numbers), number) == tuple(sorted(one for one in numbers if one > number))
    assert ahead(bits(numbers), number) == len([one for one in numbers if one < number])
    assert lowest(bits(numbers)) == min(numbers, default=-1)
    assert members(without_lowest(bits(numbers))) == tuple(sorted(numbers))[1:]


def test_a_later_date_begins_anew_and_an_earlier_one_changes_nothing():
    used = line(issued=3, waiting=0b1100, called=0b10, told=3, last_called=1, pace=60, paced_at=NOW, version=7)
    assert used.on(TODAY) == used.on(TODAY - timedelta(days=1)) == used
    assert used.on(TODAY + timedelta(days=1)) == line(day=TODAY + timedelta(days=1), version=7)


def test_numbers_are_read_as_a_letter_and_three_digits():
    assert [line().label(number) for number in (1, 12, 999)] == ["A001", "A012", "A999"]


@pytest.mark.parametrize(
    ("minutes", "pace", "parties", "shown"),
    [(10, None, 1, 10), (10, None, 3, 30), (10, 61, 1, 2), (10, 60, 3, 3), (240, None, 900, MOST_MINUTES)],
)
def test_an_estimate_is_parties_times_pace(minutes, pace, parties, shown):
    assert line(minutes=minutes, pace=pace).minutes_for(parties) == shown


def test_the_pace_begins_with_the_merchants_guess_and_follows_what_happens():
    first = line().paced(NOW)
    assert (first.pace, first.paced_at) == (None, NOW)
    second = first.paced(NOW + timedelta(minutes=6))
    assert second.pace == 600 + (360 - 600) // 4
    pause = replace(second, paced_at=None).paced(NOW + timedelta(hours=5))
    assert (pause.pace, pause.paced_at) == (second.pace, NOW + timedelta(hours=5))


@given(st.integers(1, 240), st.lists(st.integers(-100, 10**6), max_size=30))
def test_the_pace_stays_within_a_quarter_and_four_times_the_guess(minutes, intervals):
    standing, now = line(minutes=minutes).paced(NOW), NOW
    for seconds in intervals:
        now += timedelta(seconds=seconds)
        standing = standing.paced(now)
        assert minutes * 15 <= standing.pace <= minutes * 240


def test_the_pace_comes_near_what_is_steady():
    standing = line(minutes=10).paced(NOW)
    for number in range(1, 20):
        standing = standing.paced(NOW + number * timedelta(minutes=4))
    assert 240 <= standing.pace <= 250
