"""Holding: everything or nothing, once, and not too much of it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.coupons.ports import CouponUnavailable
from chalicelib.kit.idempotency import Replayed
from chalicelib.orders import use_cases
from chalicelib.orders.rules import HOLD, MOST_HOLDS, HoldRanOut, SeveralShops, TooDear, TooManyHolds
from chalicelib.settlement.ports import Share
from tests.api import CUSTOMER, OTHER, told
from tests.chalicelib.orders.world import LATER, NOW, once
from tests.fakes.line_kind import FakeLineKind, Taken, holder


def test_everything_is_held_at_once_or_nothing_is(world):
    first = world.hold(LATER)
    assert (first.state, first.total, first.hold_until) == ("held", 10_000, NOW + HOLD)
    assert first.lines[0].share == Share(800)
    with pytest.raises(Taken):
        world.hold(LATER + timedelta(hours=1), LATER, actor=OTHER)
    second = world.hold(LATER + timedelta(hours=1), LATER + timedelta(hours=2), actor=OTHER)
    assert [line.state for line in second.lines] == ["held", "held"]
    assert world.read(second) == second
    assert told() == []


def test_a_repeat_of_the_request_is_told_the_first_answer(world):
    world.hold(LATER, key="key-of-mine")
    with pytest.raises(Replayed):
        world.hold(LATER + timedelta(hours=1), key="key-of-mine")


def test_a_hold_that_ran_out_is_overwritten_without_a_sweep(world):
    order = world.hold()
    world.clock.move(minutes=10)
    other = world.hold(actor=OTHER)
    assert holder(other.lines[0].ref) == other.id
    with pytest.raises(HoldRanOut):
        use_cases.payable(world.ports, CUSTOMER, order.id)


def test_nobody_hoards(world):
    held = [world.hold(LATER + timedelta(hours=n)) for n in range(MOST_HOLDS)]
    with pytest.raises(TooManyHolds) as refused:
        world.hold(LATER + timedelta(hours=20))
    assert refused.value.retry_after == HOLD.total_seconds() + 1
    world.pay(held[0], "pay_0")
    world.hold(LATER + timedelta(hours=20))
    world.cancel(held[1])
    world.hold(LATER + timedelta(hours=21))
    world.clock.move(minutes=11)
    world.hold(LATER + timedelta(hours=22))


def test_one_order_is_for_one_shop_and_can_be_paid_at_once(world):
    kind = FakeLineKind()
    ports = replace(world.ports, kinds={"booking": kind})
    wishes = [world.wish(LATER), world.wish(LATER + timedelta(hours=1))]
    wishes[1] = replace(wishes[1], fields={**wishes[1].fields, "shop_id": "shp_2"})
    with pytest.raises(SeveralShops):
        use_cases.hold(ports, CUSTOMER, wishes, None, once())
    world.kind.price = 50_000_000
    with pytest.raises(TooDear):
        world.hold(LATER, LATER + timedelta(hours=1))


def test_a_coupon_is_in_one_order_only(world):
    coupon = world.coupon(amount_off=1_000)
    world.hold(coupon_id=coupon.id)
    with pytest.raises(CouponUnavailable):
        world.hold(LATER + timedelta(hours=1), coupon_id=coupon.id)


def test_a_coupon_that_covers_all_confirms_at_once(world):
    coupon = world.coupon(amount_off=10_000)
    order = world.hold(coupon_id=coupon.id)
    assert (order.state, order.total, order.lines[0].state) == ("confirmed", 0, "confirmed")
    assert world.read(order) == order
    assert world.coupon_state(coupon) == "used"
    assert len(told("order.confirmed")) == 1
    world.clock.move(days=2)
    with pytest.raises(Taken):
        world.hold(actor=OTHER)
    world.deliver(order, order.lines[0])
    [due] = world.waiting()
    assert (due.gross, due.platform_discount) == (0, 10_000)


def test_a_price_that_rises_between_the_looks_is_looked_at_again(world):
    coupon = world.coupon(amount_off=10_000)
    reserve, seen = world.kind.reserve, []

    def rising(*said):
        seen.append(said)
        world.kind.price = 10_000 if len(seen) == 1 else 10_001
        return reserve(*said)

    world.kind.reserve = rising
    order = world.hold(coupon_id=coupon.id)
    assert (order.state, order.total, len(seen)) == ("held", 1, 3)


def test_what_is_paid_at_the_shop_is_confirmed_at_once_and_limited(world):
    world.kind.deposit_bps = 0
    orders = [world.hold(LATER + timedelta(hours=n)) for n in range(MOST_HOLDS)]
    assert {one.state for one in orders} == {"confirmed"}
    assert (orders[0].total, orders[0].lines[0].at_shop) == (0, 10_000)
    with pytest.raises(TooManyHolds):
        world.hold(LATER + timedelta(hours=20))
    world.cancel(orders[0])
    again = world.hold(LATER + timedelta(hours=20))
    world.clock.move(days=2)
    world.hold(LATER + timedelta(days=3))
    world.deliver(again, again.lines[0])
    assert world.waiting() == []
