import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.kit.errors import Busy
from chalicelib.kit.transaction import Contention
from chalicelib.reviews.ports import Rating
from chalicelib.search import use_cases
from chalicelib.search.distance import FARTHEST_M, haversine
from chalicelib.search.nearest import Query
from chalicelib.search.ports import Card
from chalicelib.search.use_cases import Counts
from chalicelib.shops.ports import Status
from tests.chalicelib.search.shops import Town, listing
from tests.fakes.search import FakeIndex, FakePlaces


def test_indexing_follows_the_shop_and_its_rating():
    town, index = Town(listing()), FakeIndex()
    ports = town.ports(index)
    assert use_cases.index_shop(ports, "shp_1")
    assert not use_cases.index_shop(ports, "shp_1")
    town.ratings["shp_1"] = Rating(5, 1, 1)
    assert use_cases.index_shop(ports, "shp_1")
    assert index.cards["shp_1"].rating_sum == 5
    town.put(listing(version=2, status=Status.CLOSED))
    assert use_cases.index_shop(ports, "shp_1")
    assert index.cards == {}
    assert not use_cases.index_shop(ports, "shp_nobody")


def test_who_is_overtaken_reads_again():
    town, index = Town(listing()), FakeIndex()
    ports = town.ports(index)

    def overtake():
        town.put(listing(version=2, name="新"))
        use_cases.index_shop(ports, "shp_1")

    index.meddle = overtake
    assert not use_cases.index_shop(ports, "shp_1")
    assert index.cards["shp_1"].name == "新"


def test_endless_contention_is_told():
    index = FakeIndex()

    def never(_entries):
        raise Contention

    index.write = never
    with pytest.raises(Busy):
        use_cases.index_shop(Town(listing()).ports(index), "shp_1")


def shops(size, **more):
    return [listing(f"shp_{n:04}", lat=n / 100, **more) for n in range(size)]


def test_many_are_indexed_in_batches_and_once():
    many, index = shops(250), FakeIndex()
    town = Town(*many)
    ports = town.ports(index)
    assert use_cases.index_many(ports, many, unrated=True) == Counts(250, 0)
    assert town.rating_reads == 0
    assert len(index.cards) == 250
    assert max(index.writes) == 33
    assert len(index.writes) == 8  # 99, 99 and 52 shops by up to 33
    assert use_cases.index_many(ports, many) == Counts(0, 250)
    moved = shops(3, lon=2.0, version=2)
    town.ratings["shp_0001"] = Rating(4, 1, 1)
    for one in moved:
        town.put(one)
    assert use_cases.index_many(ports, moved, unrated=True) == Counts(3, 0)
    assert index.cards["shp_0001"].lon == 2.0
    assert index.cards["shp_0001"].rating_sum == 4


def test_the_same_shop_twice_in_one_import_is_written_once():
    index = FakeIndex()
    town = Town(listing(version=2))
    assert use_cases.index_many(town.ports(index), [listing(), listing(version=2)]) == Counts(1, 0)
    assert index.known["shp_1"].versions.shop == 2


def test_an_import_that_is_overtaken_goes_shop_by_shop():
    many, index = shops(5), FakeIndex()
    town = Town(*many)
    ports = town.ports(index)

    def overtake():
        town.put(listing("shp_0002", lat=0.5, version=9))
        use_cases.index_shop(ports, "shp_0002")

    index.meddle = overtake
    assert use_cases.index_many(ports, many) == Counts(5, 0)
    assert index.known["shp_0002"].versions.shop == 9
    assert index.cards["shp_0002"].lat == 0.5
    assert len(index.cards) == 5


CARDS = [
    Card(f"shp_{n}", "n", 31 + random.Random(n).gauss(0, 0.02), 121 + random.Random(-n).gauss(0, 0.02), ())
    for n in range(200)
]
RANKS = sorted((haversine(31, 121, card.lat, card.lon), card.shop_id) for card in CARDS)


@settings(deadline=None, max_examples=40)
@given(
    st.integers(1, 100),
    st.one_of(st.none(), st.integers(1, 100)),
    st.sampled_from([800.0, 3000.0, FARTHEST_M]),
)
def test_pages_add_up_to_the_search(limit, total, reach):
    ports = Town().ports(FakeIndex(), FakePlaces(CARDS))
    walked, after, shown = [], None, 0
    for _ in itertools.count():
        page = use_cases.nearby(ports, Query(31, 121, 0, reach, None, after, shown), limit, total)
        walked += [hit.rank for hit in page.items]
        assert len(page.items) <= limit
        if page.next is None:
            break
        after, shown = (page.next["distance"], page.next["id"]), page.next["shown"]
        assert shown == len(walked)
    assert walked == [rank for rank in RANKS if rank[0] <= reach][:total]
