"""What Stripe's webhook says is read only when it is signed, and when it is an event at all."""

import json
from datetime import timedelta

import pytest
import stripe

from chalicelib.payments.rules import BadSignature, Notice, Subject
from tests.chalicelib.payments.gateways.stripe.support import (
    NOW,
    OLD_SECRET,
    SECRET,
    paid,
    payment,
    provider,
    refund,
    transfer,
)


def body(object_="payment_intent", type_="payment_intent.succeeded"):
    return json.dumps({"id": "evt_1", "type": type_, "data": {"object": {"id": "pi_1", "object": object_}}})


def signed(text, secret=SECRET, at=NOW):
    return stripe.WebhookSignature.generate_signature_header(text, secret, int(at.timestamp()))


def read(raw, header):
    return provider().read_event(Notice(raw, {"stripe-signature": header}), NOW)


@pytest.mark.parametrize("secret", [SECRET, OLD_SECRET])
def test_a_signed_event_is_read(secret):
    event = read(body().encode(), signed(body(), secret))
    assert (event.id, event.subject, event.ref, event.type) == ("evt_1", "charge", "pi_1", "payment_intent.succeeded")
    assert event.provider == "stripe"


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
        f"t={'9' * 5000},v1=00",
        "t=1,v1=é",
    ],
)
def test_forged_old_and_future_signatures_are_refused(header):
    with pytest.raises(BadSignature):
        read(body().encode(), header)


def test_a_notice_without_a_signature_is_refused():
    with pytest.raises(BadSignature):
        provider().read_event(Notice(body().encode(), {}), NOW)


def test_a_body_that_is_not_text_is_refused():
    with pytest.raises(BadSignature):
        read(b"\xff\xfe", signed(body()))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "no json",
        "{}",
        '{"id": "evt_1", "type": "x", "data": null}',
        '{"id": "evt_1", "type": "x", "data": {"object": "pi_1"}}',
        '{"id": 1, "type": "x", "data": {"object": {"object": "refund", "id": "re_1"}}}',
        '{"id": "evt_1", "type": "x", "data": {"object": {"object": [], "id": "re_1"}}}',
        '{"id": "evt_1", "type": "x", "data": {"object": {"object": "refund", "id": null}}}',
        "[" * 100_000,
        '{"id": ' + "1" * 10_000 + "}",
        body() + " " * 1_000_000,
    ],
    ids=lambda text: text[:60],
)
def test_what_is_signed_but_no_event_is_refused(text):
    with pytest.raises(BadSignature):
        read(text.encode(), signed(text))


def test_what_the_sandbox_tells_is_about_what_it_says(sandbox, gateway):
    one = paid(sandbox, gateway)
    sent = gateway.transfer(transfer(one))
    gateway.reverse(sent, "rev_1", 100)
    dispute = sandbox.control("POST", "/disputes", {"payment_intent": one.charge_ref})["id"]
    other = paid(sandbox, gateway, payment(amount=20_000, id_="pay_2"), "pm_card_bypassPending")
    back = gateway.refund(refund(100), other)
    sandbox.control("POST", "/payouts", {"amount": 500})
    subjects = {}
    for event in sandbox.world.table("event").values():
        raw = json.dumps(event)
        known = read(raw.encode(), signed(raw))
        subjects[known.type, known.ref] = known.subject
    assert subjects["payment_intent.succeeded", one.charge_ref] == Subject.CHARGE
    assert subjects["refund.created", back.ref] == Subject.REFUND
    assert subjects["transfer.reversed", sent.ref] == subjects["transfer.created", sent.ref] == Subject.TRANSFER
    assert subjects["charge.dispute.funds_withdrawn", dispute] == Subject.DISPUTE
    assert {kind for (kind, _), subject in subjects.items() if subject == Subject.OTHER} == {
        "charge.succeeded",
        "charge.refunded",
        "payout.created",
        "payout.paid",
    }
