"""Who comes to an address, by the cells of their service areas."""

from dataclasses import replace

import pytest

from chalicelib.kit.dynamo import meter
from chalicelib.search import areas
from chalicelib.search.ports import Served
from chalicelib.search.store import cards as store_cards
from chalicelib.shops.ports import Circle, Polygon
from tests.chalicelib.search.indexed import CARD, closed, entry

START = ("",) * 4
AREAS = [Circle(5000), Polygon(((31.2, 121.4), (31.3, 121.4), (31.3, 121.6)))]


@pytest.mark.store
@pytest.mark.parametrize("area", AREAS)
def test_who_serves_an_address_is_found_by_its_cells(store, area):
    first = entry(CARD, cells=["wtw3", "wtw6"], area=area)
    store.write([first])
    assert store.serving(31.22, 121.45, START) == Served([(replace(CARD, text=""), area)], (None,) * 4)
    assert store.serving(35.0, 121.45, START).pairs == []
    store.write([closed(CARD, first.after, 2)])
    assert store.serving(31.22, 121.45, START).pairs == []


@pytest.mark.store
def test_more_of_them_than_one_request_reads_come_in_portions(store, monkeypatch):
    monkeypatch.setattr(store_cards, "SERVED", 10)
    cells = areas.lookups(31.22, 121.45)
    for n in range(37):
        cell = cells[n % 2 * 2]
        store.write([entry(replace(CARD, shop_id=f"shp_{n:02}"), cells=[cell], area=AREAS[0])])
    met, after = [], START
    while any(one is not None for one in after):
        with meter.measure() as spent:
            portion = store.serving(31.22, 121.45, after)
        assert spent.requests == sum(one is not None for one in after)
        assert len(portion.pairs) <= 20
        again = store.serving(31.22, 121.45, after, portion.last)
        assert sorted(again.pairs, key=repr) == sorted(portion.pairs, key=repr)
        assert again.last == portion.last
        met += [card.shop_id for card, _ in portion.pairs]
        after = portion.last
    assert sorted(met) == [f"shp_{n:02}" for n in range(37)]
