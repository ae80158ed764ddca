from dataclasses import replace
from datetime import date, timedelta

import pytest

from chalicelib.booking.rules import booking as rules
from chalicelib.booking.rules.booking import Booking, State
from chalicelib.booking.rules.days import Claim
from chalicelib.booking.rules.problems import NotPossible, TooEarly, TooManyTries, WrongCode
from tests.chalicelib.booking.world import HOLD, NOW, at

START = at("09:00")
SOLD = Booking(
    id="bkg_1",
    order_id="ord_1",
    line_id="lin_1",
    shop_id="shp_1",
    merchant_id="acc_merchant",
    customer_id="acc_1",
    offering_id="off_1",
    title="剪发",
    zone="Asia/Shanghai",
    claims=(Claim("stf_1", START, START + timedelta(hours=1)),),
    starts_at=START,
    ends_at=START + timedelta(hours=1),
    code="7KXM2P",
    created_at=NOW,
    state=State.CONFIRMED,
    confirmed_at=NOW,
)
HELD = replace(SOLD, state=State.HELD, hold_until=NOW + HOLD, confirmed_at=None)


def test_the_way_of_a_booking():
    sold = rules.confirmed(HELD, NOW)
    assert (sold.state, sold.hold_until, sold.confirmed_at, sold.version) == (State.CONFIRMED, None, NOW, 2)
    came = rules.checked_in(sold, "7KXM2P", START)
    assert rules.completed(came, START).state == State.COMPLETED
    assert rules.no_show(sold, START).state == State.NO_SHOW


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("target", State)
def test_only_the_ways_of_the_table(state, target):
    booking = replace(SOLD, state=state)
    if target in rules.TRANSITIONS[state]:
        assert booking.to(target, NOW).version == 2
    else:
        with pytest.raises(NotPossible) as refused:
            booking.to(target, NOW)
        assert f"is {state.value}." in str(refused.value)


def test_a_refusal_says_what_is_possible():
    with pytest.raises(NotPossible, match=r"confirmed. It can become: cancelled, checked_in, no_show\."):
        rules.completed(SOLD, START)


def test_a_hold_runs_out_by_itself():
    assert HELD.state_at(NOW + HOLD - timedelta(microseconds=1)) == State.HELD
    assert HELD.state_at(NOW + HOLD) == State.EXPIRED
    assert rules.confirmed(HELD, NOW + 2 * HOLD).state == State.CONFIRMED
    with pytest.raises(NotPossible):
        HELD.to(State.CANCELLED, NOW + HOLD)


def test_giving_up():
    assert rules.released(HELD, State.EXPIRED, NOW + HOLD).state == State.EXPIRED
    assert rules.released(HELD, State.CANCELLED, NOW).state == State.CANCELLED
    assert rules.released(SOLD, State.CANCELLED, NOW).state == State.CANCELLED
    assert rules.released(replace(SOLD, state=State.CANCELLED), State.CANCELLED, NOW) is None
    assert rules.released(replace(SOLD, state=State.EXPIRED), State.CANCELLED, NOW) is None
    with pytest.raises(NotPossible):
        rules.released(replace(SOLD, state=State.COMPLETED), State.CANCELLED, NOW)


def test_the_local_date_is_the_shops():
    assert replace(SOLD, starts_at=at("00:30")).local_date == date(2030, 5, 2)
    assert replace(SOLD, starts_at=at("00:30"), zone="America/New_York").local_date == date(2030, 5, 1)


def test_codes_differ_and_are_not_shown_in_logs():
    codes = {rules.new_code() for _ in range(200)}
    assert len(codes) == 200
    assert all(len(code) == rules.CODE_LENGTH and not set(code) & set("01ILO") for code in codes)
    assert "7KXM2P" not in repr(SOLD)


@pytest.mark.parametrize("typed", ["7KXM2P", "7kxm2p", " 7kx m2p "])
def test_a_code_may_be_typed_as_people_type(typed):
    assert rules.checked_in(SOLD, typed, START).state == State.CHECKED_IN


@pytest.mark.parametrize("typed", ["", "7KXM2Q", "7KXM2PP", "七"])
def test_a_wrong_code(typed):
    with pytest.raises(WrongCode):
        rules.checked_in(SOLD, typed, START)


def test_nobody_can_try_codes_for_long():
    booking = SOLD
    for _ in range(rules.MOST_TRIES):
        with pytest.raises(WrongCode):
            rules.checked_in(booking, "AAAAAA", START)
        booking = rules.missed(booking, START)
    with pytest.raises(TooManyTries) as locked:
        rules.checked_in(booking, "7KXM2P", START)
    assert locked.value.retry_after == 901
    later = START + rules.LOCKED
    came = rules.checked_in(booking, "7KXM2P", later)
    assert (came.tries, came.locked_until) == (0, None)


def test_too_early():
    rules.checked_in(SOLD, "7KXM2P", START - rules.CHECK_IN_FROM)
    with pytest.raises(TooEarly, match="Possible from 2030-05-01T09:00:00"):
        rules.checked_in(SOLD, "7KXM2P", START - rules.CHECK_IN_FROM - timedelta(seconds=1))
    with pytest.raises(TooEarly):
        rules.no_show(SOLD, START - timedelta(seconds=1))
