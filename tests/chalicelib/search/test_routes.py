"""The search over HTTP, on a real table, filled through the queue's handler."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from chalicelib import wiring
from chalicelib.search import events, use_cases
from chalicelib.search.budget import Budget
from chalicelib.search.events import index
from tests.api import CUSTOMER, call
from tests.chalicelib.search.shops import Town, listing, rows_only

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


def test_a_page_is_refreshed_though_indexing_fails(town, monkeypatch):
    refreshed = []
    monkeypatch.setattr(events, "refresh_page", lambda _ports, shop_id, _review_id: refreshed.append(shop_id))
    monkeypatch.setattr(use_cases, "index_shop", lambda *_: 1 / 0)
    assert deliver(shop(1)) == ["0"]
    assert refreshed == ["shp_01"]


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


def names(**query):
    answer = call("GET", ROUTE, query=query)
    assert answer.status == 200, answer.text
    return [item["shop_id"] for item in answer.json["items"]], answer.json


@pytest.fixture
def street(town):
    """Six shops on a street, each with something of its own, all indexed."""
    from datetime import timedelta

    from chalicelib.coupons.rules import Campaign, Terms
    from chalicelib.kit.money import Money
    from chalicelib.reviews.ports import Rating
    from chalicelib.shops.ports import Circle, Interval, Offering
    from tests.chalicelib.search.shops import NOW

    always = tuple(Interval(day, "00:00", "24:00") for day in range(7))
    cut = Offering("剪发", 30, Money(6800, "CNY"), id="off_1", shop_id="shp_01")
    for one in (
        listing("shp_00", 31.2, 121.4, name="云上茶馆", categories=("tea",)),
        listing("shp_01", 31.201, 121.4, name="弄堂發廊", hours=always, offerings=[cut]),
        listing("shp_02", 31.202, 121.4, name="Lane Barbers", service_area=Circle(5000)),
        listing("shp_03", 31.203, 121.4, name="木棉 SPA", categories=("spa", "barber")),
    ):
        town.put(one)
    town.ratings = {"shp_03": Rating(50, 10, 1), "shp_02": Rating(5, 1, 1)}
    span = {"valid_from": NOW - timedelta(days=9000), "valid_until": NOW + timedelta(days=9000)}
    town.campaigns = [Campaign("x", Terms("CNY", amount_off=1), 5, id="cmp", shop_id="shp_00", created_at=NOW, **span)]
    assert deliver(shop(0)) == []
    town.campaigns = []
    assert deliver(*(shop(number) for number in range(1, 4))) == []
    return {"lat": 31.2, "lon": 121.4}


def test_filters_and_sorts_over_http(street):
    assert names(**street, radius=2000, open_now="true")[0] == ["shp_01"]
    assert names(**street, radius=2000, has_coupon="true")[0] == ["shp_00"]
    assert names(**street, radius=2000, min_rating=4.5)[0] == ["shp_02", "shp_03"]
    assert names(**street, radius=2000, price_max=7000, currency="CNY")[0] == ["shp_01"]
    assert names(**street, radius=2000, sort="rating", limit=2)[0] == ["shp_03", "shp_02"]
    assert names(**street, nearest=3, sort="popularity")[0] == ["shp_02", "shp_00", "shp_01"]
    found = names(**street, radius=2000, category="barber", facets="true")
    assert found[0] == ["shp_01", "shp_02", "shp_03"]
    assert found[1]["facets"] == {"barber": 3, "spa": 1, "tea": 1}
    box = {"south": 31.1995, "north": 31.2015, "west": 121.39, "east": 121.41}
    assert names(**box)[0] == ["shp_00", "shp_01"] or names(**box)[0] == ["shp_01", "shp_00"]


def test_what_is_too_wide_to_sort_is_told_in_both_languages(street, monkeypatch):
    ports = replace(rows_only(), budget=Budget(0, 0.0))
    monkeypatch.setattr(wiring, "search", lambda: ports)
    for language, title in (("en", "The search is too wide"), ("zh-CN", "搜索范围过大")):
        asked = street | {"radius": 2000, "sort": "rating"}
        answer = call("GET", ROUTE, query=asked, headers={"Accept-Language": language})
        assert (answer.status, answer.json["code"], answer.json["title"]) == (422, "search-too-wide", title)
    assert len(names(**street, radius=2000)[0]) == 4


def test_words_and_suggestions_over_http(street):
    assert names(**street, radius=2000, q="发廊")[0] == ["shp_01"]
    assert names(**street, radius=2000, q="剪")[0] == []
    assert names(**street, radius=2000, q="發廊 剪髮")[0] == ["shp_01"]
    assert names(**street, nearest=5, q="bar")[0] == ["shp_02"]
    assert names(**street, nearest=5, q="lane b", category="tea")[0] == []
    said = call("GET", "/v1/search/suggestions", query=street | {"q": "La"})
    assert said.json == {"items": ["Lane Barbers"]}


def test_who_serves_an_address_over_http(street):
    said = call("GET", "/v1/search/serving", query={"lat": 31.23, "lon": 121.41})
    assert [item["shop_id"] for item in said.json["items"]] == ["shp_02"]
    assert call("GET", "/v1/search/serving", query={"lat": 31.26, "lon": 121.41}).json["items"] == []


def test_positions_of_another_datum_are_turned_at_the_edge(street):
    from chalicelib.kit.datum import Datum, from_wgs84

    lat, lon = from_wgs84(31.2, 121.4, Datum.GCJ02)
    answer = call("GET", ROUTE, query={"lat": lat, "lon": lon, "nearest": 1, "datum": "gcj02"}).json["items"][0]
    assert answer["distance_m"] == 0.0
    assert (answer["position"]["lat"], answer["position"]["lon"]) == (lat, lon)
    plain = call("GET", ROUTE, query={"lat": lat, "lon": lon, "nearest": 1}).json["items"][0]
    assert 300 < plain["distance_m"] < 800


def test_recommendations_are_for_who_is_signed_in(street):
    route = "/v1/me/recommendations"
    assert call("GET", route, query=street).status == 401
    answer = call("GET", route, query=street, actor=CUSTOMER, headers={"Accept-Language": "zh-CN"})
    assert answer.status == 200, answer.text
    assert {item["shop"]["shop_id"] for item in answer.json["items"]} == {f"shp_0{n}" for n in range(4)}
    assert all(item["reasons"] for item in answer.json["items"])
    assert {"code": "near", "text": "就在您附近"} in answer.json["items"][0]["reasons"]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"q": "  "}, "q"),
        ({"q": "a"}, "q"),
        ({"q": "😀"}, "q"),
        ({"q": "x" * 65}, "q"),
        ({"open_now": "true", "open_at": "2030-05-01T00:00:00Z"}, ""),
        ({"open_at": "tomorrow"}, "open_at"),
        ({"price_min": "5"}, ""),
        ({"price_min": "5", "price_max": "4", "currency": "CNY"}, ""),
        ({"min_rating": "0"}, "min_rating"),
        ({"min_rating": "nan"}, "min_rating"),
        ({"sort": "colour"}, "sort"),
        ({"sort": "price"}, ""),
        ({"radius": None, "nearest": "3", "facets": "true"}, ""),
        ({"datum": "mars"}, "datum"),
        ({"south": "31"}, ""),
        ({"radius": None, "south": "31", "west": "121", "north": "30.9", "east": "121.1"}, "south"),
        ({"radius": None, "south": "31", "west": "121", "north": "32", "east": "122"}, "north"),
        ({"lat": None}, "lat"),
        ({"lon": None}, "lon"),
    ],
)
def test_what_cannot_be_wanted_is_told(town, wrong, field):
    asked = {"lat": "31.2", "lon": "121.4", "radius": "1000"} | wrong
    answer = call("GET", ROUTE, query={name: value for name, value in asked.items() if value is not None})
    assert answer.status == 422, answer.text
    assert answer.json["errors"][0]["field"] == field
