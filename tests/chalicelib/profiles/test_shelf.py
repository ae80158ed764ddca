"""Favourites and history over the API, on real transactions."""

from datetime import timedelta

import pytest

from chalicelib import wiring
from chalicelib.kit.dynamo import meter
from chalicelib.profiles import use_cases
from chalicelib.profiles.problems import TooManyFavourites
from chalicelib.profiles.store import shelf
from tests.api import CUSTOMER, OTHER, call
from tests.chalicelib.profiles.world import at_once
from tests.emulators import DYNOXIDE
from tests.fakes.time import FakeClock
from tests.world import open_shop

FAVOURITES, FAVOURITE = "/v1/me/favourites", "/v1/me/favourites/{shop_id}"
HISTORY, LOOK = "/v1/me/history", "/v1/me/history/{shop_id}"


@pytest.fixture
def clock(tables):
    clock = FakeClock(wiring.clock().now())
    wiring.use_clock(clock)
    return clock


def ids(path, actor=CUSTOMER, **query):
    return [one["shop_id"] for one in call("GET", path, actor=actor, query=query).json["items"]]


def test_favourites_are_listed_newest_first_with_their_shops(clock):
    shops = [open_shop(name=f"店 {number}") for number in range(3)]
    for shop in shops:
        for _ in range(2):
            assert call("PUT", FAVOURITE, actor=CUSTOMER, shop_id=shop["id"]).status == 204
        clock.move(minutes=1)
    assert ids(FAVOURITES) == [one["id"] for one in reversed(shops)]
    first = call("GET", FAVOURITES, actor=CUSTOMER, query={"limit": 2}).json
    assert [one["shop"]["name"] for one in first["items"]] == ["店 2", "店 1"]
    assert ids(FAVOURITES, limit=2, cursor=first["next_cursor"]) == [shops[0]["id"]]
    assert call("GET", FAVOURITES, actor=OTHER, query={"cursor": first["next_cursor"]}).status == 422
    for _ in range(2):
        assert call("DELETE", FAVOURITE, actor=CUSTOMER, shop_id=shops[1]["id"]).status == 204
    assert ids(FAVOURITES) == [shops[2]["id"], shops[0]["id"]]
    assert ids(FAVOURITES, OTHER) == []
    assert call("PUT", FAVOURITE, actor=CUSTOMER, shop_id="shp_nobody").status == 404


@pytest.mark.store
def test_a_favourite_counts_once_and_there_is_an_end_to_them(tables, monkeypatch):
    monkeypatch.setattr(shelf, "MOST_FAVOURITES", 2)
    ports, shops = wiring.profiles(), [open_shop()["id"] for _ in range(3)]
    keep, drop = use_cases.keep_favourite, use_cases.drop_favourite
    at_once(*[lambda: keep(ports, CUSTOMER, shops[0]) for _ in range(4)])
    outcomes = at_once(*[lambda shop=shop: keep(ports, CUSTOMER, shop) for shop in shops])
    assert sum(isinstance(one, TooManyFavourites) for one in outcomes) == 1
    assert use_cases.favourites(ports, CUSTOMER, None, 9).items
    at_once(*[lambda: drop(ports, CUSTOMER, shops[0]) for _ in range(4)])
    kept = {one.marked.shop_id for one in use_cases.favourites(ports, CUSTOMER, None, 9).items} - {shops[0]}
    for shop in (shops[0], shops[0], *shops[1:]):  # whatever was kept: two have room, and the third has none
        if len(kept | {shop}) > 2:
            with pytest.raises(TooManyFavourites):
                keep(ports, CUSTOMER, shop)
        else:
            keep(ports, CUSTOMER, shop)
            kept.add(shop)


def test_what_is_looked_at_is_there_once_newest_first_and_goes_after_90_days(clock):
    first, second = open_shop()["id"], open_shop()["id"]
    for shop in (first, second, first):
        clock.move(days=1)
        assert call("PUT", LOOK, actor=CUSTOMER, shop_id=shop).status == 204
    assert ids(HISTORY) == [first, second]
    clock.move(days=89, minutes=1)
    assert ids(HISTORY) == [first]
    assert call("PUT", LOOK, actor=CUSTOMER, shop_id="shp_nobody").status == 404
    assert call("DELETE", HISTORY, actor=CUSTOMER).status == 204
    assert ids(HISTORY) == []


def test_whoever_keeps_no_history_has_none_written(tables):
    shop, other = open_shop()["id"], open_shop()["id"]
    call("PUT", LOOK, actor=CUSTOMER, shop_id=shop)
    for _ in range(2):
        assert call("PATCH", HISTORY, actor=CUSTOMER, body={"kept": False}).status == 204
    assert call("PUT", LOOK, actor=CUSTOMER, shop_id=other).status == 204
    found = call("GET", HISTORY, actor=CUSTOMER).json
    assert (found["kept"], [one["shop_id"] for one in found["items"]]) == (False, [shop])
    call("PATCH", HISTORY, actor=CUSTOMER, body={"kept": True})
    call("PUT", LOOK, actor=CUSTOMER, shop_id=other)
    assert set(ids(HISTORY)) == {shop, other}


@pytest.mark.store
def test_nothing_is_written_once_the_history_is_off(tables):
    ports, shops = wiring.profiles(), [open_shop()["id"] for _ in range(5)]
    at_once(
        *[lambda shop=shop: use_cases.saw(ports, CUSTOMER, shop) for shop in shops],
        lambda: use_cases.keep_history(ports, CUSTOMER, kept=False),
    )
    use_cases.clear_history(ports, CUSTOMER)
    at_once(*[lambda shop=shop: use_cases.saw(ports, CUSTOMER, shop) for shop in shops])
    assert use_cases.history(ports, CUSTOMER, None, 9).page.items == ()


def test_what_the_shelf_costs(clock, tables):
    if tables.name != DYNOXIDE:
        pytest.skip("only dynoxide tells capacity right")
    ports, shop, costs = wiring.profiles(), open_shop()["id"], {}

    def measured(name, work):
        with meter.measure() as used:
            work()
        costs[name] = (used.requests, used.read_units, used.write_units)

    measured("keep", lambda: use_cases.keep_favourite(ports, CUSTOMER, shop))
    measured("favourites", lambda: use_cases.favourites(ports, CUSTOMER, None, 20))
    measured("drop", lambda: use_cases.drop_favourite(ports, CUSTOMER, shop))
    measured("look", lambda: use_cases.saw(ports, CUSTOMER, shop))
    clock.move(minutes=1)
    measured("look again", lambda: use_cases.saw(ports, CUSTOMER, shop))
    measured("history", lambda: use_cases.history(ports, CUSTOMER, None, 20))
    measured("clear", lambda: use_cases.clear_history(ports, CUSTOMER))
    measured("ask", lambda: ports.shelf.spend(CUSTOMER.account_id, clock.now()))
    assert costs == {  # the shop's row is 1 of the reads of keep and look
        "keep": (2, 1, 5),
        "favourites": (2, 0.5 + 0.5, 0),
        "drop": (1, 0, 5),
        "look": (2, 1, 5),
        "look again": (2, 1, 6),
        "history": (3, 0.5 + 0.5 + 1, 0),
        "clear": (2, 1, 2),
        "ask": (1, 0, 1),
    }


def test_a_look_dies_by_itself(clock):
    shop = open_shop()["id"]
    call("PUT", LOOK, actor=CUSTOMER, shop_id=shop)
    row = shelf.MarkedRow.get(f"ACC#{CUSTOMER.account_id}", f"SEEN#{shop}")
    assert row.expires_at == int((clock.now() + timedelta(days=90)).timestamp())
