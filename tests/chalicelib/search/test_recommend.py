"""What is recommended is explained, and every reason is true."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.search import recommend as rules
from chalicelib.search.filters import bayesian
from chalicelib.search.ports import Card, Hit
from chalicelib.search.recommend import AGAIN_ONE_IN, NEAR_M, Reason, Visit, Why, recommend, score, tastes

NOW = datetime(2030, 5, 1, tzinfo=UTC)
CATEGORIES = ["hair", "tea", "gym", "spa"]


def visit(shop_id="shp_v", title="剪发", days=1, categories=("hair",)):
    return Visit(shop_id, title, NOW - timedelta(days=days), tuple(categories))


def hit(shop_id, distance=500.0, categories=("hair",), total=0, count=0):
    return Hit(distance, Card(shop_id, "n", 0, 0, tuple(categories), rating_sum=total, rating_count=count))


@st.composite
def worlds(draw):
    chance = random.Random(draw(st.integers(0, 2**32)))

    def some():
        return tuple(chance.sample(CATEGORIES, chance.randint(1, 2)))

    ids = [f"shp_{n:02}" for n in range(30)]
    hits = [hit(one, chance.uniform(0, 10_000), some(), 5 * (n := chance.choice([0, 1, 50])), n) for one in ids]
    past = [visit(chance.choice(ids), f"t{n}", n * 9, some()) for n in range(chance.choice([0, 1, 8]))]
    return [*hits, *hits[:5]], past, chance.choice([1, 5, 50])


@settings(max_examples=200)
@given(worlds())
def test_every_suggestion_has_reasons_and_they_are_true(world):
    hits, past, limit = world
    chosen = recommend(hits, past, NOW, limit)
    assert chosen == recommend(hits[::-1], past, NOW, limit)
    ids = [one.hit.card.shop_id for one in chosen]
    assert len(set(ids)) == len(ids) <= limit
    assert [one.score for one in chosen] == sorted((one.score for one in chosen), reverse=True)
    been = {one.shop_id for one in past}
    assert sum(one in been for one in ids) <= max(limit // AGAIN_ONE_IN, 1)
    for one in chosen:
        card = one.hit.card
        assert one.reasons
        for reason in one.reasons:
            if reason.why is Why.LIKE:
                assert set(reason.visit.categories) & set(card.categories)
                assert reason.visit.shop_id != card.shop_id
            elif reason.why is Why.AGAIN:
                assert reason.visit.shop_id == card.shop_id
            elif reason.why is Why.POPULAR:
                assert bayesian(card, NOW) >= rules.WELL_RATED
                assert card.rating_count >= rules.WELL_KNOWN
            else:
                assert one.hit.distance <= NEAR_M or len(one.reasons) == 1


def test_tastes_fade_by_half_in_ninety_days():
    liked = tastes([visit(days=0), visit(days=90, categories=["tea"])], NOW)
    assert list(liked) == ["hair", "tea"]
    assert liked["hair"] == pytest.approx(2 * liked["tea"])
    assert tastes([], NOW) == {}
    assert tastes([visit(days=-3)], NOW) == {"hair": 1.0}


def test_what_was_booked_comes_before_what_was_not():
    chosen = recommend([hit("shp_gym", 100, ["gym"]), hit("shp_hair", 900)], [visit()], NOW, 5)
    assert [one.hit.card.shop_id for one in chosen] == ["shp_hair", "shp_gym"]
    assert [reason.why for reason in chosen[0].reasons] == [Why.LIKE, Why.NEAR]
    assert chosen[0].reasons[0].text("en") == "Because you booked 剪发"
    assert chosen[0].reasons[0].text("zh-CN") == "因为您预订过剪发"


def test_whoever_booked_nothing_gets_what_is_near_and_good():
    far, near, good = hit("shp_far", 5000), hit("shp_near", 100), hit("shp_good", 120, total=250, count=50)
    chosen = recommend([far, near, good], [], NOW, 5)
    assert [one.hit.card.shop_id for one in chosen] == ["shp_good", "shp_near", "shp_far"]
    assert [[reason.why for reason in one.reasons] for one in chosen] == [
        [Why.POPULAR, Why.NEAR], [Why.NEAR], [Why.NEAR]
    ]  # fmt: skip
    assert Reason(Why.NEAR).text("zh-CN") == "就在您附近"


def test_half_as_good_a_walk_away():
    assert score(hit("a", rules.WALK_M), {}, NOW) == pytest.approx(score(hit("b", 0.0), {}, NOW) / 2)
