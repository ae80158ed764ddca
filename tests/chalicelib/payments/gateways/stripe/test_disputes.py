"""Disputes and inquiries, as the sandbox's bank leads them."""

import typing
from datetime import timedelta

import pytest
import stripe

from chalicelib.kit.errors import Unavailable
from chalicelib.kit.money import Money
from chalicelib.payments.gateways.stripe import disputes
from chalicelib.payments.rules import DisputeState, PaymentRefused
from tests.chalicelib.payments.gateways.stripe.support import NOW, paid, payment, refund


def opened(sandbox, one, **more):
    return sandbox.control("POST", "/disputes", {"payment_intent": one.charge_ref, **more})["id"]


def test_a_dispute_takes_money_and_fee_and_gives_both_back_when_it_is_won(sandbox, gateway):
    one = paid(sandbox, gateway)
    ref = opened(sandbox, one, amount=4_000, reason="product_not_received")
    known = gateway.dispute_state(ref)
    assert (known.ref, known.charge_ref, known.reason) == (ref, one.charge_ref, "product_not_received")
    assert (known.state, known.amount, known.fee) == (DisputeState.OPEN, Money(4_000, "CNY"), 1_500)
    assert (known.withdrawn, known.reinstated) == (True, False)
    assert known.evidence_until == NOW + timedelta(days=7)
    gateway.submit_evidence(ref, "The customer was there, see the check-in.")
    review = gateway.dispute_state(ref)
    assert (review.state, review.evidence_until) == (DisputeState.REVIEW, None)
    sandbox.control("POST", f"/disputes/{ref}", {"outcome": "won"})
    won = gateway.dispute_state(ref)
    assert (won.state, won.fee, won.withdrawn, won.reinstated) == (DisputeState.WON, 0, True, True)


def test_a_dispute_that_is_lost_keeps_money_and_fee(sandbox, gateway):
    ref = opened(sandbox, paid(sandbox, gateway))
    sandbox.control("POST", f"/disputes/{ref}", {"outcome": "lost"})
    lost = gateway.dispute_state(ref)
    assert (lost.state, lost.fee, lost.withdrawn, lost.reinstated) == (DisputeState.LOST, 1_500, True, False)


def test_an_inquiry_moves_no_money_until_it_is_escalated(sandbox, gateway):
    one, two = paid(sandbox, gateway), paid(sandbox, gateway, payment(id_="pay_2"))
    ref, other = opened(sandbox, one, inquiry=True), opened(sandbox, two, inquiry=True)
    known = gateway.dispute_state(ref)
    assert (known.state, known.fee, known.withdrawn) == (DisputeState.WARNING, 0, False)
    assert known.evidence_until == NOW + timedelta(days=7)
    gateway.submit_evidence(ref, "first")
    assert gateway.dispute_state(ref).state == DisputeState.WARNING
    sandbox.control("POST", f"/disputes/{ref}", {"outcome": "escalated"})
    known = gateway.dispute_state(ref)
    assert (known.state, known.fee, known.withdrawn) == (DisputeState.OPEN, 1_500, True)
    gateway.submit_evidence(ref, "second")
    assert gateway.dispute_state(ref).state == DisputeState.REVIEW
    sandbox.control("POST", f"/disputes/{other}", {"outcome": "closed"})
    closed = gateway.dispute_state(other)
    assert (closed.state, closed.withdrawn, closed.reinstated, closed.fee) == (DisputeState.WON, False, False, 0)


def test_evidence_is_given_once(sandbox, gateway, moment):
    ref = opened(sandbox, paid(sandbox, gateway))
    sandbox.control("POST", "/failures", {"kind": "lost_answer", "method": "POST"})
    with pytest.raises(Unavailable):
        gateway.submit_evidence(ref, "first")
    moment[0] += 2 * 86_400  # the key is forgotten
    gateway.submit_evidence(ref, "second")
    evidence = gateway._client.v1.disputes.retrieve(ref)
    assert (evidence.evidence.uncategorized_text, evidence.evidence_details.submission_count) == ("first", 1)


def test_evidence_that_comes_too_late_or_is_too_long_is_refused(sandbox, gateway):
    ref = opened(sandbox, paid(sandbox, gateway))
    with pytest.raises(PaymentRefused):
        gateway.submit_evidence(ref, "x" * 20_001)
    sandbox.control("POST", f"/disputes/{ref}", {"outcome": "lost"})
    with pytest.raises(PaymentRefused):
        gateway.submit_evidence(ref, "x")


def test_what_is_disputed_is_not_refunded_until_it_is_won(sandbox, gateway):
    one = paid(sandbox, gateway)
    ref = opened(sandbox, one)
    with pytest.raises(PaymentRefused) as refusal:
        gateway.refund(refund(1_000), one)
    assert refusal.value.parameters["reason"] == "charge_disputed"
    sandbox.control("POST", f"/disputes/{ref}", {"outcome": "won"})
    made = gateway.refund(refund(1_000), one)
    assert gateway.refund(refund(1_000), one).ref == made.ref
    assert gateway.find_refund(refund(1_000), one).ref == made.ref
    assert sandbox.control("GET", "/health")["objects"]["refund"] == 1


def test_every_state_that_stripe_names_is_known():
    named, _ = typing.get_args(stripe.Dispute.__annotations__["status"])
    assert set(typing.get_args(named)) == set(disputes._STATES)
