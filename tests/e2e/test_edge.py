"""The edge over HTTP: what the deployed gateway and the function make of preflights, methods and headers."""

import http.client
import json
from urllib.parse import urlsplit

import pytest

from chalicelib.kit.headers import PROTECTIVE
from infra.local.supervisor import LocalStack
from infra.targets import DEVELOPMENT_ORIGINS

pytestmark = pytest.mark.e2e
STRANGER = "https://evil.example"


@pytest.fixture
def send(stack: LocalStack):
    """Return a function that sends a request as it is said, without a library's additions."""
    address = urlsplit(stack.addresses.api)

    def send(method, path, *headers, body=b""):
        connection = http.client.HTTPConnection(address.hostname, address.port, timeout=30)
        connection.putrequest(method, f"{address.path}{path}", skip_accept_encoding=True)
        for name, value in (*headers, ("Content-Length", str(len(body)))):
            connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        answer.text = answer.read().decode()
        connection.close()
        return answer

    return send


@pytest.mark.parametrize("origin", [*DEVELOPMENT_ORIGINS, STRANGER, "null"])
def test_preflights_and_answers_go_by_the_list(send, origin):
    asked = (("Origin", origin), ("Access-Control-Request-Method", "GET"))
    told = origin if origin in DEVELOPMENT_ORIGINS else None
    preflight = send("OPTIONS", "/v1/orders/ord_x", *asked)
    assert (preflight.status, preflight.headers["Access-Control-Allow-Origin"]) == (204, told)
    assert ("Authorization" in (preflight.headers["Access-Control-Allow-Headers"] or "")) is bool(told)
    for answer in (send("GET", "/v1/health", *asked), send("GET", "/v1/me", *asked)):
        assert answer.headers["Access-Control-Allow-Origin"] == told
        assert answer.headers["Vary"] == "Origin"
        assert answer.headers["Access-Control-Allow-Credentials"] is None


def test_every_answer_is_protected(send):
    for method, path in (("GET", "/v1/health"), ("GET", "/v1/me"), ("PUT", "/v1/me"), ("OPTIONS", "/v1/me")):
        answer = send(method, path)
        assert {name: answer.headers[name] for name in PROTECTIVE} == dict(PROTECTIVE)


@pytest.mark.parametrize("method", ["PUT", "HEAD", "DELETE"])
def test_methods_that_a_path_does_not_take_are_refused(send, method):
    answer = send(method, "/v1/me")
    assert (answer.status, answer.headers["Allow"]) == (405, "GET, PATCH, OPTIONS")
    assert answer.headers["Content-Type"] == "application/problem+json"
    if method != "HEAD":
        assert json.loads(answer.text)["code"] == "method-not-allowed"


def test_traces_are_not_answered(send):
    answer = send("TRACE", "/v1/me", ("X-Secret", "hunter2"))
    assert answer.status >= 400
    assert "hunter2" not in answer.text


def test_a_second_authorization_opens_nothing(send):
    answer = send("GET", "/v1/me", ("Authorization", "Bearer a"), ("Authorization", "Bearer b"))
    assert answer.status in {400, 401}
