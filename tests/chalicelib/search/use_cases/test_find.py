"""Searches against filtering and sorting everything; walks over all pages."""

import itertools
import json
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.reviews.ports import WEIGHT_UNIT, weight
from chalicelib.search import areas, filters, opening, text, use_cases
from chalicelib.search.boxes import Box
from chalicelib.search.budget import Budget, SearchTooWide
from chalicelib.search.distance import FARTHEST_M, haversine
from chalicelib.search.filters import PRIOR_MEAN, Filters, Sort, bayesian
from chalicelib.search.geohash import Bounds
from chalicelib.search.nearest import LOCAL_M
from chalicelib.search.ports import Card, Hit, Served
from chalicelib.search.use_cases import Wish
from chalicelib.shops.ports import Circle, Polygon
from tests.chalicelib.search.shops import search_ports
from tests.fakes.search import FakePlaces

NOW = datetime(2030, 5, 1, 4, tzinfo=UTC)
HERE = 31.2, 121.4
NAMES = ["弄堂理发", "云上茶馆", "Lane Barbers", "木棉 SPA", "安福路面馆"]
CATEGORIES = ["barber", "tea", "spa"]


def cards(number=200, seed=1, spread=0.02, at=HERE):
    chance = random.Random(seed)
    second = int(NOW.timestamp())
    return [
        Card(
            f"shp_{n:04}",
            chance.choice(NAMES),
            at[0] + chance.gauss(0, spread),
            (at[1] + chance.gauss(0, spread) + 180) % 360 - 180,
            tuple(chance.sample(CATEGORIES, chance.randint(1, 2))),
            address=chance.choice(["安福路 12 号", "南京西路"]),
            zone="Asia/Shanghai",
            hours=chance.choice(["", "Mo-Su 10:00-21:00", "We 11:00-12:30"]),
            rating_sum=(count := chance.choice([0, 0, 3, 40])) * chance.randint(1, 5),
            rating_count=count,
            price_from=chance.choice([None, 1000, 5000, 9000]),
            currency=chance.choice(["CNY", "CNY", "EUR"]),
            coupons=chance.choice([(), ((second - 60, second + 60),), ((second + 60, second + 90),)]),
            text=chance.choice(["剪发\n洗护", "", "haircut"]),
        )
        for n in range(number)
    ]


CARDS = cards()


def keep(card, wanted, words=None):
    """Say what the filters mean in the plainest way."""
    second = int(NOW.timestamp())
    conditions = [
        wanted.category is None or wanted.category in card.categories,
        wanted.open_at is None or opening.is_open(card.hours, card.zone, wanted.open_at),
        wanted.min_rating is None or (card.rating_count and card.rating_sum / card.rating_count >= wanted.min_rating),
        wanted.coupon_at is None or any(since <= second < until for since, until in card.coupons),
        words is None or words in f"{card.name}\n{card.text}\n{card.address}",
    ]
    if wanted.price_min is not None or wanted.price_max is not None:
        low, high = wanted.price_min or 0, wanted.price_max or 10**9
        conditions.append(card.currency == wanted.currency and card.price_from and low <= card.price_from <= high)
    return all(conditions)


FILTERS = st.builds(
    Filters,
    category=st.sampled_from([None, *CATEGORIES]),
    open_at=st.sampled_from([None, NOW, NOW + timedelta(hours=12)]),
    price_min=st.sampled_from([None, 1001]),
    price_max=st.sampled_from([None, 5000]),
    currency=st.just("CNY"),
    min_rating=st.sampled_from([None, 3.0, 4.5]),
    coupon_at=st.sampled_from([None, NOW]),
)


def walk(ports, wish, limit):
    walked, after = [], None
    for _ in itertools.count():
        page = use_cases.find(ports, wish, limit, after)
        assert len(page.items) <= limit
        walked += page.items
        after = page.next
        if after is None:
            return walked
    raise AssertionError


@settings(deadline=None, max_examples=50)
@given(
    FILTERS,
    st.sampled_from(list(Sort)),
    st.integers(1, 100),
    st.sampled_from([(None, 800.0), (None, 3000.0), (1, FARTHEST_M), (37, FARTHEST_M), (100, 5000.0)]),
    st.sampled_from([None, "理发", "安福路", "洗护", "云上茶馆"]),
)
def test_pages_add_up_to_what_filtering_and_sorting_everything_gives(wanted, sort, limit, extent, words):
    most, reach = extent
    wish = Wish(*HERE, reach, most, filters=wanted, sort=sort, words=text.wanted(words) if words else None)
    hits = (Hit(haversine(*HERE, card.lat, card.lon), card) for card in CARDS if keep(card, wanted, words))
    expected = sorted((hit for hit in hits if hit.distance <= reach), key=lambda hit: hit.rank)[:most]
    expected.sort(key=filters.rank(sort, NOW, wanted.currency))
    walked = walk(search_ports(FakePlaces(CARDS, words=True)), wish, limit)
    assert [hit.card.shop_id for hit in walked] == [hit.card.shop_id for hit in expected]


@pytest.mark.parametrize("sort", [Sort.RATING, Sort.POPULARITY, Sort.PRICE])
@pytest.mark.parametrize("most", [6, 9])
def test_of_the_nearest_in_another_order_those_that_stay_come_once(sort, most):
    """While somebody looks at them, better ones open nearer."""
    some = [
        Card(f"s{n}", "n", 31 + n / 1000, 121, (), rating_sum=50 - 5 * n, rating_count=10 - n, price_from=n)
        for n in range(1, 7)
    ]
    wish = Wish(31, 121, most=most, sort=sort)
    first = use_cases.find(search_ports(FakePlaces(some)), wish, 2)
    more = [replace(some[0], shop_id=f"new{n}", lat=31, rating_sum=500, rating_count=100) for n in range(6)]
    walked, after = [*first.items], first.next
    while after:
        page = use_cases.find(search_ports(FakePlaces(some + more)), wish, 2, json.loads(json.dumps(after)))
        walked, after = [*walked, *page.items], page.next
    ids = [hit.card.shop_id for hit in walked]
    assert len(set(ids)) == len(ids)
    assert {one.shop_id for one in some} <= set(ids)


BOXES = st.sampled_from([(31.19, 121.38, 31.21, 121.41), (31.2, 121.4, 31.2, 121.4), (31.0, 121.0, 31.5, 121.39)])


@settings(deadline=None, max_examples=40)
@given(BOXES, FILTERS, st.sampled_from(list(Sort)), st.sampled_from([None, (31.3, 121.5)]))
def test_a_box_holds_what_lies_in_it_with_facets(box, wanted, sort, origin):
    south, west, north, east = box
    middle = (south + north) / 2, (west + east) / 2
    wish = Wish(*middle, 45_000.0, None, Box(Bounds(*box)), origin, wanted, sort=sort, with_facets=True)
    inside = [card for card in CARDS if south <= card.lat <= north and west <= card.lon <= east]
    free = [card for card in inside if keep(card, replace(wanted, category=None))]
    found = use_cases.find(search_ports(FakePlaces(CARDS)), wish, 500)
    assert {hit.card.shop_id for hit in found.items} == {card.shop_id for card in inside if keep(card, wanted)}
    assert found.facets == {c: n for c in CATEGORIES if (n := sum(c in card.categories for card in free))}
    assert list(found.facets.values()) == sorted(found.facets.values(), reverse=True)
    for hit in found.items:
        assert hit.distance == haversine(*(origin or middle), hit.card.lat, hit.card.lon)
    order = filters.rank(sort, NOW, wanted.currency)
    assert list(found.items) == sorted(found.items, key=order)


def test_a_box_over_the_antimeridian():
    some = cards(100, at=(-16.5, 180.0))
    box = Bounds(-16.55, 179.97, -16.45, 180.02)
    found = use_cases.find(search_ports(FakePlaces(some)), Wish(-16.5, 179.995, 20_000.0, box=Box(box)), 200)
    inside = [card for card in some if box.south <= card.lat <= box.north and not -179.98 < card.lon < 179.97]
    assert sorted(hit.card.shop_id for hit in found.items) == sorted(card.shop_id for card in inside)
    assert {hit.card.lon > 0 for hit in found.items} == {True, False}


def test_few_reviews_do_not_carry_a_shop_far():
    def rated(total, count):
        return bayesian(Card("s", "n", 0, 0, (), rating_sum=total, rating_count=count), NOW)

    assert rated(0, 0) == PRIOR_MEAN
    assert rated(5, 1) < rated(480, 100)
    assert rated(1, 1) > rated(300, 100)


def test_late_reviews_carry_a_shop_farther_and_silence_takes_it_back():
    def rated(stars, year, at=NOW):
        month = weight(NOW.replace(year=year)) // WEIGHT_UNIT
        return bayesian(Card("s", "n", 0, 0, (), rating_count=9, recent=9 * stars * month, weight=9 * month), at)

    assert rated(5, NOW.year) > rated(5, NOW.year - 2) > PRIOR_MEAN
    assert rated(1, NOW.year) < rated(1, NOW.year - 2) < PRIOR_MEAN
    assert abs(rated(1, NOW.year, NOW.replace(year=NOW.year + 30)) - PRIOR_MEAN) < 0.001


def test_what_memory_knows_is_answered_from_there():
    class Knows:
        def nearest(self, query):
            self.asked = query
            return [Hit(1.0, CARDS[0]), Hit(2.0, CARDS[1])]

    memory, places = Knows(), FakePlaces(CARDS)
    page = use_cases.find(search_ports(places, memory), Wish(*HERE), 1)
    assert [hit.distance for hit in page.items] == [1.0]
    assert page.next == {"at": (1.0, CARDS[0].shop_id), "shown": 1}
    assert memory.asked.count == 2
    assert places.queries == 0


class Doorsteps:
    """Shops that come to their customers; every row twice, as cells of several levels may have it."""

    def __init__(self, pairs):
        self.pairs = pairs

    def serving(self, _lat, _lon, after, _until=None):
        assert after == ("",) * len(areas.LEVELS)
        older = [(replace(card, stamp=-1, name="old"), area) for card, area in self.pairs]
        return Served([*older, *self.pairs, *self.pairs], (None,) * len(areas.LEVELS))


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 999), st.integers(1, 40), FILTERS)
def test_who_serves_an_address_comes_page_by_page(seed, limit, wanted):
    chance = random.Random(seed)
    shapes = [Circle(500), Circle(3000), Polygon(((31.19, 121.39), (31.21, 121.39), (31.2, 121.42)))]
    pairs = [(card, chance.choice(shapes)) for card in cards(60, seed)]
    ports = search_ports(FakePlaces(), areas=Doorsteps(pairs))
    walked, after = [], None
    while True:
        page = use_cases.serving(ports, *HERE, wanted, limit, after)
        walked += page.items
        after = page.next
        if after is None:
            break
    serve = [card for card, area in pairs if areas.serves(area, *HERE, card.lat, card.lon) and keep(card, wanted)]
    expected = sorted((haversine(*HERE, card.lat, card.lon), card.shop_id) for card in serve)
    assert [hit.rank for hit in walked] == expected
    assert all(hit.card.name != "old" for hit in walked)


class Doors(Doorsteps):
    """The same, so many at a time, by id; the rows lie in the second cell."""

    def serving(self, _lat, _lon, after, until=None):
        left = sorted(
            (pair for pair in self.pairs if pair[0].shop_id > (after[1] or "")), key=lambda pair: pair[0].shop_id
        )
        some = [pair for pair in left if pair[0].shop_id <= until[1]] if until and until[1] else left[:7]
        last = some[-1][0].shop_id if some and some != left else None
        return Served(some, (None, last, None, None))


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 999), st.integers(1, 9), FILTERS)
def test_more_of_them_than_one_request_reads_come_in_portions(seed, limit, wanted):
    pairs = [(card, Circle(3000)) for card in cards(60, seed)]
    ports = search_ports(FakePlaces(), areas=Doors(pairs))
    walked, after = [], None
    while True:
        page = use_cases.serving(ports, *HERE, wanted, limit, after)
        assert len(page.items) <= limit
        walked += [hit.card.shop_id for hit in page.items]
        if page.next is None:
            break
        after = json.loads(json.dumps(page.next))
    serve = [card for card, area in pairs if areas.serves(area, *HERE, card.lat, card.lon) and keep(card, wanted)]
    assert sorted(walked) == sorted(card.shop_id for card in serve)


def poor(places, **more):
    """What searching is given, with little to spend."""
    return replace(search_ports(places, **more), budget=Budget(3, 1.0))


@settings(deadline=None, max_examples=3)  # each walks all pages, of a few shops each
@given(FILTERS, st.integers(1, 30), st.sampled_from([None, 3, 40]), st.sampled_from([None, "理发"]), st.booleans())
def test_pages_on_a_small_budget_add_up_to_the_same(wanted, limit, most, words, is_box):
    bounds = Bounds(31.18, 121.38, 31.22, 121.42)
    wish = Wish(*HERE, 4000.0, most, filters=wanted, words=text.wanted(words) if words else None)
    if is_box:
        wish = replace(wish, box=Box(bounds), most=None)
    walked = walk(poor(FakePlaces(CARDS, words=True)), wish, limit)
    assert walked == walk(search_ports(FakePlaces(CARDS, words=True)), wish, 1000)


@pytest.mark.parametrize("more", [{"sort": Sort.RATING}, {"with_facets": True}, {"origin": (31.3, 121.5)}])
def test_what_needs_all_in_reach_is_refused_where_they_are_too_many(more):
    wide, narrow = Wish(*HERE, 5000.0, **more), Wish(*HERE, 30.0, **more)
    ports = poor(FakePlaces(CARDS))
    with pytest.raises(SearchTooWide):
        use_cases.find(ports, wide, 5)
    use_cases.find(ports, narrow, 5)
    assert use_cases.find(ports, Wish(*HERE, 5000.0), 5).next


def test_the_nearest_in_another_order_are_refused_where_they_are_too_hard_to_find():
    wish = Wish(*HERE, most=50, filters=Filters(min_rating=5.0), sort=Sort.RATING)
    with pytest.raises(SearchTooWide):
        use_cases.find(poor(FakePlaces(CARDS)), wish, 5)


def test_a_box_is_read_as_far_as_its_page_needs():
    places = FakePlaces(cards(3000, spread=0.1))
    wish = Wish(*HERE, 30_000.0, box=Box(Bounds(31.0, 121.2, 31.4, 121.6)))
    page = use_cases.find(search_ports(places), wish, 20)
    assert len(page.items) == 20
    assert len(places.read_cards) < 300


def test_suggestions_are_names_around_that_may_be_meant():
    ports = search_ports(FakePlaces(CARDS, words=True))
    assert use_cases.suggest(ports, *HERE, text.wanted("弄"), 5) == ["弄堂理发"]
    assert set(use_cases.suggest(ports, *HERE, text.wanted("la"), 5)) == {"Lane Barbers"}
    assert use_cases.suggest(ports, *HERE, text.wanted("剪"), 5) == []  # single characters are those of names
    assert use_cases.suggest(ports, *HERE, text.wanted("剪发"), 5) == ["剪发"]
    assert use_cases.suggest(ports, 31.2, 120.0, text.wanted("la"), 5) == []


def test_what_few_shops_are_is_not_looked_for_in_all_of_the_world():
    far = [replace(card, shop_id=f"{card.shop_id}_{n}") for n in range(40) for card in cards(20, at=(30 - n, 100.0))]
    places = FakePlaces(far, least=1)
    wish = Wish(*HERE, most=20, filters=Filters(min_rating=5.0))
    assert use_cases.find(search_ports(places), wish, 20).items == ()
    assert places.read_cards == []
    assert len(use_cases.find(search_ports(places), Wish(*HERE, most=20), 20).items) == 20


@pytest.mark.parametrize("reach", [LOCAL_M, FARTHEST_M])
def test_words_are_looked_for_within_fifty_kilometres(reach):
    near, far = cards(5), cards(5, at=(32.0, 121.4))
    some = [replace(card, shop_id=f"{card.shop_id}_{n}", name="理发") for n, card in enumerate([*near, *far])]
    wish = Wish(*HERE, reach, 20, words=text.wanted("理发"))
    assert len(use_cases.find(search_ports(FakePlaces(some, words=True)), wish, 20).items) == 5
