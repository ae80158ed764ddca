"""Cancelling: a hold, an order, some of its lines; by whom, when, and what that costs."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.kit.errors import NotFound
from chalicelib.orders.rules import AlreadyStarted, NotPossible, Policy
from chalicelib.orders.store import HoldsRow
from tests.api import ADMIN, CUSTOMER, MERCHANT, OTHER, told
from tests.chalicelib.orders.world import LATER, refunds
from tests.fakes.line_kind import holder


def test_cancelling_what_nothing_was_paid_for_ends_at_once(world):
    coupon = world.coupon(amount_off=10_000)
    order = world.hold(coupon_id=coupon.id)
    assert world.cancel(order).state == "cancelled"
    assert world.coupon_state(coupon) == "issued"
    assert refunds() == []


def test_letting_go_of_a_hold(world):
    coupon = world.coupon(amount_off=1_000)
    order = world.hold(coupon_id=coupon.id)
    gone = world.cancel(order, key="cancel-it")
    assert (gone.state, gone.lines[0].state, told()) == ("cancelled", "cancelled", [])
    assert holder(order.lines[0].ref) is None
    assert world.coupon_state(coupon) == "issued"
    with pytest.raises(NotPossible) as refused:
        world.cancel(order)
    assert "Possible now: -" in str(refused.value)
    assert not world.pay(order).fulfilled
    assert (world.read(order).state, refunds()) == ("refunding", [("pay_1", 9_000, "unfulfilled")])


def test_letting_go_of_a_hold_that_ran_out(world):
    order = world.hold()
    world.clock.move(minutes=11)
    other = world.hold(actor=OTHER)
    assert world.cancel(order, actor=MERCHANT).state == "cancelled"
    assert holder(other.lines[0].ref) == other.id
    assert len(told("order.cancelled")) == 1


def test_cancelling_in_time_costs_nothing(world):
    coupon = world.coupon(amount_off=1_000)
    order = world.bought(coupon_id=coupon.id)
    world.clock.move(hours=22)  # to the minute when it is free no longer
    gone = world.cancel(order)
    assert (gone.state, gone.lines[0].refund) == ("refunding", 9_000)
    assert refunds() == [(order.payment_id, 9_000, "cancelled")]
    assert world.coupon_state(coupon) == "issued"
    assert holder(order.lines[0].ref) is None
    world.refund(order, 9_000)
    world.refund(order, 9_000)  # told again
    assert (world.read(order).state, world.read(order).refunded, world.waiting()) == ("refunded", 9_000, [])


def test_cancelling_late_keeps_the_fee_for_the_merchant(world):
    coupon = world.coupon(amount_off=999)
    order = world.bought(LATER, LATER + timedelta(days=1), coupon_id=coupon.id)
    world.clock.move(hours=23)
    gone = world.cancel(order)
    first, second = gone.lines
    assert (first.net, first.kept, second.kept) == (9_500, 2_850, 0)
    assert refunds() == [(order.payment_id, 19_001 - 2_850, "cancelled")]
    assert world.coupon_state(coupon) == "used"
    assert world.waiting() == []
    world.refund(order, 16_151)
    assert (world.read(order).state, world.read(order).refunded) == ("refunded", 16_151)
    [due] = world.waiting()
    assert (due.line_id, due.gross, due.platform_discount, due.commission) == (first.id, 2_850, 0, 228)


def test_cancelling_late_where_all_is_kept(world):
    world.kind.policy = Policy(free_until_minutes_before=2_000, late_fee_bps=10_000)
    order = world.bought()
    gone = world.cancel(order)
    assert (gone.state, refunds()) == ("cancelled", [])
    [due] = world.waiting()
    assert due.gross == 10_000
    assert not world.pay(order, "pay_again").fulfilled
    assert refunds() == [("pay_again", 10_000, "paid-twice")]


@pytest.mark.parametrize("actor", [MERCHANT, ADMIN])
def test_the_merchant_cancels_with_all_money_back(world, actor):
    coupon = world.coupon(amount_off=1_000)
    order = world.bought(coupon_id=coupon.id)
    world.clock.move(hours=25)
    assert world.cancel(order, actor=actor).lines[0].refund == 9_000
    assert world.coupon_state(coupon) == "issued"
    assert len(told("order.cancelled")) == 1


def test_what_has_started_is_for_the_shop_to_cancel(world):
    order = world.bought()
    world.clock.move(hours=24)
    with pytest.raises(AlreadyStarted):
        world.cancel(order)
    with pytest.raises(NotFound):
        world.cancel(order, actor=OTHER)


def test_cancelling_the_rest_of_an_order(world):
    coupon = world.coupon(amount_off=1_000)
    order = world.bought(LATER, LATER + timedelta(days=2), coupon_id=coupon.id)
    world.clock.move(hours=25)
    world.deliver(order, order.lines[0])
    gone = world.cancel(order)
    assert [line.state for line in gone.lines] == ["completed", "refunding"]
    assert refunds() == [(order.payment_id, 9_500, "cancelled")]
    assert world.coupon_state(coupon) == "used"
    world.refund(order, 9_500)
    assert [line.state for line in world.read(order).lines] == ["completed", "refunded"]
    assert len(world.waiting()) == 1


def test_one_line_or_the_rest_is_cancelled(world):
    order = world.bought(LATER, LATER + timedelta(days=1), LATER + timedelta(days=2))
    first, second, third = order.lines
    some = world.cancel(order, lines=[first])
    assert (some.state, [line.state for line in some.lines]) == ("confirmed", ["refunding", "confirmed", "confirmed"])
    assert (holder(first.ref), holder(second.ref)) == (None, order.id)
    with pytest.raises(NotPossible):
        world.cancel(order, lines=[first, second])
    rest = world.cancel(order, lines=[second, third])
    assert rest.state == "refunding"
    assert sorted(refunds()) == [(order.payment_id, 10_000, "cancelled"), (order.payment_id, 20_000, "cancelled-2")]
    world.refund(order, 20_000, reason="cancelled-2")
    assert world.read(order).state == "refunding"
    world.refund(order, 10_000)
    assert (world.read(order).state, world.read(order).refunded, world.waiting()) == ("refunded", 30_000, [])


def test_of_a_hold_nothing_is_cancelled_by_itself(world):
    order = world.hold(LATER, LATER + timedelta(days=1))
    with pytest.raises(NotPossible):
        world.cancel(order, lines=order.lines[:1])
    with pytest.raises(NotFound):
        world.cancel(order, lines=[replace(order.lines[0], id="lin_none")])


def test_a_deposit_is_paid_now_and_is_all_that_goes_back(world):
    world.kind.deposit_bps = 2_000
    order = world.bought()
    assert (order.total, order.lines[0].paid, order.lines[0].at_shop) == (2_000, 2_000, 8_000)
    world.clock.move(hours=23)
    assert world.cancel(order).lines[0].refund == 0, "the fee of 3,000 is more than the deposit"
    [due] = world.waiting()
    assert due.gross == 2_000


def test_a_hold_that_nobody_counts_any_more_is_cancelled_all_the_same(world):
    world.kind.deposit_bps = 0
    order = world.hold()
    key = f"CUSTOMER#{CUSTOMER.account_id}"
    HoldsRow.get(key, "HOLDS").delete()
    assert world.cancel(order).state == "cancelled"


def test_what_nobody_has_accepted_costs_nothing_to_cancel(world):
    order = world.bought()
    world.clock.move(hours=23)
    world.kind.unanswered = {order.lines[0].id}
    assert world.cancel(order).lines[0].refund == 10_000


def test_a_coupon_comes_back_with_the_last_line(world):
    coupon = world.coupon(amount_off=1_000)
    order = world.bought(LATER, LATER + timedelta(days=1), coupon_id=coupon.id)
    world.cancel(order, lines=order.lines[:1])
    assert world.coupon_state(coupon) == "used"
    world.cancel(order, lines=order.lines[1:])
    assert world.coupon_state(coupon) == "issued"
