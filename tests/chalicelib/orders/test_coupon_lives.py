"""Orders, coupons and budgets of money through lives at random: whatever happens to any of them, a coupon is in one
order, a budget has drawn what orders took off, and of each customer one order was the first.
"""

import os
import random
from collections import Counter
from datetime import timedelta

import pytest

from chalicelib import wiring
from chalicelib.audit.ports import Why
from chalicelib.coupons import use_cases as coupons
from chalicelib.coupons.ports import CampaignDraft, Conditions, FirstOf, Returned, Terms
from chalicelib.coupons.rules import Limits
from chalicelib.kit.errors import Problem
from chalicelib.orders import use_cases
from chalicelib.orders.ports import LineState
from tests.api import ADMIN, MERCHANT
from tests.chalicelib.coupons.test_budgets import drawn
from tests.chalicelib.coupons.test_use_cases import customer
from tests.chalicelib.orders.world import LATER, NOW, SHOP, World, once

LIVES = int(os.environ.get("COUPON_LIVES", "1"))
STEPS = 60
GONE = {LineState.CANCELLED, LineState.REFUNDING, LineState.REFUNDED}
WHY = Why("complained", "203.0.113.9")


class Life:
    """Three customers with coupons of three campaigns whose money is soon spent, and all that they and the shop do."""

    def __init__(self, world, chance):
        self.world, self.chance, self.orders, self.done = world, chance, [], Counter()
        world.kind.merchant_id = MERCHANT.account_id
        self.people = {one.account_id: one for one in map(customer, range(3))}
        self.campaigns = [self._campaign(number) for number in range(3)]
        self.mine = {one: [*self._claimed(one)] for one in self.people}

    def _campaign(self, number):
        terms = Terms(
            "CNY", minimum_spend=self.chance.choice([0, 15_000]), amount_off=self.chance.choice([700, 1_001]), stacks_as=f"s{number}",
            returned=self.chance.choice(list(Returned)), platform_bps=self.chance.choice([10_000, 3_333]),
            conditions=Conditions(first_of=self.chance.choice([None, *FirstOf])),
        )  # fmt: skip
        limits = Limits(money=self.chance.choice([1_500, 2_500, 4_000]), per_person=2)
        draft = CampaignDraft("五月", terms, None, NOW, NOW + timedelta(days=1), limits)
        opened = coupons.open_campaign(self.world.ports.coupons, ADMIN, None, draft, once())
        self.world.ports.committer.commit([self.world.ports.coupons.store.join(opened.id, SHOP, NOW)])
        return opened

    def _claimed(self, who):
        for campaign in self.campaigns:
            for _ in range(2):
                yield coupons.claim(wiring.claiming(), self.people[who], campaign.id, once()).id

    def step(self):
        doings = [self.hold] * 4 + [self.wait] * 2 + ([self.to_an_order] * 12 if self.orders else [])
        try:
            self.done[self.chance.choice(doings)()] += 1
        except Problem as refused:
            self.done[type(refused).__name__] += 1

    def hold(self):
        who, hours = self.chance.choice(list(self.people)), 3 * len(self.orders)
        ids = self.chance.sample(self.mine[who], self.chance.randint(0, 2))
        starts = [LATER + timedelta(hours=hours + more) for more in (0, 1)]
        self.orders.append(self.world.hold(*starts, actor=self.people[who], coupon_ids=ids))
        return "held"

    def wait(self):
        self.world.clock.move(minutes=self.chance.choice([3, 11, 25]))
        if self.chance.random() < 0.5:
            use_cases.expire_holds(self.world.ports, self.world.clock.now())
            coupons.expire(self.world.ports.coupons, self.world.clock.now())
        return "waited"

    def to_an_order(self):
        world, order = self.world, self.world.read(self.chance.choice(self.orders))
        who, line = self.people[order.customer_id], self.chance.choice(order.lines)
        part = {line.id: self.chance.randint(1, max(1, line.kept))}
        doings = {
            "paid": lambda: world.pay(order, f"pay_{order.id}"),
            "paid twice": lambda: world.pay(order, f"pay_{order.id}_b"),
            "extended": lambda: use_cases.extend(world.ports, who, order.id, once()),
            "cancelled": lambda: world.cancel(order, actor=self.chance.choice([who, MERCHANT])),
            "line cancelled": lambda: world.cancel(order, actor=who, lines=[line]),
            "delivered": lambda: world.deliver(order, line),
            "not come": lambda: world.deliver(order, line, use_cases.line_no_show),
            "given back": lambda: use_cases.give_back(world.ports, MERCHANT, order.id, part, WHY, once()),
        }
        what = self.chance.choice([*doings, "paid", "paid"])
        doings[what]()
        return what

    def check(self):
        now, orders = self.world.clock.now(), [self.world.read(one) for one in self.orders]
        sold = [one for one in orders if one.confirmed_at and {line.state for line in one.lines} - GONE]
        live = [one for one in orders if one.is_live(now)]
        users = Counter(coupon_id for one in [*sold, *live] for coupon_id in in_use(one))
        assert set(users.values()) <= {1}
        kept, held = self._taken_off(sold), self._taken_off(live)
        for campaign in self.campaigns:
            taken, lies = drawn(self.world.ports.coupons, campaign)
            assert taken - lies == kept[campaign.id]
            assert held[campaign.id] <= lies
        firsts = Counter((one.customer_id, first) for one in orders if one.is_bought for first in one.first_of)
        assert set(firsts.values()) <= {1}
        assert all(line.kept >= 0 for one in orders for line in one.lines)

    def _taken_off(self, orders):
        store, sums = self.world.ports.coupons.store, Counter()
        for part in (part for one in orders for part in one.discounts if part.coupon_id in in_use(one)):
            sums[store.coupon(part.coupon_id).campaign_id] += part.amount
        return sums


def in_use(order):
    """The coupons of an order that take something off what stays of it: of others all was taken back."""
    return {part.coupon_id for line in order.lines if line.state not in GONE for part in line.discounts}


@pytest.mark.parametrize("seed", range(1, LIVES + 1))
def test_whatever_happens_coupons_and_budgets_agree_with_the_orders(tables, seed, record_property):
    life = Life(World(), random.Random(seed))
    for _ in range(STEPS):
        life.step()
        life.check()
    assert min(life.done["held"], life.done["paid"]) > 1
    record_property("discounts", "1 lives with budgets")
