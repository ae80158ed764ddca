"""Recurrences against dateutil, and the rules that would keep others busy for ever."""

# ruff: noqa: DTZ001 - what a clock on a wall shows has no zone

from datetime import datetime, timedelta
from itertools import islice, takewhile

import pytest
from dateutil import rrule as oracle
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from chalicelib.calendars.rules.faults import NotUnderstood, TooComplex
from chalicelib.calendars.rules.recurrence import Budget, Rule, occurrences

FIRST = datetime(2030, 5, 1)
FREQUENCIES = {"DAILY": oracle.DAILY, "WEEKLY": oracle.WEEKLY, "MONTHLY": oracle.MONTHLY, "YEARLY": oracle.YEARLY}
SOME = 3


def lists(low, high, zero=False):
    numbers = st.integers(low, high).filter(lambda number: zero or number != 0)
    return st.lists(numbers, max_size=SOME, unique=True).map(tuple)


@st.composite
def rules(draw):
    frequency = draw(st.sampled_from(list(FREQUENCIES)))
    positions = st.integers(-5, 5) if frequency in {"MONTHLY", "YEARLY"} else st.just(0)
    # dateutil wants weekdays with a position and without together, where the RFC wants either
    by_day = draw(st.lists(st.tuples(positions, st.integers(0, 6)), max_size=SOME, unique=True))
    assume(len({position == 0 for position, _ in by_day}) < 2)
    return Rule(
        frequency=frequency,
        interval=draw(st.integers(1, 5)),
        count=draw(st.none() | st.integers(1, 60)),
        until=draw(st.none() | st.integers(-400, 500).map(lambda days: FIRST + timedelta(days=days, hours=10))),
        week_start=draw(st.integers(0, 6)),
        by_month=draw(lists(1, 12)),
        by_week=draw(lists(1, 53)) if frequency == "YEARLY" else (),
        by_year_day=draw(lists(-366, 366)) if frequency == "YEARLY" else (),
        by_month_day=draw(lists(-31, 31)) if frequency != "WEEKLY" else (),
        by_day=tuple(by_day),
        by_hour=draw(lists(0, 23, zero=True)),
        by_position=draw(lists(-3, 3)),
    )


def by_dateutil(rule, start, first, last):
    begin, by_day = start, rule.by_day
    if rule.frequency == "WEEKLY" and rule.by_position:
        # Positions are those in a week; dateutil's first week has only what comes after its start.
        begin -= timedelta(days=(start.weekday() - rule.week_start) % 7)
        by_day = rule.by_day or ((0, start.weekday()),)
    made = oracle.rrule(
        FREQUENCIES[rule.frequency],
        dtstart=begin,
        interval=rule.interval,
        until=None if rule.count else rule.until,
        wkst=rule.week_start,
        bysetpos=rule.by_position or None,
        bymonth=rule.by_month or None,
        byweekno=rule.by_week or None,
        byyearday=rule.by_year_day or None,
        bymonthday=rule.by_month_day or None,
        byweekday=[oracle.weekday(day, position or None) for position, day in by_day] or None,
        byhour=rule.by_hour or None,
        cache=False,
    )
    counted = islice((at for at in made if at >= start), rule.count)
    return [at for at in takewhile(lambda at: at <= last, counted) if at >= first]


@example(Rule("WEEKLY", by_day=((0, 0), (0, 2)), by_position=(1,)), 0, 400)
@settings(deadline=None, max_examples=12)  # the oracle takes most of a second for one
@given(rules(), st.integers(0, 1500), st.integers(0, 400))
def test_occurrences_are_those_of_dateutil(rule, days_before, length):
    if rule.by_position and rule.frequency == "DAILY" and not rule.by_hour:
        assume(all(abs(one) == 1 for one in rule.by_position))
    rule = Rule(**(vars(rule) | ({"until": None} if rule.count else {})))
    start = FIRST - timedelta(days=days_before) + timedelta(hours=9, minutes=30)
    last = FIRST + timedelta(days=length)
    found = list(occurrences(rule, start, FIRST, last, Budget(10**6)))
    assert found == by_dateutil(rule, start, FIRST, last)


@pytest.mark.parametrize(
    "rule",
    [
        Rule("SECONDLY"),
        Rule("HOURLY", interval=3),
        Rule("DAILY", interval=0),
        Rule("DAILY", count=0),
        Rule("WEEKLY", by_week=(3,)),
        Rule("WEEKLY", by_day=((1, 0),)),
        Rule("DAILY", by_hour=tuple(range(24)), by_minute=tuple(range(60))),
    ],
)
def test_what_is_not_honoured_is_said(rule):
    with pytest.raises(NotUnderstood):
        list(occurrences(rule, FIRST, FIRST, FIRST + timedelta(days=90), Budget(10**6)))


@pytest.mark.parametrize(
    "rule",
    [
        Rule("DAILY", by_month=(2,), by_month_day=(30,)),
        Rule("YEARLY", by_month=(2,), by_month_day=(30,)),
        Rule("WEEKLY", interval=10**9),
        Rule("YEARLY", interval=10**30),
        Rule("MONTHLY", by_position=(366,)),
    ],
)
def test_a_rule_that_never_matches_ends_soon(rule):
    start = datetime(1900, 1, 1)
    assert list(occurrences(rule, start, FIRST, FIRST + timedelta(days=365), Budget(2_000))) in ([], [start])


def test_a_count_is_walked_until_the_budget_ends():
    rule, last = Rule("DAILY", count=10**9), FIRST + timedelta(days=1)
    assert list(occurrences(rule, FIRST, FIRST, last, Budget(100))) == [FIRST, last]
    with pytest.raises(TooComplex):
        list(occurrences(rule, datetime(1900, 1, 1), FIRST, last, Budget(10_000)))


def test_the_calendars_end_is_an_end():
    last = datetime(9999, 12, 31)
    found = list(occurrences(Rule("DAILY"), datetime(9999, 12, 30), datetime(9999, 1, 1), last, Budget(1_000)))
    assert [at.day for at in found] == [30, 31]
    assert len(list(occurrences(Rule("WEEKLY", by_day=((0, 6),)), last, FIRST, last, Budget(10**6)))) == 0
