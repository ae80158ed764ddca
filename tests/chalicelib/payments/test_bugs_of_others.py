"""What went wrong in other systems does not go wrong here: `docs/money.md` tells of each, and names its test."""

from threading import Thread

from chalicelib import wiring
from chalicelib.payments.rules import PaymentState, RefundState
from chalicelib.settlement import use_cases as settlement
from tests.api import MERCHANT, call, told
from tests.chalicelib.payments.flow import cancel, complete, notice, paid, pay, row, sheet, state, work
from tests.world import hold, open_shop

BACK = "/v1/orders/{order_id}/refunds"
WEBHOOK = "/v1/webhooks/stripe"


def back(order, amount, **more):
    lines = [{"line_id": order["lines"][0]["id"], "amount": amount}]
    return call("POST", BACK, actor=MERCHANT, body={"lines": lines, "reason": "少了一份"}, order_id=order["id"], **more)


def at_once(*work_):
    """Do things at the same time; returns what they returned, in no order."""
    answers = []
    threads = [Thread(target=lambda one=one: answers.append(one())) for one in work_]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def even():
    assert sum(sheet().values()) == 0
    return {account: amount for account, amount in sheet().items() if amount}


def webhook(id_, ref, subject="charge"):
    body = f"{id_}|{subject}|{ref}|some.type"
    return call("POST", WEBHOOK, raw=body, headers={"Stripe-Signature": "good"}).status


def test_two_refunds_at_once_give_no_more_than_was_paid(provider):
    order = hold(open_shop())
    paid(provider, order)
    answers = at_once(*[lambda: back(order, 6_000)] * 2)
    assert sorted(answer.status for answer in answers) == [201, 409]
    assert {answer.json["code"] for answer in answers if answer.status == 409} == {"nothing-left"}
    assert work("order.refund_due") == 0
    assert even() == {"provider:stripe": 4_000, "customers:held": -4_000}


def test_a_double_click_gives_back_once(provider):
    order = hold(open_shop())
    paid(provider, order)
    answers = at_once(*[lambda: back(order, 392, key="one-form-one-key")] * 2)
    assert [answer.status for answer in answers] == [201] * 2
    assert answers[0].json == answers[1].json
    assert len(told("order.refund_due")) == 1
    work("order.refund_due")
    assert [provider.amounts[ref] for ref in provider.refunds] == [392]


def test_a_notice_that_overtakes_its_refund_counts_once_for_customer_and_merchant(provider, clock, monkeypatch):
    order = hold(open_shop())
    paid(provider, order)
    complete(order, clock)
    begin = provider.refund

    def slow(refund, payment):
        answer = begin(refund, payment)
        for _ in range(2):
            notice(answer.ref, "refund")
        return answer

    monkeypatch.setattr(provider, "refund", slow)
    assert back(order, 4_000).status == 201
    assert work("order.refund_due") == 0
    notice(next(iter(provider.refunds)), "refund")
    clock.move(days=3)
    settlement.settle(wiring.settlement(), clock.now())
    assert [refund.state for refund in wiring.payments().store.refunds_of(order["id"])] == [RefundState.SUCCEEDED]
    assert even() == {"provider:stripe": 6_000, "merchants:payable": -5_520, "platform:commission": -480}


def test_nobody_is_told_of_a_refund_before_it_is_done(provider):
    provider.refund_outcome = RefundState.PENDING
    order = hold(open_shop(), hours=72)
    paid(provider, order)
    cancel(order)
    work("order.refund_due")
    ref = next(iter(provider.refunds))
    for outcome in (RefundState.PENDING, RefundState.FAILED):
        provider.refund_becomes(ref, outcome)
        notice(ref, "refund")
        assert state(order) == "refunding"
        assert told("order.refunded") == []
    assert even() == {"provider:stripe": 10_000, "customers:held": -10_000}


def test_money_for_an_order_that_was_let_go_goes_back_once(provider):
    order = hold(open_shop())
    payment = row(pay(order))
    assert cancel(order).json["state"] == "cancelled"
    provider.customer_pays(payment.charge_ref)  # the bank's page was still open
    for _ in range(2):
        notice(payment.charge_ref)
    assert state(order) == "refunding"
    work("order.refund_due")
    notice(payment.charge_ref)
    assert state(order) == "refunded"
    assert len(provider.refunds) == 1
    assert even() == {}


def test_a_webhook_does_no_work_and_asks_nobody(provider):
    order = hold(open_shop())
    payment = row(pay(order))
    provider.customer_pays(payment.charge_ref)
    provider.silent = 9  # whoever asks hears nothing
    assert [webhook("evt_1", payment.charge_ref) for _ in range(3)] == [200] * 3
    assert (provider.silent, state(order)) == (9, "held")
    provider.silent = 0
    assert work("payment.event_received") == 0
    assert state(order) == "confirmed"
    assert even() == {"provider:stripe": 10_000, "customers:held": -10_000}


def test_an_event_whose_work_failed_is_worked_when_it_is_sent_again(provider):
    order = hold(open_shop())
    payment = row(pay(order))
    provider.customer_pays(payment.charge_ref)
    assert webhook("evt_1", payment.charge_ref) == 200
    provider.silent = 1
    assert work("payment.event_received") == 1
    wiring.outbox().remove([message.id for message in told("payment.event_received")])  # and its message is lost
    assert webhook("evt_1", payment.charge_ref) == 200
    assert work("payment.event_received") == 0
    assert state(order) == "confirmed"
    assert webhook("evt_1", payment.charge_ref) == 200
    assert told("payment.event_received") == []


def test_nothing_that_comes_late_moves_a_paid_order_back(provider):
    order = hold(open_shop())
    payment = paid(provider, order)
    for late in PaymentState:
        provider.becomes(payment.charge_ref, late)
        notice(payment.charge_ref)
        assert state(order) == "confirmed", late
        assert wiring.payments().store.payment(payment.id).state == PaymentState.SUCCEEDED
    assert even() == {"provider:stripe": 10_000, "customers:held": -10_000}
