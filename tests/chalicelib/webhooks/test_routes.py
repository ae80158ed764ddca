"""Endpoints as their owners see them, with a real server that answers challenges and verifies what it gets."""

import json
from dataclasses import replace
from datetime import timedelta
from functools import partial
from importlib import import_module
from pathlib import Path

import pytest

from chalicelib import settings, wiring
from chalicelib.kit.auth import Actor, Role
from chalicelib.kit.outbox import WEBHOOKS
from chalicelib.webhooks import events, personal
from chalicelib.webhooks.rules.endpoint import MOST
from chalicelib.webhooks.rules.events import TYPES
from chalicelib.webhooks.rules.listening import MOST_CHALLENGES
from chalicelib.webhooks.use_cases import deliver, retry_due
from tests.api import ADMIN, CUSTOMER, MERCHANT, OTHER, call, told, working_for
from tests.fakes.receivers import receiving

ALL, ONE = "/v1/webhook-endpoints", "/v1/webhook-endpoints/{endpoint_id}"
SECRET, CHALLENGE, TEST = f"{ONE}/secret", f"{ONE}/challenge", f"{ONE}/test"
LOG, ENTRY, REPLAYS = f"{ONE}/deliveries", f"{ONE}/deliveries/{{event_id}}", f"{ONE}/replays"
PARTNERS, PARTNER = "/v1/admin/webhook-partners", "/v1/admin/webhook-partners/{account_id}"
SAMPLES = Path(__file__).parents[2] / "events"
URL = "https://till.example.com/hook"
WANTED = {"url": URL, "types": ["order.confirmed"]}
STAFF = working_for(MERCHANT, CUSTOMER, Role.STAFF)
MANAGER = working_for(MERCHANT, CUSTOMER, Role.MANAGER)
FOR = {"X-Merchant-Id": MERCHANT.account_id}


@pytest.fixture
def local(tables, monkeypatch):
    """The environment of a local stack that says that endpoints on this machine are called."""
    monkeypatch.setenv("WEBHOOKS_LOOPBACK", "on")
    settings.reset()
    wiring.reset()
    yield
    settings.reset()
    wiring.reset()


@pytest.fixture
def receiver(local):
    with receiving() as made:
        yield made


def made(actor=MERCHANT, **other):
    answer = call("POST", ALL, actor=actor, body=WANTED | other)
    assert answer.status == 201, answer.text
    return answer.json["id"]


def active(receiver, actor=MERCHANT, **other):
    """Return the id of an endpoint that has answered its challenge."""
    endpoint_id = made(actor, url=receiver.url, **other)
    receiver.secret = call("PUT", SECRET, actor=actor, body={}, endpoint_id=endpoint_id).json["secret"]
    answer = call("PUT", CHALLENGE, actor=actor, endpoint_id=endpoint_id)
    assert (answer.status, answer.json["state"]) == (200, "active"), answer.text
    return endpoint_id


def work():
    """Work the queue, and what waits."""
    for message in told():
        if WEBHOOKS in message.queues:
            deliver(wiring.webhooks(), message)
    wiring.outbox().remove([message.id for message in told()])
    return retry_due(wiring.webhooks(), wiring.clock().now())


def test_an_endpoint_from_its_making_to_its_first_event(receiver):
    endpoint_id = active(receiver)
    at = {"actor": MERCHANT, "endpoint_id": endpoint_id}
    event_id = call("POST", TEST, **at).json["event_id"]
    work()
    ((got, event),) = receiver.got
    assert (got, event["type"], receiver.refused) == (event_id, "webhook.test", 0)
    entry = call("GET", ENTRY, event_id=event_id, **at).json
    (tried,) = entry["tries"]
    assert (entry["state"], entry["attempts"], entry["next_attempt_at"]) == ("delivered", 1, None)
    assert (tried["status"], tried["answer"], json.loads(entry["body"])) == (200, "thank you", event)
    assert [one["event_id"] for one in call("GET", LOG, **at).json["items"]] == [event_id]
    assert call("GET", ONE, **at).json["failing_since"] is None


def test_who_tests_all_the_time_is_asked_to_wait(receiver):
    """Each test takes one of the workers that everybody's events wait for."""
    at = {"actor": MERCHANT, "endpoint_id": active(receiver)}
    answers = [call("POST", TEST, **at) for _ in range(4)]
    assert [one.status for one in answers] == [202, 202, 202, 429]
    assert answers[-1].json["code"] == "webhook-tested-often"
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60


def test_a_secret_is_told_once_and_signs_for_a_day_after_its_change(receiver):
    endpoint_id = active(receiver)
    at = {"actor": MERCHANT, "endpoint_id": endpoint_id}
    old = receiver.secret
    assert old not in call("GET", ONE, **at).text + call("GET", ALL, actor=MERCHANT).text
    rotated = call("PUT", SECRET, body={}, **at).json
    assert (rotated["secret"] != old, rotated["old_secret_until"] is not None) == (True, True)
    for secret in (old, rotated["secret"]):
        receiver.secret = secret
        call("POST", TEST, **at)
        work()
    assert (len(receiver.got), receiver.refused) == (2, 0)
    leaked = call("PUT", SECRET, body={"keep_old": False}, **at).json
    assert leaked["old_secret_until"] is None
    call("POST", TEST, **at)
    work()
    assert (len(receiver.got), receiver.refused) == (2, 1)


@pytest.mark.parametrize("fault", ["no secret there", "echoes", "down", "redirects"])
def test_who_does_not_sign_the_nonce_stays_pending(receiver, fault):
    endpoint_id = made(url=receiver.url)
    at = {"actor": MERCHANT, "endpoint_id": endpoint_id}
    assert call("PUT", CHALLENGE, **at).json["code"] == "webhook-secret-missing"
    secret = call("PUT", SECRET, body={}, **at).json["secret"]
    receiver.secret = "whsec_" + "QUJD" * 8 if fault == "no secret there" else secret
    receiver.answers_challenges = fault != "echoes"
    if fault == "down":
        receiver.take = lambda *_: (500, {}, b"")
    if fault == "redirects":
        receiver.take = lambda *_: (302, {"Location": receiver.url}, b"")
    answer = call("PUT", CHALLENGE, **at)
    assert (answer.status, answer.json["code"]) == (422, "webhook-challenge-failed")
    assert call("GET", ONE, **at).json["state"] == "pending"
    again = call("PUT", CHALLENGE, **at)
    assert (again.status, again.json["code"]) == (429, "webhook-challenged-lately")
    assert 1 <= int(again.headers["Retry-After"]) <= 10
    assert call("POST", TEST, **at).json["code"] == "webhook-state"


def test_addresses_of_strangers_are_looked_at_and_this_machine_is_none_of_them(tables):
    refused = [
        "http://127.0.0.1:80/", "https://127.0.0.1:8443/", "http://till.example.com/", "https://a@till.example.com/",
        "https://till.example.com/#x", "ftp://x/", "x",
    ]  # fmt: skip
    for url in refused:
        answer = call("POST", ALL, actor=MERCHANT, body=WANTED | {"url": url})
        assert (answer.status, answer.json["errors"][0]["field"]) == (422, "url"), url
    for url in (
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://169.254.169.254/latest/meta-data/",
        "https://10.0.0.8/",
    ):
        endpoint_id = made(url=url)
        at = {"actor": MERCHANT, "endpoint_id": endpoint_id}
        call("PUT", SECRET, body={}, **at)
        answer = call("PUT", CHALLENGE, **at)
        assert (answer.status, "refused-address" in answer.json["detail"]) == (422, True), url


def test_what_is_asked_for_is_published(tables):
    for types in (["shop.changed"], [], ["webhook.test"]):
        assert call("POST", ALL, actor=MERCHANT, body=WANTED | {"types": types}).status == 422
    listed = call("GET", "/v1/webhook-event-types").json["items"]
    assert [one["type"] for one in listed] == list(TYPES)
    assert all(one["description"] for one in listed)


def test_making_one_twice_makes_one_and_ten_are_the_most(tables):
    first, again = (call("POST", ALL, actor=MERCHANT, body=WANTED, key="the-same-key") for _ in range(2))
    assert (first.json, again.headers["Idempotent-Replayed"]) == (again.json, "true")
    for _ in range(MOST - 1):
        made()
    answer = call("POST", ALL, actor=MERCHANT, body=WANTED)
    assert (answer.status, answer.json["code"]) == (409, "too-many-webhook-endpoints")
    assert call("DELETE", ONE, actor=MERCHANT, endpoint_id=first.json["id"]).status == 204
    made()


def test_it_is_paused_moved_and_removed(receiver):
    endpoint_id = active(receiver)
    at = {"actor": MERCHANT, "endpoint_id": endpoint_id}
    paused = call("PATCH", ONE, body={"paused": True, "description": "till"}, **at).json
    assert (paused["state"], paused["description"], paused["url"]) == ("paused", "till", receiver.url)
    assert call("PATCH", ONE, body={"paused": False}, **at).json["state"] == "active"
    moved = call("PATCH", ONE, body={"url": URL, "types": ["review.posted"]}, **at).json
    assert (moved["state"], moved["types"]) == ("pending", ["review.posted"])
    assert call("PATCH", ONE, body={"paused": True}, **at).json["code"] == "webhook-state"
    assert call("PATCH", ONE, body={"url": "http://x/"}, **at).status == 422
    assert call("PATCH", ONE, body={"url": None}, **at).status == 422
    assert call("DELETE", ONE, **at).status == 204
    for method, route, body in (("GET", ONE, None), ("GET", LOG, None), ("PATCH", ONE, {}), ("DELETE", ONE, None)):
        assert call(method, route, body=body, **at).status == 404


def test_events_are_sent_again_by_id_and_by_time(receiver):
    endpoint_id = active(receiver)
    at = {"actor": MERCHANT, "endpoint_id": endpoint_id}
    receiver.answers = [(200, {}), (400, {}), (200, {}), (400, {})]
    ids = []
    for _ in range(2):
        ids.append(call("POST", TEST, **at).json["event_id"])
        work()
    assert call("POST", REPLAYS, body={"event_id": ids[0]}, **at).json == {"event_ids": ids[:1], "goes_on_at": None}
    work()
    assert receiver.ids() == [*ids, *ids]  # what waits is tried along: who asks for a replay is back
    now = wiring.clock().now()
    span = {"since": (now - timedelta(hours=1)).isoformat(), "until": (now + timedelta(hours=1)).isoformat()}
    nothing = call("POST", REPLAYS, body=span, **at)  # of the two one was taken, and one is still on its way
    assert (nothing.status, nothing.json["code"]) == (409, "nothing-to-replay")
    assert call("POST", REPLAYS, body={"event_id": ids[1]}, **at).json["code"] == "nothing-to-replay"
    once = {"body": span | {"only_failed": False}, "key": "the-same-key", **at}
    assert call("POST", REPLAYS, **once).json == call("POST", REPLAYS, **once).json
    work()
    assert receiver.ids().count(ids[0]) == 3
    assert call("POST", REPLAYS, body={"event_id": f"evt_{'0' * 26}"}, **at).status == 404
    for body in ({}, span | {"event_id": ids[0]}, {"since": span["since"]}):
        assert call("POST", REPLAYS, body=body, **at).status == 422


def test_a_time_that_ends_before_it_begins_is_none_and_what_goes_on_is_of_the_same_time(receiver, monkeypatch):
    endpoint_id, now = active(receiver), wiring.clock().now()
    at = {"actor": MERCHANT, "endpoint_id": endpoint_id}
    for _ in range(2):
        call("POST", TEST, **at)
        work()
    hours = [(now + timedelta(hours=number)).isoformat() for number in range(-2, 2)]
    assert call("POST", REPLAYS, body={"since": hours[3], "until": hours[0]}, **at).status == 422
    monkeypatch.setattr(import_module("chalicelib.webhooks.use_cases.log"), "MOST_AT_ONCE", 1)
    body = {"since": hours[1], "until": hours[3], "only_failed": False}
    cursor = call("POST", REPLAYS, body=body, **at).json["goes_on_at"]
    other = {"since": hours[0], "until": hours[1], "only_failed": False, "goes_on_at": cursor}
    assert call("POST", REPLAYS, body=other, **at).status == 422, "a cursor of another list"
    assert len(call("POST", REPLAYS, body={**body, "goes_on_at": cursor}, **at).json["event_ids"]) == 1


def test_managers_of_the_merchant_do_it_and_nobody_else(receiver):
    endpoint_id = active(receiver)
    at = {"endpoint_id": endpoint_id}
    assert call("GET", ONE, actor=MANAGER, headers=FOR, **at).status == 200
    assert call("GET", LOG, actor=MANAGER, headers=FOR, **at).status == 200
    for actor, headers, statuses in (
        (None, {}, {401}),
        (CUSTOMER, {}, {403}),
        (STAFF, FOR, {403}),
        (STAFF, {}, {403}),
        (MANAGER, {}, {403}),
        (OTHER, {}, {404}),
        (ADMIN, {}, {403}),
        (ADMIN, FOR, {403}),
    ):
        tries = [
            partial(call, "GET", ONE), partial(call, "PATCH", ONE, body={}), partial(call, "DELETE", ONE),
            partial(call, "PUT", SECRET, body={}), partial(call, "PUT", CHALLENGE), partial(call, "POST", TEST),
            partial(call, "GET", LOG), partial(call, "POST", REPLAYS, body={"event_id": f"evt_{'0' * 26}"}),
            partial(call, "GET", ENTRY, event_id="evt_1"),
        ]  # fmt: skip
        for one in tries:
            assert one(actor=actor, headers=headers, **at).status in statuses, (one, actor)
    assert call("POST", ALL, actor=CUSTOMER, body=WANTED).status == 403
    assert call("GET", ALL, actor=CUSTOMER).status == 403
    assert call("GET", ALL, actor=OTHER).json["items"] == []


def test_partners_are_made_by_admins_and_have_what_merchants_have(receiver):
    partner = Actor("acc_partner", frozenset({Role.CUSTOMER}), "ses_9")
    wish = {"name": "ERP", "merchants": [MERCHANT.account_id], "reason": "Contract."}
    assert call("PUT", PARTNER, actor=MERCHANT, body=wish, account_id="acc_partner").status == 403
    answer = call("PUT", PARTNER, actor=ADMIN, body=wish, account_id="acc_partner").json
    assert answer == {
        "account_id": "acc_partner", "name": "ERP", "merchants": [MERCHANT.account_id], "endpoints": 0,
    }  # fmt: skip
    endpoint_id = active(receiver, partner)
    assert [one["endpoints"] for one in call("GET", PARTNERS, actor=ADMIN).json["items"]] == [1]
    assert call("GET", ALL, actor=MERCHANT).json == {"items": [], "heard_by": ["ERP"]}
    assert call("GET", ALL, actor=OTHER).json == {"items": [], "heard_by": []}
    assert call("GET", ALL, actor=partner).json["heard_by"] == []
    sample = json.loads(_sample("webhooks-deliver").replace("acc_01jd3x9k5r8m2q7w4t6y0z1abc", MERCHANT.account_id))
    assert events.deliver(sample, None) == {"batchItemFailures": []}
    assert receiver.types() == ["order.confirmed"]
    assert call("GET", LOG, actor=partner, endpoint_id=endpoint_id).status == 200
    everybody = call("PUT", PARTNER, actor=ADMIN, body=wish | {"merchants": "all"}, account_id="acc_partner")
    assert everybody.json["merchants"] == "all"
    assert call("PUT", PARTNER, actor=ADMIN, body=wish | {"merchants": []}, account_id="acc_p").status == 422
    assert call("DELETE", PARTNER, actor=ADMIN, account_id="acc_partner").status == 204
    assert call("DELETE", PARTNER, actor=ADMIN, account_id="acc_partner").status == 404
    assert call("GET", ALL, actor=partner).status == 403
    noted = call("GET", "/v1/admin/audit", actor=ADMIN, query={"object": "account:acc_partner"}).json["items"]
    assert {one["action"] for one in noted} == {"webhooks.set_partner", "webhooks.end_partner"}


def _sample(name):
    return (SAMPLES / f"{name}.json").read_text(encoding="utf-8")


def test_the_schedule_tries_what_waits(receiver):
    endpoint_id = active(receiver)
    receiver.answers = [(500, {})]
    call("POST", TEST, actor=MERCHANT, endpoint_id=endpoint_id)
    work()
    entry = call("GET", LOG, actor=MERCHANT, endpoint_id=endpoint_id).json["items"][0]
    assert (entry["state"], entry["tries"][0]["status"]) == ("pending", 500)
    told_by = json.loads(_sample("webhooks-retry"))
    later = (wiring.clock().now() + timedelta(minutes=2)).isoformat()
    assert events.retry(told_by | {"as_of": later}, None) == {"delivered": 1, "failed": 0, "endpoints": 1}
    assert len(receiver.got) == 2


def test_what_an_owner_has_is_told_and_forgotten(receiver):
    active(receiver)
    ports = wiring.webhooks()
    said = personal.personal_data(ports, MERCHANT.account_id)
    assert [one["url"] for one in said["webhook_endpoints"]] == [receiver.url]
    assert "whsec_" not in json.dumps(said)
    wiring.committer().commit(
        [ports.listeners.set_partner(replace(ports.listeners.listener("acc_merchant"), name="x"))]
    )
    for _ in range(2):
        personal.erase(ports, MERCHANT.account_id)
    assert personal.personal_data(ports, MERCHANT.account_id) == {"webhook_endpoints": []}
    assert (ports.listeners.listener("acc_merchant").number, ports.listeners.listener("acc_merchant").name) == (0, None)


def test_who_makes_ever_new_endpoints_has_us_call_them_so_often_alone(receiver):
    """Each challenge keeps a request of the API for as long as the address likes, up to five seconds: of all of an
    owner's endpoints together, also such as are gone, there are so many in ten minutes.
    """
    receiver.answers_challenges = False
    statuses = []
    for _ in range(MOST_CHALLENGES + 1):
        endpoint_id = made(url=receiver.url)
        call("PUT", SECRET, actor=MERCHANT, body={}, endpoint_id=endpoint_id)
        answer = call("PUT", CHALLENGE, actor=MERCHANT, endpoint_id=endpoint_id)
        statuses.append(answer.status)
        assert call("DELETE", ONE, actor=MERCHANT, endpoint_id=endpoint_id).status == 204
    assert statuses == [422] * MOST_CHALLENGES + [429]
    assert answer.json["code"] == "webhook-challenged-lately"
    assert 0 < int(answer.headers["Retry-After"]) <= 600
    receiver.answers_challenges = True
    assert active(receiver, OTHER), "of others as ever"
