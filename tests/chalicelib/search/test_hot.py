"""Memory answers what rows would, at most so many seconds ago, and asks for nothing while it is fresh."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.search import partitions, segment, use_cases
from chalicelib.search.distance import FARTHEST_M
from chalicelib.search.hot import Hot, Policy
from chalicelib.search.index_ports import IndexPorts
from chalicelib.search.nearest import ALL, LOCAL_M
from chalicelib.search.ports import EVERYTHING, Card, Query, category_index, word_index
from tests.chalicelib.search.test_nearest import brute
from tests.fakes.search import FakePacks
from tests.fakes.time import FakeClock

HERE = 31.23, 121.47
BORDER = 30.9375, 120.9375  # a corner where four partitions meet
EAGER = Policy(stale=5.0, worth=1, most=64)


def card(number, lat, lon, categories=("tea",)):
    return Card(f"shp_{number:05}", f"店{number}", lat, lon, categories)


def around(at, number, spread=0.05, seed=1):
    chance = random.Random(seed)
    return [
        card(1000 * seed + n, at[0] + chance.gauss(0, spread), at[1] + chance.gauss(0, spread)) for n in range(number)
    ]


class World:
    """Shops, their packing, and a memory with its clocks."""

    def __init__(self, cards=(), policy=EAGER):
        self.clock = FakeClock(datetime(2030, 5, 1, tzinfo=UTC))
        self.packs = FakePacks(self.clock)
        for one in cards:
            self.packs.put(one)
        self.seconds = 0.0
        self.hot = Hot(self.packs, self.clock, policy, lambda: self.seconds)

    def pack(self):
        self.wait(120)
        ports = IndexPorts(None, None, self.packs, None, None, None, self.clock)
        use_cases.pack(ports, {partitions.of(one.lat, one.lon) for one in self.packs.cards.values()})
        self.wait(1)

    def wait(self, seconds):
        self.seconds += seconds
        self.clock.move(seconds=seconds)

    def ranks(self, *at, count=20, reach=LOCAL_M, index=EVERYTHING, **more):
        hits = self.hot.nearest(Query(*at, count, reach, index, **more))
        return None if hits is None else [hit.rank for hit in hits]

    def truth(self, *at, count=20, reach=LOCAL_M, category=None):
        return brute(self.packs.cards.values(), *at, reach, category)[:count]


@pytest.fixture
def city():
    world = World(around(HERE, 5000))
    world.pack()
    return world


def test_the_first_searches_are_for_the_rows_and_the_others_for_memory():
    world = World(around(HERE, 500), Policy(worth=3, window=60))
    world.pack()
    assert world.ranks(*HERE) is None
    assert world.ranks(*HERE) is None
    assert world.packs.asked == len({partitions.of(one.lat, one.lon) for one in world.packs.cards.values()})
    assert world.ranks(*HERE) == world.truth(*HERE)


def test_searches_that_are_few_and_far_between_are_not_worth_it():
    world = World(around(HERE, 500), Policy(worth=3, window=60))
    for _ in range(10):
        assert world.ranks(*HERE) is None
        world.wait(31)


def test_a_fresh_memory_asks_for_nothing(city):
    assert city.ranks(*HERE) == city.truth(*HERE)
    asked = city.packs.asked
    for n in range(50):
        at = HERE[0] + n / 1e4, HERE[1] - n / 1e4
        assert city.ranks(*at) == city.truth(*at)
    assert city.packs.asked <= asked + 2  # segments that the first search had not needed


def test_what_has_changed_is_right_when_memory_is_as_old_as_it_may_be(city):
    first = city.ranks(*HERE)
    gone, moved = first[0][1], first[1][1]
    city.packs.close(gone)
    city.packs.put(replace(city.packs.cards[moved], lat=HERE[0] + 0.2))
    city.packs.put(card(90_000, *HERE))
    assert city.ranks(*HERE) == first
    city.wait(5.1)
    asked = city.packs.asked
    assert city.ranks(*HERE) == city.truth(*HERE)
    assert city.ranks(*HERE)[0] == (0.0, "shp_90000")
    assert city.packs.asked == asked + 1


def test_changes_since_the_packing_are_there_from_the_first_answer_on(city):
    city.packs.put(card(90_000, *HERE))
    city.wait(3600)
    assert city.ranks(*HERE) == city.truth(*HERE)


def test_an_older_change_that_is_heard_later_changes_nothing(city):
    city.packs.put(card(90_000, *HERE))
    city.packs.put(card(90_000, HERE[0] + 0.001, HERE[1]))
    heard = city.packs._changes[partitions.of(*HERE)]
    heard.append(heard.pop(-2))
    assert city.ranks(*HERE) == city.truth(*HERE)


def test_a_new_packing_is_taken_over(city):
    assert city.ranks(*HERE) == city.truth(*HERE)
    city.packs.put(card(90_000, *HERE))
    city.pack()
    city.packs.put(card(90_001, *HERE))
    assert city.ranks(*HERE) == city.truth(*HERE)


def test_segments_that_are_gone_and_packings_that_are_old_are_no_answer(monkeypatch):
    monkeypatch.setattr(segment, "MOST", 100)
    city = World(around(HERE, 1000))
    city.pack()
    assert city.ranks(*HERE) == city.truth(*HERE)
    city.packs.forget_segments()
    far = max(city.packs.cards.values(), key=lambda one: one.lat)
    assert city.ranks(far.lat, far.lon) is None
    old = World(around(HERE, 500))
    old.pack()
    assert old.ranks(*HERE) == old.truth(*HERE)
    old.wait(timedelta(days=4).total_seconds())
    assert old.ranks(*HERE) is None
    assert old.ranks(*HERE) is None


def test_more_shops_at_one_position_than_a_segment_holds(monkeypatch):
    """Segments then begin at the same position, and the one before ends in the middle of it."""
    monkeypatch.setattr(segment, "MOST", 50)
    world = World([*around(HERE, 330), *(card(50_000 + n, *HERE) for n in range(170))])
    world.pack()
    (manifest,) = (one for one in world.packs._manifests.values() if len(set(one.firsts)) < len(one.firsts))
    assert len(manifest.firsts) >= 10
    for at, count in ((HERE, 1), (HERE, 170), (HERE, 200), ((31.0, 121.2), 5), ((31.0, 121.2), ALL)):
        cold = Hot(world.packs, world.clock, EAGER, lambda: world.seconds)
        hits = cold.nearest(Query(*at, count, LOCAL_M))
        assert [hit.rank for hit in hits] == world.truth(*at, count=count)


SOUTH_OF_IT, NORTH_OF_IT = (30.93, 121.0), (30.95, 121.0)  # of a border between two partitions


@pytest.mark.parametrize("first", [SOUTH_OF_IT, NORTH_OF_IT])
def test_a_shop_that_moves_over_a_border_is_there_once(first):
    """One of the partitions was looked at before it moved, the other one is after."""
    world = World([card(n, 30.9, 121.0 + n / 1000) for n in range(5)] + [card(9, 31.0, 121.0)])
    world.packs.put(card(1000, 30.936, 121.0))
    world.wait(1)
    world.ranks(*first, count=ALL, reach=100.0)
    world.wait(3)
    world.packs.put(replace(world.packs.cards["shp_01000"], lat=30.9385))
    world.wait(0.5)
    asked = {"count": ALL, "reach": 5000.0}
    assert world.ranks(30.937, 121.0, **asked) == world.truth(30.937, 121.0, **asked)


@pytest.mark.parametrize(("to", "count"), [(30.9385, 2), (30.98, ALL), (31.2, ALL)])
def test_of_two_cards_of_a_shop_the_newer_one_is_shown(to, count):
    world = World([card(n, 30.9, 121.0 + n / 1000) for n in range(5)] + [card(9, 31.0, 121.0)])
    world.packs.put(card(1000, 30.936, 121.0))
    world.ranks(*SOUTH_OF_IT, count=ALL, reach=100.0)
    world.packs.put(replace(world.packs.cards["shp_01000"], lat=to))
    asked = {"count": count, "reach": 7000.0}
    if to == 31.2:  # out of reach: the other partition has no say until it is looked at again
        assert len(world.ranks(30.937, 121.0, **asked)) == len(world.truth(30.937, 121.0, **asked)) + 1
        world.wait(5.1)
    assert world.ranks(30.937, 121.0, **asked) == world.truth(30.937, 121.0, **asked)


def test_a_polar_cap_in_several_segments(monkeypatch):
    monkeypatch.setattr(segment, "MOST", 50)
    world = World([card(n, 86.0, n * 1.3 - 170) for n in range(260)])
    world.pack()
    assert world.ranks(86.0, 10.0) == world.truth(86.0, 10.0)


def test_partitions_with_few_shops_are_kept_whole_and_larger_ones_without_segments_are_not():
    few = World(around(HERE, 150))
    assert few.ranks(*HERE) == few.truth(*HERE)
    few.packs.put(card(90_000, *HERE))
    few.wait(6)
    assert few.ranks(*HERE) == few.truth(*HERE)
    assert World(around(HERE, 1500)).ranks(*HERE) is None


def test_that_a_partition_cannot_be_kept_is_remembered_for_a_while():
    large = World(around(HERE, 1500))
    assert large.ranks(*HERE) is None
    asked = large.packs.asked
    for _ in range(10):
        assert large.ranks(*HERE) is None
    assert large.packs.asked == asked
    large.pack()
    assert large.ranks(*HERE) == large.truth(*HERE)


def test_one_search_loads_so_much_and_the_next_one_goes_on(monkeypatch):
    monkeypatch.setattr(segment, "MOST", 500)
    world = World(around(HERE, 10_000, spread=0.02))
    world.pack()
    answers = [world.ranks(*HERE, count=ALL) for _ in range(4)]
    assert answers[0] is None
    assert answers[-1] == world.truth(*HERE, count=ALL)


def test_memory_has_an_end(monkeypatch):
    monkeypatch.setattr(segment, "MOST", 100)
    world = World([*around(HERE, 450), *around((48.85, 2.35), 450, seed=2)], replace(EAGER, most=5))
    world.pack()
    for at in (HERE, (48.85, 2.35), HERE):
        assert world.ranks(*at, count=300) == world.truth(*at, count=300)
    assert len(world.hot._kept) == 1


def test_words_and_what_is_far_away_are_for_the_rows(city):
    assert city.ranks(*HERE, index=word_index("店")) is None
    lonely = World([card(1, *HERE)])
    assert lonely.ranks(*HERE, count=5, reach=FARTHEST_M) is None
    assert lonely.ranks(*HERE, count=5, reach=LOCAL_M) == [(0.0, "shp_00001")]
    assert lonely.ranks(*HERE, count=1, reach=FARTHEST_M) == [(0.0, "shp_00001")]


MANY = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@MANY
@given(st.integers(0, 2**32), st.sampled_from([HERE, BORDER, (0, 0), (10, 180), (84.375, 30), (-89.9, 0)]))
def test_memory_answers_what_comparing_all_would(seed, place):
    """Shops come, move and go, packings happen, and every search is right: with `stale` 0 at once."""
    chance = random.Random(seed)
    world = World(policy=Policy(stale=0.0, worth=1, most=chance.choice([2, 64])))

    def spot():
        spread = chance.choice([0.0, 0.001, 0.1, 0.6])
        lat = max(-90, min(90, place[0] + chance.gauss(0, spread)))
        return lat, (place[1] + chance.gauss(0, spread) + 180) % 360 - 180

    for n in range(chance.choice([0, 30, 260])):
        world.packs.put(card(n, *spot(), chance.choice([("tea",), ("tea", "gym")])))
    for _ in range(12):
        act = chance.random()
        if act < 0.15:
            world.pack()
        for _ in range(chance.randint(0, 4)):
            if world.packs.cards and chance.random() < 0.4:
                world.packs.close(chance.choice(list(world.packs.cards)))
            else:
                world.packs.put(card(chance.randrange(300), *spot(), chance.choice([("tea",), ("tea", "gym")])))
        world.wait(chance.choice([0.1, 30, 3600]))
        at, count, reach = spot(), chance.choice([1, 5, 40, ALL]), chance.choice([10.0, 5000.0, LOCAL_M])
        category = chance.choice([None, "gym"])
        asked = {"count": count, "reach": reach}
        found = world.ranks(*at, index=category_index(category) if category else EVERYTHING, **asked)
        if found is not None:
            assert found == world.truth(*at, **asked, category=category)
        everybody = world.truth(*at, count=ALL, reach=reach)
        if everybody:
            after = everybody[chance.randrange(len(everybody))]
            page = world.ranks(*at, **asked, after=after)
            assert page is None or page == [rank for rank in everybody if rank > after][:count]


def test_filters_are_honoured(city):
    odd = Query(*HERE, 20, LOCAL_M, accepts=lambda one: int(one.shop_id[-1]) % 2 == 1)
    expected = [rank for rank in city.truth(*HERE, count=ALL) if int(rank[1][-1]) % 2 == 1][:20]
    assert [hit.rank for hit in city.hot.nearest(odd)] == expected
