"""Nearest and within against brute force over the same shops: same set, same order, everywhere."""

import itertools
import random
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.search import cover, directory, partitions
from chalicelib.search.budget import A_REQUEST, Budget
from chalicelib.search.distance import FARTHEST_M, haversine
from chalicelib.search.nearest import ALL, LOCAL_M, is_too_wide, nearest, part
from chalicelib.search.ports import EVERYTHING, Card, Query, category_index
from tests.fakes.search import FakePlaces

# Where it hurts: the origin, the antimeridian, both poles, the edge of the folded caps, a partition's corner, a city.
HARD = [(0, 0), (0, 180), (52, -180), (90, 0), (-90, 77), (84.375, 0), (-84.375, 179.9999), (30.9375, 120.9375),
        (31.2304, 121.4737), (84.2, -179.9), (-16.5, 179.95), (1.40625, 1.40625)]  # fmt: skip
CATEGORIES = ["barber", "tea", "gym"]


def index_of(category):
    return category_index(category) if category else EVERYTHING


def brute(cards, lat, lon, reach=FARTHEST_M, category=None):
    ranked = sorted((haversine(lat, lon, card.lat, card.lon), card.shop_id) for card in cards
                    if category is None or category in card.categories)  # fmt: skip
    return [rank for rank in ranked if rank[0] <= reach]


@st.composite
def worlds(draw, sizes=(0, 1, 5, 60, 300)):
    """Shops in clusters of every density around one hard spot, some of them on exactly one place, some far away."""
    lat, lon = draw(st.sampled_from(HARD))
    seed, size = draw(st.integers(0, 2**32)), draw(st.sampled_from(sizes))
    spreads = draw(st.lists(st.sampled_from([0.0, 1e-7, 1e-4, 0.01, 0.3, 3.0, 60.0]), min_size=1, max_size=3))
    chance = random.Random(seed)
    cards = []
    for number in range(size):
        spread = chance.choice(spreads)
        at = shifted(lat, lon, chance.gauss(0, spread), chance.gauss(0, spread))
        chosen = tuple(chance.sample(CATEGORIES, chance.randint(1, 2)))
        cards.append(Card(f"shp_{chance.randrange(10**6):06}_{number}", "n", *at, chosen))
    centre_spread = draw(st.sampled_from([0.0, 1e-4, 0.05, 2.0]))
    centre = shifted(lat, lon, chance.gauss(0, centre_spread), chance.gauss(0, centre_spread))
    return cards, *centre


def shifted(lat, lon, up, right):
    return max(-90.0, min(90.0, lat + up)), lon if not right else (lon + right + 180) % 360 - 180


COUNTS = st.sampled_from([1, 3, 20, 100])
REACHES = st.sampled_from([5.0, 1000.0, 10_000.0, LOCAL_M, FARTHEST_M])
MANY = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
SOME = settings(MANY, max_examples=30)


@MANY
@given(worlds(), COUNTS, REACHES, st.sampled_from([None, *CATEGORIES]))
def test_the_nearest_are_those_of_brute_force(world, count, reach, category):
    cards, lat, lon = world
    hits = nearest(FakePlaces(cards), Query(lat, lon, count, reach, index_of(category)))
    assert [hit.rank for hit in hits] == brute(cards, lat, lon, reach, category)[:count]


@MANY
@given(worlds(), st.sampled_from([0.0, 5.0, 1000.0, LOCAL_M]), st.sampled_from([None, *CATEGORIES]))
def test_all_within_are_those_of_brute_force(world, radius, category):
    cards, lat, lon = world
    hits = nearest(FakePlaces(cards), Query(lat, lon, ALL, radius, index_of(category)))
    assert [hit.rank for hit in hits] == brute(cards, lat, lon, radius, category)


@settings(MANY, max_examples=50)
@given(worlds(), COUNTS, REACHES, st.randoms(use_true_random=False))
def test_a_wrong_directory_costs_requests_and_no_results(world, count, reach, chance):
    cards, lat, lon = world
    keys = [*list(FakePlaces(cards, least=1).known), (EVERYTHING, partitions.of(lat, lon))]
    wrong = {}
    for index, partition in keys:
        if chance.random() < 0.8:
            whole = cover.whole(partition)
            at = sorted(chance.randrange(whole.low, whole.high) for _ in range(chance.choice([0, 1, 30, 400])))
            made = directory.of([(one, chance.choice([1, 240, 9000])) for one in at])
            wrong[index, partition] = replace(made, counts=[chance.randint(1, 50) for _ in made.counts])
    hits = nearest(FakePlaces(cards, directories=wrong), Query(lat, lon, count, reach))
    assert [hit.rank for hit in hits] == brute(cards, lat, lon, reach)[:count]


@MANY
@given(worlds(), COUNTS, REACHES, st.integers(2, 9), st.sampled_from([0.01, 0.5, 1.0]))
def test_what_is_not_accepted_does_not_count(world, count, reach, one_in, share):
    cards, lat, lon = world
    wanted = [card for card in cards if hash(card.shop_id) % one_in == 0]
    query = Query(lat, lon, count, reach, accepts=lambda card: hash(card.shop_id) % one_in == 0, share=share)
    assert [hit.rank for hit in nearest(FakePlaces(cards), query)] == brute(wanted, lat, lon, reach)[:count]


@SOME
@given(worlds(sizes=(1, 5, 60)), st.integers(3, 40), REACHES)
def test_a_walk_meets_everything_once(world, count, reach):
    cards, lat, lon = world
    places, walked, after = FakePlaces(cards), [], None
    for _ in range(len(cards) + 2):
        hits = nearest(places, Query(lat, lon, count, reach, after=after))
        walked += [hit.rank for hit in hits]
        if len(hits) < count:
            break
        after = hits[-1].rank
    assert walked == brute(cards, lat, lon, reach)


@SOME
@given(worlds(sizes=(1, 5, 60)), st.randoms(use_true_random=False))
def test_a_shop_that_stays_comes_once_while_others_come_and_go(world, chance):
    cards, lat, lon = world
    staying, passing = cards[::2], cards[1::2]
    walked, after = [], None
    for _ in range(len(cards) + 2):
        here = [card for card in passing if chance.random() < 0.5]
        hits = nearest(FakePlaces(staying + here), Query(lat, lon, 7, LOCAL_M, after=after))
        walked += [hit.rank for hit in hits]
        if len(hits) < 7:
            break
        after = hits[-1].rank
    assert len(set(walked)) == len(walked)
    assert set(walked) >= set(brute(staying, lat, lon, LOCAL_M))


def city(size, spread=0.05):
    chance = random.Random(7)
    return [
        Card(f"shp_{n}", "n", 31.23 + chance.gauss(0, spread), 121.47 + chance.gauss(0, spread), ("tea",))
        for n in range(size)
    ]


def test_in_a_city_few_queries_are_enough():
    cards = city(10_000)
    for k, queries in ((20, 3), (100, 5)):
        places, chance = FakePlaces(cards), random.Random(3)
        for _ in range(100):
            nearest(places, Query(31.23 + chance.gauss(0, 0.05), 121.47 + chance.gauss(0, 0.05), k, LOCAL_M))
        assert places.queries / 100 <= queries
        assert places.steps == 100


def test_a_page_deep_in_a_walk_reads_a_ring_and_not_the_disc():
    cards = city(10_000)
    places = FakePlaces(cards)
    ranks = brute(cards, 31.23, 121.47)
    hits = nearest(places, Query(31.23, 121.47, 100, LOCAL_M, after=ranks[3999]))
    assert [hit.rank for hit in hits] == ranks[4000:4100]
    assert len(places.read_cards) < 1000


def test_far_from_everybody_the_queries_stay_bounded():
    cards = [*city(2000), Card("shp_far", "n", -40.0, -75.0, ())]
    for lat, lon, k in itertools.product([-50, 0, 89], [-140, 60], [1, 100]):
        places = FakePlaces(cards)
        hits = nearest(places, Query(lat, lon, k))
        assert [hit.rank for hit in hits] == brute(cards, lat, lon)[:k]
        assert places.queries <= 30
        assert places.steps <= 15


def test_an_empty_world_has_an_answer():
    places = FakePlaces()
    assert nearest(places, Query(10, 10, 5)) == []
    assert places.queries <= 10


@pytest.mark.parametrize("at", [(float("nan"), 0), (91, 0), (0, float("inf"))])
def test_what_is_no_position_is_refused(at):
    with pytest.raises(ValueError, match="must be a number"):
        nearest(FakePlaces(), Query(*at, 5))


class Paid(FakePlaces):
    """Places that count what a request asks for, directories as if none were in memory."""

    spent = 0
    asked = 0

    def directories(self, index, partitions):
        self.asked += 1
        return super().directories(index, partitions)

    def read(self, index, runs):
        cards = super().read(index, runs)
        self.asked += len(runs)
        self.spent += len(cards) * 240 / 8192
        return cards


def walk(places, query, budget=A_REQUEST, limit=1000):
    """Return what all pages have, and what the dearest of them cost: requests and read units of cards."""
    walked, dearest, most = [], 0, 0
    for _ in range(limit):
        places.spent = places.asked = 0
        found = part(places, query, budget)
        dearest, most = max(dearest, places.spent), max(most, places.asked)
        walked += [hit.rank for hit in found.hits]
        assert walked == sorted(walked)
        if len(found.hits) == query.count:
            after = found.hits[-1].rank
        elif found.reached is not None:
            assert query.after is None or found.reached > query.after[0]
            after = (found.reached, "~")
        else:
            return walked, most, dearest
        query = replace(query, after=after)
    raise AssertionError


SMALL = Budget(12, 10.0)


@settings(SOME, max_examples=20)
@given(
    worlds(sizes=(1, 5, 60)),
    st.sampled_from([3, 20]),
    st.sampled_from([1000.0, LOCAL_M, FARTHEST_M]),
    st.integers(1, 9),
)
def test_a_walk_on_a_small_budget_meets_everything_once(world, count, reach, one_in):
    cards, lat, lon = world
    wanted = [card for card in cards if hash(card.shop_id) % one_in == 0]
    query = Query(lat, lon, count, reach, accepts=lambda card: hash(card.shop_id) % one_in == 0, share=0.5)
    assert walk(Paid(cards), query, SMALL)[0] == brute(wanted, lat, lon, reach)


@pytest.mark.parametrize("at", [(30.98, 120.98), (31.23, 121.47)])
@pytest.mark.parametrize("one_in", [None, 5000])
def test_no_page_of_a_search_that_hardly_anything_passes_costs_more(at, one_in):
    cards = city(14_000, 0.2)
    wanted = [card for card in cards if one_in and int(card.shop_id[4:]) % one_in == 1]
    query = Query(*at, 1, LOCAL_M, accepts=lambda card: bool(one_in) and int(card.shop_id[4:]) % one_in == 1, share=0.5)
    walked, requests, units = walk(Paid(cards), query)
    assert walked == brute(wanted, *at, LOCAL_M)
    assert requests <= 61
    assert units <= 105


@pytest.mark.parametrize("at", [(31.2, 135.1), (-31.2, -58.5), (31.2, 10.0), (-60.0, -140.0)])
def test_a_city_far_away_costs_no_more_than_one_around(at):
    cards = city(14_000, 0.15)
    places = Paid(cards)
    found = part(places, Query(*at, 1), A_REQUEST)
    assert [hit.rank for hit in found.hits] == brute(cards, *at)[:1]
    assert places.asked <= 30
    assert places.spent <= 20
    assert part(places, Query(*at, 5, after=found.hits[0].rank), A_REQUEST).hits[0].rank == brute(cards, *at)[1]


def test_more_shops_in_one_house_than_a_budget_takes_are_a_page():
    house = [Card(f"shp_{n}", "n", 31.2304, 121.4737, ("tea",)) for n in range(5000)]
    query = Query(31.0, 121.2, 20, LOCAL_M, accepts=lambda card: card.shop_id.endswith("77"))
    walked, _, _ = walk(Paid(house), query, limit=20)
    assert walked == brute([card for card in house if card.shop_id.endswith("77")], 31.0, 121.2)


def test_what_is_too_wide_is_known_before_it_is_read():
    places = Paid(city(14_000, 0.2))
    assert is_too_wide(places, Query(31.23, 121.47, ALL, LOCAL_M), A_REQUEST)
    assert not is_too_wide(places, Query(31.23, 121.47, ALL, 2000.0), A_REQUEST)
    assert places.read_cards == []
