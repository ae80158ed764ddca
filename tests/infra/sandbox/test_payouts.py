import pytest
import stripe

from tests.infra.sandbox.support import card

DAY = 86_400


def test_a_payout_takes_all_that_is_available_and_says_what_it_was(client, sandbox, receiver, clock):
    first = card(client)
    clock[0] += 2 * DAY
    later = card(client)
    made = sandbox.control("POST", "/payouts")
    payout = client.v1.payouts.retrieve(made["id"], {"expand": ["balance_transaction"]})
    assert (payout.amount, payout.status, payout.automatic) == (11_882, "paid", True)
    assert (payout.balance_transaction.type, payout.balance_transaction.amount) == ("payout", -11_882)
    within = client.v1.balance_transactions.list({"payout": payout.id, "expand": ["data.source"]}).data
    assert [entry.source.id for entry in within] == [payout.id, first.latest_charge]
    assert sum(entry.net for entry in within) == 0
    assert later.latest_charge not in {entry.source.id for entry in within}
    assert client.v1.balance.retrieve().available[0].amount == 0
    assert [one.id for one in client.v1.payouts.list({"status": "paid"}).data] == [payout.id]
    assert sandbox.wait_idle()
    assert {"payout.created", "payout.paid"} <= set(receiver.types)


def test_each_line_is_paid_out_once(client, sandbox):
    for _ in range(2):
        card(client, "pm_card_bypassPending")
        payout = sandbox.control("POST", "/payouts")["id"]
        assert len(client.v1.balance_transactions.list({"payout": payout}).data) == 2


def test_a_payout_that_the_bank_sends_back(client, sandbox, receiver):
    card(client, "pm_card_bypassPending")
    made = sandbox.control("POST", "/payouts", {"outcome": "in_transit"})
    assert made["status"] == "in_transit"
    sandbox.control("POST", f"/payouts/{made['id']}", {"outcome": "paid"})
    sandbox.control("POST", f"/payouts/{made['id']}", {"outcome": "failed"})
    with pytest.raises(ValueError, match="failed already"):
        sandbox.control("POST", f"/payouts/{made['id']}", {"outcome": "paid"})
    payout = client.v1.payouts.retrieve(made["id"], {"expand": ["failure_balance_transaction"]})
    back = payout.failure_balance_transaction
    assert (payout.status, payout.failure_code) == ("failed", "account_closed")
    assert (back.type, back.reporting_category, back.amount) == ("payout_failure", "payout_reversal", 11_882)
    assert client.v1.balance.retrieve().available[0].amount == 11_882
    assert sandbox.wait_idle()
    assert {"payout.created", "payout.paid", "payout.failed"} <= set(receiver.types)


def test_a_payout_by_hand_has_no_lines_of_its_own(client, sandbox):
    card(client, "pm_card_bypassPending")
    made = sandbox.control("POST", "/payouts", {"amount": 500})
    assert made["automatic"] is False
    assert client.v1.balance_transactions.list({"payout": made["id"]}).data == []
    for amount in (11_383, 0):
        with pytest.raises(ValueError, match="available"):
            sandbox.control("POST", "/payouts", {"amount": amount})
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.balance_transactions.list({"payout": "po_none"})
    assert refusal.value.param == "payout"


def test_a_state_that_is_older_than_payouts(client, sandbox):
    del sandbox.world.state.objects["payout"]
    assert client.v1.payouts.list().data == []
    card(client, "pm_card_bypassPending")
    assert sandbox.control("POST", "/payouts")["status"] == "paid"


def test_a_transfer_by_a_thief_carries_nothing_of_ours(client, sandbox, receiver):
    intent = card(client)
    with pytest.raises(ValueError, match="available"):
        sandbox.control("POST", "/transfers", {"destination": "acct_thief", "amount": 100})
    theft = {"destination": "acct_thief", "amount": 100, "payment_intent": intent.id}
    made = sandbox.control("POST", "/transfers", theft)
    assert client.v1.transfers.retrieve(made["id"]).metadata.to_dict() == {}
    assert made["source_transaction"] == intent.latest_charge
    assert sandbox.wait_idle()
    assert "transfer.created" in receiver.types


def test_money_that_arrives_twice(client, sandbox, receiver):
    intent = card(client, metadata={"payment_id": "pay_1"})
    again = sandbox.control("POST", f"/payment_intents/{intent.id}/capture_again")
    charges = client.v1.charges.list({"payment_intent": intent.id}).data
    assert [charge.metadata["payment_id"] for charge in charges] == ["pay_1"] * 2
    assert [charge.id for charge in charges] == [again["id"], intent.latest_charge]
    assert len(client.v1.balance_transactions.list({"type": "charge"}).data) == 2
    assert client.v1.payment_intents.retrieve(intent.id).latest_charge == intent.latest_charge
    waiting = client.v1.payment_intents.create({"amount": 1000, "currency": "cny"})
    with pytest.raises(ValueError, match="requires_payment_method"):
        sandbox.control("POST", f"/payment_intents/{waiting.id}/capture_again")
    assert sandbox.wait_idle()
    assert receiver.types.count("charge.succeeded") == 2


def transfer(client, intent, amount=1_000):
    wish = {"currency": "cny", "destination": "acct_shop", "amount": amount}
    return client.v1.transfers.create({**wish, "source_transaction": intent.latest_charge})


@pytest.mark.parametrize(
    ("status", "code"),
    [("restricted", "insufficient_capabilities_for_transfer"), ("unknown", "resource_missing")],
)
def test_accounts_that_take_no_transfer(client, sandbox, receiver, status, code):
    intent = card(client)
    sandbox.control("POST", "/accounts/acct_shop", {"status": status})
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        transfer(client, intent)
    assert (refusal.value.code, refusal.value.param) == (code, "destination")
    able = sandbox.control("POST", "/accounts/acct_shop", {"status": "enabled"})
    assert able["capabilities"] == {"transfers": "active"}
    assert transfer(client, intent).destination == "acct_shop"
    assert sandbox.wait_idle()
    assert receiver.types.count("account.updated") == (1 if status == "unknown" else 2)
    with pytest.raises(ValueError, match="No such account"):
        sandbox.control("POST", "/accounts/shop")


def test_a_reversal_takes_what_the_account_has_left(client, sandbox):
    intent = card(client)
    made = transfer(client, intent)
    sandbox.control("POST", "/accounts/acct_shop", {"balance": 0})
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.transfers.reversals.create(made.id, {"amount": 1})
    assert refusal.value.code == "balance_insufficient"
    assert client.v1.transfers.retrieve(made.id).amount_reversed == 0
    transfer(client, intent, 300)
    assert client.v1.transfers.reversals.create(made.id, {"amount": 300}).amount == 300
    sandbox.control("POST", "/accounts/acct_shop", {"balance": None})
    assert client.v1.transfers.reversals.create(made.id).amount == 700
