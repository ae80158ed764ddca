import pytest
import stripe

from tests.infra.sandbox.support import card, wallet

DAY = 86_400


def transfer(client, **params):
    return client.v1.transfers.create({"currency": "cny", "destination": "acct_shop", **params})


def test_money_becomes_available_after_two_days(client, clock):
    card(client)
    pending = client.v1.balance.retrieve()
    assert (pending.pending[0].amount, pending.available[0].amount) == (11_882, 0)
    clock[0] += 2 * DAY
    available = client.v1.balance.retrieve()
    assert (available.pending[0].amount, available.available[0].amount) == (0, 11_882)
    assert client.v1.balance_transactions.list({"type": "charge"}).data[0].status == "available"


def test_a_transfer_is_capped_by_its_charge(client, sandbox, receiver):
    charge = card(client).latest_charge
    first = transfer(client, amount=12_000, source_transaction=charge, transfer_group="run_1", metadata={"s": "1"})
    assert client.v1.balance_transactions.retrieve(first.balance_transaction).amount == -12_000
    with pytest.raises(stripe.InvalidRequestError, match="300"):
        transfer(client, amount=301, source_transaction=charge)
    transfer(client, amount=300, source_transaction=charge)
    assert len(client.v1.transfers.list({"transfer_group": "run_1"}).data) == 1
    assert client.v1.transfers.retrieve(first.id, {"expand": ["source_transaction"]}).source_transaction.id == charge
    assert sandbox.wait_idle()
    assert receiver.types.count("transfer.created") == 2


def test_a_transfer_without_a_charge_needs_available_money(client):
    card(client)
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        transfer(client, amount=100)
    assert refusal.value.code == "balance_insufficient"
    card(client, "pm_card_bypassPending")
    assert transfer(client, amount=100).amount == 100


def test_what_is_no_transfer(client):
    charge = card(client).latest_charge
    with pytest.raises(stripe.CardError) as declined:
        card(client, "pm_card_chargeDeclined")
    for params, param in (
        ({}, "amount"),
        ({"amount": 0}, "amount"),
        ({"amount": 1, "destination": "shop"}, "destination"),
        ({"amount": 1, "source_transaction": "ch_none"}, "source_transaction"),
        ({"amount": 1, "source_transaction": charge, "currency": "usd"}, "currency"),
        ({"amount": 1, "source_transaction": declined.value.error.charge}, "amount"),
        ({"amount": 1, "source_type": "card"}, "source_type"),
    ):
        with pytest.raises(stripe.InvalidRequestError) as refusal:
            transfer(client, **params)
        assert refusal.value.param == param


def test_reversals(client, sandbox, receiver):
    made = transfer(client, amount=1000, source_transaction=card(client).latest_charge)
    part = client.v1.transfers.reversals.create(made.id, {"amount": 400})
    assert client.v1.transfers.reversals.create(made.id).amount == 600
    whole = client.v1.transfers.retrieve(made.id)
    assert (whole.amount_reversed, whole.reversed, len(whole.reversals.data)) == (1000, True, 2)
    for params in ({"amount": 1}, {"refund_application_fee": True}):
        with pytest.raises(stripe.InvalidRequestError):
            client.v1.transfers.reversals.create(made.id, params)
    assert client.v1.transfers.reversals.retrieve(made.id, part.id).amount == 400
    assert [r.amount for r in client.v1.transfers.reversals.list(made.id).data] == [600, 400]
    assert sandbox.wait_idle()
    assert receiver.types.count("transfer.reversed") == 2


def test_a_transfer_waits_with_its_charge(client, sandbox):
    sent = transfer(client, amount=100, source_transaction=card(client).latest_charge)
    entry = client.v1.balance_transactions.retrieve(sent.balance_transaction)
    assert (entry.status, entry.available_on) == ("pending", 1_800_000_000 + 2 * DAY)
    sandbox.control("POST", "/settings", {"settle_ms": 60_000})
    sent = transfer(client, amount=100, source_transaction=card(client).latest_charge)
    assert client.v1.balance_transactions.retrieve(sent.balance_transaction).status == "pending"
    sandbox.control("POST", "/settings", {"settle_ms": 0})
    now = transfer(client, amount=100, source_transaction=card(client, "pm_card_bypassPending").latest_charge)
    assert client.v1.balance_transactions.retrieve(now.balance_transaction).status == "available"


def test_wallets_are_payments_in_the_book(client, sandbox):
    intent = wallet(client, "alipay")
    sandbox.control("POST", f"/payment_intents/{intent.id}/approve")
    sandbox.control("POST", "/refunds/outcome", {"outcome": "failed"})
    client.v1.refunds.create({"payment_intent": intent.id, "amount": 100})
    assert sandbox.wait_idle()
    assert [(e.type, e.reporting_category, e.amount) for e in client.v1.balance_transactions.list().data] == [
        ("payment_refund", "refund_failure", 100),
        ("payment_refund", "refund", -100),
        ("payment", "charge", 12_300),
    ]


def test_what_stripe_takes_by_itself(client, sandbox):
    sandbox.control("POST", "/fees", {"amount": 200})
    entry = client.v1.balance_transactions.list({"type": "stripe_fee", "expand": ["data.source"]}).data[0]
    assert (entry.amount, entry.net, entry.source) == (-200, -200, None)


def test_lists_page_and_filter(client, clock):
    made = []
    for _ in range(5):
        made.append(client.v1.payment_intents.create({"amount": 1000, "currency": "cny"}).id)
        clock[0] += 10
    newest = made[::-1]
    first = client.v1.payment_intents.list({"limit": 2})
    assert ([i.id for i in first.data], first.has_more) == (newest[:2], True)
    assert [i.id for i in first.auto_paging_iter()] == newest
    before = client.v1.payment_intents.list({"ending_before": newest[3], "limit": 2})
    assert ([i.id for i in before.data], before.has_more) == (newest[1:3], True)
    start = 1_800_000_000
    since = client.v1.payment_intents.list({"created": {"gte": start + 10, "lt": start + 30}})
    assert [i.id for i in since.data] == newest[2:4]
    assert [i.id for i in client.v1.payment_intents.list({"created": start}).data] == made[:1]
    assert len(client.v1.events.list({"type": "payment_intent.*"}).data) == 5
    assert client.v1.events.list({"types": ["refund.created"]}).data == []
    event = client.v1.events.list().data[0]
    assert client.v1.events.retrieve(event.id).data.object.id == newest[0]


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({"limit": 101}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"starting_after": "pi_none"}, "starting_after"),
        ({"customer_account": "acct_1"}, "customer_account"),
        ({"created": {"since": 1}}, "created[since]"),
        ({"expand": ["data.metadata.colour"]}, "expand"),
        ({"expand": ["data.a.b.c.d"]}, "expand"),
    ],
)
def test_lists_refuse(client, params, param):
    client.v1.payment_intents.create({"amount": 1000, "currency": "cny"})
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.payment_intents.list(params)
    assert refusal.value.param == param


def test_a_cursor_must_be_in_the_list(client):
    one, two = card(client), card(client)
    other = client.v1.charges.list({"payment_intent": two.id}).data[0]
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.charges.list({"payment_intent": one.id, "starting_after": other.id})
