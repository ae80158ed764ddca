import pytest
import stripe

from tests.infra.sandbox.support import card, wallet


def test_a_dispute_takes_the_money_and_gives_it_back_when_won(client, sandbox, receiver):
    intent = card(client)
    opened = sandbox.control("POST", "/disputes", {"payment_intent": intent.id, "reason": "product_not_received"})
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.refunds.create({"payment_intent": intent.id})
    assert refusal.value.code == "charge_disputed"
    with pytest.raises(ValueError, match="once"):
        sandbox.control("POST", "/disputes", {"charge": intent.latest_charge, "amount": 5})
    sent = client.v1.disputes.update(opened["id"], {"evidence": {"product_description": "a haircut"}})
    assert sent.status == "under_review"
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.disputes.update(opened["id"], {"evidence": {"product_description": "again"}})
    sandbox.control("POST", f"/disputes/{opened['id']}", {"outcome": "won"})
    dispute = client.v1.disputes.retrieve(opened["id"])
    assert dispute.status == "won"
    assert sum(entry.net for entry in dispute.balance_transactions) == 0
    assert sandbox.wait_idle()
    steps = {"created", "funds_withdrawn", "updated", "funds_reinstated", "closed"}
    assert {f"charge.dispute.{step}" for step in steps} <= set(receiver.types)


def test_a_dispute_by_test_card_that_is_given_up(client, sandbox):
    intent = card(client, "pm_card_createDispute")
    dispute = client.v1.disputes.list({"payment_intent": intent.id}).data[0]
    assert client.v1.disputes.update(dispute.id, {"submit": False}).status == "needs_response"
    assert client.v1.disputes.close(dispute.id).status == "lost"
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.disputes.close(dispute.id)


def test_wechat_pay_knows_no_disputes(client, sandbox):
    intent = wallet(client, "wechat_pay")
    with pytest.raises(ValueError, match="No such charge"):
        sandbox.control("POST", "/disputes", {"payment_intent": intent.id})
    sandbox.control("POST", f"/payment_intents/{intent.id}/approve")
    with pytest.raises(ValueError, match="WeChat"):
        sandbox.control("POST", "/disputes", {"payment_intent": intent.id})
    with pytest.raises(ValueError, match="charge"):
        sandbox.control("POST", "/disputes", {})


def test_the_fee_comes_back_with_the_money(client, sandbox):
    intent = card(client)
    opened = sandbox.control("POST", "/disputes", {"payment_intent": intent.id, "amount": 10_000})
    sandbox.control("POST", f"/disputes/{opened['id']}", {"outcome": "won"})
    entries = client.v1.balance_transactions.list({"source": opened["id"]}).data
    assert [(e.type, e.reporting_category, e.amount, e.fee) for e in entries] == [
        ("adjustment", "dispute_reversal", 10_000, -1_500),
        ("adjustment", "dispute", -10_000, 1_500),
    ]
    assert client.v1.refunds.create({"payment_intent": intent.id}).status == "succeeded"


def test_an_inquiry_is_answered_and_closed_and_takes_no_money(client, sandbox, receiver):
    intent = card(client)
    asked = sandbox.control("POST", "/disputes", {"payment_intent": intent.id, "inquiry": True})
    assert (asked["status"], asked["is_charge_refundable"]) == ("warning_needs_response", True)
    assert client.v1.refunds.create({"payment_intent": intent.id, "amount": 100}).status == "succeeded"
    sent = client.v1.disputes.update(asked["id"], {"evidence": {"uncategorized_text": "It was given."}, "submit": True})
    assert sent.status == "warning_under_review"
    for outcome in ("won", "lost"):
        with pytest.raises(ValueError, match="inquiry"):
            sandbox.control("POST", f"/disputes/{asked['id']}", {"outcome": outcome})
    sandbox.control("POST", f"/disputes/{asked['id']}", {"outcome": "closed"})
    dispute = client.v1.disputes.retrieve(asked["id"])
    assert (dispute.status, dispute.balance_transactions) == ("warning_closed", [])
    assert sandbox.wait_idle()
    assert [kind for kind in sorted(receiver.types) if kind.startswith("charge.dispute")] == [
        "charge.dispute.closed",
        "charge.dispute.created",
        "charge.dispute.updated",
    ]


def test_an_inquiry_that_is_escalated_is_a_dispute(client, sandbox, receiver):
    intent = card(client)
    asked = sandbox.control("POST", "/disputes", {"payment_intent": intent.id, "inquiry": True})
    client.v1.disputes.update(asked["id"], {"evidence": {"uncategorized_text": "first"}})
    sandbox.control("POST", f"/disputes/{asked['id']}", {"outcome": "escalated"})
    dispute = client.v1.disputes.retrieve(asked["id"])
    assert (dispute.status, dispute.evidence_details.submission_count) == ("needs_response", 0)
    assert [entry.amount for entry in dispute.balance_transactions] == [-12_300]
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.refunds.create({"payment_intent": intent.id})
    assert refusal.value.code == "charge_disputed"
    assert client.v1.disputes.update(asked["id"], {"evidence": {"uncategorized_text": "second"}}).status == (
        "under_review"
    )
    sandbox.control("POST", f"/disputes/{asked['id']}", {"outcome": "lost"})
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.refunds.create({"payment_intent": intent.id})
    assert sandbox.wait_idle()
    assert "charge.dispute.funds_withdrawn" in receiver.types


def test_evidence_has_a_length(client, sandbox):
    opened = sandbox.control("POST", "/disputes", {"payment_intent": card(client).id})
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.disputes.update(opened["id"], {"evidence": {"uncategorized_text": "x" * 20_001}})
    assert refusal.value.param == "evidence[uncategorized_text]"
