"""Banks take money back, before and after a service, before and after the merchant was paid; and give it again."""

from datetime import timedelta

import pytest

from chalicelib import wiring
from chalicelib.ledger import use_cases as ledger
from chalicelib.payments import use_cases
from chalicelib.payments.rules import DisputeState, Event, RefundState
from chalicelib.settlement import use_cases as settlement
from tests.api import ADMIN, CUSTOMER, MERCHANT, OTHER, call, told
from tests.chalicelib.payments.flow import cancel, complete, notice, paid, sheet, state, work
from tests.world import hold, open_shop

DISPUTES, DISPUTE = "/v1/me/disputes", "/v1/disputes/{dispute_id}"
EVIDENCE = DISPUTE + "/evidence"
SAYS = {"text": "The customer was here and signed; the text messages of that day are attached."}


def disputed(provider, payment, amount=None, **said):
    ref = provider.disputes_charge(payment.charge_ref, amount, **said)
    notice(ref, "dispute")
    return ref


def ends(provider, ref, *, won):
    provider.dispute_ends(ref, won=won)
    notice(ref, "dispute")


def settle(clock, days=3):
    clock.move(days=days)
    settlement.settle(wiring.settlement(), clock.now())


def owed():
    return {one.currency: one.settled for one in settlement.balance(wiring.settlement(), MERCHANT)}.get("CNY", 0)


def even():
    assert sum(sheet().values()) == 0
    return {account: amount for account, amount in sheet().items() if amount}


def test_a_bank_takes_and_gives_before_the_service(provider, clock):
    order = hold(open_shop())
    payment = paid(provider, order)
    ref = disputed(provider, payment)
    assert even() == {}
    line = call("GET", "/v1/orders/{order_id}", actor=CUSTOMER, order_id=order["id"]).json["lines"][0]
    assert line["given_back"]["amount"] == 10_000
    ends(provider, ref, won=True)
    assert even() == {"provider:stripe": 10_000, "customers:held": -10_000}
    complete(order, clock)
    settle(clock)
    assert owed() == 9_200


def test_what_the_bank_keeps_before_the_service_nobody_gets(provider, clock):
    order = hold(open_shop())
    ref = disputed(provider, paid(provider, order))
    ends(provider, ref, won=False)
    complete(order, clock)
    settle(clock)
    assert owed() == 0
    assert even() == {}


@pytest.mark.parametrize("settled", [False, True])
def test_a_bank_takes_after_the_service_and_the_merchant_bears_it(provider, clock, settled):
    order = hold(open_shop())
    payment = paid(provider, order)
    complete(order, clock)
    if settled:
        settle(clock)
        assert owed() == 9_200
    ref = disputed(provider, payment)
    if settled:
        assert even()["disputes:open"] == 10_000
    settle(clock)
    assert owed() == 0
    assert even() == {}
    ends(provider, ref, won=True)
    settle(clock)
    assert owed() == 9_200
    assert even() == {"provider:stripe": 10_000, "merchants:payable": -9_200, "platform:commission": -800}


def test_a_part_is_taken_line_by_line_and_the_fee_follows(provider, clock):
    order = hold(open_shop())
    payment = paid(provider, order)
    complete(order, clock)
    settle(clock)
    disputed(provider, payment, 3_333)
    settle(clock)
    # 8 % of what remains, not of each part.
    assert owed() == 6_667 - (6_667 * 800 + 5_000) // 10_000
    assert even()["platform:commission"] == -((6_667 * 800 + 5_000) // 10_000)


@pytest.mark.parametrize("won", [True, False])
def test_a_refund_waits_for_the_dispute(provider, clock, won):
    order = hold(open_shop(), hours=72)
    payment = paid(provider, order)
    cancel(order)
    ref = disputed(provider, payment)
    assert work("order.refund_due") == 0
    (waiting,) = wiring.payments().store.refunds_of(order["id"])
    assert waiting.state == RefundState.WAITING
    assert even() == {"refunds:pending": -10_000, "disputes:open": 10_000}
    ends(provider, ref, won=won)
    (ended,) = wiring.payments().store.refunds_of(order["id"])
    assert ended.state == (RefundState.SUCCEEDED if won else RefundState.COVERED)
    assert state(order) == "refunded"
    assert even() == {}
    notice(ref, "dispute")
    assert even() == {}


@pytest.mark.parametrize("won", [True, False])
def test_the_bank_takes_the_fee_that_a_late_cancellation_leaves_as_well(provider, clock, won):
    order = hold(open_shop())
    payment = paid(provider, order)
    cancel(order)  # too late: half of it is kept
    ref = disputed(provider, payment)
    assert work("order.refund_due") == 0
    ends(provider, ref, won=won)
    settle(clock)
    assert state(order) == "refunded"
    assert owed() == (4_600 if won else 0)
    assert sum(even().values()) == 0
    assert even().get("disputes:open", 0) == even().get("customers:held", 0) == 0


def test_events_of_a_dispute_in_any_order_and_number_count_once(provider, clock):
    order = hold(open_shop())
    payment = paid(provider, order)
    complete(order, clock)
    ref = provider.disputes_charge(payment.charge_ref, fee=1_500)
    provider.dispute_ends(ref, won=True)  # the first thing we hear is that it is over
    for _ in range(3):
        notice(ref, "dispute")
    settle(clock)
    assert owed() == 9_200
    ids = {one.id for one in ledger.of_order(wiring.ledger(), order["id"])}
    known = call("GET", DISPUTES, actor=MERCHANT).json["items"][0]
    assert {f"dispute:{known['id']}", f"dispute-returned:{known['id']}"} <= ids
    assert (known["state"], known["withdrawn"], known["reinstated"]) == ("won", True, True)


def test_an_inquiry_moves_no_money(provider, clock):
    order = hold(open_shop())
    payment = paid(provider, order)
    ref = provider.disputes_charge(payment.charge_ref)
    provider.disputes[ref] = provider.disputes[ref].__class__(
        **{**vars(provider.disputes[ref]), "state": DisputeState.WARNING, "withdrawn": False}
    )
    notice(ref, "dispute")
    assert even() == {"provider:stripe": 10_000, "customers:held": -10_000}
    assert [message.type for message in told("dispute.warning")] == ["dispute.warning"]


def test_the_merchant_gives_evidence_once_and_in_time(provider, clock):
    order = hold(open_shop())
    payment = paid(provider, order)
    ref = disputed(provider, payment, until=clock.now() + timedelta(days=7))
    (told_,) = told("dispute.open")
    dispute = call("GET", DISPUTES, actor=MERCHANT).json["items"][0]
    assert told_.payload["merchant_id"] == MERCHANT.account_id
    assert dispute["evidence_until"] == "2030-05-08T09:30:00Z"
    path = {"dispute_id": dispute["id"]}
    assert call("PUT", EVIDENCE, actor=OTHER, body=SAYS, **path).status == 404
    for wrong in ("no", "顾客当天到店。" * 4 + "\x00", "顾客当天到店。" * 4 + "\u202e"):
        assert call("PUT", EVIDENCE, actor=MERCHANT, body={"text": wrong}, **path).status == 422
    given = call("PUT", EVIDENCE, actor=MERCHANT, body=SAYS, **path)
    assert (given.status, given.json["state"]) == (200, "review")
    assert provider.evidence[ref] == SAYS["text"]
    assert call("PUT", EVIDENCE, actor=MERCHANT, body=SAYS, **path).json["code"] == "evidence-too-late"
    assert call("GET", DISPUTE, actor=ADMIN, **path).status == 200
    assert call("GET", DISPUTE, actor=OTHER, **path).status == 404
    assert call("GET", DISPUTES, actor=OTHER).json["items"] == []


def test_evidence_after_the_deadline_is_refused(provider, clock):
    payment = paid(provider, hold(open_shop()))
    disputed(provider, payment, until=clock.now() + timedelta(days=1))
    dispute = call("GET", DISPUTES, actor=MERCHANT).json["items"][0]
    clock.move(days=2)
    late = call("PUT", EVIDENCE, actor=MERCHANT, body=SAYS, dispute_id=dispute["id"])
    assert (late.status, late.json["code"]) == (409, "evidence-too-late")


def test_a_provider_that_does_not_answer_is_asked_again(provider, clock):
    payment = paid(provider, hold(open_shop()))
    ref = provider.disputes_charge(payment.charge_ref)
    provider.silent = 1
    with pytest.raises(Exception, match="Repeat"):
        use_cases.work_event(wiring.payments(), Event("evt_d", "dispute", ref, "x"))
    use_cases.work_event(wiring.payments(), Event("evt_d", "dispute", ref, "x"))
    assert even() == {}


@pytest.mark.parametrize("early", [True, False])
def test_what_no_provider_pays_any_more_is_on_the_customers_balance(provider, clock, early):
    """The bank took a part for good: the charge cannot be refunded, and the rest is still the customer's."""
    order = hold(open_shop(), hours=72)
    ref = disputed(provider, paid(provider, order), 4_000)
    if early:
        cancel(order)
        assert work("order.refund_due") == 0
    ends(provider, ref, won=False)
    if not early:
        cancel(order)
        assert work("order.refund_due") == 0
    (refund,) = wiring.payments().store.refunds_of(order["id"])
    assert (refund.state, refund.amount.amount) == (RefundState.CREDITED, 6_000)
    assert state(order) == "refunded"
    assert even() == {"provider:stripe": 6_000, "customers:balance": -6_000}
    assert call("GET", "/v1/me/money", actor=CUSTOMER).json["items"] == [{"amount": 6_000, "currency": "CNY"}]
