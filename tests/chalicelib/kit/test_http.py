"""The decorator that every route wears, on an app of its own with planted routes."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError
from chalice.app import Blueprint, Chalice
from pynamodb.exceptions import GetError

from chalicelib import wiring
from chalicelib.kit import call, http
from chalicelib.kit.auth import PUBLIC, Actor, Permission, Role
from chalicelib.kit.errors import Conflict, Forbidden, NotFound, TooMany, Unauthorized
from chalicelib.kit.http import Reply, Wire, endpoint, problem_middleware
from chalicelib.kit.idempotency import LATE, Answer, InProgress, KeyReused, Replayed

NOW = datetime(2030, 5, 1, 9, 30, tzinfo=UTC)
ADMIN = Actor("acc_a", frozenset({Role.ADMIN}), "ses_1", methods=("sms", "otp"))
CUSTOMER = Actor("acc_c", frozenset({Role.CUSTOMER}), "ses_2")
CLERK = replace(CUSTOMER, memberships={"acc_m1": Role.STAFF, "acc_m2": Role.STAFF})
AGENT = replace(CUSTOMER, agent_id="acc_s")


class ThingIn(Wire):
    name: str
    number: int = 1


class ThingQuery(Wire):
    limit: int = 20


class Thing(Wire):
    id: str


class Wiring:
    """As much of the wiring as the decorator asks for."""

    def __init__(self):
        self.answers = {}
        self.recalled = 0
        self.looked_at = []

    def now(self):
        return NOW

    def clock(self):
        return self

    def tokens(self):
        return self

    def read(self, token, _now):
        return {"admin": ADMIN, "customer": CUSTOMER, "clerk": CLERK, "agent": AGENT}[token]

    def trace(self, *_told):
        pass

    def sessions(self):
        return self

    def must_stand(self, actor):
        self.looked_at.append(actor.session_id)

    def idempotency(self):
        return self

    def recall(self, once):
        self.recalled += 1
        answer = self.answers.get(once.key)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def wired(monkeypatch):
    made = Wiring()
    monkeypatch.setattr(call, "_wiring", lambda: made)
    return made


@pytest.fixture
def planted(monkeypatch, wired):
    """Return `plant(view, ...)`: an app with one route, as a function of a request."""
    monkeypatch.setattr(http, "ENDPOINTS", [])

    def plant(view, method="POST", path="/v1/things", **spec):
        bp = Blueprint("planted")
        spec = {"summary": "s", "tag": "things", "needs": PUBLIC} | spec
        endpoint(bp, method, path, **spec)(view)
        app = Chalice(app_name="planted")
        app.register_middleware(problem_middleware, "http")
        app.register_blueprint(bp)

        def send(body=None, *, headers=None, query=None, raw=None, verb=method, base64=False, **parameters):
            sent = {"Content-Type": "application/json", **(headers or {})}
            event = {
                "headers": sent,
                "multiValueHeaders": {k: [v] for k, v in sent.items()},
                "multiValueQueryStringParameters": {
                    k: v if isinstance(v, list) else [v] for k, v in (query or {}).items()
                }
                or None,
                "queryStringParameters": query,
                "pathParameters": parameters or None,
                "stageVariables": None,
                "path": path,
                "requestContext": {
                    "resourcePath": path,
                    "httpMethod": verb,
                    "requestId": "req-1",
                    "path": path,
                    "identity": {"sourceIp": "127.0.0.1"},
                },
                "body": raw if raw is not None else (None if body is None else json.dumps(body)),
                "isBase64Encoded": base64,
            }
            answer = app(event, None)
            answer["json"] = json.loads(answer["body"]) if answer["body"][:1] in {"{", "["} else None
            return answer

        return send

    return plant


def make(_call):
    return Thing(id="t1")


def problem(answer, status, code):
    assert answer["statusCode"] == status, answer
    assert answer["headers"]["Content-Type"] == "application/problem+json"
    assert answer["headers"]["X-Request-Id"] == "req-1"
    assert answer["json"]["code"] == code
    assert answer["json"]["type"] == f"urn:linli:problem:{code}"
    assert answer["json"]["request_id"] == "req-1"
    return answer["json"]


def test_an_answer_is_the_json_of_its_schema(planted):
    answer = planted(make, status=201, returns=Thing)()
    assert (answer["statusCode"], answer["json"]) == (201, {"id": "t1"})
    assert answer["headers"]["Content-Type"] == "application/json"
    assert answer["headers"]["X-Request-Id"] == "req-1"


def test_no_answer_is_an_empty_body(planted):
    answer = planted(lambda _call: None, status=204)()
    assert (answer["statusCode"], answer["body"]) == (204, "")


def test_a_reply_goes_out_as_it_is(planted):
    answer = planted(lambda _call: Reply("<p>", 203, "text/html", {"ETag": '"x"'}))()
    assert (answer["statusCode"], answer["body"], answer["headers"]["ETag"]) == (203, "<p>", '"x"')


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


@pytest.mark.parametrize("value", ["a#b", "a b", "x" * 129, "a/b", "ü", "a|b"])
def test_what_cannot_be_an_id_is_not_found(planted, value):
    send = planted(lambda _call, thing_id: pytest.fail(thing_id), "GET", "/v1/things/{thing_id}")
    problem(send(thing_id=value), 404, "not-found")


def test_problems_speak_the_clients_language(planted):
    def view(_call):
        raise NotFound("shop")

    send = planted(view)
    assert problem(send(), 404, "not-found")["detail"] == "There is no such shop."
    assert problem(send(headers={"Accept-Language": "zh"}), 404, "not-found")["title"] == "未找到"


def test_a_retry_is_suggested_where_it_makes_sense(planted):
    def view(_call):
        raise TooMany(retry_after=7)

    answer = planted(view)()
    problem(answer, 429, "too-many-requests")
    assert answer["headers"]["Retry-After"] == "7"


def test_a_bug_is_a_500_that_tells_nothing_but_the_request(planted):
    def view(_call):
        raise RuntimeError("password=hunter2")

    answer = planted(view)()
    problem(answer, 500, "internal")
    assert "hunter2" not in answer["body"]


def throttled():
    answer = {"Error": {"Code": "ThrottlingException", "Message": "x"}, "ResponseMetadata": {"HTTPStatusCode": 400}}
    return GetError(cause=ClientError(answer, "GetItem"))


def test_what_aws_cannot_do_at_the_moment_is_no_bug(planted, wired, monkeypatch):
    def view(_call):
        raise throttled()

    answer = planted(view)()
    problem(answer, 503, "temporarily-unavailable")
    assert answer["headers"]["Retry-After"] == "2"

    def unread(_token, _now):
        raise EndpointConnectionError(endpoint_url="https://ssm.example")

    monkeypatch.setattr(wired, "read", unread)  # at a cold start the keys of tokens have to be asked for
    send = planted(make, "GET", needs=Permission.ACCOUNT_OWN)
    problem(send(headers={"Authorization": "Bearer customer"}), 503, "temporarily-unavailable")


def test_where_the_edges_secret_cannot_be_read_the_client_may_repeat(planted, wired, monkeypatch):
    def unread():
        raise throttled()

    monkeypatch.setattr(wired, "edge_secret", unread, raising=False)
    sent = {"x-edge-secret": "x", "cloudfront-viewer-address": "192.0.2.1:443"}
    problem(planted(lambda call: Reply(call.source_ip))(headers=sent), 503, "temporarily-unavailable")


KEY = {"Idempotency-Key": "key-0001", "Authorization": "Bearer customer"}


def creating(call):
    once = call.once(lambda result: Thing(id=result))
    answer = once.render("t1")
    return Thing(id=json.loads(answer.body)["id"])


def idempotent(planted, view=creating):
    return planted(view, needs=Permission.ACCOUNT_OWN, body=ThingIn, returns=Thing, status=201, idempotent=True)


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


def test_a_replay_is_said_to_be_one(planted):
    def view(_call):
        raise Replayed(Answer(201, '{"id":"t1"}'))

    answer = idempotent(planted, view)({"name": "x"}, headers=KEY)
    assert (answer["statusCode"], answer["json"]) == (201, {"id": "t1"})
    assert answer["headers"]["Idempotent-Replayed"] == "true"


def refusing(call):
    call.once(lambda result: Thing(id=result))
    raise Conflict


def test_a_repeat_that_is_refused_because_the_first_succeeded_gets_its_answer(planted, wired):
    wired.answers["key-0001"] = Answer(201, '{"id":"t1"}')
    answer = idempotent(planted, refusing)({"name": "x"}, headers=KEY)
    assert (answer["statusCode"], answer["headers"]["Idempotent-Replayed"]) == (201, "true")


def test_who_may_no_more_is_told_no_more(planted, wired):
    def view(call):
        call.once(lambda result: Thing(id=result))
        raise Forbidden

    wired.answers["key-0001"] = Answer(201, '{"id":"t1"}')
    problem(idempotent(planted, view)({"name": "x"}, headers=KEY), 403, "forbidden")


def test_a_refusal_without_a_stored_answer_stays_one(planted, wired):
    problem(idempotent(planted, refusing)({"name": "x"}, headers=KEY), 409, "conflict")
    wired.answers["key-0001"] = KeyReused()
    problem(idempotent(planted, refusing)({"name": "x"}, headers=KEY), 422, "idempotency-key-reused")
    assert wired.recalled == 2


def test_without_a_key_nothing_is_recalled(planted, wired):
    def view(_call):
        raise InProgress(retry_after=1)

    problem(planted(view)(), 409, "request-in-progress")
    assert wired.recalled == 0


def test_what_chalice_refuses_itself_is_a_problem_too(planted):
    send = planted(make)
    told = problem(send(headers={"Content-Type": "text/plain", "Accept-Language": "zh"}), 415, "unsupported-media-type")
    assert told["title"] == "不支持的媒体类型"


def test_middleware_leaves_other_answers_alone():
    class Refused:
        status_code = 400
        headers = {"X": "1"}  # noqa: RUF012 - a stand-in
        body = {"Code": "BadRequestError", "Message": "no"}  # noqa: RUF012 - as above

    class Event:
        context = {"requestId": "req-9"}  # noqa: RUF012 - as above
        headers = {}  # noqa: RUF012 - as above

    answer = problem_middleware(Event(), lambda _event: Refused())
    assert json.loads(answer.body)["code"] == "malformed-request"
    assert (answer.status_code, answer.headers["X"]) == (400, "1")
    assert answer.headers["X-Request-Id"] == "req-9"
    Refused.status_code, Refused.body = 500, {"Code": "InternalServerError", "Message": "secret"}
    answer = problem_middleware(Event(), lambda _event: Refused())
    assert json.loads(answer.body)["code"] == "internal"
    Refused.body = {"other": 1}
    assert problem_middleware(Event(), lambda _event: Refused()).body == {"other": 1}


def test_endpoints_are_listed_for_the_document(planted):
    planted(make, returns=Thing, also={304: "same"})
    (spec,) = http.ENDPOINTS
    assert (spec.method, spec.path, spec.name, spec.also) == ("POST", "/v1/things", "make", {304: "same"})


def test_the_wiring_is_imported_when_it_is_needed():
    assert call._wiring() is wiring


def test_a_refusal_is_not_told_before_it_is_known_that_the_first_one_did_not_succeed(planted, wired):
    def view(call):
        call.once(lambda result: Thing(id=result))
        raise Conflict

    wired.answers["key-0001"] = throttled()
    answer = idempotent(planted, view)({"name": "x"}, headers=KEY)
    problem(answer, 503, "temporarily-unavailable")
    assert answer["headers"]["Retry-After"] == "2"


def test_where_little_time_is_left_a_silent_database_is_not_asked_again(planted, wired, monkeypatch):
    def silent(call):
        call.once(lambda result: Thing(id=result))
        monkeypatch.setattr(http.observability, "worked_for", lambda: LATE + 0.1)
        raise ReadTimeoutError(endpoint_url="https://dynamodb.example")

    def refused(call):
        call.once(lambda result: Thing(id=result))
        raise Conflict

    wired.answers["key-0001"] = Answer(201, '{"id": "t1"}')
    problem(idempotent(planted, silent)({"name": "x"}, headers=KEY), 503, "outcome-unknown")
    assert wired.recalled == 0
    assert idempotent(planted, refused)({"name": "x"}, headers=KEY)["statusCode"] == 201, "it has answered: it is asked"


def test_what_was_done_though_its_answer_was_lost_is_told(planted, wired):
    def view(call):
        call.once(lambda result: Thing(id=result))
        raise ReadTimeoutError(endpoint_url="https://dynamodb.example")

    problem(idempotent(planted, view)({"name": "x"}, headers=KEY), 503, "outcome-unknown")
    wired.answers["key-0001"] = Answer(201, '{"id": "t1"}')
    answer = idempotent(planted, view)({"name": "x"}, headers=KEY)
    assert (answer["statusCode"], answer["headers"]["Idempotent-Replayed"]) == (201, "true")
