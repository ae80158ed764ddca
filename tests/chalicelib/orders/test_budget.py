"""A campaign's budget of money, through whole lives of orders: nobody draws what is not there."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib import wiring
from chalicelib.coupons import use_cases as coupons
from chalicelib.coupons.ports import CampaignDraft, Misfit, Terms
from chalicelib.coupons.rules import BudgetSpent, Limits
from chalicelib.coupons.use_cases import budgets
from chalicelib.orders import use_cases
from chalicelib.orders.rules import HOLD
from tests.api import CUSTOMER, OTHER
from tests.chalicelib.coupons.test_budgets import drawn
from tests.chalicelib.orders.world import NOW, once


@pytest.fixture
def campaign(world):
    """One of the platform's, 10 off each order, with money for one and a half."""
    until = NOW + timedelta(days=30)
    draft = CampaignDraft("五月", Terms("CNY", amount_off=1_000), None, NOW, until, Limits(money=1_500))
    return coupons.open_campaign(world.ports.coupons, CUSTOMER, None, draft, once())


@pytest.fixture
def mine(campaign):
    return coupons.claim(wiring.claiming(), CUSTOMER, campaign.id, once())


@pytest.fixture
def theirs(campaign):
    return coupons.claim(wiring.claiming(), OTHER, campaign.id, once())


def test_money_of_an_order_that_ran_out_is_anybodys_and_a_late_payment_goes_back(world, campaign, mine, theirs):
    first = world.hold(coupon_id=mine.id)
    with pytest.raises(BudgetSpent):
        world.hold(NOW + timedelta(days=2), actor=OTHER, coupon_id=theirs.id)
    assert drawn(world.ports.coupons, campaign) == (1_000, 1_000)
    world.clock.move(seconds=HOLD.total_seconds())
    second = world.hold(NOW + timedelta(days=2), actor=OTHER, coupon_id=theirs.id)
    assert world.pay(second, "pay_2").fulfilled
    assert drawn(world.ports.coupons, campaign) == (1_000, 0)
    late = world.pay(first, "pay_1")
    assert (late.fulfilled, world.read(first).state) == (False, "refunding")
    assert drawn(world.ports.coupons, campaign) == (1_000, 0)
    assert world.coupon_state(mine) == "issued"


def test_who_asks_for_a_quote_as_others_take_what_lies_too_long_looks_again(world, campaign, mine, theirs):
    world.hold(coupon_id=mine.id)
    world.clock.move(seconds=HOLD.total_seconds())
    ports, committer = world.ports.coupons, world.ports.coupons.committer
    before_us = [lambda: budgets._freed(ports, theirs, world.clock.now())]

    class Slow:
        def commit(self, actions):
            if before_us:
                before_us.pop()()
            committer.commit(actions)

    slow = replace(world.ports, coupons=replace(ports, committer=Slow()))
    asked = [world.wish(NOW + timedelta(days=2))]
    assert use_cases.quote(slow, OTHER, asked, None).order.coupon_ids == (theirs.id,)
    assert (before_us, drawn(ports, campaign)) == ([], (0, 0))


def test_of_many_coupons_of_a_spent_campaign_none_is_among_the_best(world):
    until = NOW + timedelta(days=30)
    draft = CampaignDraft("五月", Terms("CNY", amount_off=1_000), None, NOW, until, Limits(money=1_500, per_person=8))
    opened = coupons.open_campaign(world.ports.coupons, CUSTOMER, None, draft, once())
    mine = {coupons.claim(wiring.claiming(), CUSTOMER, opened.id, once()).id for _ in range(8)}
    small = world.coupon(amount_off=10)
    theirs = coupons.claim(wiring.claiming(), OTHER, opened.id, once())
    assert world.hold(actor=OTHER, coupon_id=theirs.id)
    quoted = use_cases.quote(world.ports, CUSTOMER, [world.wish(NOW + timedelta(days=2))], None)
    assert quoted.order.coupon_ids == (small.id,)
    assert quoted.left_out == dict.fromkeys(mine, Misfit.SPENT)


def test_a_late_payment_whose_money_nobody_took_is_good(world, campaign, mine):
    order = world.hold(coupon_id=mine.id)
    world.clock.move(seconds=HOLD.total_seconds() + 60)
    assert world.pay(order).fulfilled
    assert drawn(world.ports.coupons, campaign) == (1_000, 0)


def test_what_is_cancelled_gives_its_money_back(world, campaign, mine, theirs):
    order = world.bought(coupon_id=mine.id)
    with pytest.raises(BudgetSpent):
        world.hold(NOW + timedelta(days=2), actor=OTHER, coupon_id=theirs.id)
    world.cancel(order)
    assert drawn(world.ports.coupons, campaign) == (0, 0)
    held = world.hold(NOW + timedelta(days=2), actor=OTHER, coupon_id=theirs.id)
    world.cancel(held, actor=OTHER)
    assert drawn(world.ports.coupons, campaign) == (0, 0)
