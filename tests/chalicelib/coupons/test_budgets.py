"""A budget of money, drawn on by many, against a model of it."""

import os
import random
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

import pytest

from chalicelib.coupons import use_cases
from chalicelib.coupons.rules import BudgetSpent, CouponUnavailable, Ending, Limits, SoldOut
from chalicelib.coupons.store.purses import PurseRow
from chalicelib.coupons.use_cases import budgets
from chalicelib.kit.dynamo import meter
from chalicelib.kit.errors import Busy
from chalicelib.kit.transaction import Contention, retrying
from tests.api import CUSTOMER
from tests.chalicelib.coupons.test_use_cases import campaign, commit, customer, reserve
from tests.chalicelib.orders.world import once
from tests.emulators import DYNOXIDE
from tests.racing import race

STEPS = int(os.environ.get("BUDGET_STEPS", "40"))
DRAWERS = int(os.environ.get("BUDGET_DRAWERS", "30"))
HOLD = timedelta(minutes=10)


def rich(ports, money, *, rush=None, **said):
    limits = Limits(money=money, rush=rush)
    return campaign(ports, number=None, limits=limits, **said)


def claimed(ports, opened, number):
    return use_cases.claim(ports, customer(number), opened.id, once())


def drawn(ports, opened):
    """What the rows of a campaign's money say: taken from purses, and held beside them."""
    taken = held = 0
    for purse in range(opened.purses):
        for row in PurseRow.query(f"{opened.id}#PURSE{purse}", consistent_read=True):
            if row.sk == "PURSE":
                assert 0 <= row.left <= row.size
                taken += int(row.size - row.left)
            else:
                held += int(row.amount)
    return taken, held


@dataclass
class Model:
    """What should be drawn: by each coupon how much, until when, None for good."""

    whole: int
    draws: dict

    def live(self, now):
        return sum(amount for amount, until in self.draws.values() if until is None or until > now)

    def fits(self, coupon_id, amount, now):
        others = Model(self.whole, {one: draw for one, draw in self.draws.items() if one != coupon_id})
        return others.live(now) + amount <= self.whole


@pytest.mark.parametrize("seed", range(2))
def test_whatever_happens_in_whatever_order_the_rows_are_the_model(ports, clock, seed, record_property):
    chance = random.Random(seed)
    opened = rich(ports, 1_000, rush=400, amount_off=10)
    assert opened.purses == 4
    coupons = [claimed(ports, opened, number) for number in range(8)]
    model, refused = Model(1_000, {}), 0

    def act(coupon, kind):
        nonlocal refused
        now, until = clock.now(), None if chance.random() < 0.2 else clock.now() + HOLD
        if kind == "back":
            commit(ports, lambda: budgets.put_back(ports, coupon, "ord"))
            model.draws.pop(coupon.id, None)
            return
        if kind == "again" and coupon.id in model.draws:
            amount = model.draws[coupon.id][0]
            work = lambda: budgets.draw_again(ports, coupon, "ord", until, now)  # noqa: E731 - two of one kind
        else:
            amount = chance.randrange(50, 500)
            work = lambda: budgets.draw(ports, coupon, "ord", amount, until, now)  # noqa: E731
        fits = model.fits(coupon.id, amount, now)
        try:
            commit(ports, work)
        except BudgetSpent:
            refused += 1
            assert not fits
        else:
            assert fits
            model.draws[coupon.id] = (amount, until)

    for _ in range(STEPS):
        act(chance.choice(coupons), chance.choice(("draw", "draw", "draw", "again", "back")))
        clock.move(seconds=chance.randrange(300))
        taken, held = drawn(ports, opened)
        kept = sum(amount for amount, until in model.draws.values() if until is None)
        assert kept + held == taken <= opened.limits.money
        assert taken >= model.live(clock.now())
    assert refused
    for coupon in coupons:
        commit(ports, lambda: budgets.put_back(ports, coupon, None))  # noqa: B023 - called at once
    clock.move(hours=1)
    commit(ports, lambda: budgets.draw(ports, coupons[0], "ord", 1_000, None, clock.now()))
    assert drawn(ports, opened) == (1_000, 0)
    record_property("rush", f"{STEPS} budget steps, {refused} budget refusals")


@pytest.mark.store
def test_many_draw_at_once_and_it_is_never_overdrawn(ports, clock, record_property):
    opened = rich(ports, 20 * 10 * 3 + 5, rush=300, amount_off=10)
    assert opened.purses == 3
    coupons = [claimed(ports, opened, number) for number in range(DRAWERS)]
    amount, until = 47, clock.now() + HOLD

    def draw(coupon):
        def work():
            actions = budgets.draw(ports, coupon, f"ord_{coupon.id}", amount, until, clock.now())
            ports.committer.commit(actions)
            return "drawn"

        return lambda: retrying(work, attempts=30)

    outcomes = Counter(type(one).__name__ for one in race([draw(one) for one in coupons], BudgetSpent))
    assert outcomes == {"str": 605 // amount, "BudgetSpent": DRAWERS - 605 // amount}  # the leftovers of all were found
    assert drawn(ports, opened) == (605 // amount * amount,) * 2
    clock.move(minutes=10)
    until = clock.now() + HOLD
    again = Counter(type(one).__name__ for one in race([draw(one) for one in reversed(coupons)], BudgetSpent))
    assert again == outcomes  # what ran out was anybody's
    assert drawn(ports, opened) == (605 // amount * amount,) * 2
    record_property("rush", f"{2 * DRAWERS} draws at once, {2 * outcomes['str']} drawn")


def test_an_orders_discount_is_drawn_kept_and_put_back(ports, clock):
    opened = rich(ports, 1_500)
    first, second, third = (claimed(ports, opened, number) for number in range(3))
    assert (opened.money_left, use_cases.campaign(ports, opened.id).money_left) == (1_500, 1_500)
    reserve(ports, first, actor=customer(0))
    assert drawn(ports, opened) == (1_000, 1_000)
    assert use_cases.campaign(ports, opened.id).money_left == 500
    with pytest.raises(BudgetSpent):
        reserve(ports, second, "ord_2", customer(1))
    assert isinstance(BudgetSpent(), CouponUnavailable)
    reserve(ports, second, "ord_2", customer(1), net=400)  # what it really takes off
    assert drawn(ports, opened) == (1_400, 1_400)
    said = ([first.id], first.customer_id, "ord_1")
    commit(ports, lambda: use_cases.use(ports, *said, clock.now()))
    assert drawn(ports, opened) == (1_400, 400)
    clock.move(minutes=10)
    reserve(ports, third, "ord_3", customer(2), net=500)  # takes what the second one's order left lying
    assert drawn(ports, opened) == (1_500, 500)
    with pytest.raises(BudgetSpent):
        use_cases.use(ports, [second.id], second.customer_id, "ord_2", clock.now())
    commit(ports, lambda: use_cases.give_back(ports, *said, Ending.IN_TIME, clock.now()))
    assert drawn(ports, opened) == (500, 500)
    commit(ports, lambda: use_cases.use(ports, [second.id], second.customer_id, "ord_2", clock.now()))
    assert drawn(ports, opened) == (900, 500)


def test_a_reservation_that_nobody_took_is_kept_by_a_late_payment_and_held_longer(ports, clock):
    opened = rich(ports, 1_000)
    coupon = claimed(ports, opened, 0)
    reserve(ports, coupon, actor=customer(0))
    said = ([coupon.id], coupon.customer_id, "ord_1")
    longer = clock.now() + HOLD * 2
    commit(ports, lambda: use_cases.hold_longer(ports, *said, longer))
    assert ports.purses.draw(coupon.id).hold_until == longer
    assert drawn(ports, opened) == (1_000, 1_000)
    clock.move(hours=1)
    commit(ports, lambda: use_cases.use(ports, *said, clock.now()))
    assert drawn(ports, opened) == (1_000, 0)


def test_a_campaign_whose_money_is_spent_says_so_to_who_claims(ports, clock):
    opened = rich(ports, 1_000)
    coupon = claimed(ports, opened, 0)
    reserve(ports, coupon, actor=customer(0))
    with pytest.raises(SoldOut):
        claimed(ports, opened, 1)
    clock.move(minutes=10)
    assert claimed(ports, opened, 1).purses == 1  # what ran out is left


def test_somebody_who_takes_at_the_same_moment_makes_one_decide_again(ports, clock):
    opened = rich(ports, 1_000)
    first, second = (claimed(ports, opened, number) for number in range(2))
    slow = budgets.draw(ports, first, "ord_1", 600, clock.now() + HOLD, clock.now())
    commit(ports, lambda: budgets.draw(ports, second, "ord_2", 600, clock.now() + HOLD, clock.now()))
    with pytest.raises(Contention):
        ports.committer.commit(slow)
    clock.move(hours=1)
    late = budgets.draw_again(ports, second, "ord_2", None, clock.now())
    commit(ports, lambda: budgets.draw(ports, first, "ord_1", 600, None, clock.now()))
    with pytest.raises(Contention):
        ports.committer.commit(late)
    with pytest.raises(BudgetSpent):
        budgets.draw_again(ports, second, "ord_3", None, clock.now())


def test_very_much_that_lies_too_long_is_cleared_bit_by_bit(ports, clock, monkeypatch):
    monkeypatch.setattr(budgets, "_TOGETHER", 3)
    opened = rich(ports, 630, amount_off=1)
    coupons = [claimed(ports, opened, number) for number in range(15)]
    for coupon in coupons[1:]:
        commit(ports, lambda: budgets.draw(ports, coupon, "ord", 45, clock.now() + HOLD, clock.now()))  # noqa: B023
    clock.move(hours=1)
    with pytest.raises(Busy):
        budgets.draw(ports, coupons[0], "ord", 630, None, clock.now())
    commit(ports, lambda: budgets.draw(ports, coupons[0], "ord", 630, None, clock.now()))
    assert drawn(ports, opened) == (630, 0)


def test_what_a_draw_costs(ports, tables, clock, record_property):
    if tables.name != DYNOXIDE:
        pytest.skip("only dynoxide tells consumed capacity right")
    opened = rich(ports, 100_000)
    coupon, plain = claimed(ports, opened, 0), use_cases.claim(ports, CUSTOMER, campaign(ports).id, once())
    costs = {}

    def measured(name, work):
        with meter.measure() as usage:
            commit(ports, work)
        costs[name] = (usage.requests, usage.read_units, usage.write_units)

    now = clock.now()
    measured("nothing", lambda: budgets.draw(ports, plain, "ord", 100, now + HOLD, now))
    measured("draw", lambda: budgets.draw(ports, coupon, "ord", 100, now + HOLD, now))
    measured("longer", lambda: budgets.draw_again(ports, coupon, "ord", now + HOLD * 2, now))
    measured("keep", lambda: budgets.draw_again(ports, coupon, "ord", None, now))
    measured("put back", lambda: budgets.put_back(ports, coupon, "ord"))
    # A purse, a part that is held and a draw are 2 each.
    assert costs == {
        "nothing": (0, 0, 0),
        "draw": (3, 2, 6),
        "longer": (3, 3, 6),
        "keep": (3, 3, 4),
        "put back": (2, 1, 4),
    }
    record_property("figure", f"money of a coupon (requests, read, write units): {costs}")
