"""Attempts to have money twice, or never: refunds against disputes, early and late, by halves."""

import sys

import pytest

from chalicelib import wiring
from chalicelib.orders import use_cases as orders
from chalicelib.payments import use_cases
from chalicelib.payments.rules import RefundState
from chalicelib.settlement import use_cases as settlement
from tests.api import ADMIN, CUSTOMER, MERCHANT, call
from tests.chalicelib.payments.flow import cancel, complete, notice, paid, pay, row, sheet, state, work
from tests.world import hold, open_shop

BACK = "/v1/orders/{order_id}/refunds"
AGAIN = "/v1/admin/refunds/{refund_id}/again"


def back(order, amount):
    lines = [{"line_id": order["lines"][0]["id"], "amount": amount}]
    return call("POST", BACK, actor=MERCHANT, body={"lines": lines, "reason": "迟到"}, order_id=order["id"]).status


def disputed(provider, payment, amount=None):
    ref = provider.disputes_charge(payment.charge_ref, amount)
    notice(ref, "dispute")
    return ref


def lost(provider, ref):
    provider.dispute_ends(ref, won=False)
    notice(ref, "dispute")


def refunds(order):
    return list(wiring.payments().store.refunds_of(order["id"]))


def even():
    assert sum(sheet().values()) == 0
    return {account: amount for account, amount in sheet().items() if amount}


def owed():
    return sum(one.settled for one in settlement.balance(wiring.settlement(), MERCHANT))


def test_a_refund_that_is_worked_after_its_dispute_was_lost_is_covered(provider):
    """The queue was slow, or the bank quick: the customer has the bank's money, and nothing on top."""
    order = hold(open_shop(), hours=72)
    payment = paid(provider, order)
    cancel(order)
    lost(provider, disputed(provider, payment))
    assert work("order.refund_due") == 0
    assert [one.state for one in refunds(order)] == [RefundState.COVERED]
    assert even() == {}
    assert state(order) == "refunded"


def test_a_sweep_that_comes_before_the_end_of_a_lost_dispute_is_worked_gives_nothing_on_top(
    provider, clock, monkeypatch
):
    order = hold(open_shop(), hours=72)
    payment = paid(provider, order)
    cancel(order)
    ref = disputed(provider, payment)
    assert work("order.refund_due") == 0
    with monkeypatch.context() as patch:
        patch.setattr(
            sys.modules["chalicelib.payments.use_cases.dispute"], "dispute_ended", lambda *_args, **_more: 1 / 0
        )
        with pytest.raises(ZeroDivisionError):
            lost(provider, ref)
    clock.move(minutes=6)
    assert use_cases.look_again(wiring.payments(), clock.now()).failed == 0
    notice(ref, "dispute")
    assert [one.state for one in refunds(order)] == [RefundState.COVERED]
    assert even() == {}


@pytest.mark.parametrize("early", [True, False])
def test_what_the_bank_covers_of_a_refund_is_not_credited_as_well(provider, early):
    """Of 100.00 the bank took 80.00: 40.00 that were kept, and 40.00 of the 60.00 on their way back."""
    order = hold(open_shop())
    payment = paid(provider, order)
    assert back(order, 6_000) == 201
    ref = disputed(provider, payment, 8_000)
    if early:
        assert work("order.refund_due") == 0
    lost(provider, ref)
    assert work("order.refund_due") == 0
    notice(ref, "dispute")
    assert [one.state for one in refunds(order)] == [RefundState.CREDITED]
    assert even() == {"provider:stripe": 2_000, "customers:balance": -2_000}


def test_a_failed_refund_that_is_tried_again_after_a_lost_dispute_is_covered(provider):
    order = hold(open_shop(), hours=72)
    payment = paid(provider, order)
    provider.refund_outcome = RefundState.FAILED
    cancel(order)
    assert work("order.refund_due") == 0
    assert even() == {"provider:stripe": 10_000, "customers:held": -10_000}
    lost(provider, disputed(provider, payment))
    answer = call("POST", AGAIN, actor=ADMIN, body={"reason": "新卡"}, refund_id=refunds(order)[0].id)
    assert (answer.status, answer.json["state"]) == (201, "covered")
    assert even() == {}


def test_two_disputes_of_one_payment_cover_two_refunds(provider):
    order = hold(open_shop())
    payment = paid(provider, order)
    assert [back(order, 4_000), back(order, 5_000)] == [201, 201]
    refs = [disputed(provider, payment, 5_000) for _ in range(2)]
    assert work("order.refund_due") == 0
    for ref in refs:
        lost(provider, ref)
    assert sum(1 for one in refunds(order) if one.state in {RefundState.COVERED, RefundState.CREDITED}) == 2
    assert even() == {}


def test_a_dispute_that_is_told_before_its_charge_is_borne_by_the_merchant(provider, clock):
    order = hold(open_shop())
    payment = row(pay(order))
    provider.customer_pays(payment.charge_ref)
    ref = disputed(provider, payment)
    notice(payment.charge_ref)
    lost(provider, ref)
    complete(order, clock)
    clock.move(days=3)
    settlement.settle(wiring.settlement(), clock.now())
    assert owed() == 0
    assert even() == {}


def won(provider, ref):
    provider.dispute_ends(ref, won=True)
    notice(ref, "dispute")


@pytest.mark.parametrize("taken", [10_000, 4_000])
@pytest.mark.parametrize(("hours", "actor", "keeps"), [(24, MERCHANT, 0), (72, CUSTOMER, 0), (24, CUSTOMER, 5_000)])
def test_what_a_bank_gives_again_of_a_cancelled_line_is_the_customers_as_if_it_had_never_been_away(
    provider, clock, taken, hours, actor, keeps
):
    order = hold(open_shop(), hours=hours)
    payment = paid(provider, order)
    ref = disputed(provider, payment, taken)
    assert cancel(order, actor).status == 200
    assert work("order.refund_due") == 0
    won(provider, ref)
    assert work("order.refund_due") == 0
    clock.move(days=3)
    settlement.settle(wiring.settlement(), clock.now())
    assert sum(one.amount.amount for one in refunds(order)) == 10_000 - keeps
    assert {one.state for one in refunds(order)} == {RefundState.SUCCEEDED}
    assert owed() == keeps - keeps * 8 // 100
    assert even().get("provider:stripe", 0) == keeps
    assert not even().keys() & {"customers:held", "disputes:open", "merchants:clawback", "refunds:pending"}
    known = orders.read(wiring.orders(), order["id"])
    assert (known.refunded, known.open, known.lines[0].kept) == (10_000 - keeps, (), keeps)


def test_what_an_appeal_brings_back_after_it_stood_for_a_refund_is_on_the_customers_balance(provider):
    """Their bank has taken it from them again, and no provider pays a refund that is over."""
    order = hold(open_shop(), hours=72)
    payment = paid(provider, order)
    cancel(order)
    ref = disputed(provider, payment)
    assert work("order.refund_due") == 0
    lost(provider, ref)
    assert even() == {}
    for _ in range(2):
        won(provider, ref)
    assert even() == {"provider:stripe": 10_000, "customers:balance": -10_000}
    assert [one.state for one in refunds(order)] == [RefundState.COVERED]
