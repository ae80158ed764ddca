"""What a campaign would have cost: held against orders that really had it."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest

from chalicelib import wiring
from chalicelib.coupons.ports import Conditions, FirstOf, SimulationState, Terms, Tier
from chalicelib.coupons.rules import simulation as rules
from chalicelib.coupons.rules.fitting import Item, Purchase
from chalicelib.coupons.use_cases import Plan
from chalicelib.kit.auth import Actor, Role
from chalicelib.kit.dynamo import meter
from chalicelib.kit.errors import Forbidden, Invalid, NotFound
from chalicelib.orders import use_cases
from tests.api import ADMIN, MERCHANT, OTHER, call
from tests.chalicelib.orders.world import NOW, SHOP, World, once
from tests.emulators import DYNOXIDE

PRICES = (3_300, 12_001, 25_000, 9_999, 12_000, 500, 11_111)
OF_SHOP = "/v1/shops/{shop_id}/campaign-simulations"


class Shops:
    """The one shop that the merchant runs."""

    def shop(self, shop_id):
        if shop_id != SHOP:
            return None
        return SimpleNamespace(
            merchant_id=MERCHANT.account_id, currency="CNY", zone="Asia/Shanghai", categories=("hair",)
        )

    def shops(self, shop_ids):
        return {one: self.shop(one) for one in shop_ids}


def staged():
    """A world whose one shop the merchant runs."""
    made = World()
    made.kind.merchant_id = MERCHANT.account_id
    shops = replace(made.ports.coupons.shops, store=Shops())
    made.ports = replace(made.ports, coupons=replace(made.ports.coupons, shops=shops))
    return made


@pytest.fixture
def world(tables):
    return staged()


def sell(world, offering, terms=None):
    """Everybody buys at several prices; with terms each has one coupon of them and uses it as soon as it fits. Returns
    how many orders had one, and what it took off.
    """
    people = [Actor(f"acc_{offering}_{n}", frozenset({Role.CUSTOMER}), "ses") for n in range(3)]
    if terms is not None:
        for one in people:
            world.coupon(one, terms=terms)
    hits = discount = 0
    for n, price in enumerate(PRICES):
        world.clock.move(hours=7)
        world.kind.price = price
        person = people[n % len(people)]
        starts = (NOW + timedelta(days=9, hours=n), NOW + timedelta(days=9, hours=n + 100))
        wishes = [world.wish(start, offering) for start in starts]
        found = use_cases.quote(world.ports, person, wishes, None).order.coupon_ids if terms else ()
        order = world.hold(*starts, actor=person, coupon_ids=found, offering=offering)
        world.pay(order, f"pay_{order.id}")
        hits, discount = hits + bool(order.discount), discount + order.discount
    return hits, discount


def tried(world, actor, shop_id, plan):
    """A simulation that has come to its end, and how many requests it took."""
    run, steps = use_cases.simulate(world.ports, actor, shop_id, plan, once()), 1
    while run.state == SimulationState.RUNNING:
        run, steps = use_cases.simulate_on(world.ports, actor, shop_id, run.id, once()), steps + 1
    return run, steps


TERMS = (
    Terms("CNY", amount_off=1_001),
    Terms("CNY", percent_bps=1_234, cap=900, minimum_spend=20_000),
    Terms("CNY", tiers=(Tier(1_000, 100), Tier(24_002, 2_000))),
    Terms("CNY", amount_off=700, conditions=Conditions(weekdays=(5, 6))),
    Terms("CNY", amount_off=700, conditions=Conditions(first_of=FirstOf.PLATFORM)),
)


def test_its_figures_are_those_of_the_rule_on_the_same_orders(world, monkeypatch, record_property):
    monkeypatch.setattr("chalicelib.orders.use_cases.simulations.STEP", 3)
    sell(world, "off_plain")
    world.clock.move(days=40)
    runs = [tried(world, MERCHANT, SHOP, Plan(terms, month=(2030, 5))) for terms in TERMS]
    for run, steps in runs:
        assert (run.orders, run.revenue, steps) == (len(PRICES), sum(PRICES) * 2, len(PRICES) // 3 + 1)
        assert (run.platform, run.share_bps) == (0, run.merchant * 10_000 // run.revenue)
        shared = Plan(replace(run.terms, platform_bps=2_500), month=(2030, 5))
        everywhere, _ = tried(world, ADMIN, None, shared)
        assert (run.orders, run.hits, run.discount) == (everywhere.orders, everywhere.hits, everywhere.discount)
        assert abs(everywhere.platform * 4 - everywhere.discount) <= 2 * everywhere.hits  # rounded once an order
    really = [sell(staged(), f"off_{number}", terms) for number, terms in enumerate(TERMS)]
    assert [(run.hits, run.discount) for run, _ in runs] == really
    assert all(hits for hits, _ in really)
    record_property("discounts", f"{len(PRICES) * len(TERMS)} orders simulated")


def purchase(price, at=NOW):
    return Purchase(SHOP, "CNY", (Item("lin_1", price),), at)


def begun(**said):
    month = (NOW, NOW + timedelta(days=30))
    return rules.Simulation("sim_1", None, Terms("CNY", amount_off=100, platform_bps=5_000), *month, NOW, **said)


@pytest.mark.parametrize(
    ("said", "hits"), [({}, 3), ({"number": 2}, 2), ({"per_person": 2}, 5), ({"money": 250}, 2), ({"money": 99}, 0)]
)
def test_number_person_and_money_have_an_end(said, hits):
    sales = [rules.Sale(f"acc_{n % 3}", purchase(1_000), 1_000) for n in range(5)]
    run = rules.stepped(begun(**said), sales[:2], {"at": "there"})
    assert (run.state, run.after) == (SimulationState.RUNNING, {"at": "there"})
    run = rules.stepped(run, sales[2:], None)
    assert (run.state, run.orders, run.hits, run.discount) == (SimulationState.DONE, 5, hits, hits * 100)
    assert run.platform == run.merchant == hits * 50


def test_more_customers_than_it_can_remember_end_it(monkeypatch):
    monkeypatch.setattr(rules, "MOST_CUSTOMERS", 2)
    sales = [rules.Sale(f"acc_{n}", purchase(1_000), 1_000) for n in range(3)]
    assert rules.stepped(begun(), sales, {"at": "there"}).state == SimulationState.FULL
    assert rules.stepped(begun(), sales, None).state == SimulationState.DONE


@pytest.mark.store
def test_what_came_to_nothing_and_other_months_are_left_out(world):
    world.cancel(world.bought(NOW + timedelta(days=5)))
    world.hold(NOW + timedelta(days=6))
    kept = world.bought(NOW + timedelta(days=7))
    plan = Plan(Terms("CNY", amount_off=1_000))
    for days, orders in ((0, 0), (31, 1), (62, 0)):
        world.clock.move(days=days and 31)
        run, _ = tried(world, MERCHANT, SHOP, plan)
        assert (run.orders, run.revenue) == (orders, orders * kept.total)


def test_a_month_is_that_of_the_shops_clock(world):
    def spans(month, shop_id=SHOP):
        run = use_cases.simulate(world.ports, ADMIN, shop_id, Plan(Terms("CNY", amount_off=1), month=month), once())
        return f"{run.since:%m-%d %H}", f"{run.until:%m-%d %H}"

    assert spans((2030, 2)) == ("01-31 16", "02-28 16")
    assert spans((2029, 12), None) == ("12-01 00", "01-01 00")
    assert spans(None) == ("03-31 16", "04-30 16")
    with pytest.raises(Invalid):
        spans((2030, 6))


def test_it_is_for_who_runs_the_shop(world):
    plan = Plan(Terms("CNY", amount_off=1))
    run = use_cases.simulate(world.ports, MERCHANT, SHOP, plan, once())
    with pytest.raises(Forbidden):
        use_cases.simulate(world.ports, OTHER, SHOP, plan, once())
    with pytest.raises(Forbidden):
        use_cases.simulate_on(world.ports, OTHER, SHOP, run.id, once())
    with pytest.raises(NotFound):
        use_cases.simulate_on(world.ports, ADMIN, None, run.id, once())
    for wrong in (Terms("CNY", amount_off=1, platform_bps=1), Terms("EUR", amount_off=1), Terms("CNY")):
        with pytest.raises(Invalid):
            use_cases.simulate(world.ports, MERCHANT, SHOP, Plan(wrong), once())


def test_a_merchant_tries_a_campaign_over_http(world, monkeypatch, tables):
    monkeypatch.setattr(wiring, "orders", lambda: world.ports)
    monkeypatch.setattr("chalicelib.orders.use_cases.simulations.STEP", 2)
    for day in range(3):
        world.bought(NOW + timedelta(days=5, hours=day))
    body = {"plan": {"terms": {"currency": "CNY", "percent_bps": 500}, "month": "2030-05", "per_person": 9}}
    begun = call("POST", OF_SHOP, actor=MERCHANT, body=body, shop_id=SHOP)
    assert (begun.status, begun.json["state"], begun.json["orders"]) == (200, "running", 2)
    with meter.measure() as usage:
        done = call("POST", OF_SHOP, actor=MERCHANT, body={"simulation_id": begun.json["id"]}, shop_id=SHOP)
    assert (done.json["state"], done.json["hits"], done.json["share_bps"]) == ("done", 3, 500)
    assert done.json["by_merchant"] == {"amount": 1_500, "currency": "CNY"}
    if tables.name == DYNOXIDE:
        assert (usage.read_units, usage.write_units) == (1 + 0.5, 2 + 2)  # the run, its orders; and the stored answer
    both = call("POST", OF_SHOP, actor=MERCHANT, body={**body, "simulation_id": begun.json["id"]}, shop_id=SHOP)
    assert (both.status, both.json["errors"][0]["field"]) == (422, "plan")
