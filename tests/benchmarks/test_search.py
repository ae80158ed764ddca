"""The benchmark's own arithmetic, and a short run of it: an instrument that is wrong measures nothing."""

import json

import pytest

from benchmarks.search import __main__ as bench
from benchmarks.search import data
from benchmarks.search.neighbours import Neighbours
from benchmarks.search.others import rtree
from benchmarks.search.questions import Question, ours, ranked
from benchmarks.search.table import Table, units
from chalicelib.search.distance import haversine
from infra.local.environments import ROOT


@pytest.fixture(autouse=True)
def made_up(monkeypatch, tmp_path):
    monkeypatch.setattr(data, "FOLDER", tmp_path)


@pytest.mark.parametrize(("size", "paid"), [(0, 0.5), (1, 0.5), (4096, 0.5), (4097, 1.0), (8193, 1.5)])
def test_reading_is_paid_by_blocks_begun(size, paid):
    assert units(size) == paid


def test_the_right_answer_is_that_of_comparing_all():
    some, is_real = data.cards(data.SHANGHAI, 400)
    assert not is_real
    places = data.places(some, 10)
    for place, near in zip(places, ranked(some, places), strict=True):
        every = sorted((haversine(place.lat, place.lon, card.lat, card.lon), card.shop_id) for card in some)
        assert [one[:2] for one in near] == [one for one in every if one[0] <= 50_000]


def test_every_engine_is_right_and_ours_is_the_cheapest():
    some, _ = data.cards(data.SHANGHAI, 2000)
    table, places = Table(some), data.places(some, 20)
    right, twenty = ranked(some, places), Question("20", 50_000, 20)
    mine = ours(table, twenty, places, right)
    assert (mine.wrong, mine.most_trips) == (0, 1)
    assert mine.least <= mine.units <= 3 * mine.least
    engine, tree = Neighbours(table, some), rtree(some)
    for place, near in zip(places, right, strict=True):
        expected = [one[1] for one in twenty.answer(near)]
        hits, spent = engine.search(place, twenty)
        assert [hit.card.shop_id for hit in hits] == expected
        assert spent.units > mine.units
        assert [shop_id for _, shop_id in tree(place, twenty)] == expected


def test_what_is_elsewhere_is_not_near():
    some, _ = data.cards(data.WORLD, 300)
    more = data.elsewhere(some, 3)
    assert len(more) == 900
    assert min(haversine(a.lat, a.lon, b.lat, b.lon) for a in some[:50] for b in more) > 50_000


def test_a_short_run_prints_and_writes_what_it_found(capsys):
    assert bench.main(["--quick"]) == 0
    said = capsys.readouterr().out
    assert "nearest 20 in 50 km" in said
    told = json.loads((ROOT / ".local" / "bench-search-quick.json").read_text())
    assert told["emulator"]["differ"] == 0
    assert told["emulator"]["checked"] == 20
    assert all(told[name]["ours"][question]["wrong"] == 0 for name in data.SETS for question in told[name]["ours"])
    assert told[data.SHANGHAI]["memory"]["requests"] == 0
