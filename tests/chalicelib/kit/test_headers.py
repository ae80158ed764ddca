"""What every answer says to browsers and caches."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kit.headers import PROTECTIVE, dressed, preflight, said_twice

OURS, OTHER = "https://app.example.com", "https://app.example.com.evil.example"
LISTED = (OURS, "http://localhost:3000")


def test_an_answer_is_protected_unless_it_says_otherwise_itself():
    assert dressed({}, None, ()) == dict(PROTECTIVE)
    kept = dressed({"cache-control": "public, max-age=300", "Content-Security-Policy": "default-src 'self'"}, None, ())
    assert (kept["cache-control"], kept["Content-Security-Policy"]) == ("public, max-age=300", "default-src 'self'")
    assert "Cache-Control" not in kept


def test_protection_says_what_it_should():
    assert PROTECTIVE["Cache-Control"] == "no-store"
    assert PROTECTIVE["X-Content-Type-Options"] == "nosniff"
    assert PROTECTIVE["Referrer-Policy"] == "no-referrer"
    assert PROTECTIVE["Cross-Origin-Resource-Policy"] == "same-origin"
    assert {"default-src 'none'", "frame-ancestors 'none'"} <= set(PROTECTIVE["Content-Security-Policy"].split("; "))
    age, *more = PROTECTIVE["Strict-Transport-Security"].split("; ")
    assert int(age.removeprefix("max-age=")) >= 365 * 86_400
    assert "includeSubDomains" in more


@pytest.mark.parametrize("origin", LISTED)
def test_a_listed_origin_may_read(origin):
    made = dressed({"Vary": "Accept-Language"}, origin, LISTED)
    assert made["Access-Control-Allow-Origin"] == origin
    assert made["Vary"] == "Accept-Language, Origin"
    assert "X-Request-Id" in made["Access-Control-Expose-Headers"]


@pytest.mark.parametrize(
    "origin", [None, "", "null", "*", OTHER, OURS.upper(), OURS + "/", OURS + ":443", "http://app.example.com", ","]
)
def test_nobody_else_may(origin):
    for made in (dressed({}, origin, LISTED), preflight(["GET"], origin, LISTED), dressed({}, origin, ())):
        assert not [name for name in made if name.startswith("Access-Control")]
    assert dressed({}, origin, LISTED)["Vary"] == "Origin", "a cache must not hand this to a listed origin"


@given(st.text(), st.text())
def test_credentials_are_never_allowed(origin, other):
    for listed in (LISTED, (origin,), (other, origin)):
        for made in (dressed({}, origin, listed), preflight(["GET"], origin, listed)):
            assert "Access-Control-Allow-Credentials" not in made
            assert made.get("Access-Control-Allow-Origin") != "*" or "*" in listed


def test_a_preflight_says_what_may_be_sent():
    made = preflight(["POST", "GET"], OURS, LISTED)
    assert made["Access-Control-Allow-Methods"] == made["Allow"] == "GET, POST, OPTIONS"
    assert {"Authorization", "Content-Type", "Idempotency-Key"} <= set(made["Access-Control-Allow-Headers"].split(", "))
    assert int(made["Access-Control-Max-Age"]) > 0


@given(st.text(alphabet=st.characters(max_codepoint=0x100)))
def test_no_value_begins_a_line_of_its_own(value):
    for made in dressed({"X-Name": value, "X-Names": [value, "b"]}, None, ()).values():
        for one in [made] if isinstance(made, str) else made:
            assert not set(one) & set(map(chr, range(0x20)))


@pytest.mark.parametrize(
    ("headers", "name"),
    [
        ({"Authorization": ["Bearer a", "Bearer b"]}, "authorization"),
        ({"Authorization": ["Bearer a"], "authorization": ["Bearer b"]}, "authorization"),
        ({"Idempotency-Key": ["k", "k"]}, "idempotency-key"),
        ({"content-type": ["application/json", "text/plain"]}, "content-type"),
        ({"Accept": ["a", "b"], "X-Forwarded-For": ["1", "2"], "Authorization": ["Bearer a"]}, None),
        ({}, None),
    ],
)
def test_what_may_come_once_is_refused_when_it_comes_twice(headers, name):
    assert said_twice(headers) == name
