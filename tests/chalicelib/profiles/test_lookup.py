"""Looking addresses up over the API, with the sandbox as the provider."""

import pytest

from chalicelib import settings, wiring
from chalicelib.profiles.gateways.amap import AmapGeocoder
from chalicelib.profiles.store import shelf
from chalicelib.wiring import people
from infra import demo_city
from infra.sandbox.geocoder import Geocoder
from infra.targets import SANDBOX_AMAP_KEY
from tests.api import CUSTOMER, OTHER, call

SUGGEST, AT = "/v1/me/address-suggestions", "/v1/me/address-at"
SHOP = next(iter(demo_city.shops(1))).draft
HERE = {"lat": SHOP.position.lat, "lon": SHOP.position.lon}


@pytest.fixture
def asking(tables, monkeypatch):
    """Settings name a provider, which stands on loopback."""
    with Geocoder() as running:
        monkeypatch.setenv("GEOCODER", "amap")
        monkeypatch.setattr(people, "_amap", lambda: AmapGeocoder(SANDBOX_AMAP_KEY, running.url))
        settings.reset()
        wiring.reset()
        yield running


def suggest(actor=CUSTOMER, **body):
    return call("POST", SUGGEST, actor=actor, body={"text": SHOP.name} | body)


def test_an_address_is_found_and_goes_into_the_book_as_it_is(asking):
    found = suggest(near=HERE).json["items"][0]["address"]
    body = {"label": "店", "recipient": "王小明", "phone": "+8613800138000", **found}
    assert call("POST", "/v1/me/addresses", actor=CUSTOMER, body=body).status == 201
    at = call("POST", AT, actor=CUSTOMER, body={"position": HERE}).json
    assert at["lines"] == [SHOP.address]
    nowhere = {"position": {"lat": 0.0, "lon": 0.0}}
    assert call("POST", AT, actor=CUSTOMER, body=nowhere).status == 404


def test_each_account_has_a_budget_of_its_own(asking, monkeypatch):
    monkeypatch.setattr(shelf, "QUESTIONS_AN_HOUR", 2)
    assert [suggest().status for _ in range(3)] == [200, 200, 429]
    refused = call("POST", AT, actor=CUSTOMER, body={"position": HERE})
    assert (refused.status, refused.json["code"]) == (429, "geocoder-budget")
    assert 0 < int(refused.headers["Retry-After"]) <= 3600
    assert suggest(OTHER).status == 200


def test_strangers_ask_nothing_and_letters_alone_are_too_few(asking):
    assert suggest(None).status == 401
    assert suggest(text="南").status == 422


def test_without_a_provider_or_when_it_is_down_people_type(asking, monkeypatch):
    asking.close()
    answer = suggest()
    assert (answer.status, answer.json["code"]) == (503, "geocoder-unavailable")
    monkeypatch.delenv("GEOCODER")
    settings.reset()
    wiring.reset()
    assert suggest().status == 503


def test_the_settings_choose_among_providers(tables, monkeypatch):
    for name, kind in (("amap", "AmapGeocoder"), ("amazon", "AmazonGeocoder")):
        monkeypatch.setenv("GEOCODER", name)
        settings.settings.cache_clear()
        wiring.reset()
        with monkeypatch.context() as known:
            known.setattr(settings, "secrets", lambda: {"amap-key": "x"})
            assert type(people._geocoder()()).__name__ == kind
