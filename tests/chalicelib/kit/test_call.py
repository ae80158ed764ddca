"""One request: who sends it, what it says, and whether it was answered before; on an app with planted routes."""

import pytest

from chalicelib import wiring
from chalicelib.kit import call
from chalicelib.kit.auth import Permission
from chalicelib.kit.errors import Unauthorized
from chalicelib.kit.http import Wire
from chalicelib.kit.idempotency import Answer
from tests.chalicelib.kit.planted import KEY, Thing, ThingIn, idempotent, make, problem


class ThingQuery(Wire):
    limit: int = 20


def test_the_call_says_what_was_sent(planted):
    seen = []

    def view(call, thing_id):
        seen.append((call.body, call.query, call.language, call.source_ip, call.request_id, call.raw_body, thing_id))

    send = planted(view, path="/v1/things/{thing_id}", body=ThingIn, query=ThingQuery, status=204)
    send({"name": " x "}, query={"limit": "3"}, headers={"Accept-Language": "zh-CN"}, thing_id="thg_1")
    assert seen == [
        (ThingIn(name="x"), ThingQuery(limit=3), "zh-CN", "127.0.0.1", "req-1", b'{"name": " x "}', "thg_1")
    ]


@pytest.mark.parametrize("raw", ["{", "", "nul", '{"name": "x"'])
def test_what_is_no_json_is_malformed(planted, raw):
    answer = planted(make, body=ThingIn)(raw=raw)
    if raw == "":  # nothing sent reads as null
        problem(answer, 422, "invalid-request")
    else:
        problem(answer, 400, "malformed-request")


@pytest.mark.parametrize(
    "raw", ['{"name": "x", "name": "y"}', '{"name": ' + "[" * 21 + "]" * 21 + "}", '{"x": ' + "1" * 5000 + "}"]
)
def test_what_is_read_in_two_ways_or_not_at_all_is_malformed(planted, raw):
    problem(planted(make, body=ThingIn)(raw=raw), 400, "malformed-request")


@pytest.mark.parametrize("sent", [{"raw": "a", "base64": True}, {"raw": "é", "base64": True}, {"raw": "\ud800"}])
def test_a_body_that_cannot_be_decoded_is_malformed(planted, sent):
    problem(planted(make, body=ThingIn)(**sent), 400, "malformed-request")
    problem(planted(make)(**sent), 400, "malformed-request")


def test_not_every_one_of_thousands_of_faults_is_told(planted):
    told = problem(
        planted(make, body=ThingIn)({"x" * 3000: 1, **{f"k{n}": n for n in range(3000)}}), 422, "invalid-request"
    )
    assert len(told["errors"]) == 50
    assert max(len(error["field"]) for error in told["errors"]) == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": 1}, "name"),
        ({}, "name"),
        ({"name": "x", "number": "many"}, "number"),
        ({"name": "x", "extra": 1}, "extra"),
        ([], ""),
    ],
)
def test_fields_at_fault_are_named(planted, body, field):
    told = problem(planted(make, body=ThingIn)(body), 422, "invalid-request")
    assert [error["field"] for error in told["errors"]] == [field]


def test_a_query_is_checked(planted):
    send = planted(make, "GET", query=ThingQuery)
    assert problem(send(query={"limit": "many"}), 422, "invalid-request")["errors"][0]["field"] == "limit"
    assert problem(send(query={"page": "2"}), 422, "invalid-request")["errors"][0]["field"] == "page"
    assert send()["statusCode"] == 200


def test_a_query_says_each_thing_once(planted):
    send = planted(make, "GET", query=ThingQuery)
    told = problem(send(query={"limit": ["3", "3"]}), 422, "invalid-request")
    assert told["errors"] == [{"field": "limit", "message": "given more than once"}]
    assert send(query={"limit": ["3"]})["statusCode"] == 200


def test_a_body_may_be_so_large_and_no_larger(planted):
    send = planted(make, body=ThingIn, max_body=30)
    assert send({"name": "x"})["statusCode"] == 200
    told = problem(send({"name": "界" * 30}), 413, "too-large")
    assert "30 bytes" in told["detail"]


def test_other_media_are_refused(planted):
    send = planted(make, body=ThingIn)
    problem(send({"name": "x"}, headers={"Content-Type": "text/plain"}), 415, "unsupported-media-type")
    # Chalice looks for one type in a list; the decorator reads the first.
    problem(send({"name": "x"}, headers={"Content-Type": "text/xml, application/json"}), 415, "unsupported-media-type")
    assert send({"name": "x"}, headers={"Content-Type": "application/json; charset=utf-8"})["statusCode"] == 200
    form = {"Content-Type": "multipart/form-data; boundary=application/json"}
    problem(send({"name": "x"}, headers=form), 415, "unsupported-media-type")
    other = {"Content-Type": "application/json; charset=gbk"}
    problem(send({"name": "x"}, headers=other), 415, "unsupported-media-type")


@pytest.mark.parametrize("header", [None, "", "Basic eDp5", "Bearer", "customer"])
def test_who_does_not_say_who_they_are_must_sign_in(planted, wired, header, monkeypatch):
    def read(token, _now):
        raise Unauthorized if not token else AssertionError(token)

    monkeypatch.setattr(wired, "read", read)
    answer = planted(make, needs=Permission.ACCOUNT_OWN)(headers={} if header is None else {"Authorization": header})
    problem(answer, 401, "unauthorized")
    assert answer["headers"]["WWW-Authenticate"] == "Bearer"


def test_roles_are_checked_before_the_body(planted):
    send = planted(make, needs=Permission.ROLE_SET, body=ThingIn)
    problem(send(raw="{", headers={"Authorization": "Bearer customer"}), 403, "forbidden")
    assert send({"name": "x"}, headers={"Authorization": "bearer admin"})["statusCode"] == 200


def test_an_endpoint_for_everybody_knows_no_actor(planted):
    problem(planted(lambda call: call.actor)(), 401, "unauthorized")


@pytest.mark.parametrize("key", [None, "short", "x" * 129, "key with blanks", "schlüssel-1"])
def test_a_key_is_required(planted, key):
    headers = {"Authorization": "Bearer customer"} | ({} if key is None else {"Idempotency-Key": key})
    problem(idempotent(planted)({"name": "x"}, headers=headers), 400, "idempotency-key-required")


def test_the_key_is_tied_to_actor_route_path_and_body(planted):
    seen = []

    def view(call):
        seen.append(call.once(lambda result: Thing(id=result)))
        return Thing(id="t")

    send = idempotent(planted, view)
    assert send({"name": "x"}, headers=KEY)["statusCode"] == 201
    send({"name": "y"}, headers=KEY)
    send({"name": "y"}, headers=KEY | {"Authorization": "Bearer admin"})
    one, other, another = seen
    assert one.scope == "acc_c|POST /v1/things"
    assert one.scope == other.scope != another.scope
    assert one.fingerprint != other.fingerprint == another.fingerprint
    assert one.render("t9") == Answer(201, '{"id":"t9"}')


def test_who_works_for_somebody_has_their_session_looked_at(planted, wired):
    for who, needs, times in (
        ("clerk", Permission.ORDER_CANCEL, 1), ("customer", Permission.ORDER_CANCEL, 0), ("clerk", Permission.PROFILE_OWN, 0),
    ):  # fmt: skip
        wired.looked_at.clear()
        assert planted(lambda _call: Thing(id="t"), needs=needs, returns=Thing)(
            headers={"Authorization": f"Bearer {who}"}
        )["statusCode"] in {200, 201}
        assert len(wired.looked_at) == times


def test_a_key_is_another_for_another_merchant_and_in_another_hand(planted):
    scopes = []

    def view(call):
        scopes.append(call.once(lambda result: Thing(id=result)).scope)
        return Thing(id="t")

    send = planted(view, needs=Permission.ORDER_BUY, body=ThingIn, returns=Thing, status=201, idempotent=True)
    for who, merchant in (
        ("clerk", None), ("clerk", "acc_m1"), ("clerk", "acc_m2"), ("agent", None), ("customer", None),
    ):  # fmt: skip
        headers = KEY | {"Authorization": f"Bearer {who}"} | ({"X-Merchant-Id": merchant} if merchant else {})
        assert send({"name": "x"}, headers=headers)["statusCode"] == 201
    assert scopes == [
        f"{who}|POST /v1/things" for who in ("acc_c", "acc_c for acc_m1", "acc_c for acc_m2", "acc_c by acc_s", "acc_c")
    ]


def test_the_wiring_is_imported_when_it_is_needed():
    assert call._wiring() is wiring
