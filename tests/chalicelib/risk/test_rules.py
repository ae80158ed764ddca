"""Limits against an oracle that counts by hand."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.risk.rules import (
    MOST,
    WHOLE,
    Decision,
    Limit,
    Log,
    Outcome,
    Window,
    decide,
    device_id,
    logged,
    over,
)

NOW = datetime(2030, 5, 1, 4, tzinfo=UTC)
TEN, DAY = timedelta(minutes=10), timedelta(days=1)
LIMIT = Limit((Window(TEN, 3), Window(DAY, 6)), Outcome.REFUSE, {"CNY": 1_000, "JPY": 30})
ALLOWED = Decision(Outcome.ALLOW)


def seconds(*moments):
    """The log of payments of nothing so many seconds before now, the oldest first."""
    return logged([(NOW - timedelta(seconds=one), 0) for one in reversed(moments)])


windows = st.lists(st.tuples(st.integers(1, 600), st.integers(1, 12)), min_size=1, max_size=3).map(
    lambda pairs: tuple(
        Window(timedelta(seconds=length), number)
        for length, number in zip(
            sorted({length for length, _ in pairs}), sorted({number for _, number in pairs}), strict=False
        )
    )
)
payments = st.lists(st.tuples(st.integers(0, 300), st.integers(0, 700)), max_size=60)


def passed_by(limit, stream):
    """Those of a stream of (seconds after the last one, amount) that pass, with the moment of each."""
    log, now, passed = Log(), NOW, []
    for gap, amount in stream:
        now += timedelta(seconds=gap)
        share = limit.share(amount, "CNY")
        if decide(log, limit, share, now).outcome == Outcome.ALLOW:
            log = log.then(share, now, limit.size)
            passed.append((now, amount))
    return passed, now


@given(windows=windows, most=st.integers(1, 2_000), stream=payments)
def test_no_window_wherever_it_lies_has_more_than_its_limit(windows, most, stream):
    limit = Limit(windows, Outcome.REFUSE, {"CNY": most})
    passed, _ = passed_by(limit, stream)
    for end, _ in passed:
        for window in windows:
            assert sum(end - window.length < at <= end for at, _ in passed) <= window.number
        assert sum(amount for at, amount in passed if end - limit.longest < at <= end) <= most


@given(windows=windows, most=st.integers(1, 2_000), stream=payments, gap=st.integers(0, 300), amount=st.integers(0, 99))
def test_what_is_refused_would_really_have_been_too_much(windows, most, stream, gap, amount):
    limit = Limit(windows, Outcome.REFUSE, {"CNY": most})
    passed, now = passed_by(limit, stream)
    now += timedelta(seconds=gap)
    share = limit.share(amount, "CNY")
    log = logged([(at, limit.share(paid, "CNY")) for at, paid in reversed(passed[-limit.size :])])
    within = [[one for one in passed if one[0] > now - window.length] for window in windows]
    spent = amount + sum(paid for _, paid in within[-1])
    is_over = any(len(one) >= window.number for one, window in zip(within, windows, strict=True)) or spent > most
    assert (decide(log, limit, share, now).outcome == Outcome.REFUSE) == is_over


@given(windows=windows, stream=payments)
def test_after_the_wait_it_fits_and_a_millisecond_before_it_does_not(windows, stream):
    limit = Limit(windows, Outcome.REFUSE, {"CNY": 1_000})
    passed, now = passed_by(limit, stream)
    log = logged([(at, limit.share(paid, "CNY")) for at, paid in reversed(passed[-limit.size :])])
    told = decide(log, limit, limit.share(400, "CNY"), now)
    if told.outcome == Outcome.ALLOW:
        assert told.wait == timedelta()
        return
    assert decide(log, limit, limit.share(400, "CNY"), now + told.wait) == ALLOWED
    early = decide(log, limit, limit.share(400, "CNY"), now + told.wait - timedelta(milliseconds=1))
    assert early == Decision(Outcome.REFUSE, timedelta(milliseconds=1))


def test_nobody_gets_twice_as_much_across_a_border():
    """What a counter by clock hour lets through: everything at its end, and everything again at the next one's start."""
    at = datetime(2030, 5, 1, 9, 59, 59, tzinfo=UTC)
    log = logged([(at, 0)] * 3)
    assert decide(log, LIMIT, 0, at + timedelta(seconds=2)) == Decision(Outcome.REFUSE, timedelta(seconds=598))
    assert decide(log, LIMIT, 0, at + TEN) == ALLOWED


def test_each_window_counts():
    assert decide(seconds(), LIMIT, 0, NOW) == ALLOWED
    assert decide(seconds(20, 10), LIMIT, 0, NOW) == ALLOWED
    assert decide(seconds(599, 20, 10), LIMIT, 0, NOW) == Decision(Outcome.REFUSE, timedelta(seconds=1))
    assert decide(seconds(600, 20, 10), LIMIT, 0, NOW) == ALLOWED
    day = 24 * 3600
    assert decide(seconds(day - 5, 9000, 8000, 7000, 6000, 5000), LIMIT, 0, NOW).wait == timedelta(seconds=5)
    assert decide(seconds(day, 9000, 8000, 7000, 6000, 5000), LIMIT, 0, NOW) == ALLOWED


def test_money_of_all_currencies_counts_together_as_parts_of_the_allowance():
    thirds = Limit((Window(TEN, 9),), Outcome.REFUSE, {"CNY": 3})
    two = logged([(NOW, thirds.share(1, "CNY"))] * 2)
    assert decide(two, thirds, thirds.share(1, "CNY"), NOW) == ALLOWED  # rounding takes nothing away
    assert decide(two, thirds, thirds.share(2, "CNY"), NOW).outcome == Outcome.REFUSE
    half = logged([(NOW, LIMIT.share(500, "CNY"))])
    assert LIMIT.share(500, "CNY") == WHOLE // 2
    assert LIMIT.share(10, "JPY") == WHOLE // 3
    assert LIMIT.share(10**9, "XAF") == 0
    assert decide(half, LIMIT, LIMIT.share(15, "JPY"), NOW) == ALLOWED
    assert decide(half, LIMIT, LIMIT.share(16, "JPY"), NOW) == Decision(Outcome.REFUSE, DAY)
    assert decide(Log(), LIMIT, LIMIT.share(1_000, "CNY"), NOW) == ALLOWED
    assert decide(Log(), LIMIT, LIMIT.share(1_001, "CNY"), NOW) == Decision(Outcome.REFUSE, DAY)


def test_what_went_on_to_a_review_is_seen_to_be_over():
    limit = Limit((Window(TEN, 2),), Outcome.REVIEW, {"CNY": 1_000})
    log = Log()
    assert not over(log, limit, NOW)
    seen = []
    for minute in (0, 1, 2, 11, 30):
        now = NOW + timedelta(minutes=minute)
        log = log.then(limit.share(100, "CNY"), now, limit.size + 1)
        seen.append(over(log, limit, now))
    assert seen == [False, False, True, False, False]
    assert over(Log().then(limit.share(1_001, "CNY"), NOW, 3), limit, NOW)


@pytest.mark.parametrize(
    ("windows", "money"),
    [
        ((), {}),
        ((Window(TEN, 0),), {}),
        ((Window(TEN, MOST + 1),), {}),
        ((Window(DAY, 3), Window(TEN, 6)), {}),
        ((Window(TEN, 6), Window(DAY, 3)), {}),
        ((Window(TEN, 3), Window(TEN, 4)), {}),
        ((Window(TEN, 3), Window(DAY, 3)), {}),
        ((Window(TEN, 3),), {"CNY": 0}),
        ((Window(TEN, 3),), {"CNY": WHOLE // MOST}),
    ],
)
def test_limits_that_cannot_be_kept_are_refused(windows, money):
    with pytest.raises(ValueError, match=r"windows? |money"):
        Limit(windows, Outcome.REFUSE, money)


@pytest.mark.parametrize(
    "header", ["00000000-0000-0000-0000-000000000000", "F" * 32, "null", "(NULL)", "undefined", "0"]
)
def test_what_many_clients_say_who_have_no_name_to_say_is_no_device(header):
    assert device_id(header) is None
    assert device_id(f"{header}1") == f"{header}1"


@pytest.mark.parametrize("header", [None, "", "a b", "x" * 129, "é", "a\n"])
def test_what_is_no_device_is_none(header):
    assert device_id(header) is None
    assert device_id("x" * 128) == "x" * 128
    assert device_id("~!") == "~!"
