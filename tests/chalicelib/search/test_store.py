"""The table: exact requests and capacity, no ghosts, and competitors in every order."""

import itertools
import random
import threading
from dataclasses import replace

import pytest

from chalicelib.kit.dynamo import DynamoCommitter, meter
from chalicelib.kit.transaction import Contention
from chalicelib.search import cover, geohash, rules
from chalicelib.search.distance import haversine
from chalicelib.search.nearest import LOCAL_M, Query, nearest, within
from chalicelib.search.ports import Card, Entry, Head, Versions
from chalicelib.search.store import SearchStore
from chalicelib.search.store.cards import CardRow

CARD = Card(
    shop_id="shp_01jd0000000000000000000000",
    name="静安弄堂理发店",
    name_en="Lane Barbers",
    lat=31.223142,
    lon=121.445217,
    categories=("barber",),
    address="上海市静安区安福路 12 号 2 楼",
    zone="Asia/Shanghai",
    hours="Mo-Fr 09:00-18:00; Sa-Su 10:00-20:00",
    rating_sum=88,
    rating_count=19,
    price_from=6800,
    currency="CNY",
)


@pytest.fixture
def store(tables):
    return SearchStore(DynamoCommitter())


def entry(card, before=None, version=1):
    place = cover.partition_of(card.lat, card.lon), geohash.encode(card.lat, card.lon)
    return Entry(card.shop_id, before, Head(Versions(version, 0), rules.LAYOUT, place, card.categories), card)


def closed(card, before, version):
    return Entry(card.shop_id, before, Head(Versions(version, 0), rules.LAYOUT, None, ()), None)


def put_all(store, cards):
    for batch in rules.batches([entry(card) for card in cards]):
        store.write(batch)


def all_rows(name="card"):
    return sorted((row.pk, row.sk) for row in CardRow.scan() if row.pk[0] in "GC")


@pytest.mark.store
def test_a_card_comes_back_as_it_was_written(store):
    bare = Card("shp_bare", "x", -0.0, 180.0, ())
    store.write([entry(CARD), entry(bare)])
    assert within(store, CARD.lat, CARD.lon, 1)[0].card == CARD
    assert within(store, CARD.lat, CARD.lon, 1, "barber")[0].card == CARD
    assert within(store, CARD.lat, CARD.lon, 1, "tea") == []
    assert nearest(store, Query(0, -179.9, 5, LOCAL_M))[0].card == bare


@pytest.mark.store
@pytest.mark.parametrize("tiny", [1e-200, -5e-324])
def test_positions_finer_than_the_table_can_hold_are_kept_all_the_same(store, tiny):
    store.write([entry(replace(CARD, lat=tiny, lon=tiny))])
    found = within(store, 0, 0, 1)[0].card
    assert (found.lat, found.lon) == (0, 0)


@pytest.mark.store
def test_moving_and_recategorising_leave_no_ghost(store):
    first = entry(CARD)
    store.write([first])
    moved = entry(replace(CARD, lat=48.85, lon=2.35, categories=("barber", "spa")), first.after, 2)
    store.write([moved])
    place = moved.after.place
    assert all_rows() == [
        (f"{index}#{place[0]}", f"{place[1]}#{CARD.shop_id}") for index in ("C3#barber", "C3#spa", "G3")
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
    assert store.occupied(None) == frozenset()
    here = entry(CARD)
    store.write([here])
    store.write([entry(replace(CARD, lat=-89.0), here.after, 2)])
    assert store.occupied(None) == {"wtw", "S"} == store.occupied("barber")
    assert store.occupied("tea") == frozenset()
    # Another container knows nothing yet, finds them marked and marks nothing again.
    with meter.measure() as spent:
        SearchStore(DynamoCommitter()).write([entry(replace(CARD, shop_id="shp_2"))])
    assert spent.requests == 3
    assert store.occupied(None) == {"wtw", "S"}


def size_of(card):
    """Bytes that DynamoDB counts for a card's row: names and values."""
    row = next(iter(CardRow.query("G3#" + cover.partition_of(card.lat, card.lon))))
    total = 0
    for name, value in row.serialize().items():
        ((kind, content),) = value.items()
        total += len(name)
        if kind == "S":
            total += len(content.encode())
        elif kind == "N":
            total += len(content.strip("-").replace(".", "")) // 2 + 2
        else:
            total += 3 + sum(1 + len(one["S"].encode()) for one in content)
    return total


def test_what_indexing_costs(store):
    with meter.measure() as spent:
        store.heads([CARD.shop_id])
    assert (spent.requests, spent.read_units) == (1, 1)
    first = entry(CARD)
    with meter.measure() as spent:  # 2 reads and 2 updates of the occupied partitions, then the transaction
        store.write([first])
    assert (spent.requests, spent.read_units, spent.write_units) == (5, 1, 2 + 6)
    assert 200 <= size_of(CARD) <= 320
    with meter.measure() as spent:
        store.write([entry(replace(CARD, shop_id="shp_next"))])
    assert (spent.requests, spent.read_units, spent.write_units) == (1, 0, 6)
    near = entry(replace(CARD, lat=31.23), first.after, 2)
    with meter.measure() as spent:
        store.write([near])
    assert (spent.requests, spent.read_units, spent.write_units) == (1, 0, 10)
    with meter.measure() as spent:
        store.write([entry(replace(CARD, lat=31.23, name="改名"), near.after, 3)])
    assert (spent.requests, spent.read_units, spent.write_units) == (1, 0, 6)


def city(size):
    chance = random.Random(11)
    return [
        replace(
            CARD, shop_id=f"shp_{n:026}", lat=round(chance.gauss(31.2231, 0.06), 6), lon=round(chance.gauss(121.4452, 0.07), 6)
        )
        for n in range(size)
    ]  # fmt: skip


def test_what_searching_a_dense_city_costs(store):
    cards = city(3000)
    put_all(store, cards)
    spots = [(31.2231 + dy, 121.4452 + dx) for dy, dx in itertools.product((-0.05, 0.0, 0.05), repeat=2)]

    def cost(search, expected):
        with meter.measure() as spent:
            for at in spots:
                ranked = sorted((haversine(*at, card.lat, card.lon), card.shop_id) for card in cards)
                assert [hit.rank for hit in search(at)] == expected(ranked)
        return spent.requests, spent.read_units

    def inside(radius):
        return lambda ranked: [rank for rank in ranked if rank[0] <= radius]

    # Over nine spots: 4.8 requests and 3.4 units each for the nearest 20, 7.7 and 3.9 within 1 km, 7.3 and 54 within 10.
    assert cost(lambda at: nearest(store, Query(*at, 20, LOCAL_M, "barber")), lambda ranked: ranked[:20]) == (43, 31)
    assert cost(lambda at: within(store, *at, 1000), inside(1000)) == (69, 35.5)
    assert cost(lambda at: within(store, *at, 10_000), inside(10_000)) == (66, 490)


def test_a_probe_that_meets_the_partitions_end_knows_all_of_it(store):
    put_all(store, city(3))
    with meter.measure() as spent:
        hits = nearest(store, Query(31.2231, 121.4452, 20, 5000))
    assert len(hits) <= 3
    assert (spent.requests, spent.read_units) == (2, 1)


@pytest.mark.store
def test_competitors_end_with_one_consistent_shop(store):
    """Twelve writers, each reading the head, then moving the shop: rows and head agree in the end."""
    store.write([entry(CARD)])
    start = threading.Barrier(12)

    def index(version):
        own = SearchStore(DynamoCommitter())
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
    assert all_rows() == [(f"{i}#{head.place[0]}", f"{head.place[1]}#{CARD.shop_id}") for i in ("C3#barber", "G3")]


def test_pages_longer_than_a_megabyte_are_read_to_the_end(store):
    cards = [replace(CARD, shop_id=f"shp_{n:05}", address="长" * 3000) for n in range(130)]
    put_all(store, cards)
    assert len(within(store, CARD.lat, CARD.lon, 1)) == 130
