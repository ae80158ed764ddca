import threading

import pytest
import requests
import stripe
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.infra.sandbox.support import card, wallet


def approved(client, sandbox, kind="wechat_pay"):
    intent = wallet(client, kind)
    sandbox.control("POST", f"/payment_intents/{intent.id}/approve")
    return intent


def test_in_parts_and_never_beyond_what_remains(client, sandbox, receiver):
    intent = card(client)
    first = client.v1.refunds.create(
        {"payment_intent": intent.id, "amount": 12_000, "reason": "requested_by_customer", "metadata": {"r": "1"}}
    )
    assert (first.status, first.charge) == ("succeeded", intent.latest_charge)
    with pytest.raises(stripe.InvalidRequestError, match=r"3\.00 CNY") as refusal:
        client.v1.refunds.create({"payment_intent": intent.id, "amount": 301})
    assert (refusal.value.code, refusal.value.param, refusal.value.http_status) == ("amount_too_large", "amount", 400)
    rest = client.v1.refunds.create({"charge": intent.latest_charge})
    assert rest.amount == 300
    charge = client.v1.charges.retrieve(intent.latest_charge, {"expand": ["refunds"]})
    assert (charge.amount_refunded, charge.refunded) == (12_300, True)
    assert [r.id for r in charge.refunds.data] == [rest.id, first.id]
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.refunds.create({"charge": intent.latest_charge})
    assert refusal.value.code == "charge_already_refunded"
    assert client.v1.balance_transactions.retrieve(first.balance_transaction).net == -12_000
    assert sandbox.wait_idle()
    assert receiver.types.count("refund.created") == 2
    assert receiver.types.count("charge.refunded") == 2


@pytest.mark.parametrize("kind", ["alipay", "wechat_pay"])
def test_wallets_take_their_time(client, sandbox, receiver, kind):
    refund = client.v1.refunds.create({"payment_intent": approved(client, sandbox, kind).id, "amount": 100})
    assert (refund.status, refund.pending_reason) == ("pending", "processing")
    assert sandbox.wait_idle()
    assert client.v1.refunds.retrieve(refund.id).status == "succeeded"
    assert "refund.updated" in receiver.types


def test_a_refund_that_is_made_to_fail_gives_the_money_back_to_the_charge(client, sandbox, receiver):
    sandbox.control("POST", "/refunds/outcome", {"outcome": "failed"})
    intent = approved(client, sandbox)
    refund = client.v1.refunds.create({"payment_intent": intent.id})
    assert refund.status == "pending"
    assert sandbox.wait_idle()
    failed = client.v1.refunds.retrieve(refund.id, {"expand": ["failure_balance_transaction", "charge"]})
    assert (failed.status, failed.failure_reason) == ("failed", "declined")
    assert failed.failure_balance_transaction.amount == 12_300
    assert (failed.charge.amount_refunded, failed.charge.refunded) == (0, False)
    assert "refund.failed" in receiver.types
    sandbox.control("POST", "/settings", {"refund_outcome": "succeeded"})
    client.v1.refunds.create({"payment_intent": intent.id})
    assert sandbox.wait_idle()
    assert receiver.types[-1] == "refund.updated" or "refund.updated" in receiver.types


def test_a_refund_may_wait_until_somebody_decides(client, sandbox):
    sandbox.control("POST", "/refunds/outcome", {"outcome": "pending"})
    refund = client.v1.refunds.create({"payment_intent": card(client).id})
    assert sandbox.wait_idle()
    assert client.v1.refunds.retrieve(refund.id).status == "pending"
    sandbox.control("POST", f"/refunds/{refund.id}", {"outcome": "succeeded"})
    with pytest.raises(ValueError, match="succeeded already"):
        sandbox.control("POST", f"/refunds/{refund.id}", {"outcome": "succeeded"})
    late = sandbox.control(
        "POST", f"/refunds/{refund.id}", {"outcome": "failed", "failure_reason": "expired_or_canceled_card"}
    )
    assert late["failure_reason"] == "expired_or_canceled_card"


@pytest.mark.parametrize(
    ("token", "first", "last"),
    [("pm_card_refundFail", "succeeded", "failed"), ("pm_card_pendingRefund", "pending", "succeeded")],
)
def test_the_test_cards_for_refunds(client, sandbox, token, first, last):
    refund = client.v1.refunds.create({"payment_intent": card(client, token).id})
    assert refund.status == first
    assert sandbox.wait_idle()
    assert client.v1.refunds.retrieve(refund.id).status == last


def test_what_cannot_be_refunded(client, sandbox):
    waiting = wallet(client, "alipay")
    paid = card(client)
    with pytest.raises(stripe.CardError) as declined:
        card(client, "pm_card_chargeDeclined")
    failed = declined.value.error.charge
    for params, code, param in (
        ({}, "parameter_missing", "payment_intent"),
        ({"payment_intent": waiting.id}, "payment_intent_unexpected_state", "payment_intent"),
        ({"payment_intent": "pi_none"}, "resource_missing", "payment_intent"),
        ({"charge": failed}, "charge_not_refundable", "charge"),
        ({"charge": paid.latest_charge, "payment_intent": waiting.id}, None, "charge"),
        ({"charge": paid.latest_charge, "amount": 0}, "parameter_invalid_integer", "amount"),
        ({"charge": paid.latest_charge, "reverse_transfer": True}, "sandbox_unsupported", "reverse_transfer"),
        ({"charge": paid.latest_charge, "reason": "mood"}, None, "reason"),
    ):
        with pytest.raises(stripe.InvalidRequestError) as refusal:
            client.v1.refunds.create(params)
        assert (refusal.value.code, refusal.value.param) == (code, param)
    assert client.v1.refunds.list().data == []


def test_metadata_and_lists(client):
    one, two = card(client), card(client)
    mine = client.v1.refunds.create({"payment_intent": one.id, "amount": 1})
    client.v1.refunds.create({"payment_intent": two.id, "amount": 1})
    client.v1.refunds.update(mine.id, {"metadata": {"refund_id": "ref_1"}})
    found = client.v1.refunds.list({"payment_intent": one.id, "expand": ["data.charge"]}).data
    assert [(r.id, r.metadata["refund_id"], r.charge.id) for r in found] == [(mine.id, "ref_1", one.latest_charge)]


@given(parts=st.lists(st.integers(-5, 700), max_size=6))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_refunds_never_exceed_the_charge(client, parts):
    intent = card(client, amount=1000)
    for amount in parts:
        try:
            client.v1.refunds.create({"payment_intent": intent.id, "amount": amount})
        except stripe.InvalidRequestError:
            continue
    given_back = sum(r.amount for r in client.v1.refunds.list({"payment_intent": intent.id}).data)
    charge = client.v1.charges.retrieve(intent.latest_charge)
    assert given_back == charge.amount_refunded <= 1000


def test_refunds_at_the_same_time(client, sandbox):
    intent = card(client, amount=1000)
    answers = []

    def refund():
        body = {"payment_intent": intent.id, "amount": "300"}
        key = {"Authorization": f"Bearer {sandbox.api_key}"}
        answers.append(requests.post(f"{sandbox.url}/v1/refunds", data=body, headers=key, timeout=5).status_code)

    threads = [threading.Thread(target=refund) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200] * 3 + [400] * 9
