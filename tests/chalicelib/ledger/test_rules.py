from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kit.money import Money
from chalicelib.ledger import rules
from chalicelib.ledger.rules import CHART, Entry, RefundStep, Transaction, moved, refund_accounts

NOW = datetime(2030, 5, 1, 9, tzinfo=UTC)
OWN = ("merchant:acc_m", "merchant:acc_n", "reserve:acc_m", "customer:acc_c")
CONTROLS = {"merchant": "merchants:payable", "reserve": "merchants:reserve", "customer": "customers:balance"}


@st.composite
def transactions(draw):
    moves = draw(st.lists(st.tuples(st.sampled_from([*CHART, *OWN]), st.integers(-(10**12), 10**12)), max_size=12))
    rest = Entry(draw(st.sampled_from([*CHART, *OWN])), -sum(amount for _, amount in moves))
    return Transaction("x:1", "x", NOW, "CNY", (*(Entry(*move) for move in moves), rest))


@given(transactions())
def test_the_chart_balances_and_control_accounts_are_the_sums_of_the_own_accounts(one):
    assert sum(one.on_chart().values()) == 0
    moves = one.movements()
    assert all(moves.values())
    direct = {account: sum(e.amount for e in one.entries if e.account == account) for account in (*CHART, *OWN)}
    for kind, control in CONTROLS.items():
        own = sum(amount for account, amount in direct.items() if account.startswith(f"{kind}:"))
        assert moves.get(control, 0) == direct[control] + own
    assert {account: amount for account, amount in moves.items() if account in OWN} == {
        account: direct[account] for account in OWN if direct[account]
    }


def test_no_account_is_in_the_chart_twice_or_looks_like_somebodys_own():
    assert len(set(CHART)) == len(CHART)
    assert {account.partition(":")[0] for account in CHART} & set(CONTROLS) == set()
    assert set(CONTROLS.values()) <= set(CHART)


def test_accounts_have_their_names():
    names = [rules.merchant_account("a"), rules.reserve_account("a"), rules.customer_account("a")]
    assert names == ["merchant:a", "reserve:a", "customer:a"]
    assert {rules.provider_account(one) for one in ("stripe", "wechat", "alipay")} == set(rules.PROVIDERS)


@pytest.mark.parametrize(
    ("entries", "covered", "says"),
    [
        ((Entry(rules.HELD, 1),), (), "does not balance"),
        ((Entry("elsewhere", 1), Entry(rules.HELD, -1)), (), "no account"),
        ((Entry("platform:elsewhere", 1), Entry(rules.HELD, -1)), (), "no account"),
        ((Entry(rules.REFUNDS, 1), Entry(rules.HELD, -1)), (rules.REFUNDS,), "cannot be asked"),
    ],
)
def test_what_is_no_transaction(entries, covered, says):
    with pytest.raises(ValueError, match=says):
        Transaction("x", "capture", NOW, "CNY", entries, covered=frozenset(covered))


def test_movements_that_cancel_out_move_nothing():
    entries = (Entry(rules.HELD, 5), Entry(rules.HELD, -5))
    assert Transaction("x", "capture", NOW, "CNY", entries).movements() == {}


@given(st.integers(0, 10**12))
def test_an_amount_moves_from_one_account_to_another(amount):
    money = Money(amount, "JPY")
    one = moved("payout:po_1", money, NOW, debit="merchant:acc_m", credit=rules.PAYOUTS, order_id="ord_1", covered=True)
    assert (one.kind, one.currency, one.order_id) == ("payout", "JPY", "ord_1")
    assert one.entries == (Entry("merchant:acc_m", amount), Entry("payouts:pending", -amount))
    assert one.covered == {"merchant:acc_m"}
    assert moved("x:1", money, NOW, debit=rules.HELD, credit=rules.PAYOUTS).covered == frozenset()


@pytest.mark.parametrize("money", ["provider:stripe", "customer:acc_c"])
@pytest.mark.parametrize("ends", [[RefundStep.DONE], [RefundStep.FAILED], [RefundStep.COVERED], ["done", "returned"]])
def test_a_refund_is_pending_until_it_ends_and_nothing_stays_behind(money, ends):
    asked = Transaction("refund-pending:1", "x", NOW, "CNY", (Entry(rules.HELD, 500), Entry(rules.REFUNDS, -500)))
    sums = dict(asked.movements())
    for end in ends:
        debit, credit = refund_accounts(RefundStep(end), money)
        step = Transaction(f"refund-{end}:1", "x", NOW, "CNY", (Entry(debit, 500), Entry(credit, -500)))
        for account, amount in step.movements().items():
            sums[account] = sums.get(account, 0) + amount
    assert sums.pop("refunds:pending") == 0
    sums.pop("customers:balance", None)
    expected = {
        RefundStep.DONE: {"customers:held": 500, money: -500},
        RefundStep.FAILED: {},
        RefundStep.COVERED: {"customers:held": 500, "disputes:open": -500},
        "returned": {},
    }
    assert {account: amount for account, amount in sums.items() if amount} == expected[ends[-1]]


def test_every_step_of_a_refund_but_the_first_has_its_accounts():
    assert {step for step in RefundStep if step != RefundStep.PENDING} == {
        step for step in RefundStep if step != RefundStep.PENDING and len(refund_accounts(step, "x")) == 2
    }
    with pytest.raises(KeyError):
        refund_accounts(RefundStep.PENDING, "x")
