from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.claims import rules
from chalicelib.claims.keys import ClaimKey, key_of
from chalicelib.claims.problems import AlreadyOpen, ClaimedEnough, NotPossible, TooLateToClaim
from chalicelib.claims.rules import Claim, Happening, ReasonCode, State, Wish
from chalicelib.kit.errors import Invalid
from chalicelib.kit.money import Money
from chalicelib.orders.ports import Line, Order, OrderState, Policy

NOW = datetime(2030, 5, 1, 9, tzinfo=UTC)
TICK = timedelta(microseconds=1)
ID = "01jd8x2n7v4k9x3c6z0b8d1f2g"
KEY = ClaimKey(f"ord_{ID}", f"lin_{ID[::-1]}", 1)
LINE = Line(
    id=KEY.line_id,
    kind="booking",
    ref="bkg_1",
    shop_id="shp_1",
    merchant_id="acc_merchant",
    title="剪发",
    price=Money(10_000, "CNY"),
    policy=Policy(120, 3000),
    ends_at=NOW,
)
ORDER = Order(
    id=KEY.order_id,
    customer_id="acc_customer",
    merchant_id="acc_merchant",
    shop_id="shp_1",
    lines=(LINE,),
    currency="CNY",
    total=10_000,
    discount=0,
    state=OrderState.COMPLETED,
    hold_until=NOW,
    created_at=NOW - timedelta(days=2),
    confirmed_at=NOW - timedelta(days=1),
)
WISH = Wish(LINE.id, 5_000, ReasonCode.LATE, "晚了一小时")


def asked(*earlier, line=LINE, now=NOW):
    return rules.asked(ORDER, line, earlier, WISH, now)


def declined(claim=None, now=NOW):
    return rules.declined(claim or asked(), "已按约定完成", now)


def escalated():
    return rules.escalated(declined(), "请平台裁定", NOW)


def test_an_id_says_its_order_line_and_number():
    assert key_of(KEY.claim_id) == KEY
    assert KEY.claim_id == f"clm_{ID}_{ID[::-1]}_1"
    for none in ("clm_1", KEY.claim_id + "0", KEY.claim_id.replace("clm", "tkt"), f"clm_{ID}_{ID}_0"):
        assert key_of(none) is None


def test_one_claim_a_line_at_a_time_and_three_in_all():
    first = asked()
    with pytest.raises(AlreadyOpen) as refused:
        asked(first)
    assert refused.value.parameters["claim_id"] == first.id
    with pytest.raises(AlreadyOpen):
        asked(declined(first))
    over = rules.withdrawn(first, NOW)
    second = asked(over)
    assert (second.key.number, second.amount) == (2, Money(5_000, "CNY"))
    with pytest.raises(ClaimedEnough):
        asked(over, over, over)


def test_a_declined_claim_is_over_when_its_time_has_run_out():
    claim = declined()
    end = NOW + rules.ESCALATE_WITHIN
    assert claim.open_until == end
    assert rules.possible(claim, end - TICK) == {Happening.AGREE, Happening.ESCALATE, Happening.WITHDRAW}
    assert rules.possible(claim, end) == frozenset()
    assert asked(claim, now=end).key.number == 2


def test_what_has_no_answer_can_be_escalated_after_two_days():
    claim = asked()
    end = NOW + rules.ANSWER_WITHIN
    assert claim.escalates_from == end
    with pytest.raises(NotPossible) as refused:
        rules.escalated(claim, None, end - TICK)
    assert refused.value.parameters == {"state": "asked", "possible": "agree, decline, withdraw"}
    assert rules.escalated(claim, None, end).state == State.ESCALATED


@pytest.mark.parametrize(("ends_at", "from_"), [(NOW, NOW), (None, ORDER.confirmed_at)])
def test_money_can_be_asked_for_thirty_days_after_the_end(ends_at, from_):
    line = replace(LINE, ends_at=ends_at)
    assert asked(line=line, now=from_ + rules.ASK_WITHIN - TICK)
    with pytest.raises(TooLateToClaim):
        asked(line=line, now=from_ + rules.ASK_WITHIN)


def test_a_part_is_agreed_to_at_first_only():
    assert rules.agreed(asked(), 2_000, NOW).given == 2_000
    assert rules.agreed(asked(), None, NOW).given == 5_000
    for claim in (declined(), escalated()):
        assert rules.agreed(claim, 5_000, NOW).state == State.AGREED
        with pytest.raises(Invalid):
            rules.agreed(claim, 4_999, NOW)
    for work in (rules.agreed, lambda claim, amount, now: decide(escalated(), amount)):
        with pytest.raises(Invalid):
            work(asked(), 5_001, NOW)


def decide(claim, amount=None, *, agrees=True):
    return rules.decided(claim, agrees=agrees, amount=amount, reason="已核实", now=NOW)


def test_the_platform_decides_what_was_escalated():
    assert (decide(escalated()).state, decide(escalated(), 1).given) == (State.AGREED, 1)
    refused = decide(escalated(), agrees=False)
    assert (refused.state, refused.given, refused.verdict) == (State.REFUSED, 0, "已核实")
    with pytest.raises(Invalid):
        decide(escalated(), 1, agrees=False)
    with pytest.raises(NotPossible):
        decide(declined())


def _let(claim: Claim, happening: Happening, now: datetime) -> Claim:
    works = {
        Happening.AGREE: lambda: rules.agreed(claim, None, now),
        Happening.DECLINE: lambda: rules.declined(claim, "x", now),
        Happening.ESCALATE: lambda: rules.escalated(claim, None, now),
        Happening.DECIDE: lambda: rules.decided(claim, agrees=False, amount=None, reason="x", now=now),
        Happening.WITHDRAW: lambda: rules.withdrawn(claim, now),
    }
    return works[happening]()


@given(st.lists(st.tuples(st.sampled_from(Happening), st.integers(0, 200)), max_size=8))
def test_whatever_happens_is_what_was_possible_and_an_end_is_an_end(story):
    claim, now, ends = asked(), NOW, 0
    for happening, hours in story:
        now += timedelta(hours=hours)
        before, may = claim, rules.possible(claim, now)
        assert bool(may) == claim.is_open(now)
        try:
            claim = _let(claim, happening, now)
        except NotPossible:
            assert happening not in may
            continue
        assert happening in may
        assert claim.version == before.version + 1
        assert (claim.given is not None) == (claim.state in {State.AGREED, State.REFUSED})
        ends += claim.ended_at is not None
        assert (claim.ended_at is not None) == (not rules.possible(claim, now))
    assert ends <= 1
