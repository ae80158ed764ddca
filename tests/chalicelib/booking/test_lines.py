from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from chalicelib.booking.rules.booking import State
from chalicelib.booking.rules.problems import NotOffered, NotPossible, SlotTaken
from chalicelib.kit.errors import Invalid, NotFound
from chalicelib.kit.money import Money
from chalicelib.kit.transaction import Contention
from chalicelib.orders.ports import CannotFulfil, LineState, Policy, Wish
from tests.chalicelib.booking.world import (
    ALWAYS,
    HOLD,
    NOW,
    FakeCommitter,
    FakeStore,
    at,
    customer,
    lines_of,
    listing,
    offering,
    order,
    wish,
)

TEN = at("10:00")
EARLIEST = datetime.min.replace(tzinfo=timezone(timedelta(hours=14)))


class World:
    """Bookings of one shop, with a transaction for each step."""

    def __init__(self, standing=None):
        self.store = FakeStore()
        self.lines = lines_of(standing or listing(1), self.store)
        self.committer = FakeCommitter()

    def hold(self, *wishes, now=NOW, until=HOLD, who=1):
        wishes = wishes or (wish(TEN),)
        found = self.lines.reserve(customer(who), "ord_1", wishes, now + until if until else None, now)
        self.committer.commit(found.actions)
        return found.lines

    def confirm(self, lines, now=NOW):
        self.committer.commit(self.lines.confirm(lines, order(lines), now))

    def release(self, lines, state=LineState.CANCELLED, now=NOW):
        self.committer.commit(self.lines.release(lines, order(lines), state, now))

    def booking(self, line):
        return self.store.booking(line.ref)


@pytest.fixture
def world():
    return World()


def test_a_hold_says_what_is_bought(world):
    (line,) = world.hold()
    booking = world.booking(line)
    assert (line.id, line.kind, line.ref, line.title) == ("lin_1", "booking", booking.id, "剪发")
    assert (line.price, line.policy) == (Money(12800, "CNY"), Policy(120, 3000))
    assert (line.starts_at, line.ends_at) == (TEN, at("11:00"))
    assert (line.shop_id, line.merchant_id) == ("shp_1", "acc_merchant")
    assert (booking.state, booking.staff_id, booking.customer_id) == (State.HELD, "stf_1", "acc_1")
    assert (booking.hold_until, booking.confirmed_at) == (NOW + HOLD, None)


def test_taken_is_an_answer_with_other_times(world):
    world.hold()
    with pytest.raises(SlotTaken) as refused:
        world.hold(wish(at("10:30")))
    assert [one.isoformat()[11:16] for one in refused.value.free] == ["11:00", "11:30", "12:00"]
    assert refused.value.status == 409


def test_what_ran_out_is_overwritten(world):
    (old,) = world.hold()
    with pytest.raises(SlotTaken):
        world.hold(now=NOW + HOLD - timedelta(seconds=1))
    (new,) = world.hold(now=NOW + HOLD, who=2)
    assert [one.booking_id for day in world.store.day_rows.values() for one in day.taken] == [new.ref]
    with pytest.raises(CannotFulfil):
        world.confirm([old], NOW + HOLD)


def test_two_who_read_the_same_rows_cannot_both_hold(world):
    first, second = (world.lines.reserve(customer(who), f"ord_{who}", [wish(TEN)], NOW + HOLD, NOW) for who in (1, 2))
    world.committer.commit(first.actions)
    with pytest.raises(Contention):
        world.committer.commit(second.actions)


def test_a_start_may_come_as_text(world):
    (line,) = world.hold(wish("2030-05-02T10:00:00+08:00"))
    assert line.starts_at == TEN


@pytest.mark.parametrize(
    ("fields", "at_fault"),
    [
        ({"offering_id": "off_1", "start": TEN}, "shop_id"),
        ({"shop_id": "shp_1", "start": TEN}, "offering_id"),
        ({"shop_id": "shp_1", "offering_id": "off_1"}, "start"),
        ({"shop_id": "shp_1", "offering_id": "off_1", "start": "soon"}, "start"),
        ({"shop_id": "shp_1", "offering_id": "off_1", "start": "2030-05-02T10:00:00"}, "start"),
        ({"shop_id": "shp_1", "offering_id": "off_1", "start": "0001-01-01T00:00:00+14:00"}, "start"),
        ({"shop_id": "shp_1", "offering_id": "off_1", "start": EARLIEST}, "start"),
    ],
)
def test_a_wish_that_cannot_be_read(world, fields, at_fault):
    with pytest.raises(Invalid) as refused:
        world.hold(Wish("lin_1", fields))
    assert refused.value.errors[0].field == at_fault


@pytest.mark.parametrize(
    "start",
    [
        at("10:10"),
        at("08:00"),
        at("17:30"),
        at("10:00", days=-1),
        at("10:00", days=92),
        datetime.min.replace(tzinfo=timezone(timedelta(hours=-14))),
        at("10:00") + timedelta(seconds=1),
        datetime.max.replace(tzinfo=UTC),
    ],
)
def test_a_time_that_is_not_offered(world, start):
    with pytest.raises(NotOffered):
        world.hold(wish(start))


def test_what_does_not_exist(world):
    with pytest.raises(NotFound):
        world.hold(wish(TEN, offering_id="off_9"))
    with pytest.raises(NotFound):
        world.hold(wish(TEN, staff="stf_9"))
    with pytest.raises(NotFound):
        world.hold(Wish("lin_1", {"shop_id": "shp_9", "offering_id": "off_1", "start": TEN}))


def test_a_shop_without_staff_is_one_resource():
    world = World(listing(0))
    (line,) = world.hold()
    assert world.booking(line).staff_id is None
    assert world.booking(line).claims[0].resource_id == "shp_1"
    with pytest.raises(SlotTaken):
        world.hold()


def test_everybody_is_given_a_customer_before_anybody_is_refused():
    world = World(listing(3))
    staff = {world.booking(world.hold(wish(TEN, line=f"lin_{n}"))[0]).staff_id for n in range(3)}
    assert staff == {"stf_1", "stf_2", "stf_3"}
    with pytest.raises(SlotTaken):
        world.hold(wish(TEN, line="lin_4"))


def test_lines_of_one_order_see_each_other():
    world = World(listing(2))
    lines = world.hold(wish(TEN, line="lin_1"), wish(TEN, staff="stf_1", line="lin_2"))
    assert [line.id for line in lines] == ["lin_1", "lin_2"]
    assert [world.booking(line).staff_id for line in lines] == ["stf_2", "stf_1"]
    world.confirm(lines)
    world.release(lines)
    assert all(day.taken == () for day in world.store.day_rows.values())


def test_all_lines_or_none(world):
    with pytest.raises(SlotTaken):
        world.hold(wish(TEN, line="lin_1"), wish(at("10:30"), line="lin_2"))
    assert world.store.rows == world.store.day_rows == {}


def test_over_midnight_utc_two_rows_are_touched():
    world = World(listing(1, hours=ALWAYS))
    (line,) = world.hold(wish(at("07:30")))  # 23:30 to 00:30 UTC
    assert [len(day.taken) for day in world.store.day_rows.values()] == [1, 1]
    for clock in ("07:00", "08:00"):
        with pytest.raises(SlotTaken):
            world.hold(wish(at(clock)))
    world.hold(wish(at("08:30")))
    world.release([line])
    world.hold(wish(at("07:30")))


def test_the_buffer_is_taken_but_not_sold():
    world = World(listing(1, [offering(buffer_after_minutes=15)]))
    (line,) = world.hold()
    assert line.ends_at == at("11:00")
    assert world.booking(line).claims[0].end == at("11:15")
    with pytest.raises(SlotTaken):
        world.hold(wish(at("11:00")))


def test_a_confirmed_time_stays_taken(world):
    lines = world.hold()
    world.confirm(lines)
    assert (world.booking(lines[0]).state, world.booking(lines[0]).hold_until) == (State.CONFIRMED, None)
    with pytest.raises(SlotTaken):
        world.hold(now=NOW + 2 * HOLD)


def test_confirming_again_changes_nothing(world):
    lines = world.hold()
    world.confirm(lines)
    assert world.lines.confirm(lines, order(lines), NOW) == []


def test_with_nothing_to_pay_it_is_sold_at_once(world):
    (line,) = world.hold(until=None)
    booking = world.booking(line)
    assert (booking.state, booking.hold_until, booking.confirmed_at) == (State.CONFIRMED, None, NOW)
    with pytest.raises(SlotTaken):
        world.hold(now=NOW + 2 * HOLD)


def test_late_money_takes_the_time_again_where_it_is_free(world):
    lines = world.hold()
    world.confirm(lines, NOW + 2 * HOLD)
    assert world.booking(lines[0]).state == State.CONFIRMED
    with pytest.raises(SlotTaken):
        world.hold(now=NOW + 2 * HOLD)


def test_late_money_takes_an_expired_booking_again(world):
    lines = world.hold()
    world.release(lines, LineState.EXPIRED, NOW + HOLD)
    assert world.booking(lines[0]).state == State.EXPIRED
    world.confirm(lines, NOW + 2 * HOLD)
    assert world.booking(lines[0]).state == State.CONFIRMED


def test_money_that_comes_after_the_start_buys_nothing(world):
    lines = world.hold()
    with pytest.raises(CannotFulfil):
        world.confirm(lines, TEN)


def test_a_live_hold_is_confirmed_even_when_it_has_just_begun():
    world = World(listing(1, hours=ALWAYS))
    lines = world.hold(wish(NOW))
    world.confirm(lines, NOW + timedelta(minutes=1))
    assert world.booking(lines[0]).state == State.CONFIRMED


def test_one_lost_line_loses_the_order():
    world = World(listing(2))
    lines = world.hold(wish(TEN, staff="stf_1", line="lin_1"), wish(TEN, staff="stf_2", line="lin_2"))
    world.hold(wish(TEN, staff="stf_2"), now=NOW + HOLD)
    with pytest.raises(CannotFulfil):
        world.confirm(lines, NOW + HOLD)


def test_a_cancelled_or_forgotten_booking_cannot_be_confirmed(world):
    lines = world.hold()
    world.release(lines)
    with pytest.raises(CannotFulfil):
        world.confirm(lines)
    with pytest.raises(CannotFulfil):
        world.confirm([replace(lines[0], ref="bkg_gone")])


def test_giving_up_frees_the_time(world):
    lines = world.hold()
    world.release(lines)
    assert world.booking(lines[0]).state == State.CANCELLED
    world.hold(who=2)
    world.release(lines)  # again: nothing of the second customer is touched
    with pytest.raises(SlotTaken):
        world.hold()


def test_what_ran_out_is_not_freed_a_second_time(world):
    old = world.hold()
    world.hold(now=NOW + HOLD, who=2)
    rows = dict(world.store.day_rows)
    world.release(old, LineState.EXPIRED, NOW + HOLD)
    assert world.booking(old[0]).state == State.EXPIRED
    assert world.store.day_rows == rows


def test_what_is_over_is_not_given_up(world):
    (line,) = world.hold()
    booking = world.booking(line)
    world.store.rows[line.ref] = replace(booking, state=State.COMPLETED)
    with pytest.raises(NotPossible):
        world.release([line])
    assert world.lines.release([replace(line, ref="bkg_gone")], order([line]), LineState.CANCELLED, NOW) == []
