"""The outermost layer, on the whole app."""

import json

import pytest

import app as whole
from chalicelib import settings
from chalicelib.kit.edge import edge
from chalicelib.kit.headers import PROTECTIVE

OURS = "https://app.example.com"


@pytest.fixture(autouse=True)
def listed(monkeypatch):
    monkeypatch.setenv("CORS_ORIGINS", f"{OURS},http://localhost:3000")
    settings.reset()
    yield
    settings.reset()


def send(method, route, headers=None, twice=None, **path):
    sent = headers or {}
    event = {
        "headers": sent,
        "multiValueHeaders": {name: [value] for name, value in sent.items()} | (twice or {}),
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": path or None,
        "stageVariables": None,
        "requestContext": {
            "resourcePath": route,
            "httpMethod": method,
            "path": f"/api{route}",
            "requestId": "req-1",
            "identity": {"sourceIp": "127.0.0.1"},
        },
        "body": None,
        "isBase64Encoded": False,
    }
    return whole.app(event, None)


def is_protected(answer, **other):
    for name, value in (PROTECTIVE | other).items():
        assert answer["headers"][name] == value
    assert answer["headers"]["X-Request-Id"] == "req-1"
    assert answer["headers"]["Vary"].endswith("Origin")


def problem(answer, status, code):
    assert (answer["statusCode"], json.loads(answer["body"])["code"]) == (status, code)
    assert answer["headers"]["Content-Type"] == "application/problem+json"
    is_protected(answer)


ME = "/v1/me"


def test_preflight_is_answered_by_list():
    answer = send("OPTIONS", ME, {"Origin": OURS, "Access-Control-Request-Method": "PATCH"})
    assert (answer["statusCode"], answer["body"]) == (204, "")
    assert answer["headers"]["Access-Control-Allow-Origin"] == OURS
    assert answer["headers"]["Access-Control-Allow-Methods"] == answer["headers"]["Allow"]
    assert {"GET", "PATCH", "OPTIONS"} <= set(answer["headers"]["Allow"].split(", "))
    is_protected(answer)
    stranger = send("OPTIONS", ME, {"Origin": "https://evil.example", "Access-Control-Request-Method": "PATCH"})
    assert not [name for name in stranger["headers"] if name.startswith("Access-Control")]
    is_protected(stranger)


def test_answers_and_refusals_may_be_read_by_listed_origins():
    for origin, told in ((OURS, OURS), ("https://evil.example", None), ("null", None)):
        for answer in (send("GET", ME, {"Origin": origin}), send("PUT", ME, {"Origin": origin})):
            assert answer["headers"].get("Access-Control-Allow-Origin") == told
            assert "Access-Control-Allow-Credentials" not in answer["headers"]
            is_protected(answer)


@pytest.mark.parametrize("method", ["PUT", "TRACE", "CONNECT", "PROPFIND", "get", ""])
def test_methods_that_nothing_takes_are_refused(method):
    answer = send(method, ME)
    problem(answer, 405, "method-not-allowed")
    assert answer["headers"]["Allow"] == "GET, PATCH, OPTIONS"


def test_head_is_refused_without_a_body():
    answer = send("HEAD", ME)
    assert (answer["statusCode"], answer["body"]) == (405, "")


@pytest.mark.parametrize("name", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
def test_headers_change_no_method(name):
    problem(send("GET", ME, {name: "PATCH"}), 401, "unauthorized")
    problem(send("POST", ME, {name: "GET"}), 405, "method-not-allowed")


@pytest.mark.parametrize("name", ["Authorization", "authorization", "Content-Type", "Host", "Idempotency-Key"])
def test_two_of_what_there_is_one_of_are_refused(name):
    problem(send("GET", ME, {"Accept-Language": "en"}, {name: ["a", "b"]}), 400, "malformed-request")


def test_whatever_goes_wrong_is_a_problem_and_protected():
    problem(send("GET", "/v1/no-such-route"), 404, "not-found")

    def breaks(_request):
        raise RuntimeError("password=hunter2")

    answer = edge(lambda: (OURS,))(None, breaks)
    assert answer.status_code == 500
    assert "hunter2" not in answer.body
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_page_says_its_own_policy():
    answer = send("GET", "/v1/docs")
    policy = answer["headers"]["Content-Security-Policy"]
    assert "style-src 'sha256-" in policy
    assert "unsafe" not in policy
    is_protected(answer, **{"Content-Security-Policy": policy, "Cache-Control": "public, max-age=300"})
