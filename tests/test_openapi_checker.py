"""The checker that holds answers against the document sees what is wrong with them."""

import json

import pytest

from tests import openapi
from tests.api import Answer

HEALTH = {"status": "ok", "stage": "test", "region": "x"}


def answer(body=None, status=200, media="application/json", **headers):
    text = json.dumps(HEALTH if body is None else body)
    return Answer(status, text, {"Content-Type": media, "X-Request-Id": "req-1", **headers})


def problem(code, status, **more):
    body = {"type": "t", "title": "t", "status": status, "detail": "d", "code": code, "request_id": "r", **more}
    return answer(body, status, "application/problem+json")


def test_what_is_documented_passes():
    openapi.check(answer(), "GET", "/v1/health")
    openapi.check(problem("too-many-requests", 429), "GET", "/v1/health")
    openapi.check(problem("not-found", 404), "GET", "/v1/shops/shp_1/reviews?limit=2")


@pytest.mark.parametrize(
    ("made", "method", "path", "why"),
    [
        (answer(), "GET", "/v1/nowhere", "not documented"),
        (answer(), "DELETE", "/v1/health", "not documented"),
        (answer(status=418), "GET", "/v1/health", "documented are"),
        (answer({"status": "ok"}), "GET", "/v1/health", "required"),
        (answer(HEALTH | {"more": 1}), "GET", "/v1/health", "more"),
        (answer(HEALTH | {"status": "bad"}), "GET", "/v1/health", "status"),
        (answer(media="text/html"), "GET", "/v1/health", "instead of"),
        (Answer(200, "{}", {}), "GET", "/v1/health", "no X-Request-Id"),
        (problem("conflict", 415), "GET", "/v1/health", "code conflict is not documented"),
        (problem("too-many-requests", 429, more=1), "GET", "/v1/health", "more"),
        (answer(status=304), "GET", "/v1/docs", "no body is documented"),
    ],
)
def test_what_is_not_documented_is_seen(made, method, path, why):
    with pytest.raises(AssertionError, match=why):
        openapi.check(made, method, path)
