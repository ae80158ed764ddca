"""A line becomes another one, or is declined."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.kit.errors import NotFound
from chalicelib.kit.money import Money
from chalicelib.kit.transaction import retrying
from chalicelib.orders import use_cases
from chalicelib.orders.rules import MOST_HOLDS, CouponBound, PaidInAdvance, TooManyHolds
from tests.api import told
from tests.chalicelib.orders.world import LATER, NOW, refunds


def change(world, order, *, by_customer=False, **fields):
    def attempt():
        line = order.lines[0].id
        actions = use_cases.line_changed(
            world.ports, order.id, line, lambda old: replace(old, **fields), world.clock.now(), by_customer=by_customer
        )
        world.ports.committer.commit(actions)

    retrying(attempt)


def test_a_line_that_changes_its_price(world):
    order = world.bought()
    line = order.lines[0]
    change(world, order, price=Money(7_000, "CNY"))
    assert refunds() == [(order.payment_id, 3_000, "changed")]
    change(world, order, price=Money(12_000, "CNY"))
    stands = world.read(order)
    assert (stands.lines[0].paid, stands.lines[0].at_shop) == (7_000, 5_000)
    world.refund(order, 3_000, reason="changed")
    assert (world.read(order).state, world.read(order).refunded) == ("confirmed", 3_000)
    world.deliver(order, line)
    [due] = world.waiting()
    assert due.gross == 7_000
    assert len(told("order.changed")) == 2
    with pytest.raises(NotFound):
        use_cases.line_changed(world.ports, order.id, "lin_none", lambda old: old, world.clock.now())


def test_a_line_that_is_declined_goes_back_in_full(world):
    order = world.bought()
    world.clock.move(hours=23)
    world.ports.committer.commit(
        use_cases.line_declined(world.ports, order.id, order.lines[0].id, "ill", world.clock.now())
    )
    assert (world.read(order).state, refunds()) == ("refunding", [(order.payment_id, 10_000, "cancelled")])


def test_a_coupon_does_not_follow_to_something_cheaper(world):
    order = world.bought(coupon_id=world.coupon(amount_off=1_000).id)
    with pytest.raises(CouponBound):
        change(world, order, by_customer=True, price=Money(9_999, "CNY"))
    change(world, order, by_customer=True, starts_at=LATER + timedelta(days=1))


def test_what_is_paid_in_advance_is_not_paid_at_the_shop_by_moving(world):
    order = world.bought()
    with pytest.raises(PaidInAdvance):
        change(world, order, by_customer=True, price=Money(10_001, "CNY"))
    change(world, order, by_customer=True, price=Money(10_001, "CNY"), deposit_bps=5_000)
    assert world.read(order).lines[0].at_shop == 1


def test_the_time_alone_moves_whatever_was_paid(world):
    order = world.bought()
    change(world, order, price=Money(12_000, "CNY"))
    change(world, order, by_customer=True, starts_at=LATER + timedelta(days=1))
    assert (world.read(order).lines[0].paid, world.read(order).lines[0].at_shop) == (10_000, 2_000)


def test_what_the_shop_changes_can_be_cancelled_for_nothing(world):
    order = world.bought(LATER, LATER + timedelta(days=1))
    change(world, order, starts_at=NOW + timedelta(minutes=10))
    world.clock.move(minutes=9)
    gone = world.cancel(order, lines=[order.lines[0]])
    assert gone.lines[0].refund == 10_000
    other = world.bought(LATER + timedelta(days=2))
    change(world, other, starts_at=NOW + timedelta(minutes=30))
    world.clock.move(minutes=40)
    world.deliver(other, other.lines[0], use_cases.line_no_show)
    assert world.read(other).lines[0].refund == 10_000


def test_a_hold_that_is_moved_still_counts(world):
    world.kind.deposit_bps = 0
    orders = [world.hold(LATER + timedelta(hours=n)) for n in range(MOST_HOLDS)]
    month = LATER + timedelta(days=30)
    change(world, orders[0], by_customer=True, starts_at=month, ends_at=month + timedelta(hours=1))
    world.clock.move(days=2)
    for n in range(MOST_HOLDS - 1):
        world.hold(LATER + timedelta(days=3, hours=n))
    with pytest.raises(TooManyHolds):
        world.hold(LATER + timedelta(days=4))
    assert world.cancel(orders[0]).state == "cancelled"
    world.hold(LATER + timedelta(days=4))
