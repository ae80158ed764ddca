from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stripe._encode import _api_encode

from infra.sandbox import forms, params
from infra.sandbox.amounts import show
from infra.sandbox.errors import ApiError

NAMES = st.text("abcdefgh_", min_size=1, max_size=5)
VALUES = st.text(max_size=10)
TREES = st.recursive(VALUES, lambda inner: st.dictionaries(NAMES, inner, min_size=1, max_size=3), max_leaves=8)


@given(st.dictionaries(NAMES, TREES, max_size=4))
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_the_sdk_encodes_is_decoded(tree):
    assert forms.decode(urlencode(list(_api_encode(tree)))) == tree


def test_lists_and_repeats():
    assert forms.decode("a[0]=x&a[1]=y&b[]=1&b[]=2&c=1&c=2&d[][e]=1") == {
        "a": {"0": "x", "1": "y"},
        "b": {"0": "1", "1": "2"},
        "c": "2",
        "d": {"0": {"e": "1"}},
    }


@pytest.mark.parametrize(
    "text", ["a=1&a[b]=2", "a[b]=2&a=1", "[a]=1", "a[b=1", "a" + "[b]" * 10 + "=1", "a=%ff", "&".join(["a=1"] * 1001)]
)
def test_what_is_no_form(text):
    with pytest.raises(ApiError):
        forms.decode(text)


@pytest.mark.parametrize(
    ("schema", "form", "typed"),
    [
        ("charge_list", {"created": {"gte": "5"}, "limit": "3"}, {"created": {"gte": 5}, "limit": 3}),
        ("charge_list", {"created": "5"}, {"created": 5}),
        ("refund_create", {"metadata": ""}, {"metadata": ""}),
        ("refund_create", {"metadata": {"0": "a", "b": ""}}, {"metadata": {"0": "a", "b": ""}}),
        ("refund_create", {"expand": {"1": "b", "0": "a"}}, {"expand": ["a", "b"]}),
        ("refund_create", {"expand": ""}, {"expand": []}),
        ("payment_intent_confirm", {"off_session": "true"}, {"off_session": True}),
        ("payment_intent_confirm", {"off_session": "one_off"}, {"off_session": "one_off"}),
        ("payment_intent_confirm", {"shipping": ""}, {"shipping": ""}),
        (
            "payment_intent_confirm",
            {"shipping": {"name": "A", "address": {"city": "Shanghai", "line2": "Room 1"}}},
            {"shipping": {"name": "A", "address": {"city": "Shanghai", "line2": "Room 1"}}},
        ),
    ],
)
def test_types(schema, form, typed):
    assert params.check(schema, form) == typed


@pytest.mark.parametrize(
    ("schema", "form", "param"),
    [
        ("refund_create", {"amount": {"a": "1"}}, "amount"),
        ("refund_create", {"metadata": "x"}, "metadata"),
        ("refund_create", {"expand": "x"}, "expand"),
        ("refund_create", {"expand": {"x": "y"}}, "expand"),
        ("refund_create", {"reverse_transfer": "maybe"}, "reverse_transfer"),
        ("payment_intent_confirm", {"shipping": {"name": "A"}}, "shipping[address]"),
        (
            "payment_intent_confirm",
            {"shipping": {"name": "A", "address": {"planet": "x"}}},
            "shipping[address][planet]",
        ),
        ("payment_intent_confirm", {"shipping": "x"}, "shipping"),
        (
            "payment_intent_confirm",
            {"payment_method_options": {"card": {"installments": {"plan": {"count": "x", "type": "fixed_count"}}}}},
            "payment_method_options[card][installments][plan][count]",
        ),
        (
            "payment_intent_create",
            {
                "amount": "1",
                "currency": "cny",
                "amount_details": {"line_items": {"0": {"product_name": "a", "quantity": "1"}}},
            },
            "amount_details[line_items][0][unit_cost]",
        ),
    ],
)
def test_wrong_types_are_told_with_their_path(schema, form, param):
    with pytest.raises(ApiError) as refusal:
        params.check(schema, form)
    assert refusal.value.param == param


def test_numbers_with_a_point():
    schema, form = "payment_intent_create", {"amount": "1", "currency": "cny"}
    with pytest.raises(ApiError):
        params._scalar("x", float, "rate")
    assert params._scalar("1.5", float, "rate") == "1.5"
    assert params.check(schema, form)["amount"] == 1


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [(5, "cny", "0.05 CNY"), (1234, "jpy", "1234 JPY"), (1234, "kwd", "1.234 KWD"), (-250, "usd", "-2.50 USD")],
)
def test_amounts_for_people(amount, currency, text):
    assert show(amount, currency) == text
