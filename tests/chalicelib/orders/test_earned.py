"""The terms of a coupon hold for what an order still is: nobody gains by buying more and calling it off."""

import os
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.coupons import rules as coupons
from chalicelib.coupons.ports import Conditions, Item, Misfit, Part, Purchase, Terms, Tier
from chalicelib.coupons.rules import Applied
from chalicelib.coupons.rules.fitting import amounts
from chalicelib.kit.money import Money, fee, payable_step
from chalicelib.orders.ports import Line, LineState, NothingLeft, Order, OrderState, Policy
from chalicelib.orders.rules import (
    called_off,
    changed,
    delivered,
    given_again,
    given_back,
    kept_by_shops_change,
    less_taken_back,
    unsubsidised,
    within_price,
)
from chalicelib.orders.rules.prices import priced
from chalicelib.settlement.ports import Share
from tests.chalicelib.coupons.test_stacking import coupon
from tests.chalicelib.orders.world import NOW

BASKETS = int(os.environ.get("EARNED_BASKETS", "150"))
STAYS = {LineState.CONFIRMED, LineState.COMPLETED, LineState.NO_SHOW}
FROM_100 = Terms("CNY", minimum_spend=10_000, amount_off=3_000)
TERMS = st.builds(
    lambda terms, least: replace(terms, minimum_spend=least),
    st.sampled_from(
        [
            Terms("CNY", amount_off=3_001),
            Terms("CNY", percent_bps=3_333, cap=4_000),
            Terms("CNY", tiers=(Tier(5_000, 500), Tier(10_000, 3_000), Tier(20_000, 9_000))),
        ]
    ),
    st.sampled_from([0, 5_000, 10_000, 15_000]),
)


def bought(prices, many, currency="CNY", deposit=10_000):
    """A paid order, and the coupons that it used."""
    lines = [
        Line(
            f"lin_{n}", "booking", "b", "shp_1", "acc_m", "x", Money(price, currency), Policy(60, 3_000), NOW + timedelta(days=n + 1),
            offering_id=f"off_{n}", deposit_bps=deposit,
        )
        for n, price in enumerate(prices)
    ]  # fmt: skip
    best = coupons.best(many, purchase(lines))
    parts = {line.id: tuple(one.parts[line.id] for one in best.taken if line.id in one.parts) for line in lines}
    sold = tuple(replace(line, state=LineState.CONFIRMED) for line in priced(lines, parts, Share(0)))
    order = Order(
        "ord_1", "acc_c", "acc_m", "shp_1", sold, currency, sum(line.paid for line in sold),
        sum(line.discount for line in sold), OrderState.CONFIRMED, NOW, NOW, payment_id="pay_1", confirmed_at=NOW,
        coupon_ids=tuple(one.coupon.id for one in best.taken),
    )  # fmt: skip
    return order, tuple(Applied(one.coupon, "UTC") for one in best.taken)


def purchase(lines):
    items = tuple(Item(line.id, line.gross, line.offering_id, line.starts_at) for line in lines)
    joined = frozenset({"cmp_0", "cmp_1"})
    return Purchase("shp_1", lines[0].price.currency, items, NOW, joined=joined)


def call_off(order, used, *ids, by_customer=True):
    return called_off(order, NOW, in_full=not by_customer, reason=None, line_ids=ids, used=used)


def deliver(order, *ids):
    lines = tuple(replace(line, state=LineState.COMPLETED) if line.id in ids else line for line in order.lines)
    return replace(order, lines=lines)


def went_back(order):
    return sum(line.refund for line in order.lines)


def staying(order):
    return [line for line in order.lines if line.state in STAYS]


def by_platform(order, one):
    return sum(part.platform for line in staying(order) for part in line.discounts if part.coupon_id == one.coupon.id)


def check_sums(before, order):
    assert sum(line.paid for line in order.lines) == before.total
    assert sum(line.kept for line in order.lines) == before.total - went_back(order)
    assert order.discount == sum(line.discount for line in order.lines)
    for line in order.lines:
        assert 0 <= line.refund <= line.paid
        assert 0 <= line.discount <= line.gross
        assert line.paid <= line.net
        assert all(0 <= part.platform <= part.amount for part in line.discounts)


BASKET = {
    "prices": st.lists(st.integers(1, 1_500), min_size=2, max_size=5),
    "many": st.lists(st.tuples(TERMS, st.sampled_from([0, 5_000, 10_000]), st.booleans()), min_size=1, max_size=2),
    "currency": st.sampled_from(["CNY", "KWD"]),
    "delivered": st.sets(st.integers(0, 4), max_size=2),
    "gone": st.lists(st.integers(0, 4), min_size=1, max_size=3, unique=True),
}


def basket(prices, many, currency, delivered, **said):
    made = [
        coupon(n, replace(terms, currency=currency, stacks_as=f"s{n}"), shop_id="shp_1" if ours else None, bps=0 if ours else bps)
        for n, (terms, bps, ours) in enumerate(many)
    ]  # fmt: skip
    order, used = bought([price * payable_step(currency) * 10 for price in prices], made, currency, **said)
    return deliver(order, *(f"lin_{n}" for n in delivered)), used


def test_nobody_gains_by_calling_off(record_property):
    calling_off_is_no_gain()
    record_property("discounts", f"{BASKETS} orders called off in part")


@settings(max_examples=BASKETS, deadline=None)
@given(**BASKET)
def calling_off_is_no_gain(prices, many, currency, delivered, gone):
    """What stays never costs less than had it been bought by itself, and never more than without coupons."""
    start, used = basket(prices, many, currency, delivered)
    order, subsidies = start, [line.by_platform for line in start.lines]
    for number in gone:
        line = order.line(f"lin_{number}")
        if line is None or line.state != LineState.CONFIRMED:
            continue
        before = order
        order = call_off(order, used, line.id)
        check_sums(start, order)
        assert went_back(order) - went_back(before) <= line.paid  # never more than the line with its share
        stays = staying(order)
        if not stays:
            break
        for old, new in zip(before.lines, order.lines, strict=True):
            if new.state in STAYS:
                assert new.discount <= old.discount
                assert new.by_platform <= old.by_platform <= subsidies[int(new.id[4:])]
        costs = start.total - went_back(order)
        assert costs == sum(one.kept for one in order.lines)
        gross, rounding = sum(one.gross for one in stays), payable_step(currency) * len(prices)
        assert costs <= gross or went_back(order) == went_back(before)
        if len(used) == 1:  # with two, what the first leaves would be another than by itself
            alone = sum(one.amount for one in coupons.best([used[0].coupon], purchase(stays)).taken)
            assert min(start.total - went_back(before), gross - alone) - rounding <= costs
        if went_back(order) > went_back(before):
            # Something went back: then nothing is left of a coupon beyond what its terms give.
            assert all(had(order, one) <= terms_give(order, one) + rounding for one in used)


def had(order, one):
    return sum(part.amount for line in staying(order) for part in line.discounts if part.coupon_id == one.coupon.id)


def terms_give(order, one):
    """What a coupon takes off the lines that stay after the coupons before it, by the rule that sells."""
    stays = staying(order)
    earlier = order.coupon_ids[: order.coupon_ids.index(one.coupon.id)]
    left = {
        line.id: line.gross - sum(part.amount for part in line.discounts if part.coupon_id in earlier) for line in stays
    }
    off = amounts(one.coupon, purchase(stays), left)
    return 0 if isinstance(off, Misfit) else sum(off.values())


def test_what_the_shop_does_costs_the_customer_and_the_platform_nothing(record_property):
    the_shop_bears_it()
    record_property("discounts", f"{BASKETS} orders that the shop changed")


@settings(max_examples=BASKETS, deadline=None)
@given(**BASKET, price=st.none() | st.integers(0, 1_500))
def the_shop_bears_it(prices, many, currency, delivered, gone, price):
    start, used = basket(prices, many, currency, delivered)
    order = start
    for number in gone:
        line = order.line(f"lin_{number}")
        if line is None or line.state != LineState.CONFIRMED:
            continue
        before = order
        if price is None:
            order = call_off(order, used, line.id, by_customer=False)
            assert went_back(order) - went_back(before) == line.paid
            assert all(
                new.discount == old.discount
                for old, new in zip(before.lines, order.lines, strict=True) if new.state in STAYS
            )  # fmt: skip
            check_sums(start, order)
        else:
            cheaper = within_price(replace(line, price=Money(price * payable_step(currency) * 10, currency)))
            wanted = kept_by_shops_change(order.lines, line, cheaper, used)
            assert wanted.discount <= line.discount
            if wanted.gross <= line.gross:  # never dearer for the customer than in proportion
                rounding = payable_step(currency) * len(used)
                assert wanted.discount * line.gross >= line.discount * wanted.gross - rounding * line.gross
                assert wanted.net <= line.net + rounding
            order, _ = changed(order, line, wanted, used)
        for one in used:
            if staying(order):
                rounding = payable_step(currency) * len(prices)
                allowed = fee(min(had(order, one), terms_give(order, one) + rounding), one.coupon.platform_bps)
                assert by_platform(order, one) <= allowed + len(prices)


def test_what_is_taken_back_is_kept_of_what_goes_back():
    order, used = bought([3_000, 7_000], [coupon(1, FROM_100)])
    assert [line.discount for line in order.lines] == [900, 2_100]
    new = call_off(deliver(order, "lin_0"), used, "lin_1")
    kept, gone = new.lines
    assert (kept.discounts, kept.paid, kept.subsidy, kept.corrections) == ((), 3_000, 0, 1)
    assert (gone.refund, gone.state, gone.discounts) == (4_000, LineState.REFUNDING, (Part("cpn_1", 3_000, 3_000),))
    assert new.discount == order.discount


def test_never_more_is_taken_back_than_goes_back():
    order, used = bought([9_000, 3_000], [coupon(1, Terms("CNY", minimum_spend=12_000, amount_off=6_000))])
    new = call_off(order, used, "lin_1")
    assert (new.lines[1].refund, new.lines[1].state, new.state) == (0, LineState.CANCELLED, OrderState.CONFIRMED)
    assert (new.lines[0].paid, new.lines[0].discount) == (6_000, 3_000)  # of 9,000: both had cost as much


@pytest.mark.parametrize(("fee_bps", "refund", "discount"), [(0, 4_000, 0), (5_000, 1_550, 0), (10_000, 0, 900)])
def test_who_does_not_come_has_what_stays_no_cheaper(fee_bps, refund, discount):
    order, used = bought([3_000, 7_000], [coupon(1, FROM_100)])
    lines = tuple(replace(line, policy=Policy(60, 3_000, fee_bps)) for line in order.lines)
    order = deliver(replace(order, lines=lines), "lin_0")
    new = delivered(order, order.lines[1], LineState.NO_SHOW, used)
    assert (new.lines[1].refund, new.lines[1].state, new.lines[0].discount) == (refund, LineState.NO_SHOW, discount)
    assert (new.state, new.open) == (OrderState.COMPLETED, (1,) if refund else ())
    check_sums(order, new)


@pytest.mark.parametrize("deposit", [0, 2_000])
def test_who_does_not_come_to_what_is_paid_at_the_shop_has_what_stays_no_cheaper(deposit):
    order, used = bought([3_000, 7_000], [coupon(1, FROM_100)], deposit=deposit)
    lines = tuple(replace(line, policy=Policy(60, 3_000, 10_000)) for line in order.lines)
    order = replace(order, lines=lines)
    new = delivered(order, order.lines[1], LineState.NO_SHOW, used)
    called = call_off(order, used, "lin_1")
    assert new.lines[0] == called.lines[0]
    assert (new.lines[0].discount, new.lines[0].at_shop) == (0, 3_000 - order.lines[0].paid)
    assert (new.lines[1].refund, new.open) == (0, ())


def test_of_a_tier_that_is_not_reached_any_more_the_lower_one_stays():
    tiers = Terms("CNY", tiers=(Tier(5_000, 500), Tier(10_000, 3_000)))
    order, used = bought([6_000, 4_000], [coupon(1, tiers)])
    assert call_off(order, used, "lin_1").lines[0].discount == 500


def test_what_is_paid_at_the_shop_is_dearer_there():
    order, used = bought([3_000, 7_000], [coupon(1, FROM_100)], deposit=2_000)
    new = call_off(order, used, "lin_1")
    assert (new.lines[0].paid, new.lines[0].at_shop, new.lines[0].discount) == (420, 3_000 - 420, 0)
    assert (new.lines[1].refund, new.discount) == (order.lines[1].paid, 2_100)


def test_what_the_shop_altered_counts_as_if_it_had_stayed():
    order, used = bought([3_000, 7_000, 1_000], [coupon(1, FROM_100)])
    order = replace(order, lines=tuple(replace(line, altered=line.id == "lin_1") for line in order.lines))
    new = call_off(order, used, "lin_1")
    assert [line.discount for line in new.lines] == [line.discount for line in order.lines]
    assert [line.by_platform for line in staying(new)] == [0, 0]  # the shop bears it
    assert went_back(new) == order.lines[1].paid


@pytest.mark.parametrize("by_shop", [False, True])
def test_what_went_by_the_shops_doing_counts_as_if_it_had_stayed_ever_after(by_shop):
    """In one step or two, in whichever order."""
    order, used = bought([4_000, 6_000, 4_000], [coupon(1, FROM_100)])
    if not by_shop:
        order = replace(order, lines=tuple(replace(line, altered=line.id == "lin_1") for line in order.lines))
        both = call_off(order, used, "lin_1", "lin_2")
        assert went_back(both) == order.lines[1].paid + order.lines[2].paid
    one_by_one = call_off(call_off(order, used, "lin_1", by_customer=not by_shop), used, "lin_2")
    other_way = call_off(call_off(order, used, "lin_2"), used, "lin_1", by_customer=not by_shop)
    for new in (one_by_one, other_way):
        assert went_back(new) == order.lines[1].paid + order.lines[2].paid
        assert (new.lines[0].discount, new.lines[0].by_platform) == (order.lines[0].discount, 0)


def test_in_one_step_it_costs_no_more_than_in_two():
    """What can go by itself at no cost is not kept because something else goes with it."""
    order, used = bought([19_000, 5_000, 1_000], [coupon(1, Terms("CNY", minimum_spend=20_000, amount_off=6_000))])
    steps = call_off(call_off(order, used, "lin_1"), used, "lin_2")
    assert went_back(steps) == order.lines[1].paid == 3_800
    once = call_off(order, used, "lin_1", "lin_2")
    assert [line.refund for line in once.lines] == [0, 3_800, 0]
    assert once.lines[0] == steps.lines[0]
    check_sums(order, once)


def test_what_the_coupon_is_not_for_counts_to_nothing_whatever_the_shop_does_with_it():
    only = replace(FROM_100, conditions=Conditions(offering_ids=("off_0", "off_1")))
    order, used = bought([4_000, 6_000, 9_000], [coupon(1, only)])
    new = call_off(call_off(order, used, "lin_2", by_customer=False), used, "lin_1")
    assert (new.lines[0].discount, new.lines[1].refund) == (0, order.lines[1].paid - order.lines[0].discount)


def test_the_platform_adds_nothing_to_what_went_back_before():
    """Half of a delivered line was given back: half of its discount is left to be taken back, and nobody adds more."""
    order, used = bought([10_000, 10_000], [coupon(1, Terms("CNY", minimum_spend=20_000, amount_off=6_000))])
    order = given_back(deliver(order, "lin_0"), {"lin_0": 3_500}, by_refund=True)
    assert (order.lines[0].kept, order.lines[0].subsidy) == (3_500, 1_500)
    new = call_off(order, used, "lin_1")
    assert (new.lines[0].kept, new.lines[0].subsidy, new.lines[1].refund) == (5_000, 0, 5_500)
    check_parts(new)


def test_of_what_a_bank_gives_again_nothing_goes_on_that_the_coupon_takes_back():
    order, used = bought([9_000, 3_000], [coupon(1, Terms("CNY", minimum_spend=12_000, amount_off=6_000))])
    all_of_it = {line.id: line.paid for line in order.lines}
    called = call_off(given_back(order, all_of_it, by_refund=False), used, "lin_1")
    came, goes_on = given_again(called, all_of_it)
    assert goes_on == 1_500
    new, goes_on = less_taken_back(called, came, used)
    assert (goes_on, new.rounds, new.open, new.discount) == (0, called.rounds, called.open, 6_000)
    assert [(line.paid, line.kept, line.discount) for line in new.lines] == [(6_000, 6_000, 3_000), (0, 0, 3_000)]
    check_parts(new)


@settings(max_examples=BASKETS, deadline=None)
@given(**BASKET, gifts=st.lists(st.integers(0, 100), min_size=5, max_size=5), altered=st.sets(st.integers(0, 4)))
def test_nobody_is_added_more_by_calling_off(prices, many, currency, delivered, gone, gifts, altered):
    order, used = basket(prices, many, currency, delivered)
    step = payable_step(currency)
    parts = {one.id: one.paid * part // 100 // step * step for one, part in zip(order.lines, gifts, strict=False)}
    order = given_back(order, parts, by_refund=True)
    order = replace(order, lines=tuple(replace(one, altered=int(one.id[4:]) in altered) for one in order.lines))
    for number in gone:
        line, before = order.line(f"lin_{number}"), order
        if line is None or line.state != LineState.CONFIRMED:
            continue
        order = call_off(order, used, line.id)
        check_parts(order)
        assert (
            sum(one.kept for one in order.lines) == sum(one.kept for one in before.lines) - order.line(line.id).refund
        )
        for old, new in zip(before.lines, order.lines, strict=True):
            if old.state == LineState.COMPLETED:
                assert new.subsidy <= old.subsidy
        if line.altered:
            assert order.line(line.id).refund == line.kept  # the shop's doing costs nobody but the shop


def check_parts(order):
    for line in order.lines:
        assert 0 <= line.kept <= line.paid <= line.net
        assert all(0 <= part.platform <= part.amount for part in line.discounts)


@pytest.mark.parametrize(
    ("terms", "price", "keeps", "platform"),
    [
        (FROM_100, 6_000, 1_800, 0),  # in proportion; the terms give nothing
        (Terms("CNY", amount_off=3_000), 6_000, 3_000, 3_000),  # as the terms say
        (Terms("CNY", percent_bps=1_000), 6_000, 600, 600),
        (Terms("CNY", tiers=(Tier(5_000, 500), Tier(10_000, 3_000))), 6_000, 1_800, 500),
        (FROM_100, 0, 0, 0),
        (FROM_100, 12_000, 3_000, 3_000),
    ],
)
def test_a_line_that_the_shop_makes_cheaper(terms, price, keeps, platform):
    order, used = bought([10_000], [coupon(1, terms)])
    line = order.lines[0]
    wanted = kept_by_shops_change(order.lines, line, within_price(replace(line, price=Money(price, "CNY"))), used)
    new, goes_back = changed(order, line, wanted, used)
    assert (new.lines[0].discount, new.lines[0].by_platform) == (keeps, platform)
    assert goes_back == max(0, line.net - (price - keeps))
    again = kept_by_shops_change(new.lines, new.lines[0], replace(new.lines[0], price=Money(20_000, "CNY")), used)
    assert again.discount == keeps  # dearer: what was given stays


def test_what_the_shop_moves_to_where_the_coupon_is_not_good_the_platform_does_not_pay():
    quiet = Terms("CNY", percent_bps=2_000, conditions=Conditions(offering_ids=("off_0",)))
    order, used = bought([10_000, 10_000], [coupon(1, quiet)])
    line = order.lines[0]
    wanted = kept_by_shops_change(order.lines, line, replace(line, offering_id="off_9"), used)
    new, _ = changed(order, line, wanted, used)
    assert (new.lines[0].discount, new.lines[0].by_platform) == (2_000, 0)


def test_the_platforms_addition_to_what_nothing_was_paid_for_goes_back_to_it():
    order, _ = bought([2_000, 8_000], [coupon(1, Terms("CNY", amount_off=10_000))])
    with pytest.raises(NothingLeft):  # not delivered: nothing was added yet
        unsubsidised(order, {"lin_0": 1})
    order = deliver(order, "lin_0", "lin_1")
    new = unsubsidised(order, {"lin_0": 500})
    assert [(line.subsidy, line.discount, line.corrections) for line in new.lines] == [
        (1_500, 2_000, 1),
        (8_000, 8_000, 0),
    ]
    with pytest.raises(NothingLeft) as refused:
        unsubsidised(new, {"lin_0": 1_501})
    assert refused.value.parameters == {"left": 1_500}
