"""A hold is made longer, once."""

from datetime import timedelta

import pytest

from chalicelib.kit.errors import NotFound
from chalicelib.orders import use_cases
from chalicelib.orders.ports import CannotFulfil
from chalicelib.orders.rules import HOLD, AlreadyExtended, HoldRanOut
from tests.api import CUSTOMER, OTHER
from tests.chalicelib.orders.world import LATER, NOW, once
from tests.fakes.line_kind import Taken


def test_a_hold_is_made_longer_once(world):
    coupon = world.coupon(amount_off=1_000)
    order = world.hold(LATER, LATER + timedelta(days=1), coupon_id=coupon.id)
    world.clock.move(minutes=9)
    longer = use_cases.extend(world.ports, CUSTOMER, order.id, once())
    assert (longer.hold_until, longer.extended) == (NOW + 2 * HOLD, True)
    with pytest.raises(AlreadyExtended):
        use_cases.extend(world.ports, CUSTOMER, order.id, once())
    with pytest.raises(NotFound):
        use_cases.extend(world.ports, OTHER, order.id, once())
    world.clock.move(minutes=10)
    assert world.coupon_state(coupon) == "reserved"
    with pytest.raises(Taken):
        world.hold(actor=OTHER)
    assert world.pay(order).fulfilled


def test_a_hold_that_ran_out_is_not_made_longer(world):
    order = world.hold()
    world.clock.move(minutes=10)
    with pytest.raises(HoldRanOut):
        use_cases.extend(world.ports, CUSTOMER, order.id, once())


def test_a_hold_that_somebody_else_took_over_is_not_made_longer(world, monkeypatch):
    def gone(_lines, _order, _until, _now):
        raise CannotFulfil

    order = world.hold()
    monkeypatch.setattr(world.kind, "extend", gone)
    with pytest.raises(HoldRanOut):
        use_cases.extend(world.ports, CUSTOMER, order.id, once())
