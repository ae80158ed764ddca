"""History becomes tastes, tastes become searches."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

from chalicelib.kit.pagination import Page
from chalicelib.orders.ports import LineState
from chalicelib.search.index_ports import Head, Shape, Versions
from chalicelib.search.ports import Card
from chalicelib.search.recommend import Why
from chalicelib.search.use_cases.recommend import RecommendPorts, recommended
from tests.api import CUSTOMER
from tests.chalicelib.search.shops import search_ports
from tests.fakes.search import FakePlaces
from tests.fakes.time import FakeClock

NOW = datetime(2030, 5, 1, tzinfo=UTC)
HERE = 31.2, 121.4


def order(shop_id, state=LineState.COMPLETED, days=3):
    line = SimpleNamespace(shop_id=shop_id, title="剪发", state=state, starts_at=NOW - timedelta(days=days))
    return SimpleNamespace(lines=[line], created_at=NOW)


def ports(orders, categories):
    cards = [
        Card(f"shp_{kind}_{n:02}", "n", HERE[0] + n / 1000, HERE[1], (kind,)) for n in range(30) for kind in ("tea", "gym")
    ]  # fmt: skip
    cards += [Card("shp_hair_far", "n", HERE[0] + 0.06, HERE[1], ("hair",)), Card("shp_x", "n", 33, 121.4, ("hair",))]
    heads = {
        shop_id: Head(Versions(1, 0), 2, Shape(("wtw", "wtw"), some) if some else None, "", 1)
        for shop_id, some in categories.items()
    }
    store = SimpleNamespace(of_customer=lambda *_: Page(tuple(orders), None))
    index = SimpleNamespace(heads=lambda ids: {one: heads[one] for one in ids if one in heads})
    places = FakePlaces(cards)
    return places, RecommendPorts(search_ports(places), index, SimpleNamespace(store=store), FakeClock(NOW))


def test_what_somebody_likes_is_looked_for_although_others_are_nearer():
    places, given = ports([order("shp_old")], {"shp_old": ("hair",)})
    chosen = recommended(given, CUSTOMER, *HERE, 5)
    assert chosen[0].hit.card.shop_id == "shp_hair_far"
    assert [reason.why for reason in chosen[0].reasons] == [Why.LIKE]
    assert places.steps == 2
    assert "shp_x" not in {one.hit.card.shop_id for one in recommended(given, CUSTOMER, *HERE, 50)}


def test_what_was_cancelled_or_is_closed_is_no_taste():
    undone = [
        order("shp_a", LineState.CANCELLED),
        order("shp_b", LineState.HELD),
        order("shp_closed"),
        order("shp_gone"),
    ]
    places, given = ports(undone, {"shp_a": ("hair",), "shp_b": ("hair",), "shp_closed": None})
    chosen = recommended(given, CUSTOMER, *HERE, 5)
    assert {reason.why for one in chosen for reason in one.reasons} == {Why.NEAR}
    assert places.steps == 1


def test_whoever_ordered_nothing_costs_one_search():
    places, given = ports([], {})
    assert len(recommended(given, CUSTOMER, *HERE, 7)) == 7
    assert places.steps == 1
