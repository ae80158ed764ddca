from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kit.money import Money, fee
from chalicelib.ledger import rules
from chalicelib.ledger.rules import Due, Entry, RefundStep, Transaction

NOW = datetime(2030, 5, 1, 9, tzinfo=UTC)
AMOUNTS = st.integers(0, 10**9)


def due(net=10_000, discount=0, bps=800, merchant="acc_m", line="lin_1", currency="CNY"):
    return Due(line, "ord_1", merchant, currency, net, discount, bps, NOW)


@given(net=AMOUNTS, discount=AMOUNTS, bps=st.integers(0, 10_000))
def test_a_settled_line_balances_and_pays_the_rest(net, discount, bps):
    one = due(net, discount, bps)
    assert sum(entry.amount for entry in one.entries()) == 0
    assert one.payable + one.commission == net + discount
    assert 0 <= one.commission == fee(net + discount, bps) <= net + discount
    assert all(entry.amount for entry in one.entries())


def test_the_platform_pays_its_coupon_to_the_merchant():
    one = due(net=8_000, discount=2_000, bps=1000)
    assert one.entries() == (
        Entry("customers:held", 8_000, "lin_1"),
        Entry("platform:coupons", 2_000, "lin_1"),
        Entry("merchant:acc_m", -9_000, "lin_1"),
        Entry("platform:commission", -1_000, "lin_1"),
    )


def test_what_does_not_balance_is_no_transaction():
    with pytest.raises(ValueError, match="does not balance"):
        Transaction("x", "capture", NOW, "CNY", (Entry(rules.HELD, 1),))


def test_an_account_must_be_in_the_chart():
    with pytest.raises(ValueError, match="no account"):
        Transaction("x", "capture", NOW, "CNY", (Entry("elsewhere", 1), Entry(rules.HELD, -1)))


def test_a_merchants_movement_moves_the_control_account_too():
    settled = Transaction("settlement:lin_1", "settlement", NOW, "CNY", due().entries())
    assert settled.movements() == {
        "customers:held": 10_000,
        "merchant:acc_m": -9_200,
        "merchants:payable": -9_200,
        "platform:commission": -800,
    }


@pytest.mark.parametrize("last", [RefundStep.DONE, RefundStep.FAILED])
def test_a_refund_is_pending_until_it_ends(last):
    pending = rules.refund(RefundStep.PENDING, "ref_1", "ord_1", "pay_1", Money(500, "CNY"), NOW)
    ended = rules.refund(last, "ref_1", "ord_1", "pay_1", Money(500, "CNY"), NOW)
    assert pending.movements()["refunds:pending"] + ended.movements()["refunds:pending"] == 0
    assert pending.id != ended.id


def test_a_refund_that_comes_back_is_held_for_the_customer_again():
    back = rules.refund(RefundStep.RETURNED, "ref_1", "ord_1", "pay_1", Money(500, "CNY"), NOW)
    assert back.movements() == {"provider:stripe": 500, "customers:held": -500}


def test_movements_that_cancel_out_move_nothing():
    entries = (Entry(rules.HELD, 5), Entry(rules.HELD, -5))
    assert Transaction("x", "capture", NOW, "CNY", entries).movements() == {}


def test_dues_are_grouped_by_merchant_and_currency():
    dues = [due(line="a"), due(line="b", merchant="acc_n"), due(line="c"), due(line="d", currency="JPY")]
    grouped = rules.by_merchant(dues)
    assert {key: [one.line_id for one in group] for key, group in grouped.items()} == {
        ("acc_m", "CNY"): ["a", "c"],
        ("acc_n", "CNY"): ["b"],
        ("acc_m", "JPY"): ["d"],
    }


def test_a_settlement_is_named_by_period_and_currency():
    assert rules.settlement_id("2030-05-01", "CNY") == "set_20300501_cny"
