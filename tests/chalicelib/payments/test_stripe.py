"""The gateway through the real SDK against the sandbox, which refuses what Stripe's own types refuse."""

import json
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import requests
import stripe

from chalicelib.kit.errors import Unavailable
from chalicelib.kit.money import Money
from chalicelib.payments.gateways.stripe import StripeProvider
from chalicelib.payments.rules import (
    BadSignature,
    Method,
    Payment,
    PaymentRefused,
    PaymentState,
    Refund,
    RefundState,
)
from infra.sandbox.stripe import StripeSandbox

SECRET, OLD_SECRET = "whsec_new_0123456789", "whsec_old_0123456789"
NOW = datetime(2030, 5, 1, 9, tzinfo=UTC)


def payment(method=Method.CARD, amount=5_000, currency="CNY", id_="pay_1"):
    return Payment(id_, "ord_1", "acc_1", Money(amount, currency), method, PaymentState.CREATED, NOW)


def provider(base=None):
    return StripeProvider("sk_test_sandbox", (SECRET, OLD_SECRET), base)


def body(object_="payment_intent", type_="payment_intent.succeeded"):
    return json.dumps({"id": "evt_1", "type": type_, "data": {"object": {"id": "pi_1", "object": object_}}})


def signed(text, secret=SECRET, at=NOW):
    return stripe.WebhookSignature.generate_signature_header(text, secret, int(at.timestamp()))


@pytest.mark.parametrize("secret", [SECRET, OLD_SECRET])
def test_a_signed_event_is_read(secret):
    event = provider().read_event(body().encode(), signed(body(), secret), NOW)
    assert (event.id, event.subject, event.ref, event.type) == ("evt_1", "charge", "pi_1", "payment_intent.succeeded")


def test_events_of_refunds_and_of_no_interest():
    refunded = body("refund", "refund.updated")
    assert provider().read_event(refunded.encode(), signed(refunded), NOW).subject == "refund"
    other = body("customer", "customer.created")
    assert provider().read_event(other.encode(), signed(other), NOW).subject == "other"


@pytest.mark.parametrize(
    "header",
    [
        "",
        "t=1,v1=00",
        "nonsense",
        "t=x,v1=00",
        signed(body(), "whsec_somebody_elses"),
        signed(body() + " "),
        signed(body(), at=NOW - timedelta(seconds=301)),
        signed(body(), at=NOW + timedelta(seconds=301)),
        "t=99999999999999999999,v1=00",
        "t=1,v1=é",
    ],
)
def test_forged_old_and_future_signatures_are_refused(header):
    with pytest.raises(BadSignature):
        provider().read_event(body().encode(), header, NOW)


def test_a_body_that_is_not_text_is_refused():
    with pytest.raises(BadSignature):
        provider().read_event(b"\xff\xfe", signed(body()), NOW)


def test_nobody_answers():
    with pytest.raises(Unavailable):
        provider("http://127.0.0.1:9").charge_state("pi_1")


@pytest.fixture
def sandbox():
    with StripeSandbox() as made:
        made.control("POST", "/settings", {"refund_delay_ms": 1})
        yield made


def refund(amount, id_="ref_1"):
    return Refund(id_, "ord_1", "pay_1", Money(amount, "CNY"), "cancelled", RefundState.PENDING, NOW)


def approved(sandbox, charge):
    sandbox.control("POST", f"/payment_intents/{charge.ref}/approve", {})


def test_a_card_charge_waits_for_the_customers_app(sandbox):
    gateway = provider(sandbox.url)
    charge = gateway.charge(payment(), "https://linli.example/return")
    assert (charge.state, charge.payment_id, charge.action_url) == (PaymentState.CREATED, "pay_1", None)
    assert charge.client_secret.startswith(charge.ref)
    assert gateway.charge(payment(), "https://linli.example/return").ref == charge.ref
    with stripe_app(sandbox) as confirm:
        confirm(charge, "pm_card_chargeDeclined")
        assert gateway.charge_state(charge.ref).state == PaymentState.FAILED
        confirm(charge, "pm_card_visa")
    paid = gateway.charge_state(charge.ref)
    assert (paid.state, paid.received) == (PaymentState.SUCCEEDED, Money(5_000, "CNY"))


@pytest.mark.parametrize("method", [Method.ALIPAY, Method.WECHAT_PAY])
def test_a_wallet_charge_says_where_to_go_and_is_refunded_later(sandbox, method):
    gateway = provider(sandbox.url)
    charge = gateway.charge(payment(method), "https://linli.example/return")
    assert charge.state == PaymentState.REQUIRES_ACTION
    assert charge.action_url.startswith(sandbox.url)
    approved(sandbox, charge)
    assert gateway.charge_state(charge.ref).state == PaymentState.SUCCEEDED
    begun = gateway.refund(refund(2_000), charge.ref)
    assert (begun.state, begun.refund_id) == (RefundState.PENDING, "ref_1")
    sandbox.wait_idle()
    assert gateway.refund_state(begun.ref).state == RefundState.SUCCEEDED


def test_more_than_was_paid_is_not_refunded(sandbox):
    gateway = provider(sandbox.url)
    charge = gateway.charge(payment(Method.ALIPAY), "https://linli.example/return")
    approved(sandbox, charge)
    with pytest.raises(PaymentRefused):
        gateway.refund(refund(5_001, "ref_0"), charge.ref)
    assert gateway.refund(refund(3_000), charge.ref).ref == gateway.refund(refund(3_000), charge.ref).ref
    with pytest.raises(PaymentRefused):
        gateway.refund(refund(2_001, "ref_2"), charge.ref)


@pytest.mark.parametrize(
    ("currency", "amount", "theirs"),
    [("ISK", 5_000, 500_000), ("UGX", 20_000, 2_000_000), ("MGA", 500_000, 5_000), ("JPY", 500, 500), ("KWD", 50, 50)],
)
def test_amounts_are_told_in_stripes_own_units(sandbox, currency, amount, theirs):
    gateway = provider(sandbox.url)
    charge = gateway.charge(payment(amount=amount, currency=currency), "https://linli.example/return")
    assert gateway._client.v1.payment_intents.retrieve(charge.ref).amount == theirs
    with stripe_app(sandbox) as confirm:
        confirm(charge, "pm_card_visa")
    assert gateway.charge_state(charge.ref).received == Money(amount, currency)
    half = replace(refund(amount), amount=Money(amount // 2 // 10 * 10, currency))
    made = gateway.refund(half, charge.ref)
    assert gateway._client.v1.refunds.retrieve(made.ref).amount * amount == half.amount.amount * theirs


def test_an_amount_that_stripe_cannot_move_is_refused_before_it_is_asked(sandbox):
    with pytest.raises(PaymentRefused):
        provider(sandbox.url).charge(payment(amount=12_345, currency="MGA"), "https://linli.example/return")


def test_a_refund_that_was_begun_is_found(sandbox):
    gateway = provider(sandbox.url)
    charge = gateway.charge(payment(Method.ALIPAY), "https://linli.example/return")
    approved(sandbox, charge)
    assert gateway.find_refund(refund(2_000), charge.ref) is None
    begun = gateway.refund(refund(2_000), charge.ref)
    gateway.refund(refund(1_000, "ref_2"), charge.ref)
    assert gateway.find_refund(refund(2_000), charge.ref).ref == begun.ref
    assert gateway.find_refund(refund(2_000, "ref_3"), charge.ref) is None


def test_answers_that_are_lost_make_one_charge(sandbox):
    gateway = provider(sandbox.url)
    sandbox.control("POST", "/failures", {"kind": "lost_answer", "times": 2})
    with pytest.raises(Unavailable):
        gateway.charge(payment(), "https://linli.example/return")
    again = gateway.charge(payment(), "https://linli.example/return")
    assert sandbox.control("GET", "/health", {})["objects"]["payment_intent"] == 1
    assert again.payment_id == "pay_1"


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_provider_in_trouble_is_no_refusal(sandbox, status):
    sandbox.control("POST", "/failures", {"kind": "error", "times": 5, "status": status})
    with pytest.raises(Unavailable):
        provider(sandbox.url).charge(payment(), "https://linli.example/return")


def test_too_little_is_refused(sandbox):
    with pytest.raises(PaymentRefused):
        provider(sandbox.url).charge(payment(amount=1), "https://linli.example/return")


@contextmanager
def stripe_app(sandbox):
    """Yield what confirms a charge as a customer's app does, with the publishable key and the client's secret."""
    with requests.Session() as session:

        def confirm(charge, card):
            session.post(
                f"{sandbox.url}/v1/payment_intents/{charge.ref}/confirm",
                headers={"Authorization": "Bearer pk_test_sandbox"},
                data={"client_secret": charge.client_secret, "payment_method": card},
                timeout=5,
            )

        yield confirm
