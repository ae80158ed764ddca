from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from chalicelib.booking.rules import waits as rules
from chalicelib.booking.rules.problems import TooManyWaits, WaitNotPossible
from chalicelib.booking.rules.waits import ENDED, TRANSITIONS, Happening, Offer, State, Tally
from chalicelib.orders.ports import OrderState
from tests.chalicelib.booking.waiting import at_shop, nearby, wait
from tests.chalicelib.booking.world import HOLD, NOW, at, order

ZONE = ZoneInfo("Asia/Shanghai")
TEN = Offer("shp_1", "off_1", at("10:00"), "Asia/Shanghai")


def offered(**more):
    return rules.offered(rules.claimed(wait(), TEN, NOW), order(()), **more)


@pytest.mark.parametrize(
    ("clock", "days", "suits"),
    [("09:59", 1, False), ("10:00", 1, True), ("11:59", 2, True), ("12:00", 1, False), ("10:00", 3, False)],
)
def test_a_start_suits_by_date_and_clock(clock, days, suits):
    ask = at_shop(last=date(2030, 5, 3), since="10:00", until="12:00")
    assert ask.suits(at(clock, days), ZONE) is suits


def test_the_whole_day_suits_to_its_last_minute():
    assert at_shop().suits(at("23:59"), ZONE)
    assert at_shop().suits(at("00:00"), ZONE)


def test_states_that_end_lead_nowhere_and_all_others_can_be_withdrawn():
    assert set(TRANSITIONS) == set(State)
    for state, happenings in TRANSITIONS.items():
        assert (happenings.get(Happening.WITHDRAW) == State.WITHDRAWN) is (state not in ENDED)
        assert bool(happenings) is (state not in ENDED)


def test_a_claim_carries_a_lease_and_a_number():
    claimed = rules.claimed(wait(), TEN, NOW)
    assert (claimed.state, claimed.turn, claimed.lease_until) == (State.OFFERING, 1, NOW + rules.LEASE)
    again = rules.resumed(claimed, NOW + HOLD)
    assert (again.turn, again.offer, again.lease_until) == (1, TEN, NOW + HOLD + rules.LEASE)
    assert rules.claimed(rules.failed(claimed), TEN, NOW).turn == 2


def test_what_becomes_of_an_offer_is_what_became_of_its_order():
    assert rules.settled(offered(), order(())).state == State.OFFERED
    assert rules.settled(offered(), order((), state=OrderState.CONFIRMED, confirmed_at=NOW)).state == State.FULFILLED
    refunded = order((), state=OrderState.REFUNDED, confirmed_at=NOW)
    assert rules.settled(offered(), refunded).state == State.FULFILLED, "they had it"
    for state in (OrderState.EXPIRED, OrderState.CANCELLED, OrderState.REFUNDING):
        after = rules.settled(offered(), order((), state=state))
        assert (after.state, after.passed) == (State.WAITING, (TEN.key,))
    late = rules.settled(after, order((), state=OrderState.CONFIRMED, confirmed_at=NOW))
    assert late.state == State.FULFILLED, "money came after all"
    assert rules.settled(wait(), None) == wait()


def test_what_its_customer_sees():
    assert rules.claimed(wait(), TEN, NOW).shown_at(NOW) == State.WAITING
    assert offered().shown_at(NOW) == State.OFFERED
    assert offered().shown_at(NOW + HOLD) == State.WAITING
    assert wait().shown_at(at("00:00", 2)) == State.OVER
    assert wait(passed=(TEN.key,) * rules.MOST_PASSED).shown_at(NOW) == State.OVER


def test_what_is_over_cannot_be_withdrawn():
    assert rules.withdrawn(offered(), NOW).state == State.WITHDRAWN
    with pytest.raises(WaitNotPossible) as refused:
        rules.withdrawn(wait(), at("00:00", 2))
    assert refused.value.parameters == {"state": "over", "possible": "-"}
    with pytest.raises(WaitNotPossible) as refused:
        rules.failed(wait())
    assert refused.value.parameters == {"state": "waiting", "possible": "pay, withdraw"}


def test_the_earliest_that_was_not_passed():
    ten, eleven, noon = (Offer("shp_1", "off_1", at(f"{hour}:00"), "Asia/Shanghai") for hour in (10, 11, 12))
    ask = at_shop(until="12:00")
    assert rules.earliest(wait(ask=ask), [noon, eleven, ten]) == ten
    assert rules.earliest(wait(ask=ask, passed=(ten.key,)), [noon, eleven, ten]) == eleven
    assert rules.earliest(wait(ask=ask), [noon]) is None


def test_five_live_ones_and_those_of_the_past_do_not_count():
    live = {f"wai_{n}": NOW + timedelta(hours=n) for n in range(5)}
    tally = rules.joined(Tally("acc_1", live, 3), wait(9), NOW)
    assert (set(tally.live), tally.version) == ({"wai_1", "wai_2", "wai_3", "wai_4", "wai_9"}, 3)
    with pytest.raises(TooManyWaits):
        rules.joined(tally, wait(10), NOW)
    assert set(rules.left(tally, ["wai_9"]).live) == {"wai_1", "wai_2", "wai_3", "wai_4"}


def test_a_wait_ends_with_its_last_date():
    assert rules.end_of(at_shop(), "Asia/Shanghai") == datetime(2030, 5, 2, 16, tzinfo=UTC)
    assert rules.end_of(nearby(), None) == rules.end_of(nearby(), "Etc/GMT+12")
