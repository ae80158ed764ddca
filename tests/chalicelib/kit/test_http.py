"""The decorator that every route wears, on an app of its own with planted routes."""

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError
from pynamodb.exceptions import GetError

from chalicelib.kit import http
from chalicelib.kit.auth import Permission
from chalicelib.kit.errors import Conflict, Forbidden, NotFound, TooMany
from chalicelib.kit.http import Reply
from chalicelib.kit.idempotency import LATE, Answer, InProgress, KeyReused, Replayed
from tests.chalicelib.kit.planted import KEY, Thing, idempotent, make, problem


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


def test_endpoints_are_listed_for_the_document(planted):
    planted(make, returns=Thing, also={304: "same"})
    (spec,) = http.ENDPOINTS
    assert (spec.method, spec.path, spec.name, spec.also) == ("POST", "/v1/things", "make", {304: "same"})


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
