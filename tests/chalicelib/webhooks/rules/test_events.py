"""What is published of what happens: each type as its schema says, with nobody's name in it."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kit.outbox import NOTIFICATIONS, Message
from chalicelib.webhooks.rules.events import TYPES, event_of, merchant_of
from chalicelib.webhooks.rules.listening import Audience, Listener
from chalicelib.webhooks.schemas.events import SCHEMAS

NOW = datetime(2030, 5, 1, 9, 30, tzinfo=UTC)
ALL = {
    "merchant_id": "acc_m", "customer_id": "acc_c", "order_id": "ord_1", "shop_id": "shp_1", "claim_id": "clm_1",
    "line_id": "lin_1", "amount": 5, "given": 3, "currency": "CNY", "dispute_id": "dsp_1", "evidence_until": None,
    "payout_id": "pyo_1", "returned": 0, "settlement_id": "set_1", "payable": -4, "lines": 2, "review_id": "rev_1",
    "stars": 4,
}  # fmt: skip


def message(kind, at=NOW, **more):
    return Message(kind, (NOTIFICATIONS,), {**ALL, **more}, at, 7)


@pytest.mark.parametrize("kind", TYPES)
def test_what_is_told_is_what_its_schema_says(kind):
    event = event_of(message(kind))
    told = json.loads(event.body)
    SCHEMAS[kind][1].model_validate_json(event.body)
    assert (told["type"], told["timestamp"], told["data"]["version"]) == (kind, "2030-05-01T09:30:00.000000Z", 7)
    assert told["data"]["merchant_id"] == "acc_m"
    assert "customer_id" not in event.body


def test_all_that_can_be_asked_for_is_described():
    assert SCHEMAS.keys() - TYPES.keys() == {"webhook.test", "webhook.challenge"}
    assert TYPES.keys() <= SCHEMAS.keys()


def test_only_what_is_published_and_concerns_a_merchant_is_told():
    assert merchant_of(message("order.confirmed")) == "acc_m"
    assert merchant_of(message("login.new")) is None
    assert merchant_of(Message("review.posted", (), {"shop_id": "shp_1"}, NOW)) is None


@given(st.lists(st.integers(0, 10**11), min_size=2, max_size=9, unique=True))
def test_ids_sort_as_what_happened_and_follow_from_the_message(milliseconds):
    made = [message("order.confirmed", NOW + timedelta(milliseconds=one)) for one in milliseconds]
    ids = [event_of(one).id for one in made]
    assert sorted(ids) == [event_of(one).id for one in sorted(made, key=lambda one: one.occurred_at)]
    assert [event_of(one).id for one in made] == ids
    assert len(set(ids)) == len(ids)


def test_partners_hear_of_all_or_of_some_while_they_have_an_endpoint():
    merchant = Listener("acc_m", 1)
    everybodys, some = Listener("acc_p", 1, "ERP", None), Listener("acc_q", 2, "till", frozenset({"acc_n"}))
    assert Audience.of([merchant]).hears_of("acc_m")
    assert not Audience.of([merchant]).hears_of("acc_n")
    assert Audience.of([everybodys]).hears_of("acc_anybody")
    assert [Audience.of([some]).hears_of(one) for one in ("acc_n", "acc_m", "acc_q")] == [True, False, True]
    assert not Audience.of([Listener("acc_p", 0, "ERP", None), Listener("acc_m", 0)]).hears_of("acc_m")
    assert not merchant.hears_of("acc_n")
