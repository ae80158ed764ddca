import pytest

from chalicelib import wiring
from chalicelib.kit.auth import Actor, Role
from chalicelib.orders.ports import LineState
from tests.api import CUSTOMER, OTHER, call, told

REVIEW = "/v1/orders/{order_id}/lines/{line_id}/review"
OF_SHOP = "/v1/shops/{shop_id}/reviews"
MINE = {"order_id": "ord_1", "line_id": "lin_1"}
GOOD = {"stars": 5, "text": "手艺很好，下次再来。", "language": "zh-CN"}


@pytest.fixture(autouse=True)
def _wired(ports, monkeypatch):
    monkeypatch.setattr(wiring, "reviews", lambda: ports)


def test_the_customer_writes_and_everybody_reads():
    written = call("POST", REVIEW, actor=CUSTOMER, body=GOOD, **MINE)
    assert written.status == 201
    assert {key: written.json[key] for key in ("author", "stars", "text", "language", "shop_id")} == {
        "author": "张*",
        "shop_id": "shp_1",
        **GOOD,
    }
    read = call("GET", OF_SHOP, shop_id="shp_1")
    assert read.status == 200
    assert read.json == {
        "rating": {"average": 5.0, "count": 1, "histogram": [0, 0, 0, 0, 1]},
        "items": [written.json],
        "next_cursor": None,
    }
    assert CUSTOMER.account_id not in read.text


def test_a_repeat_with_the_same_key_gets_the_same_answer():
    first = call("POST", REVIEW, actor=CUSTOMER, body=GOOD, key="key-of-mine", **MINE)
    again = call("POST", REVIEW, actor=CUSTOMER, body=GOOD, key="key-of-mine", **MINE)
    assert (again.status, again.text) == (201, first.text)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(told()) == 2
    other = call("POST", REVIEW, actor=CUSTOMER, body=GOOD | {"stars": 1}, key="key-of-mine", **MINE)
    assert (other.status, other.json["code"]) == (422, "idempotency-key-reused")
    second = call("POST", REVIEW, actor=CUSTOMER, body=GOOD, **MINE)
    assert (second.status, second.json["code"]) == (409, "already-reviewed")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"stars": 0}, "stars"),
        ({"stars": 6}, "stars"),
        ({"stars": "5"}, "stars"),
        ({"stars": 4.5}, "stars"),
        ({"stars": True}, "stars"),
        ({"text": "好" * 2001}, "text"),
        ({"language": "chinese!"}, "language"),
        ({"author": "me"}, "author"),
    ],
)
def test_what_is_no_review_is_refused(change, field):
    answer = call("POST", REVIEW, actor=CUSTOMER, body=GOOD | change, **MINE)
    assert (answer.status, answer.json["errors"][0]["field"]) == (422, field)
    assert told() == []


def test_stars_are_enough_and_the_language_is_that_of_the_request():
    answer = call("POST", REVIEW, actor=CUSTOMER, body={"stars": 3}, headers={"Accept-Language": "zh"}, **MINE)
    assert (answer.json["text"], answer.json["language"]) == ("", "zh-CN")


def test_others_and_strangers_write_nothing(near):
    assert call("POST", REVIEW, actor=OTHER, body=GOOD, **MINE).status == 404
    assert call("POST", REVIEW, body=GOOD, **MINE).status == 401
    near.add_order(2, state=LineState.CONFIRMED)
    waiting = call("POST", REVIEW, actor=CUSTOMER, body=GOOD, order_id="ord_2", line_id="lin_2")
    assert waiting.status == 409


def test_reviews_come_in_pages_that_belong_to_their_shop(near):
    for number in range(3):
        near.add_order(number)
        call("POST", REVIEW, actor=CUSTOMER, body=GOOD, order_id=f"ord_{number}", line_id=f"lin_{number}")
    first = call("GET", OF_SHOP, shop_id="shp_1", query={"limit": 2})
    cursor = first.json["next_cursor"]
    second = call("GET", OF_SHOP, shop_id="shp_1", query={"limit": 2, "cursor": cursor})
    assert len({one["id"] for one in (*first.json["items"], *second.json["items"])}) == 3
    near.shops["shp_2"] = near.shops["shp_1"]
    assert call("GET", OF_SHOP, shop_id="shp_2", query={"cursor": cursor}).status == 422
    assert call("GET", OF_SHOP, shop_id="shp_9").status == 404
    assert call("GET", OF_SHOP, shop_id="shp_1", query={"limit": 101}).status == 422


def test_an_admin_does_not_review_for_others():
    admin = Actor("acc_admin", frozenset({Role.ADMIN}), "ses_9", methods=("sms", "otp"))
    assert call("POST", REVIEW, actor=admin, body=GOOD, **MINE).status == 404
