"""Lines are delivered, or nobody came; who may review it."""

from datetime import timedelta

import pytest

from chalicelib.kit.errors import Invalid, NotFound
from chalicelib.orders import use_cases
from chalicelib.orders.rules import NotPossible, Policy
from tests.api import CUSTOMER, MERCHANT, told, working_for
from tests.chalicelib.orders.world import LATER, NOW, refunds


def test_a_line_at_a_time_is_delivered(world):
    coupon = world.coupon(amount_off=1_000)
    order = world.bought(LATER, LATER + timedelta(days=1), coupon_id=coupon.id)
    first, second = order.lines
    with pytest.raises(NotPossible):
        use_cases.reviewable(world.ports, CUSTOMER, order.id, first.id)
    world.deliver(order, first)
    world.deliver(order, first)  # once more changes nothing
    assert (world.read(order).state, told("order.completed")) == ("confirmed", [])
    world.deliver(order, second, use_cases.line_no_show)
    stands = world.read(order)
    assert (stands.state, [line.state for line in stands.lines]) == ("completed", ["completed", "no_show"])
    assert len(told("order.completed")) == 1
    assert {(due.gross, due.platform_discount) for due in world.waiting()} == {(9_500, 500), (9_500, 0)}
    assert use_cases.reviewable(world.ports, CUSTOMER, order.id, first.id) == (stands, stands.lines[0])
    colleague = working_for(MERCHANT, CUSTOMER)
    for actor, line_id in ((MERCHANT, first.id), (CUSTOMER, "lin_none"), (colleague, first.id)):
        with pytest.raises(NotFound):
            use_cases.reviewable(world.ports, actor, order.id, line_id)
    assert use_cases.served(world.ports, MERCHANT, order.id, first.id) == (stands, stands.lines[0])
    for actor, line_id in ((CUSTOMER, first.id), (MERCHANT, "lin_none"), (colleague, first.id)):
        with pytest.raises(NotFound):
            use_cases.served(world.ports, actor, order.id, line_id)
    with pytest.raises(NotPossible):
        use_cases.served(world.ports, MERCHANT, order.id, second.id)
    with pytest.raises(NotFound):
        use_cases.line_completed(world.ports, order.id, "lin_none", NOW)
    with pytest.raises(NotPossible):
        use_cases.line_completed(world.ports, order.id, second.id, NOW)


def test_nobody_came_and_nobody_is_asked_for_a_review(world):
    order = world.bought()
    world.deliver(order, order.lines[0], use_cases.line_no_show)
    assert (world.read(order).state, told("order.completed")) == ("completed", [])


def test_who_does_not_come_pays_the_fee_and_gets_the_rest_back(world):
    world.kind.policy = Policy(120, 3000, 4000)
    order = world.bought()
    world.clock.move(days=2)
    world.deliver(order, order.lines[0], use_cases.line_no_show)
    assert world.read(order).state == "completed"
    assert refunds() == [(order.payment_id, 6_000, "no-show")]
    [due] = world.waiting()
    assert due.gross == 4_000
    world.refund(order, 6_000, reason="no-show")
    assert (world.read(order).state, world.read(order).refunded) == ("completed", 6_000)


def test_a_platform_pays_for_nobody_who_did_not_come_and_for_nobody_in_their_own_shop(world):
    coupon = world.coupon(amount_off=10_000)
    order = world.hold(coupon_id=coupon.id)
    world.clock.move(days=2)
    world.deliver(order, order.lines[0], use_cases.line_no_show)
    assert world.waiting() == []
    own = world.coupon(MERCHANT, amount_off=10_000)
    with pytest.raises(Invalid):
        world.hold(LATER + timedelta(days=3), actor=MERCHANT, coupon_id=own.id)


def test_nobody_reviews_what_they_bought_in_their_own_shop(world):
    order = world.bought(actor=MERCHANT)
    world.clock.move(days=2)
    world.deliver(order, order.lines[0])
    with pytest.raises(NotFound):
        use_cases.reviewable(world.ports, MERCHANT, order.id, order.lines[0].id)
