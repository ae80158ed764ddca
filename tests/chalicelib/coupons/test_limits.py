"""How budgets are split, and what a claim or a draw takes from which part."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.coupons.rules import limits
from chalicelib.coupons.rules.limits import Limits, bucket_count, pieces, place_of, purse_count, size_of, walk
from chalicelib.kit.errors import Invalid


@given(whole=st.integers(0, 10**6), parts=st.integers(1, 64))
def test_parts_add_up_and_differ_by_one_at_most(whole, parts):
    sizes = [size_of(whole, parts, place) for place in range(parts)]
    assert sum(sizes) == whole
    assert max(sizes) - min(sizes) <= 1


@given(number=st.integers(1, 10**6), rush=st.one_of(st.none(), st.integers(1, 10**4)))
def test_a_bucket_is_never_made_for_a_handful(number, rush):
    buckets = bucket_count(number, rush)
    assert 1 <= buckets <= limits.MOST_BUCKETS
    assert buckets == 1 or size_of(number, buckets, buckets - 1) >= 8


def test_a_small_campaign_has_one_bucket_and_a_rush_many():
    assert [bucket_count(number, None) for number in (1, 50, 200, 500, 100_000)] == [1, 1, 1, 3, 32]
    assert [bucket_count(500, rush) for rush in (1, 20, 200, 2_000)] == [1, 1, 10, 32]
    assert bucket_count(None, 2_000) == 1


@given(money=st.integers(1, 10**9), rush=st.integers(1, 10**4), largest=st.integers(1, 10**6))
def test_a_purse_is_never_made_for_a_few_discounts(money, rush, largest):
    purses = purse_count(money, 500, rush, largest)
    assert 1 <= purses <= limits.MOST_PURSES
    assert purses == 1 or money // purses >= 20 * largest
    assert purse_count(None, 500, rush, largest) == 0
    assert purse_count(money, 500, None, largest) == 1


@given(parts=st.integers(1, 40), key=st.text(), empty=st.sets(st.integers(0, 39)))
def test_a_walk_meets_every_part_that_is_not_empty_once(parts, key, empty):
    seen = walk(place_of(key, parts), parts, empty)
    assert sorted(seen) == [place for place in range(parts) if place not in empty]


@given(
    rooms=st.dictionaries(st.integers(0, 7), st.integers(0, 1_000), min_size=1),
    amount=st.integers(1, 3_000),
    data=st.data(),
)
def test_what_is_left_anywhere_is_found(rooms, amount, data):
    order = data.draw(st.permutations(list(rooms)))
    taken = pieces(amount, rooms, order)
    if amount > sum(rooms.values()):
        assert taken is None
        return
    assert sum(taken.values()) == amount
    assert all(0 < part <= rooms[place] for place, part in taken.items())
    whole = [place for place in order if rooms[place] >= amount]
    assert not whole or taken == {whole[0]: amount}


@pytest.mark.parametrize(
    ("said", "number", "field"),
    [(Limits(), None, "number"), (Limits(money=999), 10, "limits.money"), (Limits(money=999), None, "limits.money")],
)
def test_limits_that_make_no_sense(said, number, field):
    with pytest.raises(Invalid) as refused:
        said.check(number, 1_000)
    assert refused.value.errors[0].field == field


def test_limits_that_do():
    Limits(money=1_000).check(None, 1_000)
    Limits(money=1).check(None, None)
    Limits().check(1, 1_000)
