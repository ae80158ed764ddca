"""Requests that make no sense, to every endpoint: whatever comes, it is refused as a problem and never breaks anything."""

import json
import os
import string

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib import wiring
from chalicelib.kit.http import ENDPOINTS
from tests import api
from tests.api import ADMIN, CUSTOMER, MERCHANT
from tests.openapi import document

TIMES = int(os.environ.get("GARBAGE", "1"))  # see prove_access
FAST = settings(max_examples=150 * TIMES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
ODD = [
    "", " ", ".", "..", "../../etc/passwd", "%2e%2e%2f", "%00", "\x00", "\r\nSet-Cookie: a=b", "null", "-1", "0", "true",
    "a" * 128, "a" * 129, "ａｄｍｉｎ", "é", "e\u0301", "\u202e", "ﬁ", "K", "a|b", "a#b", "'; DROP TABLE", "${7*7}", "{{7*7}}",
    "%25252e", "acc_admin", "ord_" + "0" * 26, "1" * 5_000,
]  # fmt: skip
TEXTS = st.sampled_from(ODD) | st.text(max_size=200)
# Two encodings of one name, characters that look alike, and what is folded into others.
IDS = TEXTS | st.text(alphabet=string.ascii_letters + string.digits + "_.:-", min_size=1, max_size=128)
HEADERS = st.dictionaries(
    st.sampled_from(
        ["Accept", "Accept-Language", "Content-Type", "Idempotency-Key", "If-None-Match", "Origin", "X-Device-Id",
         "X-Forwarded-For", "X-HTTP-Method-Override", "Stripe-Signature", "Wechatpay-Signature", "Wechatpay-Timestamp",
         "Wechatpay-Nonce", "Wechatpay-Serial"]
    ),
    TEXTS,
    max_size=5,
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXTS, inner, max_size=5),
    max_leaves=10,
)


def endpoints():
    import app  # noqa: F401 - fills the list

    return ENDPOINTS


def path_of(spec, draw):
    names = [part[1:-1] for part in spec.path.split("/") if part.startswith("{")]
    return {name: draw(IDS) for name in names}


def sane(answer, where):
    """The answer was held against the document by `call` already."""
    assert answer.status < 500, (where, answer.text)
    assert not [name for name, value in answer.headers.items() if set(value) & set("\r\n\0")], where


_sent = [0]


def call(*parts, **named):
    """Send a request, and count it."""
    _sent[0] += 1
    return api.call(*parts, **named)


@pytest.fixture
def here(tables, record_property, monkeypatch):
    """All tables, an address that a deployment has told, and no provider is reached."""
    monkeypatch.setattr(wiring, "public_url", lambda: "https://api.example.com")
    _sent[0] = 0
    yield tables
    record_property("garbage", _sent[0])


@FAST
@given(data=st.data())
def test_garbage_in_paths_queries_headers_and_bodies_breaks_nothing(here, data):
    spec = data.draw(st.sampled_from(endpoints()))
    query = {name: data.draw(TEXTS) for name in (spec.query.model_fields if spec.query else ())}
    raw = data.draw(
        st.none() | JSON.map(json.dumps) | st.text(max_size=50) | st.sampled_from(["[" * 60_000, "\ud800", "1" * 5_000])
    )
    answer = call(
        spec.method,
        spec.path,
        actor=data.draw(st.sampled_from([None, CUSTOMER, MERCHANT, ADMIN])),
        query=data.draw(st.sampled_from([query, {}, {"": "", "x" * 300: "y"}])),
        raw=raw,
        headers=data.draw(HEADERS),
        **path_of(spec, data.draw),
    )
    sane(answer, f"{spec.method} {spec.path}")


SEGMENT = st.text(alphabet=string.ascii_letters + string.digits + "-_", max_size=60)


@FAST
@given(
    token=TEXTS
    | st.builds("{}.{}.{}".format, SEGMENT, SEGMENT, SEGMENT)
    | st.sampled_from(
        ["eyJhbGciOiJub25lIn0.eyJzdWIiOiJhY2NfYWRtaW4ifQ.", "e30.e30.e30", "bnVsbA.bnVsbA.", "W10.W10.W10"]
    ),
    scheme=st.sampled_from(["Bearer ", "bearer ", "Basic ", "Bearer", "Bearer Bearer ", ""]),
)
def test_what_is_no_token_opens_nothing(here, token, scheme):
    assert call("GET", "/v1/me", headers={"Authorization": scheme + token}).status == 401


@FAST
@given(cut=st.integers(0, 400), put=st.sampled_from(list(string.ascii_letters + string.digits + "-_.=")))
def test_a_token_with_one_letter_changed_opens_nothing(here, cut, put):
    whole = wiring.tokens().issue(ADMIN, wiring.clock().now())
    cut %= len(whole)
    changed = whole[:cut] + put + whole[cut + 1 :]
    last = cut == len(whole) - 1  # of which some bits mean nothing
    if changed == whole or last:
        return
    assert call("GET", "/v1/admin/audit", headers={"Authorization": f"Bearer {changed}"}).status == 401


LISTS = sorted(
    path
    for path, item in document()["paths"].items()
    if any(one.get("name") == "cursor" for one in item.get("get", {}).get("parameters", ()))
)


@FAST
@given(path=st.sampled_from(LISTS), cursor=TEXTS | SEGMENT, data=st.data())
def test_what_is_no_cursor_is_refused(here, path, cursor, data):
    (spec,) = [one for one in endpoints() if (one.method, one.path) == ("GET", path)]
    names = path_of(spec, lambda _strategy: "x")
    actor = data.draw(st.sampled_from([CUSTOMER, MERCHANT, ADMIN]))
    answer = call("GET", path, actor=actor, query={"cursor": cursor}, **names)
    sane(answer, path)
    assert answer.status != 200 or cursor == ""


@pytest.mark.parametrize(
    "alike", ["ａcc_merchant", "acc_merchant\u200b", "acc_merchant%E2%80%8B", "ACC_MERCHANT", "acc_merchant "]
)
def test_an_id_has_one_spelling(here, alike):
    assert call("GET", "/v1/admin/accounts/{account_id}", actor=ADMIN, account_id=alike).status == 404
