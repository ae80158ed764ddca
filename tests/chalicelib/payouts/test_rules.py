"""What a payout takes and is made of, for any settlements and dues."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kit.money import Money
from chalicelib.payouts import rules
from chalicelib.payouts.rules import APPROVAL_ABOVE, Leg, LegState, PayoutState, Reversal
from chalicelib.settlement.ports import Due, DueKind, Route, Settlement, SettlementState, Sums, Terms

AT = datetime(2030, 5, 1, tzinfo=UTC)
CHARGES = st.sampled_from(["pay_1", "pay_2", "pay_3", None])
DUES = st.lists(st.tuples(CHARGES, st.integers(-2_000, 3_000), st.integers(-100, 300)), max_size=12)


def due(number, payment_id, amount, discount=0, kind=DueKind.SERVICE):
    return Due(
        f"lin_{number}", kind, "acc_m", "CNY", AT, payment_id=payment_id, gross=amount, platform_discount=discount
    )


def dues(told):
    return [due(number, *one) for number, one in enumerate(told)]


def room(charge, told):
    """What a charge brought of what is due of it."""
    mine = [one for one in told if one[0] == charge]
    return min(sum(gross for _, gross, _ in mine), sum(gross + discount for _, gross, discount in mine))


def settlement(number, payable):
    sums = Sums(lines=1, gross=payable, payable=payable)
    return Settlement(f"set_{number:03}_cny", "acc_m", "CNY", "2030-05-01", sums, SettlementState.POSTED)


@given(DUES, st.sampled_from([1, 1, 10]))
def test_legs_add_up_and_no_charge_pays_more_than_its_dues(told, step):
    amount = sum(one.payable for one in dues(told))
    if amount <= 0:
        return
    made = rules.legs("po_1", amount, dues(told), step)
    assert sum(leg.amount for leg in made) == amount - amount % step
    assert all(leg.amount > 0 and leg.amount % step == 0 for leg in made)
    assert len({leg.id for leg in made}) == len(made)
    for leg in made:
        if leg.payment_id is not None:
            assert leg.amount <= room(leg.payment_id, told)
    covered = sum(max(0, room(charge, told)) // step * step for charge in {charge for charge, *_ in told} - {None})
    rest = sum(leg.amount for leg in made if leg.payment_id is None)
    assert rest == max(0, amount - amount % step - covered)
    assert made == rules.legs("po_1", amount, dues(told), step)


def test_debts_are_netted_from_the_newest_charges():
    told = [("pay_1", 500), ("pay_2", 400), ("pay_1", -100), (None, -300)]
    assert [(leg.payment_id, leg.amount) for leg in rules.legs("po_1", 500, dues(told))] == [
        ("pay_1", 400), ("pay_2", 100)
    ]  # fmt: skip


@given(st.lists(st.integers(-1_000, 1_000), max_size=14), st.integers(1, 6))
def test_what_a_payout_takes_leaves_no_debt_behind_that_it_has_room_for(amounts, most):
    given_ = [settlement(number, amount) for number, amount in enumerate(amounts)]
    taken = rules.taken(given_, most)
    assert taken == [one for one in given_ if one in taken]  # in their order
    assert len(taken) <= most
    debts = [one for one in given_ if one.sums.payable <= 0]
    if len(debts) < most:
        assert all(one in taken for one in debts)
        left = [one.sums.payable for one in given_ if one not in taken]
        assert sum(one.sums.payable for one in taken) + sum(left) == sum(amounts)
        assert all(amount > 0 for amount in left)


def test_who_has_to_agree_depends_on_currency_and_amount():
    limit = APPROVAL_ABOVE["CNY"]
    assert rules.prepared(Money(limit, "CNY"), APPROVAL_ABOVE) == PayoutState.READY
    assert rules.prepared(Money(limit + 1, "CNY"), APPROVAL_ABOVE) == PayoutState.APPROVAL
    assert rules.prepared(Money(1, "XXX"), APPROVAL_ABOVE) == PayoutState.APPROVAL


def test_a_payout_is_named_by_its_newest_settlement():
    some, terms = [settlement(1, 5), settlement(2, 7)], Terms(route=Route.CONNECT, connect_account="acct_1")
    made = rules.made("acc_m", "CNY", some, terms, {}, AT)
    assert (made.amount, made.state, made.destination) == (Money(12, "CNY"), PayoutState.PREPARING, "acct_1")
    assert made.id == rules.payout_id("acc_m", "CNY", some[1:]) != rules.payout_id("acc_n", "CNY", some)
    assert made.settlement_ids == ("set_001_cny", "set_002_cny")


@pytest.mark.parametrize(
    ("states", "expected"), [("rs", "sent"), ("rf", "sent"), ("ss", "paid"), ("sf", "failed"), ("ff", "failed")]
)
def test_a_payout_stands_as_its_legs_do(states, expected):
    named = {"r": LegState.READY, "s": LegState.SENT, "f": LegState.FAILED}
    legs = [Leg(f"leg_{n}", "po_1", None, 10, named[state]) for n, state in enumerate(states)]
    assert rules.outcome(legs) == expected
    assert rules.came_back(legs) == 10 * states.count("f")


@given(
    st.integers(1, 5_000),
    st.dictionaries(st.sampled_from(["pay_1", "pay_2", "pay_3"]), st.integers(1, 2_000)),
    st.lists(st.tuples(st.sampled_from(["pay_1", "pay_2", "pay_3"]), st.integers(1, 1_500), st.integers(0, 1_500))),
)
def test_what_is_taken_back_is_capped_by_debt_refund_and_transfer(debt, owed, told):
    sent: dict[str, list[Leg]] = {}
    for number, (payment, amount, gone) in enumerate(told):
        leg = Leg(f"leg_{number}", "po_1", payment, amount, LegState.SENT, "tr", None, min(gone, amount))
        sent.setdefault(payment, []).append(leg)
    parts = rules.clawed_back(debt, owed, sent, ["leg_0"])
    assert sum(amount for _, amount in parts) <= debt
    assert all(0 < amount <= leg.amount - leg.reversed and leg.id != "leg_0" for leg, amount in parts)
    for payment, most in owed.items():
        assert sum(amount for leg, amount in parts if leg.payment_id == payment) <= most
    assert {leg.payment_id for leg, _ in parts} <= owed.keys()


def test_what_was_given_back_is_less_what_comes_back_already():
    given_back = [
        due(1, "pay_1", -500, kind=DueKind.REFUND), due(2, "pay_2", -300, kind=DueKind.DISPUTE), due(3, "pay_2", 100),
        due(4, None, -50), due(5, "pay_3", 70), due(6, "pay_1", 900, kind=DueKind.PAYOUT_RETURNED),
    ]  # fmt: skip
    known = [Reversal("rev_1", "acc_m", "set_1", "po_1", "leg_1", "pay_1", Money(200, "CNY"))]
    assert rules.given_back(given_back, known) == {"pay_1": 300, "pay_2": 200}
