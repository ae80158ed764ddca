import json
from datetime import timedelta
from pathlib import Path

import pytest

from chalicelib import wiring
from tests.api import ADMIN, CUSTOMER, MERCHANT, OTHER, call
from tests.chalicelib.orders.world import LATER, OFFERING, SHOP, World

ORDERS, ONE, CANCEL, OF_SHOP = (
    "/v1/orders", "/v1/orders/{order_id}", "/v1/orders/{order_id}/cancel", "/v1/shops/{shop_id}/orders",
)  # fmt: skip


@pytest.fixture
def world(tables, monkeypatch):
    made = World()
    monkeypatch.setattr(wiring, "orders", lambda: made.ports)
    return made


def body(start=LATER, **said):
    line = {"kind": "booking", "shop_id": SHOP, "offering_id": OFFERING, "start": start.isoformat()}
    return {"lines": [line], **said}


def test_ordering_answers_what_is_held(world):
    answer = call("POST", ORDERS, actor=CUSTOMER, body=body(), key="key-of-mine")
    assert (answer.status, answer.json["state"]) == (201, "held")
    assert answer.json["total"] == {"amount": 10_000, "currency": "CNY"}
    assert answer.json["hold_until"] == "2030-05-01T09:10:00Z"
    assert answer.json["lines"][0]["policy"] == {
        "free_until_minutes_before": 120,
        "late_fee_bps": 3000,
        "no_show_fee_bps": 10_000,
    }
    again = call("POST", ORDERS, actor=CUSTOMER, body=body(), key="key-of-mine")
    assert (again.status, again.text, again.headers["Idempotent-Replayed"]) == (201, answer.text, "true")
    other = call("POST", ORDERS, actor=CUSTOMER, body=body(LATER + timedelta(hours=1)), key="key-of-mine")
    assert (other.status, other.json["code"]) == (422, "idempotency-key-reused")
    taken = call("POST", ORDERS, actor=OTHER, body=body())
    assert (taken.status, taken.json["code"]) == (409, "conflict")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"lines": []}, "lines"),
        ({"lines": [{"kind": "ticket"}]}, "lines.0.kind"),
        ({**body(), "coupon_id": "x"}, "coupon_id"),
        ({"lines": [{**body()["lines"][0], "start": "2030-05-01T09:00:00"}]}, "lines.0.start"),
        ({"lines": [{**body()["lines"][0], "start": "0001-01-01T00:00:00+14:00"}]}, "lines.0.start"),
    ],
)
def test_what_makes_no_sense_names_its_field(world, wrong, field):
    answer = call("POST", ORDERS, actor=CUSTOMER, body=wrong)
    assert (answer.status, answer.json["code"]) == (422, "invalid-request")
    assert field in {error["field"] for error in answer.json["errors"]}


def test_holds_are_limited(world):
    for hour in range(5):
        assert call("POST", ORDERS, actor=CUSTOMER, body=body(LATER + timedelta(hours=hour))).status == 201
    answer = call("POST", ORDERS, actor=CUSTOMER, body=body(LATER + timedelta(hours=9)))
    assert (answer.status, answer.json["code"], answer.headers["Retry-After"]) == (429, "too-many-holds", "601")


def test_my_orders_page_by_page(world):
    made = []
    for hour in range(3):
        made.append(world.hold(LATER + timedelta(hours=hour)).id)
        world.clock.move(seconds=1)
    first = call("GET", ORDERS, actor=CUSTOMER, query={"limit": 2})
    second = call("GET", ORDERS, actor=CUSTOMER, query={"limit": 2, "cursor": first.json["next_cursor"]})
    assert [item["id"] for item in (*first.json["items"], *second.json["items"])] == made[::-1]
    assert second.json["next_cursor"] is None
    stolen = call("GET", ORDERS, actor=OTHER, query={"cursor": first.json["next_cursor"]})
    assert stolen.status == 422


def test_who_sees_an_order(world):
    order = world.bought()
    for actor, status in ((CUSTOMER, 200), (MERCHANT, 200), (ADMIN, 200), (OTHER, 404), (None, 401)):
        assert call("GET", ONE, actor=actor, order_id=order.id).status == status
    assert call("GET", ONE, actor=CUSTOMER, order_id=order.id).json["confirmed_at"] == "2030-05-01T09:00:00Z"


def test_cancelling_over_http(world):
    order = world.bought()
    answer = call("POST", CANCEL, actor=CUSTOMER, body={"reason": "临时有事"}, key="cancel-it", order_id=order.id)
    assert (answer.status, answer.json["state"], answer.json["reason"]) == (200, "refunding", "临时有事")
    assert answer.json["lines"][0]["refund"]["amount"] == 10_000
    again = call("POST", CANCEL, actor=CUSTOMER, body={"reason": "临时有事"}, key="cancel-it", order_id=order.id)
    assert (again.status, again.text) == (200, answer.text)
    more = call("POST", CANCEL, actor=CUSTOMER, body={}, order_id=order.id, headers={"Accept-Language": "zh-CN"})
    assert (more.status, more.json["code"]) == (409, "order-state")
    assert more.json["detail"] == "订单状态为 refunding，当前可执行：-。"


def test_a_shop_lists_what_it_has_sold(world):
    order = world.bought()
    world.hold(LATER + timedelta(hours=1))
    for actor, status in ((MERCHANT, 200), (ADMIN, 200), (OTHER, 403), (CUSTOMER, 403)):
        assert call("GET", OF_SHOP, actor=actor, shop_id=SHOP).status == status
    assert [one["id"] for one in call("GET", OF_SHOP, actor=MERCHANT, shop_id=SHOP).json["items"]] == [order.id]
    assert call("GET", OF_SHOP, actor=OTHER, shop_id="shp_none").json["items"] == []


def test_the_sweep_is_a_handler(world):
    from chalicelib.orders import events

    world.hold()
    event = json.loads(Path("tests/events/orders-expire.json").read_text()) | {"as_of": "2030-05-01T09:11:00Z"}
    assert events.expire_holds(event, None) == {"expired": 1, "failed": 0}
