import pytest
import stripe

from infra.sandbox import webhooks
from infra.sandbox.stripe import StripeSandbox
from tests.infra.sandbox.support import FAST, SECRET, card, client_for


def settings(sandbox, **change):
    return sandbox.control("POST", "/settings", change)


def test_a_hundred_events_twice_and_shuffled(client, sandbox, receiver):
    settings(sandbox, mode="held")
    for _ in range(50):
        client.v1.payment_intents.cancel(client.v1.payment_intents.create({"amount": 1000, "currency": "cny"}).id)
    assert sandbox.wait_idle()
    assert receiver.events == []
    held = sandbox.control("GET", "/deliveries?status=held&limit=1000")
    assert held["count"] == 100
    assert sandbox.control("POST", "/deliveries/release", {"copies": 2, "shuffle": True, "seed": 7}) == {"queued": 200}
    assert sandbox.control("GET", "/idle?timeout=20") == {"idle": True}
    ids = [event.id for event in receiver.events]
    assert len(ids) == 200
    assert {ids.count(one) for one in set(ids)} == {2}
    in_order = [delivery["event"] for delivery in reversed(held["data"])]
    assert list(dict.fromkeys(ids)) != in_order
    assert sandbox.control("GET", "/deliveries")["by_status"] == {"delivered": 200}


def test_all_events_again(client, sandbox, receiver):
    card(client)
    assert sandbox.wait_idle()
    again = {"copies": 3, "types": ["payment_intent.succeeded"], "shuffle": True}
    assert sandbox.control("POST", "/events/redeliver", again) == {"queued": 3}
    assert sandbox.wait_idle()
    assert receiver.types.count("payment_intent.succeeded") == 4
    event = receiver.events[-1].id
    assert sandbox.control("POST", f"/events/{event}/redeliver") == {"queued": 1}
    assert sandbox.control("POST", "/events/redeliver", {"limit": 2}) == {"queued": 2}
    assert sandbox.wait_idle()
    assert len(receiver.events) == 9
    with pytest.raises(ValueError, match="No such event"):
        sandbox.control("POST", "/events/evt_none/redeliver")


def test_twice_shuffled_and_delayed(client, sandbox, receiver):
    settings(sandbox, mode=["twice", "shuffled", "delayed"], delay_ms=1)
    client.v1.payment_intents.create({"amount": 1000, "currency": "cny"})
    assert sandbox.wait_idle()
    assert receiver.types == ["payment_intent.created"] * 2


def test_the_first_attempt_gets_lost(client, sandbox, receiver):
    settings(sandbox, mode="drop_first")
    client.v1.payment_intents.create({"amount": 1000, "currency": "cny"})
    assert sandbox.wait_idle()
    assert receiver.types == ["payment_intent.created"]
    delivery = sandbox.control("GET", "/deliveries")["data"][0]
    assert [attempt["status_code"] for attempt in delivery["attempts"]] == [None, 200]
    assert sandbox.control("GET", f"/deliveries/{delivery['id']}") == delivery
    settings(sandbox, mode="normal")
    with pytest.raises(ValueError, match="No such delivery"):
        sandbox.control("GET", "/deliveries/wd_none")


def test_failures_are_repeated_and_given_up_in_the_end(client, sandbox, receiver):
    receiver.answers = [500, 302, 200]
    client.v1.payment_intents.create({"amount": 1000, "currency": "cny"})
    assert sandbox.wait_idle()
    assert receiver.types == ["payment_intent.created"]
    assert client.v1.events.list().data[0].pending_webhooks == 0
    receiver.answers = [500] * (len(FAST) + 1)
    client.v1.payment_intents.create({"amount": 1000, "currency": "cny"})
    assert sandbox.wait_idle()
    assert sandbox.control("GET", "/deliveries")["by_status"] == {"delivered": 1, "failed": 1}


def test_a_receiver_that_is_not_there_yet(client, sandbox, receiver):
    settings(sandbox, webhook_url="http://127.0.0.1:1/")
    client.v1.payment_intents.create({"amount": 1000, "currency": "cny"})
    assert sandbox.wait_idle()
    delivery = sandbox.control("GET", "/deliveries?status=failed")["data"][0]
    assert "ConnectionRefusedError" in delivery["attempts"][0]["error"]
    settings(sandbox, webhook_url="")
    client.v1.payment_intents.create({"amount": 1000, "currency": "cny"})
    assert len(sandbox.control("GET", "/deliveries")["data"]) == 1
    settings(sandbox, webhook_url=receiver.url)
    sandbox.control("POST", "/events/redeliver")
    assert sandbox.wait_idle()
    assert len(receiver.events) == 2


@pytest.mark.parametrize("change", [{"webhook_secret": "whsec_other"}, {"timestamp_offset": -301}])
def test_signatures_can_be_made_wrong(client, sandbox, receiver, change):
    settings(sandbox, **change)
    client.v1.payment_intents.create({"amount": 1000, "currency": "cny"})
    assert sandbox.wait_idle()
    assert receiver.events == []
    assert receiver.rejected


def test_old_deliveries_are_forgotten(client, sandbox, monkeypatch):
    monkeypatch.setattr(webhooks, "KEPT", 2)
    for _ in range(4):
        client.v1.payment_intents.create({"amount": 1000, "currency": "cny"})
        assert sandbox.wait_idle()
    assert len(sandbox.control("GET", "/deliveries")["data"]) == 2


def test_everything_outlives_a_restart(tmp_path, receiver):
    file = tmp_path / "state" / "stripe.json"
    with StripeSandbox(
        state=file, webhook_url="http://127.0.0.1:1/", webhook_secret=SECRET, retry_seconds=(60,)
    ) as first:
        first.control("POST", "/settings", {"refund_delay_ms": 60_000, "settle_ms": 60_000})
        client = client_for(first.url)
        intent = client.v1.payment_intents.create(
            {"amount": 1000, "currency": "cny", "confirm": True, "payment_method": "pm_card_pendingRefund"},
            {"idempotency_key": "k"},
        )
        refund = client.v1.refunds.create({"payment_intent": intent.id})
        client._requestor._client.close()
    text = file.read_text()
    file.write_text(text.replace("60000", "0"))
    assert file.stat().st_mode & 0o077 == 0
    with StripeSandbox(state=file, webhook_url=receiver.url, retry_seconds=FAST) as second:
        assert second.webhook_secret == SECRET
        assert second.wait_idle()
        client = client_for(second.url)
        assert client.v1.refunds.retrieve(refund.id).status == "succeeded"
        assert client.v1.charges.retrieve(intent.latest_charge).balance_transaction.startswith("txn_")
        assert "payment_intent.succeeded" in receiver.types
        same = client.v1.payment_intents.create(
            {"amount": 1000, "currency": "cny", "confirm": True, "payment_method": "pm_card_pendingRefund"},
            {"idempotency_key": "k"},
        )
        assert same.id == intent.id
        client._requestor._client.close()


def test_the_same_seed_makes_the_same_ids():
    def first_id():
        with StripeSandbox(seed=5) as sandbox:
            client = client_for(sandbox.url)
            made = client.v1.payment_intents.create({"amount": 1000, "currency": "cny"}).id
            client._requestor._client.close()
            return made

    assert first_id() == first_id()


def test_reset_forgets_objects_but_repeats_no_id(client, sandbox):
    before = client.v1.payment_intents.create({"amount": 1000, "currency": "cny"}).id
    assert sandbox.wait_idle()
    sandbox.control("POST", "/reset", {})
    assert client.v1.payment_intents.list().data == []
    assert sandbox.webhook_secret == SECRET
    assert client.v1.payment_intents.create({"amount": 1000, "currency": "cny"}).id != before
    sandbox.control("POST", "/reset", {"settings": True})
    assert sandbox.control("GET", "/settings")["webhook_url"] == ""
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.payment_intents.retrieve(before)
