"""Money's way through payments, orders, bookings and books, with a provider that loses answers and repeats itself."""

import random
from threading import Thread

import pytest

from chalicelib import wiring
from chalicelib.payments import events, use_cases
from chalicelib.payments.rules import AmountMismatch, Event, NotYetKnown, PaymentState, RefundState
from tests.api import CUSTOMER, MERCHANT, OTHER, call, deliver, told
from tests.chalicelib.payments.flow import PAY, cancel, notice, paid, pay, row, sheet, state, work
from tests.world import hold, open_shop

LOOK = PAY + "/{payment_id}"


def test_a_payment_confirms_its_order_and_is_in_the_books(provider):
    order = hold(open_shop())
    answer = pay(order)
    assert (answer.status, answer.json["state"]) == (201, "created")
    assert answer.json["client_secret"].startswith(row(answer).charge_ref)
    ref = row(answer).charge_ref
    provider.customer_pays(ref)
    notice(ref)
    assert state(order) == "confirmed"
    assert sheet() == {"provider:stripe": 10_000, "customers:held": -10_000}
    assert told("order.confirmed")


@pytest.mark.parametrize("method", ["alipay", "wechat_pay"])
def test_a_wallet_says_where_to_go(provider, method):
    answer = pay(hold(open_shop()), method)
    assert (answer.json["state"], answer.json["action_url"][:8]) == ("requires_action", "https://")


def test_notices_in_any_order_and_number_count_once(provider):
    order = hold(open_shop())
    ref = row(pay(order)).charge_ref
    provider.becomes(ref, PaymentState.PROCESSING)
    notice(ref)
    provider.customer_pays(ref)
    for _ in range(3):
        notice(ref)
    provider.becomes(ref, PaymentState.FAILED)
    notice(ref)
    assert state(order) == "confirmed"
    assert sheet()["provider:stripe"] == 10_000


def test_an_event_that_is_worked_is_not_worked_again(provider):
    ref = row(pay(hold(open_shop()))).charge_ref
    event = Event("evt_same", "charge", ref, "x")
    use_cases.work_event(wiring.payments(), event)
    provider.silent = 1
    use_cases.work_event(wiring.payments(), event)
    assert provider.silent == 1


def test_browser_and_notices_at_once_count_once(provider):
    order = hold(open_shop())
    payment = row(pay(order))
    provider.customer_pays(payment.charge_ref)
    answers = []

    def browser():
        answers.append(call("GET", LOOK, actor=CUSTOMER, order_id=order["id"], payment_id=payment.id).status)

    threads = [Thread(target=browser) for _ in range(3)]
    threads += [Thread(target=notice, args=(payment.charge_ref,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 3
    assert state(order) == "confirmed"
    assert sheet() == {"provider:stripe": 10_000, "customers:held": -10_000}


def test_the_browser_alone_confirms(provider):
    order = hold(open_shop())
    payment = row(pay(order))
    provider.customer_pays(payment.charge_ref)
    looked = call("GET", LOOK, actor=CUSTOMER, order_id=order["id"], payment_id=payment.id)
    assert (looked.json["state"], looked.json["client_secret"]) == ("succeeded", None)
    assert state(order) == "confirmed"
    assert call("GET", LOOK, actor=OTHER, order_id=order["id"], payment_id=payment.id).status == 404
    assert call("GET", LOOK, actor=CUSTOMER, order_id="ord_other", payment_id=payment.id).status == 404
    assert call("GET", LOOK, actor=CUSTOMER, order_id=order["id"], payment_id="pay_none").status == 404


def test_a_lost_answer_and_a_repeat_make_one_charge(provider):
    order = hold(open_shop())
    provider.silent = 1
    lost = pay(order, key="the-same-key")
    assert (lost.status, lost.json["code"]) == (503, "provider-unavailable")
    again = pay(order, key="the-same-key")
    replayed = pay(order, key="the-same-key")
    assert again.status == replayed.status == 201
    assert replayed.headers["Idempotent-Replayed"] == "true"
    assert again.json == replayed.json
    assert len(provider.charges) == 1
    assert pay(order, "alipay", key="the-same-key").json["code"] == "idempotency-key-reused"


def test_a_crash_after_the_charge_is_taken_up_by_its_notice(provider, monkeypatch):
    """The charge exists, our own row does not know it: its notice names our payment."""
    order = hold(open_shop())
    provider.silent = 1
    assert pay(order).status == 503
    provider.customer_pays("pi_1")
    notice("pi_1")
    assert state(order) == "confirmed"


def test_a_notice_may_overtake_the_answer(provider, monkeypatch):
    order = hold(open_shop())
    charge = provider.charge

    def slow(payment, return_url):
        answer = charge(payment, return_url)
        provider.customer_pays(answer.ref)
        notice(answer.ref)
        return answer

    monkeypatch.setattr(provider, "charge", slow)
    answer = pay(order)
    assert answer.status == 201
    assert row(answer).state == PaymentState.SUCCEEDED
    assert state(order) == "confirmed"


def test_the_provider_says_no(provider):
    provider.refusing = True
    answer = pay(hold(open_shop()))
    assert (answer.status, answer.json["code"]) == (409, "payment-refused")


def test_only_the_customer_pays(provider):
    order = hold(open_shop())
    assert call("POST", PAY, actor=OTHER, body={"method": "card"}, order_id=order["id"]).status == 404
    assert not provider.charges


def test_a_payment_after_the_hold_ran_out_takes_the_time_again(provider, clock):
    shop = open_shop()
    order = hold(shop)
    payment = row(pay(order))
    clock.move(minutes=11)
    provider.customer_pays(payment.charge_ref)
    notice(payment.charge_ref)
    assert state(order) == "confirmed"


def test_a_payment_after_somebody_else_has_the_time_refunds_itself(provider, clock):
    shop = open_shop()
    order = hold(shop)
    payment = row(pay(order))
    clock.move(minutes=11)
    hold(shop, actor=OTHER)
    provider.customer_pays(payment.charge_ref)
    notice(payment.charge_ref)
    assert state(order) == "refunding"
    work("order.refund_due")
    assert state(order) == "refunded"
    assert sheet() == {"provider:stripe": 0, "customers:held": 0, "refunds:pending": 0}


def test_paid_twice_refunds_the_second_only(provider):
    order = hold(open_shop())
    first, second = row(pay(order)), row(pay(order, "alipay"))
    for payment in (first, second):
        provider.customer_pays(payment.charge_ref)
        notice(payment.charge_ref)
    assert state(order) == "confirmed"
    work("order.refund_due")
    assert state(order) == "confirmed"
    assert [call_ for call_ in provider.calls if call_.startswith("refund")]
    assert sheet() == {"provider:stripe": 10_000, "customers:held": -10_000, "refunds:pending": 0}


def test_a_cancelled_order_is_refunded_once(provider):
    order = hold(open_shop(), hours=72)
    paid(provider, order)
    assert cancel(order).status == 200
    due = told("order.refund_due")
    work("order.refund_due")
    assert deliver(events.work, *due) == []
    assert state(order) == "refunded"
    assert len(provider.refunds) == 1
    assert sheet() == {"provider:stripe": 0, "customers:held": 0, "refunds:pending": 0}


def test_a_refund_that_ends_later(provider):
    provider.refund_outcome = RefundState.PENDING
    order = hold(open_shop(), hours=72)
    paid(provider, order, "wechat_pay")
    cancel(order)
    work("order.refund_due")
    assert state(order) == "refunding"
    assert sheet()["refunds:pending"] == -10_000
    ref = next(iter(provider.refunds))
    notice(ref, "refund")
    assert state(order) == "refunding"
    provider.refund_becomes(ref, RefundState.SUCCEEDED)
    for _ in range(2):
        notice(ref, "refund")
    assert state(order) == "refunded"
    assert sheet()["refunds:pending"] == 0


def test_a_refund_that_fails_is_the_customers_money_still(provider):
    provider.refund_outcome = RefundState.FAILED
    order = hold(open_shop(), hours=72)
    paid(provider, order)
    cancel(order)
    work("order.refund_due")
    assert state(order) == "refunding"
    assert sheet() == {"provider:stripe": 10_000, "customers:held": -10_000, "refunds:pending": 0}


def test_a_refund_that_comes_back_is_the_customers_money_again(provider):
    order = hold(open_shop(), hours=72)
    paid(provider, order)
    cancel(order)
    work("order.refund_due")
    assert state(order) == "refunded"
    ref = next(iter(provider.refunds))
    provider.refund_becomes(ref, RefundState.FAILED)  # the bank sent it back days later
    for _ in range(2):
        notice(ref, "refund")
    assert sheet() == {"provider:stripe": 10_000, "customers:held": -10_000, "refunds:pending": 0}
    provider.refund_becomes(ref, RefundState.SUCCEEDED)
    notice(ref, "refund")
    assert sheet()["provider:stripe"] == 10_000


def test_a_refund_that_fails_while_its_success_is_worked_is_not_missed(provider, monkeypatch):
    order = hold(open_shop(), hours=72)
    paid(provider, order)
    provider.refund_outcome = RefundState.PENDING
    cancel(order)
    work("order.refund_due")
    ref = next(iter(provider.refunds))
    store, looked = wiring.payments().store, []
    read = store.refund

    def read_before_the_other_worker(refund_id):
        known = read(refund_id)
        if not looked:
            looked.append(known)
            provider.refund_becomes(ref, RefundState.SUCCEEDED)
            notice(ref, "refund")
        return known

    provider.refund_becomes(ref, RefundState.FAILED)
    monkeypatch.setattr(store, "refund", read_before_the_other_worker)
    notice(ref, "refund")
    assert sheet() == {"provider:stripe": 10_000, "customers:held": -10_000, "refunds:pending": 0}


def test_a_refund_that_is_asked_for_again_when_the_provider_forgot_its_key_is_made_once(provider):
    order = hold(open_shop(), hours=72)
    paid(provider, order)
    cancel(order)
    provider.silent = 1
    assert work("order.refund_due") == 1
    provider.forgets_keys()  # the message comes from among the dead letters, days later
    assert work("order.refund_due") == 0
    assert state(order) == "refunded"
    assert len(provider.refunds) == 1


def test_a_refund_whose_answer_is_lost_is_made_once(provider):
    order = hold(open_shop(), hours=72)
    paid(provider, order)
    cancel(order)
    provider.silent = 1
    assert work("order.refund_due") == 1
    assert work("order.refund_due") == 0
    assert state(order) == "refunded"
    assert len(provider.refunds) == 1


def test_a_refund_that_the_provider_refuses_goes_to_people(provider):
    order = hold(open_shop(), hours=72)
    paid(provider, order)
    cancel(order)
    provider.refusing = True
    assert work("order.refund_due") == 1


def test_strangers_and_the_unknown(provider):
    ports = wiring.payments()
    with pytest.raises(NotYetKnown):
        use_cases.refund(
            ports, use_cases.RefundWish("ord_1", "pay_none", row(pay(hold(open_shop()))).amount, "x", "key")
        )
    ref = next(iter(provider.charges))
    provider.charges["pi_else"] = provider.charges[ref].__class__(**{**vars(provider.charges[ref]), "payment_id": None})
    notice("pi_else")
    provider.charges["pi_else"] = provider.charges[ref].__class__(
        **{**vars(provider.charges[ref]), "payment_id": "pay_none"}
    )
    with pytest.raises(NotYetKnown):
        notice("pi_else")


def test_refunds_that_are_not_ours(provider):
    from chalicelib.payments.rules import ProviderRefund

    provider.refunds["re_else"] = ProviderRefund("re_else", RefundState.SUCCEEDED, None)
    notice("re_else", "refund")
    provider.refunds["re_else"] = ProviderRefund("re_else", RefundState.SUCCEEDED, "ref_none")
    with pytest.raises(NotYetKnown):
        notice("re_else", "refund")


def test_another_amount_is_for_people(provider):
    order = hold(open_shop())
    payment = row(pay(order))
    provider.customer_pays(payment.charge_ref, amount=1)
    with pytest.raises(AmountMismatch):
        notice(payment.charge_ref)
    assert state(order) == "held"


def test_a_message_that_nobody_works_here(provider):
    from dataclasses import replace

    hold(open_shop())
    order = told()[0]
    assert deliver(events.work, replace(order, type="something.else")) == [order.id]


def test_webhooks_are_recorded_once_and_forgeries_not_at_all(provider):
    route = "/v1/webhooks/stripe"
    body = "evt_9|charge|pi_1|payment_intent.succeeded"
    forged = call("POST", route, raw=body, headers={"Stripe-Signature": "bad"})
    assert (forged.status, forged.json["code"]) == (400, "bad-signature")
    assert not told("payment.event_received")
    for _ in range(2):
        taken = call("POST", route, raw=body, headers={"Stripe-Signature": "good"})
        assert (taken.status, taken.json) == (200, {"received": True})
    other = call("POST", route, raw="evt_8|other|x|customer.created", headers={"Stripe-Signature": "good"})
    assert other.status == 200
    assert [m.payload["ref"] for m in told("payment.event_received")] == ["pi_1"]
    large = call("POST", route, raw="x" * 300_000, headers={"Stripe-Signature": "good"})
    assert large.status == 413


@pytest.mark.parametrize("seed", range(3))
def test_a_hundred_notices_twice_and_shuffled(provider, seed, clock):
    """Orders paid, cancelled, paid too late and never: every one ends right and the books are even."""
    chance = random.Random(seed)
    shop = open_shop(staff=4)
    refs, orders = [], []
    for number in range(20):
        clock.move(minutes=2)  # nobody pays twenty orders at once
        order = hold(shop, hours=24 + number // 4 * 24, actor=CUSTOMER)
        ref = row(pay(order, chance.choice(["card", "alipay"]))).charge_ref
        if chance.random() < 0.8:
            provider.customer_pays(ref)
            refs.append(ref)
            notice(ref)
        else:
            cancel(order)
        orders.append(order)
    deliveries = refs * 4 + list(provider.charges)
    chance.shuffle(deliveries)
    for number, ref in enumerate(deliveries):
        notice(ref)
        if number % 9 == 0:
            order = chance.choice(orders)
            cancel(order, MERCHANT)
            work("order.refund_due")
    work("order.refund_due")
    states = [state(order) for order in orders]
    assert set(states) <= {"confirmed", "cancelled", "refunded"}
    assert sum(sheet().values()) == 0
    assert sheet()["provider:stripe"] == 10_000 * states.count("confirmed")
    assert sheet().get("refunds:pending", 0) == 0
