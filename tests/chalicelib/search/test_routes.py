"""The search over HTTP, on a real table, filled through the queue's handler."""

import json
from pathlib import Path

import pytest

from chalicelib import wiring
from chalicelib.search import use_cases
from chalicelib.search.events import index
from tests.api import call
from tests.chalicelib.search.shops import Town, listing

EVENT = json.loads((Path(__file__).parents[2] / "events" / "search-index.json").read_text())
ROUTE = "/v1/search/shops"


@pytest.fixture
def town(tables, monkeypatch):
    made = Town(*(listing(f"shp_{n:02}", lat=31.2 + n / 1000, lon=121.4, name_en="Shop") for n in range(25)))
    real = wiring.search_index()
    ports = made.index_ports(real.index, real.packs, real.places)
    monkeypatch.setattr(wiring, "search_index", lambda: ports)
    return made


def deliver(*bodies):
    body = json.loads(EVENT["Records"][0]["body"])
    records = [
        {**EVENT["Records"][0], "messageId": str(number), "body": json.dumps(body | more)}
        for number, more in enumerate(bodies)
    ]
    return [failed["itemIdentifier"] for failed in index({"Records": records}, None)["batchItemFailures"]]


def shop(number):
    return {"payload": {"shop_id": f"shp_{number:02}"}}


def test_messages_fill_the_index_and_the_search_finds(town):
    assert deliver(*(shop(number) for number in range(10))) == []
    answer = call("GET", ROUTE, query={"lat": 31.2, "lon": 121.4, "radius": 350})
    assert answer.status == 200
    assert answer.json["next_cursor"] is None
    assert [item["shop_id"] for item in answer.json["items"]] == ["shp_00", "shp_01", "shp_02", "shp_03"]
    assert answer.json["items"][1] == {
        "shop_id": "shp_01",
        "name": "店",
        "name_en": "Shop",
        "categories": ["barber"],
        "position": {"lat": 31.201, "lon": 121.4},
        "distance_m": 111.2,
        "address": "路 1 号",
        "rating": {"average": None, "count": 0},
        "price_from": None,
        "hours": "",
        "zone": "Asia/Shanghai",
        "open_now": False,
        "has_coupon": False,
    }


def test_a_message_that_fails_does_not_hold_up_the_others(town):
    broken = {"payload": {}}
    assert deliver(shop(1), broken, {**shop(2), "type": "order.paid"}, shop(3)) == ["1", "2"]
    answer = call("GET", ROUTE, query={"lat": 31.2, "lon": 121.4, "nearest": 5})
    assert [item["shop_id"] for item in answer.json["items"]] == ["shp_01", "shp_03"]


def test_pages_follow_the_cursor(town):
    use_cases.index_many(wiring.search_index(), town.listings.values())
    asked = {"lat": 31.2, "lon": 121.4, "nearest": 23, "limit": 10, "category": "barber"}
    seen, cursor = [], None
    for expected in (10, 10, 3):
        answer = call("GET", ROUTE, query=asked | ({"cursor": cursor} if cursor else {}))
        assert len(answer.json["items"]) == expected
        seen += [item["shop_id"] for item in answer.json["items"]]
        cursor = answer.json["next_cursor"]
    assert cursor is None
    assert seen == [f"shp_{n:02}" for n in range(23)]
    first = call("GET", ROUTE, query=asked).json["next_cursor"]
    for stolen in ({"lat": 31.3}, {"category": "tea"}, {"cursor": first[:-3] + "AAA"}):
        answer = call("GET", ROUTE, query=asked | {"cursor": first} | stolen)
        assert (answer.status, answer.json["errors"][0]["field"]) == (422, "cursor")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"lat": "nan"}, "lat"),
        ({"lat": "inf"}, "lat"),
        ({"lat": "90.5"}, "lat"),
        ({"lat": "abc"}, "lat"),
        ({"lon": "-181"}, "lon"),
        ({"lon": "1e999"}, "lon"),
        ({"radius": "0"}, "radius"),
        ({"radius": "-5"}, "radius"),
        ({"radius": "nan"}, "radius"),
        ({"radius": "50001"}, "radius"),
        ({"radius": None, "nearest": "0"}, "nearest"),
        ({"radius": None, "nearest": "101"}, "nearest"),
        ({"radius": None, "nearest": "9" * 400}, "nearest"),
        ({"nearest": "3"}, ""),
        ({"radius": None}, ""),
        ({"limit": "101"}, "limit"),
        ({"limit": "0"}, "limit"),
        ({"cursor": "%%%"}, "cursor"),
        ({"category": ""}, "category"),
        ({"colour": "red"}, "colour"),
        ({"lat": None}, "lat"),
    ],
)
def test_what_cannot_be_searched_is_told(town, wrong, field):
    asked = {"lat": "31.2", "lon": "121.4", "radius": "1000"} | wrong
    answer = call("GET", ROUTE, query={name: value for name, value in asked.items() if value is not None})
    assert answer.status == 422
    assert answer.json["errors"][0]["field"] == field
    assert answer.json["errors"][0]["message"]
