"""Money arrives: in time, late, too late, twice, or another amount."""

from datetime import timedelta

import pytest

from chalicelib.kit.errors import NotFound
from chalicelib.orders import use_cases
from chalicelib.orders.ports import CannotFulfil
from chalicelib.orders.rules import MOST_HOLDS, NotPossible
from tests.api import CUSTOMER, MERCHANT, OTHER, told
from tests.chalicelib.orders.world import LATER, NOW, refunds
from tests.fakes.line_kind import holder


def test_money_confirms_lines_coupon_and_order(world):
    coupon = world.coupon(amount_off=1_001)
    order = world.hold(LATER, LATER + timedelta(hours=1), coupon_id=coupon.id)
    assert (order.total, order.discount, order.paid_by) == (18_999, 1_001, "platform")
    assert [line.discount for line in order.lines] == [501, 500]
    assert use_cases.payable(world.ports, CUSTOMER, order.id) == order
    world.clock.move(minutes=5)
    assert world.pay(order).fulfilled
    stands = world.read(order)
    assert (stands.state, stands.payment_id, stands.confirmed_at) == ("confirmed", "pay_1", world.clock.now())
    assert world.coupon_state(coupon) == "used"
    assert [m.payload["order_id"] for m in told("order.confirmed")] == [order.id]
    assert use_cases.paid(world.ports, order.id, "pay_1", order.money, NOW).actions == []
    assert use_cases.paid(world.ports, order.id, "pay_1", order.money, NOW).fulfilled
    with pytest.raises(NotPossible):
        use_cases.payable(world.ports, CUSTOMER, order.id)
    with pytest.raises(NotFound):
        use_cases.payable(world.ports, MERCHANT, order.id)


@pytest.mark.parametrize("swept", [False, True])
def test_money_that_comes_late_takes_what_is_still_free(world, swept):
    coupon = world.coupon(amount_off=1_000)
    order = world.hold(coupon_id=coupon.id)
    world.clock.move(minutes=30)
    if swept:
        assert use_cases.expire_holds(world.ports, world.clock.now()).expired == 1
        assert world.read(order).state == "expired"
    assert world.pay(order).fulfilled
    assert world.read(order).state == "confirmed"
    assert holder(order.lines[0].ref) == order.id
    assert world.coupon_state(coupon) == "used"
    assert refunds() == []


@pytest.mark.parametrize("swept", [False, True])
def test_money_that_comes_too_late_goes_back(world, swept):
    coupon = world.coupon(amount_off=1_000)
    order = world.hold(LATER, LATER + timedelta(hours=1), coupon_id=coupon.id)
    world.clock.move(minutes=30)
    other = world.hold(LATER, actor=OTHER)
    if swept:
        use_cases.expire_holds(world.ports, world.clock.now())
    paid = world.pay(order)
    assert not paid.fulfilled
    assert (world.read(order).state, refunds()) == ("refunding", [("pay_1", 19_000, "unfulfilled")])
    assert holder(order.lines[0].ref) == other.id
    assert holder(order.lines[1].ref) is None
    assert world.coupon_state(coupon) == "issued"
    world.refund(order, 19_000, reason="unfulfilled")
    assert (world.read(order).state, world.read(order).refunded) == ("refunded", 19_000)
    assert [m.payload["order_id"] for m in told("order.refunded")] == [order.id]
    assert world.waiting() == []
    assert not use_cases.paid(world.ports, order.id, "pay_1", order.money, NOW).fulfilled


def test_money_that_comes_late_finds_its_coupon_in_another_order(world):
    coupon = world.coupon(amount_off=1_000)
    order = world.hold(coupon_id=coupon.id)
    world.clock.move(minutes=11)
    other = world.hold(LATER + timedelta(hours=1), coupon_id=coupon.id)
    assert not world.pay(order).fulfilled
    assert holder(order.lines[0].ref) is None
    assert world.pay(other, "pay_2").fulfilled
    assert refunds() == [("pay_1", 9_000, "unfulfilled")]


def test_money_that_comes_in_time_for_what_cannot_be_had_goes_back(world, monkeypatch):
    def over(_lines, _order, _now):
        raise CannotFulfil

    order = world.hold()
    monkeypatch.setattr(world.kind, "confirm", over)
    assert not world.pay(order).fulfilled
    assert (holder(order.lines[0].ref), refunds()) == (None, [("pay_1", 10_000, "unfulfilled")])
    for hour in range(MOST_HOLDS):  # nothing counts as held any more
        world.hold(LATER + timedelta(hours=hour))


def test_paid_twice_the_second_goes_back_and_the_order_stays(world):
    order = world.bought()
    assert not world.pay(order, "pay_again").fulfilled
    assert use_cases.paid(world.ports, order.id, "pay_again", order.money, NOW).actions == []
    stands = world.read(order)
    assert (stands.state, stands.payment_id, stands.returned) == ("confirmed", f"pay_{order.id}", ("pay_again",))
    assert refunds() == [("pay_again", 10_000, "paid-twice")]
    world.refund(order, 10_000, "pay_again")
    assert world.read(order) == stands
    # Also while the order's own money is on its way back.
    world.cancel(order)
    world.refund(order, 10_000, "pay_again")
    assert world.read(order).state == "refunding"


def test_a_wrong_amount_goes_back_and_the_order_waits_on(world):
    order = world.hold()
    assert not world.pay(order, "pay_1", 9_999).fulfilled
    assert refunds() == [("pay_1", 9_999, "wrong-amount")]
    assert world.read(order).state == "held"
    assert world.pay(order, "pay_2").fulfilled
