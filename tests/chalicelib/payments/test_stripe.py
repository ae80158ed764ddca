"""The gateway through the real SDK against the sandbox, which refuses what Stripe's own types refuse."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import stripe

from chalicelib.kit.errors import Unavailable
from chalicelib.kit.money import Money
from chalicelib.payments.gateways.stripe import StripeProvider
from chalicelib.payments.rules import (
    BadSignature,
    Method,
    Payment,
    PaymentState,
)

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
