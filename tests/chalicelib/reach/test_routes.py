"""Over HTTP: phones, agreements, and what providers post."""

import json

import pytest

from chalicelib import wiring
from chalicelib.notifications.ports import Channel
from tests import racing
from tests.api import CUSTOMER, OTHER, call
from tests.chalicelib.reach.rules.test_receipts import ALIBABA
from tests.chalicelib.reach.world import SIGNER, Phones, Suspended, bounce, feedback, reach

DEVICES, AGREEMENTS = "/v1/me/devices", "/v1/me/wechat-agreements"
TOKEN = "740f4707bebcf74f9b7c25d48e3358945f6aa01da5ddb387462c7eaf61bb78ad"


@pytest.fixture
def ports(tables, monkeypatch):
    made = reach(Phones(), wiring.clock())
    monkeypatch.setattr(wiring, "reach", lambda: made)
    return made


@pytest.fixture
def gone(tables, monkeypatch):
    suspended = Suspended()
    made = feedback(suspended)
    monkeypatch.setattr(wiring, "feedback", lambda: made)
    return suspended


def tell(actor=CUSTOMER, **fields):
    return call("POST", DEVICES, actor=actor, body={"platform": "fcm", "token": TOKEN, **fields})


def test_a_phone_is_told_listed_and_removed(ports):
    made = tell(model="Pixel 9")
    assert made.status == 200
    assert {name: made.json[name] for name in ("platform", "model")} == {"platform": "fcm", "model": "Pixel 9"}
    assert "token" not in made.text
    assert call("GET", DEVICES, actor=CUSTOMER).json == {"items": [made.json]}
    gone = call("DELETE", DEVICES + "/{device_id}", actor=CUSTOMER, device_id=made.json["id"])
    assert gone.status == 204
    again = call("DELETE", DEVICES + "/{device_id}", actor=CUSTOMER, device_id=made.json["id"])
    assert again.status == 404
    assert call("GET", DEVICES, actor=CUSTOMER).json == {"items": []}


def test_telling_twice_is_telling_once_and_another_account_takes_it(ports):
    assert tell().json == tell().json
    theirs = tell(OTHER).json
    assert call("GET", DEVICES, actor=CUSTOMER).json == {"items": []}
    assert call("GET", DEVICES, actor=OTHER).json == {"items": [theirs]}


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"token": "short"}, 422, "invalid-request"),
        ({"token": "with a space in it"}, 422, "invalid-request"),
        ({"platform": "windows"}, 422, "invalid-request"),
        ({"model": "小明的手机"}, 422, "invalid-request"),
        ({"model": "Ming's phone"}, 422, "invalid-request"),
        ({"platform": "apns_sandbox"}, 409, "push-not-served"),
        ({"token": "bad-token-of-nobody"}, 422, "device-token-refused"),
    ],
)
def test_what_is_no_phone_is_refused(ports, fields, status, code):
    answer = tell(**fields)
    assert (answer.status, answer.json["code"]) == (status, code)
    assert ports.devices.book(CUSTOMER.account_id).devices == ()


def test_agreements_are_listed_and_counted(ports):
    assert [one["left"] for one in call("GET", AGREEMENTS, actor=CUSTOMER).json["items"]] == [0, 0]
    body = {"template_ids": ["tpl_1"]}
    first = call("POST", AGREEMENTS, actor=CUSTOMER, body=body, key="agreement-1")
    repeat = call("POST", AGREEMENTS, actor=CUSTOMER, body=body, key="agreement-1")
    assert (first.status, repeat.status, repeat.json) == (201, 201, first.json)
    assert [one["left"] for one in call("GET", AGREEMENTS, actor=CUSTOMER).json["items"]] == [1, 0]
    refused = call("POST", AGREEMENTS, actor=CUSTOMER, body={"template_ids": ["tpl_9"]})
    assert (refused.status, refused.json["code"]) == (422, "wechat-template-unknown")


@pytest.mark.parametrize("route", [DEVICES, AGREEMENTS])
def test_strangers_sign_in_first(ports, route):
    assert call("GET", route).status == 401


def post(raw, media="text/plain; charset=UTF-8"):
    return call("POST", "/v1/webhooks/topic", raw=raw.decode(), headers={"Content-Type": media})


def test_the_topic_posts_a_text_that_sns_signed(gone):
    answer = post(SIGNER.message(bounce()))
    assert (answer.status, answer.json) == (200, {"received": True})
    assert gone == [(Channel.EMAIL, "ming@example.com", "bounced: Permanent/General")]


def test_a_forged_text_is_refused(gone):
    forged = json.loads(SIGNER.message(bounce())) | {"Message": json.dumps(bounce(to="ling@example.com"))}
    answer = post(json.dumps(forged).encode())
    assert (answer.status, answer.json["code"]) == (403, "not-from-topic")
    assert gone == []


@pytest.mark.store
def test_of_two_accounts_that_tell_a_phone_at_once_over_http_one_has_it(ports):
    works = [lambda who=who: tell(who).status for who in (CUSTOMER, OTHER) * 4]
    assert set(racing.race(works, ())) <= {200, 503}, "503: try again"
    there = [call("GET", DEVICES, actor=who).json["items"] for who in (CUSTOMER, OTHER)]
    assert sorted(map(len, there)) == [0, 1]


def receipts(provider, receipt_key, told):
    route = f"/v1/webhooks/texts/{provider}/{{receipt_key}}"
    return call("POST", route, body=told, receipt_key=receipt_key)


def test_receipts_are_answered_as_their_providers_want(gone):
    told = [ALIBABA | {"success": False, "err_code": "USER_REJECT"}]
    assert receipts("alibaba", "key-of-the-tests", told).json == {"code": 0, "msg": "OK"}
    assert receipts("tencent", "key-of-the-tests", []).json == {"result": 0, "errmsg": "OK"}
    assert gone == [(Channel.SMS, "+8613811112222", "left: USER_REJECT")]


@pytest.mark.parametrize("provider", ["alibaba", "tencent"])
def test_who_does_not_know_the_address_finds_nothing(gone, provider):
    assert receipts(provider, "a-guess", [ALIBABA]).status == 404
    assert receipts(provider, "key-of-the-tests", 7).status == 400
    assert gone == []
