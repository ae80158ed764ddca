"""Amap over HTTP against the sandbox, and against odd answers; Amazon Location against botocore's own model of it."""

import json
import threading

import pytest
from botocore.stub import Stubber

from chalicelib.kit import aws
from chalicelib.kit.errors import Unavailable
from chalicelib.kit.exchange import Answer, Http
from chalicelib.profiles.gateways.amap import AmapGeocoder
from chalicelib.profiles.gateways.amazon import AmazonGeocoder
from chalicelib.profiles.ports import Position
from chalicelib.profiles.problems import GeocoderDown
from infra import demo_city
from infra.sandbox import geocoder
from infra.sandbox.geocoder import Geocoder
from infra.sandbox.httpd import LoopbackServer, json_response
from infra.targets import SANDBOX_AMAP_KEY

SHOP = next(iter(demo_city.shops(1))).draft
HERE = Position(SHOP.position.lat, SHOP.position.lon)


@pytest.fixture(scope="module")
def sandbox():
    with Geocoder() as running:
        yield running


@pytest.fixture
def amap(sandbox):
    return AmapGeocoder(SANDBOX_AMAP_KEY, sandbox.url)


def saying(content, status=200):
    """Amap, whatever it is asked, says this."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return AmapGeocoder("key", "http://amap", lambda *_: Answer(status, {}, body))


def test_a_name_leads_to_an_address_and_back_in_wgs_84(amap):
    first = amap.suggest(SHOP.name, HERE, "zh-CN")[0]
    assert (first.title, first.found.lines) == (SHOP.name, (SHOP.address, SHOP.name))
    assert (first.found.country, first.found.postcode) == ("CN", None)
    assert abs(first.found.position.lat - HERE.lat) < 2e-6
    assert abs(first.found.position.lon - HERE.lon) < 2e-6
    found = amap.resolve(HERE, "zh-CN")
    assert (found.lines, found.position) == ((SHOP.address,), HERE)


def test_suggestions_come_from_around_and_are_ten_at_most(amap):
    found = amap.suggest("路", HERE, "zh-CN")
    assert len(found) == 10
    away = [abs(one.found.position.lat - HERE.lat) + abs(one.found.position.lon - HERE.lon) for one in found]
    assert max(away) < 0.2
    assert amap.suggest("nowhere", None, "en") == []


def test_where_nothing_is_there_is_no_address(amap):
    assert amap.resolve(Position(0.0, 0.0), "en") is None


def test_a_wrong_key_is_the_operators_problem(sandbox):
    with pytest.raises(GeocoderDown):
        AmapGeocoder("wrong", sandbox.url).suggest("路", None, "en")


@pytest.mark.parametrize(
    "answer",
    [
        {"status": "0", "info": "USER_DAILY_QUERY_OVER_LIMIT", "infocode": "10044"},
        b"<html>busy</html>",
        b"[]",
        {},
    ],
)
def test_what_amap_refuses_is_no_answer(answer):
    with pytest.raises(GeocoderDown):
        saying(answer).resolve(HERE, "en")
    with pytest.raises(GeocoderDown):
        saying({"status": "1", "tips": []}, status=502).suggest("路", None, "en")


def test_tips_without_a_place_and_empty_lists_for_texts_are_left_out():
    tips = [
        {"name": "地铁 2 号线", "district": [], "adcode": [], "location": [], "address": []},
        {"name": "静安寺", "district": "上海市静安区", "adcode": "310106", "location": "121.45,31.22", "address": []},
        {"name": "皇后大道中 1 号", "district": "", "adcode": "810001", "location": "114.16,22.28", "address": []},
        {"name": "坏", "location": "x,y"},
    ]
    found = saying({"status": "1", "tips": tips}).suggest("路", None, "zh-CN")
    assert [(one.found.country, one.found.lines) for one in found] == [
        ("CN", ("上海市静安区", "静安寺")),
        ("HK", ("皇后大道中 1 号",)),
    ]


def test_what_a_user_types_stays_in_the_query():
    asked = []

    def watch(method, url, headers, body, most):
        asked.append(url)
        return Answer(200, {}, b'{"status": "1", "tips": []}')

    AmapGeocoder("key", "http://amap", watch).suggest("a&key=other#/../@evil.example/?x", None, "en")
    assert asked[0].startswith("http://amap/v3/assistant/inputtips?keywords=a%26key%3Dother%23%2F..%2F%40evil")
    assert asked[0].count("key=key") == 1


def test_a_provider_that_hangs_or_is_gone_is_given_up_in_time():
    release, answered = threading.Event(), []

    def hang(_request):
        release.wait(60)
        answered.append("late")
        return json_response(200, {})

    server = LoopbackServer(hang)
    try:
        with pytest.raises(GeocoderDown):
            AmapGeocoder("key", server.url, Http(0.3, 0.3, 0.5)).suggest("路", None, "en")
        assert not answered
    finally:
        release.set()
        server.close()
    with pytest.raises(GeocoderDown):
        AmapGeocoder("key", server.url).suggest("路", None, "en")


def test_the_command_serves_until_it_is_told_to_stop(capsys):
    stop = threading.Event()
    stop.set()
    assert geocoder.main(["--port", "0"], stop) == 0
    assert "Geocoder sandbox on http://127.0.0.1:" in capsys.readouterr().out


@pytest.fixture
def amazon(monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "ap-southeast-1")
    aws.reset()
    client = aws.client("geo-places")
    with Stubber(client) as stub:
        yield AmazonGeocoder(client), stub
    aws.reset()


ADDRESS = {
    "Label": "10 Downing St, London SW1A 2AA",
    "Country": {"Code2": "GB", "Name": "United Kingdom"},
    "Region": {"Name": "England"},
    "Locality": "London",
    "PostalCode": "SW1A 2AA",
    "Street": "Downing St",
    "AddressNumber": "10",
}


def test_amazon_is_asked_as_its_model_says(amazon):
    gateway, stub = amazon
    item = {"Title": "10 Downing St", "SuggestResultItemType": "Place"}
    place = {"PlaceId": "p", "PlaceType": "PointAddress", "Address": ADDRESS, "Position": [-0.1276, 51.5034]}
    other = {"Title": "Cafés", "SuggestResultItemType": "Query", "Query": {"QueryId": "q", "QueryType": "Category"}}
    stub.add_response(
        "suggest",
        {"PricingBucket": "x", "ResultItems": [item | {"Place": place}, other]},
        {
            "QueryText": "10 Dow",
            "MaxResults": 10,
            "Language": "en",
            "AdditionalFeatures": ["Core"],
            "BiasPosition": [-0.1, 51.5],
        },
    )
    [found] = gateway.suggest("10 Dow", Position(51.5, -0.1), "en")
    assert (found.title, found.found.lines) == ("10 Downing St", ("10 Downing St", "London", "England"))
    assert (found.found.country, found.found.postcode) == ("GB", "SW1A 2AA")
    assert found.found.position == Position(51.5034, -0.1276)
    stub.add_response(
        "reverse_geocode",
        {
            "PricingBucket": "x",
            "ResultItems": [{"PlaceId": "p", "PlaceType": "Street", "Title": "x", "Address": ADDRESS}],
        },
        {"QueryPosition": [-0.1, 51.5], "MaxResults": 1, "Language": "zh-CN", "IntendedUse": "Storage"},
    )
    assert gateway.resolve(Position(51.5, -0.1), "zh-CN").postcode == "SW1A 2AA"
    stub.add_response("reverse_geocode", {"PricingBucket": "x", "ResultItems": []})
    assert gateway.resolve(Position(0.0, 0.0), "en") is None


def test_amazon_that_refuses_or_is_gone_is_no_answer(amazon):
    gateway, stub = amazon
    stub.add_client_error("suggest", "ThrottlingException", http_status_code=429)
    with pytest.raises(GeocoderDown) as refused:
        gateway.suggest("10", None, "en")
    assert isinstance(refused.value, Unavailable)
    stub.deactivate()
    with pytest.raises(GeocoderDown):
        gateway.resolve(HERE, "en")
