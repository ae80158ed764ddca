"""Merchants' money, as the sandbox moves it."""

from dataclasses import replace

import pytest

from chalicelib.kit.errors import Unavailable
from chalicelib.kit.money import Money
from chalicelib.payments.rules import PaymentRefused
from tests.chalicelib.payments.gateways.stripe.support import PAGE, paid, payment, transfer

DAY = 86_400


def balance(sandbox, available, account="acct_shop"):
    sandbox.control("POST", f"/accounts/{account}", {"balance": available})


def test_a_transfer_draws_on_its_charge_before_that_is_settled(sandbox, gateway):
    one = paid(sandbox, gateway)
    wanted = transfer(one)
    assert gateway.find_transfer(wanted) is None
    sent = gateway.transfer(wanted)
    assert sent == replace(wanted, ref=sent.ref)
    made = gateway._client.v1.transfers.retrieve(sent.ref, {"expand": ["source_transaction"]})
    assert made.source_transaction.payment_intent == one.charge_ref
    assert made.metadata["transfer_id"] == "leg_1"
    assert gateway.transfer(wanted).ref == sent.ref
    assert gateway.find_transfer(wanted) == sent


def test_a_transfer_is_found_among_others_and_when_its_answer_was_lost(sandbox, gateway):
    one, two = paid(sandbox, gateway), paid(sandbox, gateway, payment(id_="pay_2"))
    gateway.transfer(transfer(one, 100, "leg_0"))
    gateway.transfer(transfer(two, 100, "leg_2"))
    sandbox.control("POST", "/failures", {"kind": "lost_answer", "path": "/v1/transfers"})
    with pytest.raises(Unavailable):
        gateway.transfer(transfer(one))
    assert gateway.find_transfer(transfer(one)).amount == Money(3_000, "CNY")
    assert gateway.find_transfer(transfer(two)) is None
    assert sandbox.control("GET", "/health")["objects"]["transfer"] == 3


def test_a_transfer_of_no_charge_needs_what_is_available(sandbox, gateway, moment):
    paid(sandbox, gateway)
    with pytest.raises(PaymentRefused) as refusal:
        gateway.transfer(transfer())
    assert refusal.value.parameters["reason"] == "balance_insufficient"
    moment[0] += 2 * DAY
    sent = gateway.transfer(transfer())
    assert gateway.find_transfer(transfer()) == sent
    assert gateway.find_transfer(transfer(id_="leg_2")) is None


def test_a_transfer_of_a_charge_that_was_not_paid_does_not_draw_on_others(sandbox, gateway):
    paid(sandbox, gateway, card="pm_card_bypassPending")
    unpaid = replace(payment(id_="pay_2"), charge_ref=gateway.charge(payment(id_="pay_2"), PAGE).ref)
    with pytest.raises(PaymentRefused) as refusal:
        gateway.transfer(transfer(unpaid))
    assert refusal.value.parameters["reason"] == "charge_not_paid"


@pytest.mark.parametrize(
    ("status", "reason"),
    [("restricted", "insufficient_capabilities_for_transfer"), ("unknown", "resource_missing")],
)
def test_accounts_that_take_no_transfer(sandbox, gateway, status, reason):
    one = paid(sandbox, gateway)
    sandbox.control("POST", "/accounts/acct_shop", {"status": status})
    with pytest.raises(PaymentRefused) as refusal:
        gateway.transfer(transfer(one))
    assert refusal.value.parameters["reason"] == reason
    sandbox.control("POST", "/accounts/acct_shop", {"status": "enabled"})
    sent = gateway.transfer(transfer(one))  # although Stripe keeps its refusal for a day
    assert gateway.transfer(transfer(one)).ref == sent.ref
    assert sandbox.control("GET", "/health")["objects"]["transfer"] == 1


def test_an_account_that_stays_restricted_is_refused_every_time(sandbox, gateway):
    one = paid(sandbox, gateway)
    sandbox.control("POST", "/accounts/acct_shop", {"status": "restricted"})
    for _ in range(12):
        with pytest.raises(PaymentRefused):
            gateway.transfer(transfer(one))


def test_a_part_is_taken_back_once(sandbox, gateway, moment):
    sent = gateway.transfer(transfer(paid(sandbox, gateway)))
    sandbox.control("POST", "/failures", {"kind": "lost_answer", "method": "POST"})
    with pytest.raises(Unavailable):
        gateway.reverse(sent, "rev_1", 500)
    gateway.reverse(sent, "rev_1", 500)
    moment[0] += 2 * DAY  # the key is forgotten
    gateway.reverse(sent, "rev_1", 500)
    assert gateway.find_transfer(sent).reversed == 500
    gateway.reverse(sent, "rev_2", 2_500)
    assert gateway.find_transfer(sent).reversed == 3_000
    with pytest.raises(PaymentRefused) as refusal:
        gateway.reverse(sent, "rev_3", 1)
    assert refusal.value.parameters["reason"] == "amount_too_large"


def test_a_merchant_who_has_spent_it_cannot_give_it_back(sandbox, gateway):
    sent = gateway.transfer(transfer(paid(sandbox, gateway)))
    balance(sandbox, 400)
    with pytest.raises(PaymentRefused) as refusal:
        gateway.reverse(sent, "rev_1", 500)
    assert refusal.value.parameters["reason"] == "balance_insufficient"
    gateway.reverse(sent, "rev_2", 400)
    assert gateway.find_transfer(sent).reversed == 400
    balance(sandbox, 500)
    gateway.reverse(sent, "rev_1", 500)
    assert gateway.find_transfer(sent).reversed == 900


def test_a_transfer_that_was_never_sent_is_not_taken_back(gateway):
    with pytest.raises(PaymentRefused):
        gateway.reverse(transfer(), "rev_1", 1)


def test_amounts_are_told_in_stripes_own_units(sandbox, gateway):
    one = paid(sandbox, gateway, payment(amount=5_000, currency="ISK"))
    wanted = replace(transfer(one), amount=Money(1_000, "ISK"))
    sent = gateway.transfer(wanted)
    gateway.reverse(sent, "rev_1", 300)
    assert gateway._client.v1.transfers.retrieve(sent.ref).amount == 100_000
    assert gateway.find_transfer(sent) == replace(sent, reversed=300)
