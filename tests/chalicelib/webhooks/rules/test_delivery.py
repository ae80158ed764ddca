"""How long what failed waits, and what an answer means."""

import random
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.webhooks.rules import delivery as rules
from chalicelib.webhooks.rules.delivery import (
    RETRIED,
    Answer,
    Delivery,
    DeliveryState,
    Verdict,
    next_try,
    rest,
    wait,
    wanted_wait,
)

NOW = datetime(2030, 5, 1, 9, 30, tzinfo=UTC)
DOWN = Answer(500)
CHANCE = st.floats(0.75, 1.0)


def made(at=NOW):
    return Delivery("evt_1", "whe_1", "acc_1", "order.confirmed", "{}", DeliveryState.PENDING, at)


@given(st.integers(1, 10_000), CHANCE)
def test_waits_double_up_to_two_hours(turn, luck):
    found = wait(turn, lambda low, high: luck)
    full = min(timedelta(hours=2), timedelta(minutes=2 ** min(turn - 1, 12)))
    assert full * 0.75 <= found <= full


@given(st.timedeltas(timedelta(), timedelta(days=30)), CHANCE)
def test_a_rest_grows_with_how_long_it_has_been_failing(failing, luck):
    found = rest(failing, lambda low, high: luck)
    assert timedelta(seconds=45) <= found <= timedelta(hours=2)
    assert found <= max(timedelta(minutes=1), failing / 2)
    assert rest(failing * 2, lambda low, high: luck) >= found


@given(st.randoms(use_true_random=False))
def test_an_event_that_nobody_takes_is_tried_until_three_days_are_over_and_not_after(luck):
    """The last attempt comes at the end of the three days, so that who is back by then has missed nothing."""
    random.seed(luck.random())
    now, attempts = NOW, 0
    while True:
        attempts += 1
        then = next_try(made(), attempts, DOWN, now)
        if then is None:
            break
        assert now < then <= NOW + RETRIED
        now = then
    assert now == NOW + RETRIED
    assert 40 <= attempts <= 60


@given(st.integers(0, 60), st.integers(0, 10**12))
def test_who_asks_for_time_gets_it_within_the_three_days(turn, seconds):
    answer = Answer(429, retry_after=str(seconds))
    then = next_try(made(), turn, answer, NOW)
    asked = min(timedelta(hours=24), timedelta(seconds=int(str(seconds)[:9])))
    assert NOW + asked <= then <= NOW + RETRIED


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("120", 120),
        (" 7 ", 7),
        ("99999999999", 86_400),
        (format_datetime(NOW + timedelta(minutes=5), usegmt=True), 300),
        (format_datetime(NOW - timedelta(minutes=5), usegmt=True), 0),
        ("Wed, 01 May 2030 10:30:00", 0),  # without a zone: nobody knows when that is
        ("soon", 0),
        ("-5", 0),
        ("١٢", 0),
        ("", 0),
        (None, 0),
    ],
)
def test_retry_after_is_read_in_both_its_forms(told, seconds):
    assert wanted_wait(Answer(429, retry_after=told), NOW) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (Answer(200), Verdict.TAKEN),
        (Answer(204), Verdict.TAKEN),
        (Answer(299), Verdict.TAKEN),
        (Answer(199), Verdict.FAILED),
        (Answer(302), Verdict.FAILED),
        (Answer(400), Verdict.FAILED),
        (Answer(410), Verdict.GONE),
        (Answer(429), Verdict.SLOWER),
        (Answer(503), Verdict.FAILED),
        (Answer(503, retry_after="5"), Verdict.SLOWER),
        (Answer(None, "unreachable"), Verdict.FAILED),
    ],
)
def test_what_an_answer_means(answer, verdict):
    assert answer.verdict == verdict


@given(st.text(max_size=2000))
def test_the_log_shows_the_beginning_of_an_answer_as_one_line(said):
    shown = rules.attempt_of(Answer(200, None, said), NOW).answer
    assert len(shown.encode()) <= rules.MOST_ANSWER
    assert shown.isprintable()


def test_the_log_shows_the_last_attempts():
    tries = ()
    for number in range(15):
        one = made()
        tries = rules.shown(Delivery(**{**vars(one), "tries": tries}), rules.attempt_of(Answer(number), NOW))
    assert [one.status for one in tries] == list(range(5, 15))
