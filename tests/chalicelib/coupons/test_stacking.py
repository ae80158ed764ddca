"""Which coupons go together, in which order, and which save the most: against looking at every combination."""

import os
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import combinations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chalicelib.coupons import rules
from chalicelib.coupons.rules import (
    MOST_LOOKED_AT,
    MOST_TOGETHER,
    Conditions,
    Coupon,
    CouponDoesNotFit,
    Item,
    Misfit,
    PaidBy,
    Purchase,
    Terms,
    Tier,
    fitting,
    stacking,
)
from chalicelib.kit.money import payable_step

NOW = datetime(2030, 5, 1, 9, tzinfo=UTC)  # 17:00 on a Wednesday in Shanghai
DAY = timedelta(days=1)
SHOP = "shp_1"


def coupon(number, terms, *, shop_id=None, days=1, bps=rules.ALL):
    terms = replace(terms, platform_bps=bps)
    until = NOW + days * DAY
    return Coupon(f"cpn_{number}", f"cmp_{number}", "acc_c", shop_id, "x", terms, PaidBy.of(bps), NOW, until, NOW)


def purchase(*prices, currency="CNY", **said):
    items = tuple(Item(f"lin_{n}", price, f"off_{n}", NOW) for n, price in enumerate(prices))
    return Purchase(SHOP, currency, items, NOW, **said)


AMOUNTS = st.integers(1, 30_000)
KINDS = st.one_of(
    st.builds(lambda off: Terms("CNY", amount_off=off), AMOUNTS),
    st.builds(lambda bps, cap: Terms("CNY", percent_bps=bps, cap=cap), st.integers(1, 10_000), st.none() | AMOUNTS),
    st.builds(
        lambda spend, off: Terms("CNY", tiers=(Tier(spend, min(off, spend)), Tier(spend * 2, min(off, spend) + 500))),
        st.integers(500, 20_000), st.integers(1, 5_000),
    ),
)  # fmt: skip
TERMS = st.builds(
    lambda terms, least, name, lines: replace(
        terms, minimum_spend=least, stacks_as=name, conditions=Conditions(offering_ids=tuple(lines))
    ),
    KINDS,
    st.sampled_from([0, 0, 5_000, 20_000]),
    st.sampled_from([None, "a", "b", "c", "d"]),
    st.sets(st.sampled_from(["off_0", "off_1", "off_2"])),
)
COUPONS = st.lists(st.tuples(TERMS, st.sampled_from([None, SHOP]), st.integers(0, 10_000)), max_size=9)
PRICES = st.lists(st.integers(0, 40_000), min_size=1, max_size=4)


def every_combination(coupons, bought):
    """The most that any combination takes off: all of them are tried."""
    most = 0
    for many in range(1, MOST_TOGETHER + 1):
        for some in combinations(coupons, many):
            try:
                most = max(most, sum(one.amount for one in rules.together(some, bought)))
            except CouponDoesNotFit:
                continue
    return most


BASKETS = int(os.environ.get("STACKING_BASKETS", "150"))


def test_the_best_is_the_best_of_all_combinations(record_property):
    against_all_combinations()
    record_property("discounts", f"{BASKETS} baskets against every combination")


@settings(max_examples=BASKETS, deadline=None)
@given(many=COUPONS, prices=PRICES, currency=st.sampled_from(["CNY", "JPY", "KWD"]))
@example(many=[(Terms("CNY", amount_off=1, stacks_as=name), None, 0) for name in "abcd"], prices=[3], currency="CNY")
def against_all_combinations(many, prices, currency):
    step = payable_step(currency)
    coupons = [
        coupon(n, replace(terms, currency=currency), shop_id=shop, bps=bps if shop is None else 0)
        for n, (terms, shop, bps) in enumerate(many)
    ]
    joined = frozenset(one.campaign_id for one in coupons)
    bought = purchase(*(price * step for price in prices), currency=currency, joined=joined)
    best = rules.best(coupons, bought)
    found = sum(one.amount for one in best.taken)
    assert found == every_combination(coupons, bought)
    ids = [one.coupon.id for one in best.taken]
    assert {*ids, *best.left_out} == {one.id for one in coupons}
    assert not set(ids) & set(best.left_out)
    for one in coupons:  # never worse than any single one
        assert found >= sum(taken.amount for taken in alone(one, bought))
    for line in bought.items:
        parts = [one.parts[line.id] for one in best.taken if line.id in one.parts]
        assert sum(part.amount for part in parts) <= line.price
        assert all(part.amount % step == 0 and 0 <= part.platform <= part.amount for part in parts)
        assert all(part.amount == part.platform + part.merchant for part in parts)
    for one in best.taken:
        platform = sum(part.platform for part in one.parts.values())
        assert platform == (one.amount * one.coupon.platform_bps + 5_000) // 10_000


def alone(one, bought):
    try:
        return rules.together([one], bought)
    except CouponDoesNotFit:
        return ()


def test_the_order_of_coupons_is_the_shops_first_and_amounts_before_percentages():
    half = Terms("CNY", percent_bps=5_000, stacks_as="a")
    ten = Terms("CNY", amount_off=1_000, stacks_as="b")
    of_shop = Terms("CNY", percent_bps=1_000, stacks_as="c")
    coupons = [coupon(1, half), coupon(2, ten), coupon(3, of_shop, shop_id=SHOP, bps=0)]
    taken = rules.together(coupons, purchase(10_000))
    assert [(one.coupon.id, one.amount) for one in taken] == [("cpn_3", 1_000), ("cpn_2", 1_000), ("cpn_1", 4_000)]


@pytest.mark.parametrize(
    ("names", "which", "why"),
    [
        ([None, "a"], "cpn_1", Misfit.ALONE),
        (["a", None], "cpn_1", Misfit.ALONE),
        (["a", "a"], "cpn_1", Misfit.SAME_CLASS),
        (["a", "b", "c", "d"], "cpn_3", Misfit.ALONE),
    ],
)
def test_coupons_that_do_not_go_together(names, which, why):
    coupons = [coupon(n, Terms("CNY", amount_off=1, stacks_as=name)) for n, name in enumerate(names)]
    with pytest.raises(CouponDoesNotFit) as refused:
        rules.together(coupons, purchase(10_000))
    assert (refused.value.misfit, refused.value.members()) == (why, {"reason": why, "coupon_id": which})


def test_why_a_coupon_is_left_out():
    exclusive = coupon(1, Terms("CNY", amount_off=5_000))
    others = {
        coupon(2, Terms("CNY", amount_off=4_000, stacks_as="a")): Misfit.ALONE,
        coupon(3, Terms("EUR", amount_off=1)): Misfit.OTHER_CURRENCY,
        coupon(4, Terms("CNY", 99_999, amount_off=1)): Misfit.MINIMUM,
        coupon(5, Terms("CNY", amount_off=1, conditions=Conditions(offering_ids=("off_9",)))): Misfit.NO_LINE,
        coupon(6, Terms("CNY", amount_off=1), shop_id="shp_2", bps=0): Misfit.OTHER_SHOP,
        coupon(7, Terms("CNY", amount_off=1), bps=5_000): Misfit.NOT_JOINED,
    }
    best = rules.best([exclusive, *others], purchase(10_000))
    assert [one.coupon for one in best.taken] == [exclusive]
    assert best.left_out == {one.id: why for one, why in others.items()}


def test_of_equals_the_one_that_ends_first_and_of_the_same_saving_the_fewest():
    late, soon = (coupon(n, Terms("CNY", amount_off=500, stacks_as="a"), days=days) for n, days in ((1, 9), (2, 2)))
    assert [one.coupon for one in rules.best([late, soon], purchase(10_000)).taken] == [soon]
    whole = [coupon(n, Terms("CNY", percent_bps=10_000, stacks_as=name)) for n, name in enumerate("abc")]
    best = rules.best(whole, purchase(10_000))
    assert len(best.taken) == 1
    assert set(best.left_out.values()) == {Misfit.NOTHING}


def test_the_most_coupons_are_put_together_in_a_bounded_number_of_ways(monkeypatch, record_property):
    """The worst case: so many names, and nothing that can be left out early."""
    many = [
        coupon(n, Terms("CNY", percent_bps=1_000 + n, stacks_as=f"s{n}"), bps=(n * 199) % 10_001)
        for n in range(MOST_LOOKED_AT * 2)
    ]
    bought = purchase(*range(10_000, 18_000, 1_000), joined=frozenset(one.campaign_id for one in many))
    tried = []
    monkeypatch.setattr(stacking, "amounts", lambda *given: tried.append(given[0]) or fitting.amounts(*given))
    best = rules.best(many, bought)
    record_property("figure", f"the best of {len(many)} coupons on 8 lines: {len(tried)} amounts are worked out")
    assert len(best.taken) == MOST_TOGETHER
    assert len(tried) < 2 * 20_875  # the combinations of up to three of fifty, each with the parts that it begins with


WEDNESDAY_EVENING = Conditions(weekdays=(3,), from_time=time(16), until_time=time(18))


@pytest.mark.parametrize(
    ("conditions", "zone", "fits"),
    [
        (WEDNESDAY_EVENING, "Asia/Shanghai", True),
        (WEDNESDAY_EVENING, "UTC", False),
        (Conditions(weekdays=(4,)), "Asia/Shanghai", False),
        (Conditions(from_time=time(17), until_time=time(17, 1)), "Asia/Shanghai", True),
        (Conditions(from_time=time(16), until_time=time(17)), "Asia/Shanghai", False),
        (Conditions(from_time=time(22), until_time=time(2)), "America/New_York", False),
        (Conditions(from_time=time(22), until_time=time(18)), "Asia/Shanghai", True),
        (Conditions(from_time=time(22), until_time=time(12)), "Asia/Kolkata", False),
        (Conditions(from_time=time(4), until_time=time(6)), "America/New_York", True),  # 05:00, in summer time
    ],
)
def test_visits_are_timed_by_the_shops_clock(conditions, zone, fits):
    one = coupon(1, Terms("CNY", amount_off=100, conditions=conditions))
    assert bool(alone(one, purchase(1_000, zone=zone))) == fits
    timeless = replace(purchase(1_000, zone=zone), items=(Item("lin_0", 1_000),))
    assert not alone(one, timeless)


def test_a_condition_takes_from_the_lines_that_it_is_for_alone():
    terms = Terms("CNY", 2_000, amount_off=1_500, conditions=Conditions(offering_ids=("off_1", "off_2")))
    [taken] = rules.together([coupon(1, terms)], purchase(9_000, 2_000, 1_000))
    assert {line: part.amount for line, part in taken.parts.items()} == {"lin_1": 1_000, "lin_2": 500}
    assert alone(coupon(1, replace(terms, minimum_spend=3_001)), purchase(9_000, 2_000, 1_000)) == ()


@pytest.mark.parametrize(
    ("price", "off"), [(9_999, 0), (10_000, 2_000), (19_999, 2_000), (20_000, 5_000), (99_999, 5_000)]
)
def test_spend_and_save(price, off):
    terms = Terms("CNY", tiers=(Tier(10_000, 2_000), Tier(20_000, 5_000)))  # 满100减20, 满200减50
    assert sum(one.amount for one in alone(coupon(1, terms), purchase(price))) == off


def test_new_customers_first_orders_and_categories():
    def fits(conditions, **said):
        return bool(alone(coupon(1, Terms("CNY", amount_off=1, conditions=conditions)), purchase(100, **said)))

    first = Conditions(first_of=rules.FirstOf.SHOP)
    assert fits(first, first_of=frozenset(rules.FirstOf))
    assert not fits(first, first_of=frozenset({rules.FirstOf.PLATFORM}))
    assert not fits(first, first_of=frozenset(rules.FirstOf), in_use=frozenset({rules.FirstOf.SHOP}))
    new = Conditions(new_for_days=7)
    assert fits(new, customer_since=NOW - 7 * DAY)
    assert not fits(new, customer_since=NOW - 8 * DAY)
    assert not fits(new)
    assert fits(Conditions(categories=("hair", "nails")), categories=("nails",))
    assert not fits(Conditions(categories=("hair",)), categories=("nails",))
    assert not fits(Conditions(shop_ids=("shp_2",)))


def test_a_misfit_has_words_in_both_languages():
    assert set(rules.WORDS) == set(Misfit)
    for misfit, words in rules.WORDS.items():
        refused = CouponDoesNotFit(misfit)
        assert refused.detail == words
        assert words.en != words.zh
