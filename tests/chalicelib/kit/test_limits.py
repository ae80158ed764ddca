"""How much a JSON body may be."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kit.errors import Malformed
from chalicelib.kit.limits import DEEPEST, MOST_VALUES, is_json, read
from tests import openapi

LEAVES = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text() | st.just('"[{\\"}]')
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=30)


@given(VALUES)
def test_what_is_within_bounds_is_read_as_it_is(value):
    assert read(json.dumps(value).encode()) == value
    assert read(json.dumps(value, ensure_ascii=False, indent=1).encode("utf-8", "surrogatepass")) == value


def test_nothing_is_null():
    assert read(b"") is None


def nested(levels, opening="[", closing="]"):
    return (opening * levels + "0" + closing * levels).encode()


@pytest.mark.parametrize("shape", [("[", "]"), ('{"a":', "}"), ('["]]]}}}",', "]")])
def test_levels_are_counted_where_they_are_levels(shape):
    assert read(nested(DEEPEST, *shape)) is not None
    with pytest.raises(Malformed, match="deeper"):
        read(nested(DEEPEST + 1, *shape))
    assert read(json.dumps("[" * 5_000 + '{"' * 5_000).encode())


def test_values_are_counted_where_they_are_values():
    assert len(read(b"[" + b"1," * (MOST_VALUES - 1) + b"1]")) == MOST_VALUES
    with pytest.raises(Malformed, match="values"):
        read(b"[" + b"1," * MOST_VALUES + b"1]")
    assert read(json.dumps("," * 3 * MOST_VALUES).encode())


@pytest.mark.parametrize(
    "raw",
    [
        b'{"a":1,"a":1}',
        b'[{"b":{"a":1,"c":2,"\\u0061":3}}]',
        b"{",
        b"\xff",
        b'\xef\xbb\xbf{"a":1}',
        b'{"a":' + b"1" * 5_000 + b"}",
        b"\x00{\x00}",
    ],
)
def test_what_two_programs_read_in_two_ways_is_refused(raw):
    with pytest.raises(Malformed):
        read(raw)


@pytest.mark.parametrize("piece", [b"[", b'{"a":', b'"', b'\\"', b'["', b"[],", b"1,", b'"\\'])
def test_no_body_of_64_kb_costs_more_than_a_moment(piece):
    raw = (b"[" + piece * 65_536)[:65_536]
    began = time.process_time()
    with pytest.raises(Malformed):
        read(raw)
    assert time.process_time() - began < 0.5


@pytest.mark.parametrize(
    ("media", "is_it"),
    [
        ("application/json", True),
        ("Application/JSON; charset=UTF-8", True),
        ('application/json;charset="utf-8"', True),
        ("application/json; charset=gbk", False),
        ("application/json; charset=utf-16", False),
        ("application/problem+json", False),
        ("text/plain; charset=application/json", False),
        ("", False),
        (";", False),
    ],
)
def test_json_has_one_media_type_and_one_encoding(media, is_it):
    assert is_json(media) is is_it


def test_no_schema_of_ours_is_deeper_than_what_is_read():
    schemas = openapi.document()["components"]["schemas"]

    def depth(node, inside=()):
        if isinstance(node, list):
            return max((depth(one, inside) for one in node), default=0)
        if not isinstance(node, dict):
            return 0
        name = str(node.get("$ref", "")).rpartition("/")[2]
        if name:
            assert name not in inside, f"{name} holds itself: how deep may it be?"
            return depth(schemas[name], (*inside, name))
        own = int(node.get("type") in ("object", "array"))
        parts = [node.get(key) for key in ("items", "prefixItems", "anyOf", "oneOf", "allOf", "additionalProperties")]
        return own + max(depth(one, inside) for one in [*parts, list(node.get("properties", {}).values())])

    bodies = [
        content["schema"]
        for item in openapi.document()["paths"].values()
        for operation in item.values()
        for content in operation.get("requestBody", {}).get("content", {}).values()
    ]
    assert bodies
    assert max(map(depth, bodies)) < DEEPEST
