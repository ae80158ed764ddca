import threading

import pytest
import requests
import stripe

from infra.sandbox import intents
from infra.sandbox.stripe import StripeSandbox
from tests.infra.sandbox.support import PAY, card, client_for

BODY = {"amount": 1000, "currency": "cny"}


def create(client, key, **more):
    return client.v1.payment_intents.create({**BODY, **more}, {"idempotency_key": key})


def test_the_first_answer_is_given_again(client):
    first, again = create(client, "pi:1"), create(client, "pi:1")
    assert first.id == again.id
    assert "Idempotent-Replayed" not in first.last_response.headers
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    assert first.last_response.body == again.last_response.body
    assert len(client.v1.payment_intents.list().data) == 1
    event = client.v1.events.list().data[0]
    assert event.request.idempotency_key == "pi:1"


def test_other_parameters_or_another_endpoint_are_a_mistake(client):
    first = create(client, "k")
    with pytest.raises(stripe.IdempotencyError) as refusal:
        create(client, "k", metadata={"other": "1"})
    assert refusal.value.http_status == 400
    with pytest.raises(stripe.IdempotencyError):
        client.v1.payment_intents.cancel(first.id, {}, {"idempotency_key": "k"})
    with pytest.raises(stripe.IdempotencyError):
        create(client, "k" * 256)


def test_refusals_are_kept_but_not_those_of_the_parameters(client):
    for _ in range(2):
        with pytest.raises(stripe.CardError):
            create(client, "declined", **PAY, payment_method="pm_card_chargeDeclined")
    assert len(client.v1.charges.list().data) == 1
    with pytest.raises(stripe.InvalidRequestError):
        create(client, "typo", colour="red")
    assert create(client, "typo").status == "requires_payment_method"


def test_a_key_is_free_again_after_a_day(client, clock):
    first = create(client, "k")
    clock[0] += 86_399
    assert create(client, "k").id == first.id
    clock[0] += 1
    assert create(client, "k", description="another").id != first.id


def test_the_same_key_while_the_first_call_runs(client, sandbox):
    sandbox.control("POST", "/failures", {"kind": "hold"})
    made = []
    slow = threading.Thread(target=lambda: made.append(create(client, "k")))
    slow.start()
    assert sandbox.control("GET", "/calls/held?count=1&timeout=5") == {"held": True}
    with pytest.raises(stripe.APIError) as refusal:
        create(client, "k")
    assert refusal.value.http_status == 409
    assert sandbox.control("POST", "/calls/release") == {"released": 1}
    slow.join()
    assert create(client, "k").id == made[0].id


def test_many_threads_with_one_key_make_one_object(client, sandbox):
    answers = []

    def post():
        headers = {"Authorization": f"Bearer {sandbox.api_key}", "Idempotency-Key": "one"}
        answers.append(requests.post(f"{sandbox.url}/v1/payment_intents", data=BODY, headers=headers, timeout=5))

    threads = [threading.Thread(target=post) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert len({answer.json()["id"] for answer in answers if answer.status_code == 200}) == 1
    assert len(client.v1.payment_intents.list().data) == 1


def test_a_lost_answer_is_found_by_the_retry(client, sandbox):
    sandbox.control("POST", "/failures", {"kind": "lost_answer", "path": "/v1/refunds", "method": "POST"})
    intent = card(client)
    retrying = client_for(sandbox.url, retries=1)
    refund = retrying.v1.refunds.create({"payment_intent": intent.id, "amount": 100}, {"idempotency_key": "refund:1"})
    assert refund.last_response.headers["Idempotent-Replayed"] == "true"
    assert client.v1.charges.retrieve(intent.latest_charge).amount_refunded == 100
    retrying._requestor._client.close()


@pytest.mark.parametrize(("kind", "made"), [("error", 0), ("drop", 0), ("error_after", 1), ("lost_answer", 1)])
def test_each_fault_does_what_it_says(client, sandbox, kind, made):
    sandbox.control("POST", "/failures", {"kind": kind, "times": 2, "status": 503})
    for left in (1, 0):
        with pytest.raises((stripe.APIError, stripe.APIConnectionError)):
            create(client, "k")
        assert sum(fault["times"] for fault in sandbox.control("GET", "/failures")) == left
    assert len(client.v1.payment_intents.list().data) == made
    assert create(client, "k").status == "requires_payment_method"


def test_faults_can_be_called_off(client, sandbox):
    sandbox.control("POST", "/failures", {"times": 9, "status": 429})
    with pytest.raises(stripe.RateLimitError):
        client.v1.payment_intents.list()
    sandbox.control("DELETE", "/failures")
    assert client.v1.payment_intents.list().data == []


def test_a_bug_frees_the_key_and_is_shown(client, monkeypatch, capsys):
    with monkeypatch.context() as patch:
        patch.setattr(intents, "create", lambda *_: 1 // 0)
        for key in ({"idempotency_key": "k"}, {}):
            with pytest.raises(stripe.APIError):
                client.v1.payment_intents.create(BODY, key)
    assert "ZeroDivisionError" in capsys.readouterr().err
    assert create(client, "k").status == "requires_payment_method"


def test_a_call_that_was_running_when_the_sandbox_was_reset_or_killed(client, sandbox):
    sandbox.control("POST", "/failures", {"kind": "hold"})
    slow = threading.Thread(target=lambda: create(client, "k"))
    slow.start()
    sandbox.control("GET", "/calls/held?timeout=5")
    killed = sandbox.world.state.model_dump_json()
    sandbox.control("POST", "/reset")
    slow.join()
    assert create(client, "k").status == "requires_payment_method"
    assert '"k":{"fingerprint"' in killed
    with StripeSandbox() as other:
        other.world.state.idempotency = {"k": sandbox.world.state.idempotency["k"]}
        del other.world.state.idempotency["k"]["status"]
        again = client_for(other.url)
        assert create(again, "k").status == "requires_payment_method"
        again._requestor._client.close()
