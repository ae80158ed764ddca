"""The life of an order, verb by verb, over real tables."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.coupons.ports import CouponUnavailable
from chalicelib.kit.errors import Forbidden, Invalid, NotFound
from chalicelib.kit.idempotency import Replayed
from chalicelib.kit.money import Money
from chalicelib.kit.transaction import retrying
from chalicelib.orders import use_cases
from chalicelib.orders.ports import CannotFulfil
from chalicelib.orders.rules import (
    HOLD,
    MOST_HOLDS,
    AlreadyExtended,
    AlreadyStarted,
    CouponBound,
    HoldRanOut,
    NotPossible,
    PaidInAdvance,
    Policy,
    SeveralShops,
    TooDear,
    TooManyHolds,
)
from chalicelib.orders.store import HoldsRow
from chalicelib.settlement.ports import Share
from tests.api import ADMIN, CUSTOMER, MERCHANT, OTHER, told, working_for
from tests.chalicelib.orders.world import LATER, NOW, World, once
from tests.fakes.line_kind import FakeLineKind, Taken, holder


@pytest.fixture
def world(tables):
    return World()


def refunds():
    return [(m.payload["payment_id"], m.payload["amount"], m.payload["reason"]) for m in told("order.refund_due")]


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


def test_a_coupon_is_in_one_order_only(world):
    coupon = world.coupon(amount_off=1_000)
    world.hold(coupon_id=coupon.id)
    with pytest.raises(CouponUnavailable):
        world.hold(LATER + timedelta(hours=1), coupon_id=coupon.id)


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


def test_cancelling_what_nothing_was_paid_for_ends_at_once(world):
    coupon = world.coupon(amount_off=10_000)
    order = world.hold(coupon_id=coupon.id)
    assert world.cancel(order).state == "cancelled"
    assert world.coupon_state(coupon) == "issued"
    assert refunds() == []


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


def test_nobody_came_and_nobody_is_asked_for_a_review(world):
    order = world.bought()
    world.deliver(order, order.lines[0], use_cases.line_no_show)
    assert (world.read(order).state, told("order.completed")) == ("completed", [])


def test_who_may_look(world):
    order = world.bought()
    for actor in (CUSTOMER, MERCHANT, ADMIN):
        assert use_cases.get(world.ports, actor, order.id) == order
    for actor, order_id in ((OTHER, order.id), (CUSTOMER, "ord_none")):
        with pytest.raises(NotFound):
            use_cases.get(world.ports, actor, order_id)
    assert use_cases.of_shop(world.ports, MERCHANT, order.shop_id, None, 10).items == (order,)
    with pytest.raises(Forbidden):
        use_cases.of_shop(world.ports, OTHER, order.shop_id, None, 10)


def test_the_sweep_tells_people_and_goes_on_after_a_failure(world, monkeypatch):
    good, bad = world.hold(LATER), world.hold(LATER + timedelta(hours=1))
    paid = world.bought(LATER + timedelta(hours=2))
    assert use_cases.expire_holds(world.ports, NOW + HOLD) == use_cases.Swept(0, 0)
    release = world.kind.release

    def fails(lines, order, state, now):
        if order.id == bad.id:
            raise RuntimeError("a bug")
        return release(lines, order, state, now)

    world.clock.move(minutes=11)
    world.kind.release = fails
    assert use_cases.expire_holds(world.ports, world.clock.now()) == use_cases.Swept(1, 1)
    world.kind.release = release
    assert use_cases.expire_holds(world.ports, world.clock.now()) == use_cases.Swept(1, 0)
    assert use_cases.expire_holds(world.ports, world.clock.now()) == use_cases.Swept(0, 0)
    assert {m.payload["order_id"] for m in told("order.expired")} == {good.id, bad.id}
    assert world.read(paid).state == "confirmed"


def test_the_sweep_leaves_what_was_paid_since_the_index_was_read(world):
    order = world.bought()
    late = replace(world.ports, store=_Behind(world.ports.store, order.id))
    assert use_cases.expire_holds(late, world.clock.now() + timedelta(hours=1)) == use_cases.Swept(0, 0)


class _Behind:
    """A store whose index lags behind."""

    shards = 1

    def __init__(self, store, *order_ids):
        self._store, self._order_ids = store, order_ids

    def run_out(self, _shard, _before, _limit):
        return iter((*self._order_ids, "ord_none"))

    def order(self, order_id):
        return self._store.order(order_id)


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


def test_a_deposit_is_paid_now_and_is_all_that_goes_back(world):
    world.kind.deposit_bps = 2_000
    order = world.bought()
    assert (order.total, order.lines[0].paid, order.lines[0].at_shop) == (2_000, 2_000, 8_000)
    world.clock.move(hours=23)
    assert world.cancel(order).lines[0].refund == 0, "the fee of 3,000 is more than the deposit"
    [due] = world.waiting()
    assert due.gross == 2_000


def test_a_line_that_changes_its_price(world):
    order = world.bought()
    line = order.lines[0]

    def change(amount):
        def attempt():
            actions = use_cases.line_changed(
                world.ports, order.id, line.id, lambda old: replace(old, price=Money(amount, "CNY")), world.clock.now()
            )
            world.ports.committer.commit(actions)

        retrying(attempt)

    change(7_000)
    assert refunds() == [(order.payment_id, 3_000, "changed")]
    change(12_000)
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


def change(world, order, *, by_customer=False, **fields):
    def attempt():
        line = order.lines[0].id
        actions = use_cases.line_changed(
            world.ports, order.id, line, lambda old: replace(old, **fields), world.clock.now(), by_customer=by_customer
        )
        world.ports.committer.commit(actions)

    retrying(attempt)


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


def test_a_hold_that_nobody_counts_any_more_is_cancelled_all_the_same(world):
    world.kind.deposit_bps = 0
    order = world.hold()
    key = f"CUSTOMER#{CUSTOMER.account_id}"
    HoldsRow.get(key, "HOLDS").delete()
    assert world.cancel(order).state == "cancelled"


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
