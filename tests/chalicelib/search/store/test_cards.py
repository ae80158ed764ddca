"""Cards in the table: exact requests and capacity, no ghosts, and competitors in every order."""

import itertools
import threading
from dataclasses import replace

import pytest

from chalicelib.kit.clock import SystemClock
from chalicelib.kit.dynamo import DynamoCommitter, meter
from chalicelib.kit.transaction import Contention
from chalicelib.search import cards as codec
from chalicelib.search import partitions
from chalicelib.search.distance import haversine
from chalicelib.search.nearest import LOCAL_M, nearest
from chalicelib.search.ports import EVERYTHING, Card, Query, category_index, word_index
from chalicelib.search.store import SearchStore
from tests.chalicelib.search.indexed import BARBERS, CARD, all_rows, city, closed, entry, fresh, pack, put_all, within


@pytest.mark.store
def test_a_card_comes_back_as_it_was_written(store):
    bare = Card("shp_bare", "x", 0.0, 180.0, (), stamp=1)
    store.write([entry(CARD, words=["剪发"]), entry(bare)])
    assert within(store, CARD.lat, CARD.lon, 1)[0].card == replace(CARD, text="")
    assert within(store, CARD.lat, CARD.lon, 1, BARBERS)[0].card == replace(CARD, text="")
    assert within(store, CARD.lat, CARD.lon, 1, word_index("剪发"))[0].card == CARD
    assert within(store, CARD.lat, CARD.lon, 1, category_index("tea")) == []
    assert nearest(store, Query(0, -179.9, 5, LOCAL_M))[0].card == bare


@pytest.mark.store
def test_moving_and_recategorising_leave_no_ghost(store):
    first = entry(CARD, words=["剪发", "洗护"], cells=["wtw3"])
    store.write([first])
    moved = entry(
        replace(CARD, lat=48.85, lon=2.35, categories=("barber", "spa")), first.after, 2, ["剪发", "spa"], ["u09"]
    )
    store.write([moved])
    place = moved.after.shape.place
    assert all_rows() == [("A#u09", CARD.shop_id)] + [
        (f"{index}#{place[0]}", f"{place[1]}#{CARD.shop_id}")
        for index in ("C3#barber", "C3#spa", "G3", "T3#spa", "T3#剪发")
    ]
    assert store.heads([CARD.shop_id]) == {CARD.shop_id: moved.after}


@pytest.mark.store
def test_a_closed_shop_has_a_head_and_nothing_else(store):
    first = entry(CARD)
    store.write([first])
    gone = closed(CARD, first.after, 2)
    store.write([gone])
    assert all_rows() == []
    assert store.heads([CARD.shop_id, "shp_other"]) == {CARD.shop_id: gone.after}
    again = entry(CARD, gone.after, 3)
    store.write([again])
    assert len(all_rows()) == 2


@pytest.mark.store
def test_what_was_read_before_somebody_wrote_is_refused(store):
    first = entry(CARD)
    store.write([first])
    with pytest.raises(Contention):
        store.write([entry(CARD)])
    second = entry(replace(CARD, name="新店名"), first.after, 2)
    store.write([second])
    with pytest.raises(Contention):
        store.write([entry(replace(CARD, name="旧店名", lat=1.0), first.after, 2)])
    assert within(store, CARD.lat, CARD.lon, 1)[0].card.name == "新店名"
    assert len(all_rows()) == 2


def test_occupied_partitions_name_all_that_hold_something(store):
    assert store.occupied(EVERYTHING) == frozenset()
    here = entry(CARD)
    store.write([here])
    store.write([entry(replace(CARD, lat=-89.0), here.after, 2)])
    assert store.occupied(EVERYTHING) == {"wtw", "S"} == store.occupied(BARBERS)
    assert store.occupied(category_index("tea")) == frozenset()
    # Another container knows nothing yet, finds them marked and marks nothing again.
    with meter.measure() as spent:
        fresh().write([entry(replace(CARD, shop_id="shp_2"))])
    assert spent.requests == 3
    assert store.occupied(EVERYTHING) == {"wtw", "S"}


def test_what_indexing_costs(store):
    """A shop of one category with ten words: its head, a change, two cards by place and ten by word."""
    words = [f"w{n}" for n in range(10)]
    with meter.measure() as spent:
        store.heads([CARD.shop_id])
    assert (spent.requests, spent.read_units) == (1, 1)
    first = entry(CARD, words=words)
    with meter.measure() as spent:  # 2 reads and 2 updates of the occupied partitions, then the transaction
        store.write([first])
    assert (spent.requests, spent.read_units, spent.write_units) == (5, 1, 2 + 28)
    with meter.measure() as spent:
        store.write([entry(replace(CARD, shop_id="shp_next"), words=words)])
    assert (spent.requests, spent.read_units, spent.write_units) == (1, 0, 28)
    near = entry(replace(CARD, lat=31.23), first.after, 2, words)
    with meter.measure() as spent:
        store.write([near])
    assert (spent.requests, spent.read_units, spent.write_units) == (1, 0, 28 + 24)
    with meter.measure() as spent:
        store.write([entry(replace(CARD, lat=31.23, name="改名"), near.after, 3, words)])
    assert (spent.requests, spent.read_units, spent.write_units) == (1, 0, 28)


def test_what_searching_a_dense_city_costs(store):
    cards = city(3000)
    put_all(store, cards)
    pack(cards)
    spots = [(31.2231 + dy, 121.4452 + dx) for dy, dx in itertools.product((-0.05, 0.0, 0.05), repeat=2)]
    assert 200 <= len(codec.pack(CARD).encode()) + 55 <= 300

    def cost(search, expected):
        with meter.measure() as spent:
            for at in spots:
                ranked = sorted((haversine(*at, card.lat, card.lon), card.shop_id) for card in cards)
                assert [hit.rank for hit in search(at)] == expected(ranked)
        return spent.requests, spent.read_units

    def inside(radius):
        return lambda ranked: [rank for rank in ranked if rank[0] <= radius]

    for index in (EVERYTHING, BARBERS):  # the directories, once
        store.directories(index, partitions.around(*spots[0], LOCAL_M))
    # Over nine spots: 2.7 requests and 2 units each for the nearest 20, 2.7 and 2.1 within 1 km, 8.4 and 56.5 within 10.
    twenty = cost(lambda at: nearest(store, Query(*at, 20, LOCAL_M, BARBERS)), lambda ranked: ranked[:20])
    assert twenty == (24, 18)
    assert cost(lambda at: within(store, *at, 1000), inside(1000)) == (24, 19)
    assert cost(lambda at: within(store, *at, 10_000), inside(10_000)) == (76, 508.5)


def test_directories_are_read_once_and_kept_for_a_while(tables):
    now = [0.0]
    store = SearchStore(DynamoCommitter(), SystemClock(), lambda: now[0])
    put_all(store, city(40))
    pack(city(40))
    with meter.measure() as spent:
        known = store.directories(EVERYTHING, ["wtw", "wtq"])
        assert list(known) == ["wtw"]
        assert known["wtw"].total == 40
        assert store.directories(word_index("洗护"), ["wtw"]) == {}
    assert spent.requests == 1
    with meter.measure() as spent:
        assert store.directories(word_index("剪发"), ["wtw", "wtq"])["wtw"].total == 40
        store.directories(word_index("剪发"), ["wtw"])
    assert spent.requests == 1
    now[0] += 601
    with meter.measure() as spent:
        store.directories(EVERYTHING, ["wtw"])
    assert spent.requests == 1


@pytest.mark.store
def test_how_much_of_a_card_is_searched_and_what_can_be_claimed_come_back(store):
    cut = replace(CARD, searched=7)
    made = entry(cut, words=["静安"])
    told = replace(made, after=replace(made.after, campaigns=("cmp_1", "cmp_2")))
    store.write([told])
    assert store.heads([CARD.shop_id]) == {CARD.shop_id: told.after}
    assert within(store, CARD.lat, CARD.lon, 1, word_index("静安"))[0].card == cut


@pytest.mark.store
def test_competitors_end_with_one_consistent_shop(store):
    """Twelve writers, each reading the head, then moving the shop: rows and head agree in the end."""
    store.write([entry(CARD)])
    start = threading.Barrier(12)

    def index(version):
        own = fresh()
        start.wait()
        while True:
            head = own.heads([CARD.shop_id])[CARD.shop_id]
            if head.versions.shop >= version:
                return
            try:
                own.write([entry(replace(CARD, lat=30.0 + version / 10), head, version)])
            except Contention:
                continue

    threads = [threading.Thread(target=index, args=(version,)) for version in range(2, 14)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    head = store.heads([CARD.shop_id])[CARD.shop_id]
    assert head.versions.shop == 13
    place = head.shape.place
    assert all_rows() == [(f"{i}#{place[0]}", f"{place[1]}#{CARD.shop_id}") for i in ("C3#barber", "G3")]


def test_pages_longer_than_a_megabyte_are_read_to_the_end(store):
    cards = [replace(CARD, shop_id=f"shp_{n:05}", address="长" * 3000) for n in range(130)]
    put_all(store, cards)
    assert len(within(store, CARD.lat, CARD.lon, 1)) == 130
