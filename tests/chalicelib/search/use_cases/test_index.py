"""The index follows what is true, whoever comes between."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.coupons.rules import Campaign, Terms
from chalicelib.kit.errors import Busy
from chalicelib.kit.transaction import Contention
from chalicelib.reviews.ports import Rating
from chalicelib.search import partitions, rules, use_cases
from chalicelib.search.ports import EVERYTHING, category_index
from chalicelib.search.use_cases import Counts, Packed
from chalicelib.shops.ports import Status
from tests.chalicelib.search.shops import NOW, Town, listing
from tests.fakes.search import FakeIndex, FakePacks, FakePlaces
from tests.fakes.time import FakeClock


def test_indexing_follows_the_shop_and_its_rating():
    town, index = Town(listing()), FakeIndex()
    ports = town.index_ports(index)
    assert use_cases.index_shop(ports, "shp_1")
    assert not use_cases.index_shop(ports, "shp_1")
    town.ratings["shp_1"] = Rating(5, 1, 1)
    assert use_cases.index_shop(ports, "shp_1")
    assert index.cards["shp_1"].rating_sum == 5
    town.put(listing(version=2, status=Status.CLOSED))
    assert use_cases.index_shop(ports, "shp_1")
    assert index.cards == {}
    assert not use_cases.index_shop(ports, "shp_nobody")


def test_a_campaign_that_one_message_told_of_stays_until_it_is_over():
    town, index = Town(listing()), FakeIndex()
    ports = town.index_ports(index)
    span = {"valid_from": NOW, "valid_until": NOW + timedelta(days=9)}
    opened = Campaign("x", Terms("CNY", amount_off=1), 5, id="cmp_1", shop_id="shp_1", created_at=NOW, **span)
    town.campaigns, town.hidden = [opened], {"cmp_1"}
    assert use_cases.index_shop(ports, "shp_1", "cmp_1")
    shown = index.cards["shp_1"].coupons
    assert len(shown) == 1
    town.ratings["shp_1"] = Rating(5, 1, 1)
    assert use_cases.index_shop(ports, "shp_1")
    assert index.cards["shp_1"].coupons == shown
    town.put(listing(version=2, status=Status.CLOSED))
    assert use_cases.index_shop(ports, "shp_1")
    town.put(listing(version=3))
    assert use_cases.index_shop(ports, "shp_1")
    assert index.cards["shp_1"].coupons == shown
    town.campaigns, town.hidden = [replace(opened, claimed=5)], set()
    assert use_cases.index_shop(ports, "shp_1")
    assert index.cards["shp_1"].coupons == ()
    assert index.known["shp_1"].campaigns == ()


def test_who_is_overtaken_reads_again():
    town, index = Town(listing()), FakeIndex()
    ports = town.index_ports(index)

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
        use_cases.index_shop(Town(listing()).index_ports(index), "shp_1")


def shops(size, **more):
    return [listing(f"shp_{n:04}", lat=n / 100, **more) for n in range(size)]


def test_many_are_indexed_in_batches_and_once():
    many, index = shops(250), FakeIndex()
    town = Town(*many)
    ports = town.index_ports(index)
    places = frozenset({partitions.of(0, 121.4), partitions.of(2.4, 121.4)})
    assert use_cases.index_many(ports, many, unrated=True) == Counts(250, 0, places)
    assert town.rating_reads == 0
    assert len(index.cards) == 250
    assert index.writes == [99, 99, 52]
    assert use_cases.index_many(ports, many) == Counts(0, 250)
    moved = shops(3, lon=2.0, version=2)
    town.ratings["shp_0001"] = Rating(4, 1, 1)
    for one in moved:
        town.put(one)
    assert use_cases.index_many(ports, moved, unrated=True) == Counts(
        3, 0, frozenset({partitions.of(0, 121.4), partitions.of(0, 2.0)})
    )
    assert index.cards["shp_0001"].lon == 2.0
    assert index.cards["shp_0001"].rating_sum == 4


def test_the_same_shop_twice_in_one_import_is_written_once():
    index = FakeIndex()
    town = Town(listing(version=2))
    assert use_cases.index_many(town.index_ports(index), [listing(), listing(version=2)]) == Counts(
        1, 0, frozenset({"wtw"})
    )
    assert index.known["shp_1"].versions.shop == 2


def test_an_import_that_is_overtaken_goes_shop_by_shop():
    many, index = shops(5), FakeIndex()
    town = Town(*many)
    ports = town.index_ports(index)

    def overtake():
        town.put(listing("shp_0002", lat=0.5, version=9))
        use_cases.index_shop(ports, "shp_0002")

    index.meddle = overtake
    assert use_cases.index_many(ports, many).written == 5
    assert index.known["shp_0002"].versions.shop == 9
    assert index.cards["shp_0002"].lat == 0.5
    assert len(index.cards) == 5


HERE = partitions.of(0.1, 121.4)


def test_a_partition_that_has_changed_much_is_packed():
    many, index = shops(40), FakeIndex()
    packs = FakePacks(FakeClock(NOW))
    ports = Town(*many).index_ports(index, packs)
    for one in many:
        packs.put(rules.card_of(one, Rating()))
        use_cases.index_shop(ports, one.shop.id)
    assert packs.directories[EVERYTHING, HERE].total == 32
    assert packs.tally(HERE, 0) == (8, 32)


def test_changes_that_come_while_a_partition_is_packed_do_not_pack_it_again():
    many, packs = shops(200), FakePacks(FakeClock(NOW))
    ports = Town(*many).index_ports(FakeIndex(), packs)
    waiting, packed = [one.shop.id for one in many], []

    def whole(partition, most=None):
        packed.append(partition)
        while len(waiting) > 10:  # other workers go on meanwhile
            use_cases.index_shop(ports, waiting.pop())
        return ()

    packs.whole = whole
    while waiting:
        use_cases.index_shop(ports, waiting.pop())
    assert len(packed) <= 4  # two partitions, each once, and once more for what came meanwhile


def test_packing_all_leaves_alone_what_has_not_changed():
    many = shops(40)
    cards = [rules.card_of(one, Rating()) for one in many]
    packs = FakePacks(FakeClock(NOW), cards)
    ports = Town().index_ports(FakeIndex(), packs, FakePlaces(cards))
    assert use_cases.pack_all(ports) == Packed(0, 0)
    packs.tally(HERE, 1)
    assert use_cases.pack_all(ports) == Packed(1, 40)
    assert use_cases.pack_all(ports) == Packed(0, 0)
    assert packs.directories[EVERYTHING, HERE].total == 40
    assert packs.directories[category_index("barber"), HERE].total == 40
    assert packs.directories[EVERYTHING, HERE].words["店"] == 40
