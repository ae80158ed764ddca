"""Many at once for the same time, on both emulators: as many win as there is room for, and nobody sees an error."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from chalicelib import wiring
from chalicelib.booking.rules import wanted
from chalicelib.booking.rules.booking import State
from chalicelib.booking.rules.days import Diary
from chalicelib.booking.rules.problems import SlotTaken
from chalicelib.booking.rules.sessions import NoSeats, Session
from chalicelib.booking.seats import SeatLines
from chalicelib.booking.store import BookingTable, SessionTable
from chalicelib.kit import aws
from chalicelib.kit.errors import Busy
from chalicelib.kit.money import Money
from chalicelib.kit.transaction import retrying
from chalicelib.orders.ports import CannotFulfil, Wish
from tests.chalicelib.booking.world import (
    ALWAYS,
    HOLD,
    NOW,
    at,
    customer,
    lines_of,
    listing,
    offering,
    order,
    shop_ports,
    wish,
)
from tests.emulators import DYNOXIDE

STORE, SEATS = BookingTable(), SessionTable()
TEN = at("10:00")


def hold(lines, number, start=TEN, *, staff=None, now=NOW, offering_id="off_1"):
    """What the orders domain does: reserve and commit, again after contention."""
    asked = wish(start, staff, f"lin_{number}", offering_id)

    def attempt():
        found = lines.reserve(customer(number), f"ord_{number}", [asked], now + HOLD, now)
        wiring.committer().commit(found.actions)
        return found.lines[0]

    return retrying(attempt)


def race(*works):
    """Run all at once; what each returned, or the exception that it raised."""
    ready = threading.Barrier(len(works))

    def run(work):
        ready.wait()
        try:
            return work()
        except (SlotTaken, NoSeats, CannotFulfil, Busy) as answer:
            return answer

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def sold(results):
    assert not [one for one in results if isinstance(one, Busy)]
    return [one for one in results if not isinstance(one, Exception)]


def live_times():
    """Every live entry by resource, each once, in order."""
    keys = [(f"stf_{n}", at("12:00", days).date()) for n in range(1, 5) for days in range(3)]
    found = {}
    for day in STORE.days(keys, consistent=True):
        found.setdefault(day.resource_id, set()).update(day.taken)
    return {who: sorted(entries, key=lambda one: one.start) for who, entries in found.items() if entries}


def no_overlap(entries):
    return all(one.end <= other.start for one, other in pairwise(entries))


@pytest.mark.store
def test_one_of_two_hundred_gets_a_slot(tables):
    lines = lines_of(listing(1), STORE)
    results = race(*(lambda n=n: hold(lines, n) for n in range(200)))
    (winner,) = sold(results)
    assert Counter(type(one) for one in results)[SlotTaken] == 199
    assert [one.booking_id for one in live_times()["stf_1"]] == [winner.ref]
    assert STORE.booking(winner.ref).state == State.HELD


@pytest.mark.store
def test_four_of_twenty_get_four_staff(tables):
    lines = lines_of(listing(4), STORE)
    results = race(*(lambda n=n: hold(lines, n) for n in range(20)))
    winners = sold(results)
    assert len(winners) == 4
    assert {STORE.booking(line.ref).staff_id for line in winners} == {"stf_1", "stf_2", "stf_3", "stf_4"}


@pytest.mark.store
def test_crossing_times_never_overlap(tables):
    lines = lines_of(listing(1, [offering(minutes=90, buffer_after_minutes=15)]), STORE)
    half_hours = [at("09:00") + timedelta(minutes=30) * n for n in range(10)]
    results = race(*(lambda n=n: hold(lines, n, half_hours[n % 10]) for n in range(30)))
    entries = live_times()["stf_1"]
    assert len(sold(results)) == len(entries) >= 2
    assert no_overlap(entries)


@pytest.mark.store
def test_crossing_over_midnight(tables):
    lines = lines_of(listing(1, hours=ALWAYS), STORE)
    around = [at("07:00"), at("07:30"), at("08:00"), at("08:30")]  # midnight (UTC) is at 08:00
    results = race(*(lambda n=n: hold(lines, n, around[n % 4]) for n in range(24)))
    entries = live_times()["stf_1"]
    assert len(sold(results)) == len(entries) in {1, 2}
    assert no_overlap(entries)


@pytest.mark.store
def test_one_of_twenty_overwrites_what_ran_out(tables):
    lines = lines_of(listing(1), STORE)
    old = hold(lines, 99)
    results = race(*(lambda n=n: hold(lines, n, now=NOW + HOLD) for n in range(20)))
    (winner,) = sold(results)
    assert [one.booking_id for one in live_times()["stf_1"]] == [winner.ref]
    with pytest.raises(CannotFulfil):
        lines.confirm([old], order([old]), NOW + HOLD)


@pytest.mark.store
@pytest.mark.parametrize("turn", range(5))
def test_late_money_and_another_customer_never_both_win(tables, turn):
    lines = lines_of(listing(1), STORE)
    old, later = hold(lines, 99), NOW + HOLD

    def pays():
        def attempt():
            wiring.committer().commit(lines.confirm([old], order([old]), later))
            return old

        return retrying(attempt)

    results = race(pays, *(lambda n=n: hold(lines, n, now=later) for n in range(4)))
    (winner,) = sold(results)
    assert [one.booking_id for one in live_times()["stf_1"]] == [winner.ref]
    is_old = winner.ref == old.ref
    assert STORE.booking(old.ref).state == (State.CONFIRMED if is_old else State.HELD)
    assert isinstance(results[0], CannotFulfil) != is_old


def session_of(seats):
    """A class tomorrow at ten, planned."""
    standing = listing(1, [offering(seats=seats)])
    planned = Session(
        id="ses_1",
        shop_id="shp_1",
        merchant_id="acc_merchant",
        offering_id="off_1",
        title="瑜伽",
        price=Money(8_000, "CNY"),
        zone="Asia/Shanghai",
        starts_at=TEN,
        ends_at=TEN + timedelta(hours=1),
        seats=seats,
        claims=(),
    )
    wiring.committer().commit(SEATS.plan(planned))
    return SeatLines(STORE, SEATS, shop_ports(standing))


def hold_seats(lines, number, seats=1, now=NOW):
    asked = Wish(f"lin_{number}", {"shop_id": "shp_1", "session_id": "ses_1", "seats": seats})

    def attempt():
        found = lines.reserve(customer(number), f"ord_{number}", [asked], now + HOLD, now)
        wiring.committer().commit(found.actions)
        return found.lines[0]

    return retrying(attempt)


def seats_of(lines):
    return sorted(seat for line in lines for seat in STORE.booking(line.ref).seats)


@pytest.mark.store
def test_twenty_of_two_hundred_get_the_twenty_seats(tables):
    lines = session_of(20)
    winners = sold(race(*(lambda n=n: hold_seats(lines, n) for n in range(200))))
    assert len(winners) == 20
    assert seats_of(winners) == list(range(20))


@pytest.mark.store
def test_a_rush_for_a_large_session(tables):
    lines = session_of(60)
    winners = sold(race(*(lambda n=n: hold_seats(lines, n, 1 + n % 3) for n in range(60))))
    seats = seats_of(winners)
    assert len(seats) == len(set(seats)) == sum(line.quantity for line in winners)
    assert len(seats) >= 58, "no more than two are left, which nobody wanted alone"


@pytest.mark.store
def test_seats_that_ran_out_and_late_money(tables):
    lines = session_of(3)
    old, later = [hold_seats(lines, 90 + n) for n in range(3)], NOW + HOLD

    def pays(line):
        def attempt():
            wiring.committer().commit(lines.confirm([line], order([line]), later))
            return line

        return retrying(attempt)

    results = race(*(lambda one=one: pays(one) for one in old), *(lambda n=n: hold_seats(lines, n, now=later) for n in range(6)))  # fmt: skip
    room = SEATS.room("ses_1")
    theirs = {seat.booking_id for seat in room.taken.values() if seat.is_live(later)}
    assert theirs == {line.ref for line in sold(results)}
    assert len(theirs) == 3


ROOM = offering(needs=(("res_1", "res_2"),))
OTHER_WAY = offering(id="off_2", needs=(("res_2",), ("res_1",)), staff_ids=("stf_2",))


@pytest.mark.store
def test_crossing_bookings_of_several_resources(tables):
    """Staff and rooms in different orders: no deadlock, no half booking, and no resource twice."""
    lines = lines_of(listing(2, [ROOM, OTHER_WAY], rooms=2), STORE)
    results = race(
        *(lambda n=n: hold(lines, n, TEN, offering_id="off_1" if n % 2 else "off_2") for n in range(40)),
    )
    winners = sold(results)
    taken = [claim.resource_id for line in winners for claim in STORE.booking(line.ref).claims]
    assert len(taken) == len(set(taken))
    assert taken
    for line in winners:
        booking = STORE.booking(line.ref)
        rows = STORE.days({key for claim in booking.claims for key in claim.keys}, consistent=True)
        assert {one.booking_id for row in rows for one in row.taken} >= {booking.id}
        assert all(any(one.booking_id == booking.id for one in row.taken) for row in rows if row.taken)


@pytest.mark.store
@pytest.mark.parametrize("turn", range(3))
def test_two_who_swap_their_times(tables, turn):
    """Each wants the other's: nobody may be lost, nobody booked twice. Where neither can go first, both stay."""
    lines = lines_of(listing(1), STORE)
    eleven = at("11:00")
    first, second = hold(lines, 1, TEN), hold(lines, 2, eleven)

    def moves(line, to):
        def attempt():
            booking = STORE.booking(line.ref)
            (one,) = wanted.planned([wanted.read(wish(to, None, line.id))], {"shp_1": lines.shops.store.standing}, NOW)
            keys = {key for claim in booking.claims for key in claim.keys}.union(one.plan.keys)
            diary = Diary(STORE.days(keys, consistent=True), NOW)
            for claim in booking.claims:
                diary.drop(claim, booking.id)
            (chosen,) = wanted.chosen([one], diary, NOW, lambda _one: booking.id, NOW + HOLD)
            new = replace(booking, claims=chosen.claims, starts_at=to, version=booking.version + 1)
            wiring.committer().commit([STORE.replace(new), *map(STORE.replace_day, diary.changed)])
            return new

        return retrying(attempt)

    race(lambda: moves(first, eleven), lambda: moves(second, TEN), lambda: moves(first, at("12:00")))
    entries = live_times()["stf_1"]
    assert no_overlap(entries)
    assert {one.booking_id for one in entries} == {first.ref, second.ref}
    for line in (first, second):
        (mine,) = (one for one in entries if one.booking_id == line.ref)
        assert mine.start == STORE.booking(line.ref).starts_at


class Conflicts:
    """Answers the first transactions as AWS does while another one works on the same row; emulators never do."""

    def __init__(self, times, code="TransactionConflict"):
        self.left, self.code = times, code

    def __call__(self, params, **_):
        if not self.left:
            return None
        self.left -= 1
        reasons = [{"Code": "None"}] * (params["body"].count(b'"Put"') - 1) + [{"Code": self.code}]
        error = {"Code": "TransactionCanceledException", "Message": f"cancelled [{self.code}]"}
        return Answered(400), {"Error": error, "CancellationReasons": reasons, "ResponseMetadata": {}}


class Answered:
    def __init__(self, status_code):
        self.status_code = status_code


@pytest.fixture
def conflicts(tables):
    if tables.name != DYNOXIDE:
        pytest.skip("one emulator is enough: the answer is a stub")
    STORE.booking("bkg_1")  # makes the client
    events = aws.client("dynamodb").meta.events
    stubs = []

    def put(*args):
        stubs.append(Conflicts(*args))
        events.register_first("before-call.dynamodb.TransactWriteItems", stubs[0])
        return stubs[0]

    yield put
    for stub in stubs:
        events.unregister("before-call.dynamodb.TransactWriteItems", stub)


@pytest.mark.parametrize("code", ["TransactionConflict", "ThrottlingError"])
def test_a_conflict_is_decided_again(conflicts, code):
    stub = conflicts(3, code)
    line = hold(lines_of(listing(1), STORE), 1)
    assert stub.left == 0
    assert [one.booking_id for one in live_times()["stf_1"]] == [line.ref]


def test_conflicts_without_end_are_busy_and_nothing_is_written(conflicts):
    conflicts(8)
    with pytest.raises(Busy):
        hold(lines_of(listing(1), STORE), 1)
    assert live_times() == {}
