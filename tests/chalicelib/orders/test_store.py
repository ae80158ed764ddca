"""The orders table on real DynamoDB semantics: what is kept, what it costs, and who wins a race."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from chalicelib.coupons.ports import CouponUnavailable
from chalicelib.kit.auth import Actor, Role
from chalicelib.kit.dynamo import meter
from chalicelib.kit.errors import Problem
from chalicelib.kit.transaction import Contention
from chalicelib.orders import use_cases
from chalicelib.orders.rules import MOST_HOLDS, NotPossible, TooManyHolds
from tests.api import CUSTOMER, MERCHANT, told
from tests.chalicelib.orders.world import LATER, NOW, SHOP
from tests.emulators import DYNOXIDE
from tests.fakes.line_kind import Taken


def at_once(*works):
    """Do everything at the same time; returns results and problems, in order."""

    def outcome(work):
        try:
            return work()
        except Problem as problem:
            return problem

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(outcome, works))


@pytest.mark.store
def test_an_order_comes_back_as_it_was(world):
    coupon = world.coupon(amount_off=1_000)
    order = world.hold(LATER, LATER + timedelta(hours=1), coupon_id=coupon.id)
    assert world.read(order) == order
    assert world.ports.store.order("ord_none") is None
    paid = world.pay(order).order
    assert world.read(order) == paid
    world.pay(order, "pay_again")
    assert world.read(order).returned == ("pay_again",)
    with pytest.raises(Contention):
        world.ports.committer.commit([world.ports.store.replace(paid)])


@pytest.mark.store
def test_lists_go_on_where_they_stopped(world):
    orders = []
    for hour in range(5):
        orders.append(world.bought(LATER + timedelta(hours=hour)) if hour else world.hold())
        world.clock.move(minutes=1)
    newest_first = [order.id for order in reversed(orders)]
    first = use_cases.mine(world.ports, CUSTOMER, None, 3)
    rest = use_cases.mine(world.ports, CUSTOMER, first.next, 3)
    assert [order.id for order in (*first.items, *rest.items)] == newest_first
    first = use_cases.of_shop(world.ports, MERCHANT, SHOP, None, 3)
    rest = use_cases.of_shop(world.ports, MERCHANT, SHOP, first.next, 3)
    assert [order.id for order in (*first.items, *rest.items)] == newest_first[:-1]
    world.cancel(orders[1])
    assert len(use_cases.of_shop(world.ports, MERCHANT, SHOP, None, 10).items) == 4


def test_what_each_pattern_costs(world, tables):
    if tables.name != DYNOXIDE:
        pytest.skip("only dynoxide tells consumed capacity right")
    store, commit = world.ports.store, world.ports.committer.commit
    order = world.hold()
    costs = {}

    def measured(name, work):
        with meter.measure() as usage:
            made = work()
        costs[name] = (usage.requests, usage.read_units, usage.write_units)
        return made

    measured("read", lambda: store.order(order.id))
    paid = use_cases.paid(world.ports, order.id, "pay_1", order.money, NOW).order
    measured("replace, paid", lambda: commit([store.replace(paid)]))
    gone = use_cases.paid(world.ports, order.id, "pay_2", order.money, NOW).order
    measured("replace, still sold", lambda: commit([store.replace(gone)]))
    measured("drop_hold", lambda: commit([store.drop_hold(CUSTOMER.account_id, order.id)]))
    take = measured("take_hold, read", lambda: store.take_hold("acc_x", "ord_x", LATER, NOW))
    measured("take_hold, write", lambda: commit([take]))
    measured("of_customer", lambda: store.of_customer(CUSTOMER.account_id, None, 20))
    measured("of_shop", lambda: store.of_shop(SHOP, None, 20))
    measured("run_out", lambda: [list(store.run_out(shard, LATER, 100)) for shard in range(store.shards)])
    held = measured("hold", lambda: world.hold(LATER + timedelta(hours=1)))
    measured("hold is paid", lambda: world.pay(held, "pay_9"))
    again = world.hold(LATER + timedelta(hours=2))
    measured("hold is paid, bought there before", lambda: world.pay(again, "pay_10"))
    assert costs == {
        "read": (1, 1, 0),
        "replace, paid": (1, 0, 5),
        "replace, still sold": (1, 0, 4),
        "drop_hold": (1, 0, 2),
        "take_hold, read": (1, 1, 0),
        "take_hold, write": (1, 0, 2),
        "of_customer": (1, 0.5, 0),
        "of_shop": (1, 0.5, 0),
        "run_out": (8, 4, 0),
        # With one thing of the fake kind (1 read, 2 write), the stored answer 2, that neither blocks the other 2; and the
        # books 6.
        "hold": (3, 2, 4 + 2 + 2 + 2 + 2),
        "hold is paid": (4, 3, 5 + 2 + 2 + 8 + 3 + 2),
        "hold is paid, bought there before": (4, 3, 5 + 2 + 2 + 8 + 3),
    }


@pytest.mark.store
def test_one_thing_for_twenty_customers(world):
    customers = [Actor(f"acc_{n}", frozenset({Role.CUSTOMER}), "ses") for n in range(20)]
    outcomes = at_once(*[lambda who=who: world.hold(actor=who) for who in customers])
    taken = [one for one in outcomes if isinstance(one, Taken)]
    assert len(taken) == 19


@pytest.mark.store
def test_twenty_holds_of_one_customer_at_once(world):
    outcomes = at_once(*[lambda n=n: world.hold(LATER + timedelta(hours=n)) for n in range(20)])
    kinds = Counter(type(one).__name__ for one in outcomes)
    assert kinds["Order"] <= MOST_HOLDS
    assert set(kinds) <= {"Order", "TooManyHolds", "Busy"}
    while not any(isinstance(one, TooManyHolds) for one in outcomes):  # those who met only contention come again
        start = LATER + timedelta(hours=len(outcomes))
        outcomes += at_once(lambda start=start: world.hold(start))
    assert sum(type(one).__name__ == "Order" for one in outcomes) == MOST_HOLDS


@pytest.mark.store
def test_one_coupon_in_two_orders_at_once(world):
    coupon = world.coupon(amount_off=1_000)
    outcomes = at_once(*[lambda n=n: world.hold(LATER + timedelta(hours=n), coupon_id=coupon.id) for n in range(2)])
    assert Counter(type(one) for one in outcomes)[CouponUnavailable] == 1


@pytest.mark.store
def test_cancelled_twice_at_once_refunds_once(world):
    order = world.bought()
    outcomes = at_once(*[lambda: world.cancel(order) for _ in range(4)])
    assert Counter(type(one) for one in outcomes)[NotPossible] == 3
    assert len(told("order.refund_due")) == 1


@pytest.mark.store
@pytest.mark.parametrize("turn", range(5))
def test_cancelling_against_paying_never_keeps_money_for_nothing(world, turn):
    order = world.hold()
    world.clock.move(minutes=turn)
    works = [lambda: world.pay(order), lambda: world.cancel(order)]
    at_once(*(works if turn % 2 else reversed(works)))
    stands = world.read(order)
    # Whoever came first: the order is cancelled, and the money goes back.
    assert (stands.state, stands.payment_id) == ("refunding", "pay_1")
    assert [m.payload["amount"] for m in told("order.refund_due")] == [10_000]


@pytest.mark.store
def test_paid_against_the_sweep_and_the_next_customer(world):
    order = world.hold()
    world.clock.move(minutes=10)
    other = Actor("acc_next", frozenset({Role.CUSTOMER}), "ses")
    at_once(
        lambda: world.pay(order),
        lambda: use_cases.expire_holds(world.ports, world.clock.now() + timedelta(seconds=1)),
        lambda: world.hold(actor=other),
    )
    stands, theirs = world.read(order), use_cases.mine(world.ports, other, None, 1).items
    assert (stands.state == "confirmed") == (not theirs)
    assert (stands.state == "refunding") == bool(theirs)
