"""The table: exact requests and capacity, no ghosts, and competitors in every order."""

import itertools
import math
import random
import threading
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from chalicelib.kit.clock import SystemClock
from chalicelib.kit.dynamo import DynamoCommitter, meter
from chalicelib.kit.money import Money
from chalicelib.kit.transaction import Contention
from chalicelib.search import areas, curve, geohash, partitions, rules, segment, use_cases
from chalicelib.search import cards as codec
from chalicelib.search.distance import haversine
from chalicelib.search.index_ports import Entry, Head, Shape, Versions
from chalicelib.search.nearest import ALL, LOCAL_M, nearest
from chalicelib.search.ports import EVERYTHING, Card, Query, Served, category_index, word_index
from chalicelib.search.store import PackStore, SearchStore
from chalicelib.search.store import cards as store_cards
from chalicelib.search.store.cards import LEASE
from chalicelib.search.store.rows import CardRow, ChangeRow
from chalicelib.shops.ports import Circle, HoursException, Interval, Offering, Polygon
from tests.chalicelib.search.shops import Town, listing
from tests.fakes.time import FakeClock

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
    coupons=((1_900_000_000, 1_900_086_400),),
    text="剪发\n洗护",
    stamp=1,
)


BARBERS = category_index("barber")


@pytest.fixture
def store(tables):
    return fresh()


def fresh():
    return SearchStore(DynamoCommitter(), SystemClock())


def later(turns=1, committer=None):
    """Return a store whose clock says that no change begun a turn before is still under way."""
    return SearchStore(committer or DynamoCommitter(), FakeClock(datetime.now(UTC) + 2 * turns * LEASE))


def entry(card, before=None, version=1, words=(), cells=(), area=None):
    place = partitions.of(card.lat, card.lon), geohash.text(curve.position(card.lat, card.lon))
    shape = Shape(place, card.categories, tuple(words), tuple(cells))
    return Entry(card.shop_id, before, head(before, version, shape), card, area)


def head(before, version, shape):
    return Head(Versions(version, 0), rules.LAYOUT, shape, "", before.stamp + 1 if before else 1)


def closed(card, before, version):
    return Entry(card.shop_id, before, head(before, version, None), None)


def put_all(store, cards):
    store.write([entry(card) for card in cards])


def pack(cards):
    """Write the directories of all partitions that some cards lie in, as the packing does."""
    packs, by_partition = PackStore(SystemClock()), {}
    for card in cards:
        by_partition.setdefault(partitions.of(card.lat, card.lon), []).append(card)
    for partition, some in by_partition.items():
        packs.pack(
            partition,
            rules.directories(some, {card.shop_id: ["剪发"] for card in some}),
            segment.split(some),
            datetime.now(UTC),
        )


def within(store, lat, lon, radius, index=EVERYTHING):
    return nearest(store, Query(lat, lon, ALL, radius, index))


def all_rows():
    return sorted((row.pk, row.sk) for row in CardRow.scan() if row.pk[0] in "GCTA")


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


def many_words(letter, number=150):
    return [f"{letter}{n}" for n in range(number)]


@pytest.mark.store
def test_a_shop_with_more_rows_than_a_transaction_takes_is_written_in_several(store):
    first = entry(CARD, words=many_words("a"))
    store.write([first])
    assert len(all_rows()) == 152
    standing = store.heads([CARD.shop_id])[CARD.shop_id]
    assert (standing.layout, standing.former, standing.shape) == (rules.LAYOUT, (), first.after.shape)
    moved = entry(replace(CARD, lat=48.85), standing, 2, many_words("b") + many_words("a", 10))
    store.write([moved])
    assert len(all_rows()) == 162
    assert {row[0].rpartition("#")[2] for row in all_rows()} == {moved.after.shape.place[0]}
    store.write([entry(CARD, store.heads([CARD.shop_id])[CARD.shop_id], 3)])
    assert len(all_rows()) == 2


class Dies(DynamoCommitter):
    """Commits so many times, then never again."""

    def __init__(self, times):
        self.left = times

    def commit(self, actions):
        if not self.left:
            raise ConnectionError
        self.left -= 1
        super().commit(actions)


@pytest.mark.parametrize("times", range(5))
def test_whoever_comes_after_one_that_died_leaves_nothing_behind(store, times):
    first = entry(CARD, words=many_words("a"))
    store.write([first])
    before = store.heads([CARD.shop_id])[CARD.shop_id]
    lost = entry(replace(CARD, lat=48.85), before, 2, many_words("b"))
    with pytest.raises(ConnectionError):
        SearchStore(Dies(times), SystemClock()).write([lost])
    standing = store.heads([CARD.shop_id])[CARD.shop_id]
    assert (times == 0) == (standing.layout == rules.LAYOUT)
    later().write([entry(replace(CARD, lat=40.0), standing, 3, ["c1"])])
    assert len(all_rows()) == 3
    assert len({row[0].rpartition("#")[2] for row in all_rows()}) == 1


def test_who_was_overtaken_in_the_middle_stops(store):
    first = entry(CARD)
    store.write([first])

    class Overtaken(DynamoCommitter):
        def commit(self, actions):
            super().commit(actions)
            if len(actions) == 1:
                standing = store.heads([CARD.shop_id])[CARD.shop_id]
                later().write([entry(replace(CARD, name="新"), standing, 9, ["c1"])])

    with pytest.raises(Contention):
        SearchStore(Overtaken(), SystemClock()).write([entry(CARD, first.after, 2, many_words("b"))])
    assert len(all_rows()) == 3
    assert within(store, CARD.lat, CARD.lon, 1)[0].card.name == "新"


def test_what_many_that_died_leave_is_written_down_once(store):
    store.write([entry(CARD, words=many_words("a"))])
    for version in range(2, 8):
        standing = store.heads([CARD.shop_id])[CARD.shop_id]
        with pytest.raises(ConnectionError):
            later(version, Dies(2)).write(
                [entry(replace(CARD, lat=48.0 + version % 2), standing, version, many_words("b"))]
            )
    standing = store.heads([CARD.shop_id])[CARD.shop_id]
    assert len({standing.shape, *standing.former}) == 3 == 1 + len(standing.former)
    later(9).write([closed(CARD, standing, 9)])
    assert all_rows() == []


def test_nobody_starts_over_what_somebody_else_is_writing(store):
    met = []

    class Watched(DynamoCommitter):
        def commit(self, actions):
            super().commit(actions)
            standing = store.heads([CARD.shop_id])[CARD.shop_id]
            if standing.layout != rules.LAYOUT:
                with pytest.raises(Contention):
                    store.write([entry(CARD, standing, 3, many_words("c"))])
                met.append(standing.until)

    SearchStore(Watched(), SystemClock()).write([entry(CARD, words=many_words("b"))])
    assert len(met) == 3
    assert len(all_rows()) == 152
    assert store.heads([CARD.shop_id])[CARD.shop_id].until == 0


def test_transactions_are_cut_by_bytes_as_well(store):
    sizes = []

    class Weighed(DynamoCommitter):
        def commit(self, actions):
            sizes.append(len(actions))
            super().commit(actions)

    long = replace(CARD, address="长" * 20_000)
    weighed = SearchStore(Weighed(), SystemClock())
    weighed.write([entry(long, words=many_words("a", 80))])
    assert max(sizes) < 40
    assert len(all_rows()) == 82
    sizes.clear()
    weighed.write([entry(replace(long, shop_id=f"shp_{n}"), words=["w"]) for n in range(20)])
    assert len(sizes) > 2


def widest(**more):
    """The shop with the most to index: 100 offerings of two long names, 40 exceptions, a service area."""
    chance = random.Random(5)

    def han(length):
        return "".join(chr(chance.randrange(0x20000, 0x2A6DF)) for _ in range(length))

    times = tuple((f"{hour:02}:00", f"{hour:02}:30") for hour in range(6))
    week = tuple(Interval(day, *one) for day in range(7) for one in times)
    dates = tuple(
        HoursException(date(2030, 1, 1) + timedelta(days=2 * n), (*times[:5], ("22:00", f"22:{n:02}")))
        for n in range(1, 41)
    )
    offerings = [
        Offering(han(100), 30, Money(100, "CNY"), id=f"off_{n}", shop_id="shp_1", name_en=han(100)) for n in range(100)
    ]
    ring = tuple(
        (31.2 + 0.2 * math.sin(n * math.tau / 50), 121.4 + 0.2 * math.cos(n * math.tau / 50)) for n in range(50)
    )
    told = {"name": han(100), "name_en": han(100), "address": han(300), "categories": tuple("abcde")}
    told |= {"hours": week, "exceptions": dates, "service_area": Polygon(ring), "offerings": offerings}
    return listing(**told | more)


def test_the_widest_shop_costs_about_two_thousand_units(store):
    town = Town(widest())
    packs = PackStore(SystemClock())
    with meter.measure() as spent:
        assert use_cases.index_shop(town.index_ports(store, packs, store), "shp_1")
    assert spent.write_units <= 2000
    town.put(widest(name="弄堂理发", name_en=None, address="安福路 12 号", hours=(), exceptions=(), version=2))
    with meter.measure() as spent:
        assert use_cases.index_shop(town.index_ports(store, packs, store), "shp_1")
    assert spent.write_units <= 4000  # the rows of other words are removed, too
    sizes = [len(row.card.encode()) + len((row.text or "").encode()) for row in CardRow.scan() if row.pk[0] == "T"]
    assert max(sizes) < 4096


@pytest.mark.store
def test_how_much_of_a_card_is_searched_and_what_can_be_claimed_come_back(store):
    cut = replace(CARD, searched=7)
    made = entry(cut, words=["静安"])
    told = replace(made, after=replace(made.after, campaigns=("cmp_1", "cmp_2")))
    store.write([told])
    assert store.heads([CARD.shop_id]) == {CARD.shop_id: told.after}
    assert within(store, CARD.lat, CARD.lon, 1, word_index("静安"))[0].card == cut


@pytest.mark.store
def test_changes_are_told_to_the_partition_and_to_the_one_that_was_left(store):
    began = datetime.now(UTC) - timedelta(seconds=1)
    first = entry(CARD)
    store.write([first])
    moved = entry(replace(CARD, lat=48.85, lon=2.35), first.after, 2)
    store.write([moved])
    packs = PackStore(SystemClock())
    here, there = (packs.news(shape.place[0], began).changes for shape in (first.after.shape, moved.after.shape))
    assert [(change.stamp, change.card and change.card.lat) for change in here] == [(1, CARD.lat), (2, None)]
    assert [(change.stamp, change.card and change.card.lat) for change in there] == [(2, 48.85)]
    assert packs.news("wtw", datetime.now(UTC) + timedelta(seconds=1)).changes == ()
    assert all(row.expires_at for row in ChangeRow.scan() if row.pk.startswith("L3#"))


@pytest.mark.store
def test_what_is_packed_comes_back(store):
    cards = city(450)
    put_all(store, cards)
    packs, since = PackStore(SystemClock()), datetime(2030, 5, 1, tzinfo=UTC)
    assert packs.tally("wtw", 7) == (7, 0)
    whole = packs.whole("wtw")
    assert sorted(card.shop_id for card in whole) == sorted(card.shop_id for card in cards)
    assert packs.whole("wtw", 449) is None
    assert len(packs.whole("wtw", 450)) == 450
    assert packs.claim("wtw", 7)
    packs.pack("wtw", rules.directories(whole, {}), segment.split(whole), since)
    manifest = packs.news("wtw", since + timedelta(days=1)).manifest
    assert manifest.since == since
    (one,) = packs.segments("wtw", manifest, [0])
    assert {one.card(n) for n in range(450)} == {replace(card, text="") for card in cards}
    assert packs.segments("wtw", manifest, [0, 1]) is None
    assert packs.tally("wtw", 1) == (1, 450)
    assert packs.words([cards[0].shop_id, "shp_nobody"]) == {cards[0].shop_id: ()}


@pytest.mark.store
def test_one_packs_and_whoever_died_at_it_is_replaced(tables):
    clock = FakeClock(datetime(2030, 5, 1, tzinfo=UTC))
    packs = PackStore(clock)
    assert packs.claim("wtq")  # that nobody has counted anything of
    assert packs.tally("wtw", 40) == (40, 0)
    assert not packs.claim("wtw", 41)
    assert packs.claim("wtw", 40)
    assert packs.tally("wtw", 2) == (2, 0)
    assert not packs.claim("wtw", 2)
    assert not packs.claim("wtw")
    clock.move(seconds=181)
    assert packs.tally("wtw", 0) == (42, 0)
    assert packs.claim("wtw", 42)
    clock.move(seconds=181)
    assert packs.tally("wtw", 1) == (43, 0)
    assert packs.claim("wtw", 43)
    packs.pack("wtw", rules.directories(city(450), {}), (), clock.now())
    assert packs.tally("wtw", 3) == (3, 450)
    assert not packs.claim("wtw", 43)
    assert packs.claim("wtw")


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
