"""All of booking under anything that may happen: customers, a merchant, money that is late, clocks that disagree, and
functions that die before or after they wrote. Over real tables, with orders beside it.

Never two live bookings at one time on a resource, buffers included; never time or seats taken without their booking, nor
sold without their time; never money without a booking or a refund.
"""

import itertools
import os
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import combinations

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from chalicelib import wiring
from chalicelib.booking import use_cases
from chalicelib.booking.ports import Claim, State
from chalicelib.booking.use_cases import Move, Planned
from chalicelib.kit.auth import Actor, Role
from chalicelib.kit.errors import Problem
from chalicelib.kit.idempotency import Answer, Once, Replayed
from chalicelib.kit.ids import new_id
from chalicelib.kit.transaction import Contention, retrying
from chalicelib.orders import use_cases as orders
from chalicelib.orders.ports import LineState, OrderState
from chalicelib.orders.rules import Asked
from chalicelib.shops.ports import CancellationPolicy, Resource, ResourceKind, Staff
from tests.api import told
from tests.chalicelib.booking.world import ALWAYS, NOW, offering, shop

SKEW = timedelta(minutes=3)
FIRST = NOW + timedelta(hours=23)  # eight half hours from here on run over midnight (UTC)
HALF = timedelta(minutes=30)
OFFERED = ("cut", "room", "court", "survey", "class")
_numbers = itertools.count()


class Clock:
    """The time, as the clock of some function shows it."""

    def __init__(self):
        self.moment, self.skew = NOW, timedelta()

    def now(self):
        return self.moment + self.skew


class DiedError(Exception):
    """The function died; nobody knows whether it wrote."""


class Faulty:
    """Writes, or dies before or after it, or is told of a conflict first."""

    def __init__(self, real):
        self.real, self.fault = real, None

    def commit(self, actions):
        fault, self.fault = self.fault, None
        if fault == "conflict":
            raise Contention
        if fault == "before":
            raise DiedError
        self.real.commit(actions)
        if fault == "after":
            raise DiedError


class Life(RuleBasedStateMachine):
    """One shop with two people, two rooms and a class of three; two customers, and a merchant who does things too.

    No rule has a precondition: what is drawn must not depend on what happened, which ids made by chance have a say in.

    Attributes:
        lives, steps: how many there were.
    """

    lives = steps = 0

    @initialize(skewed=st.booleans(), policy=st.sampled_from([(120, 3000, 5000), (3000, 10_000, 0)]))
    def begin(self, skewed, policy):
        type(self).lives += 1
        self.clock = Clock()
        wiring.use_clock(self.clock)
        self.skews = (-SKEW, timedelta(), SKEW) if skewed else (timedelta(),)
        self.committer = Faulty(wiring.committer())
        self.orders = replace(wiring.orders(), committer=self.committer)
        self.booking = replace(wiring.booking(), committer=self.committer, orders=self.orders)
        self.customers = [Actor(new_id("acc"), frozenset({Role.CUSTOMER}), "ses") for _ in range(2)]
        self.merchant = Actor(new_id("acc"), frozenset({Role.MERCHANT}), "ses")
        self.ids, self.arrived, self.due, self.sessions, self.blocks = [], {}, Counter(), [], []
        self.open(CancellationPolicy(*policy))
        drain()

    def open(self, policy):
        self.shop_id = new_id("shp")
        staff = [Staff(new_id("stf"), self.shop_id, f"小{n}") for n in range(2)]
        rooms = [Resource(new_id("res"), self.shop_id, ResourceKind.ROOM, f"{n} 号间") for n in range(2)]
        first, both = (rooms[0].id,), tuple(one.id for one in rooms)
        made = {
            "cut": offering(minutes=30, buffer_before_minutes=10, buffer_after_minutes=20),
            "room": offering(needs=(first,), deposit_bps=5_000),
            "court": offering(needs=(both, both), staffed=False, deposit_bps=0),
            "survey": offering(approval=True, staff_ids=(staff[0].id,)),
            "class": offering(seats=3, needs=((rooms[1].id,),)),
        }
        self.offered = {name: replace(one, id=new_id("off"), shop_id=self.shop_id) for name, one in made.items()}
        self.resources = [one.id for one in (*staff, *rooms)]
        store = wiring.shops().store
        standing = shop(id=self.shop_id, merchant_id=self.merchant.account_id, hours=ALWAYS, policy=policy)
        wiring.committer().commit(
            [
                store.create(standing),
                *map(store.put_staff, staff),
                *map(store.put_resource, rooms),
                *map(store.put_offering, self.offered.values()),
            ]
        )

    @contextmanager
    def somewhere(self, which):
        """Some function does it, by its own clock."""
        self.clock.skew = self.skews[which % len(self.skews)]
        try:
            yield
        finally:
            self.clock.skew = timedelta()

    def do(self, work, fault, which):
        """Let a client do something, and again under the same key where nobody knows how it went; None: refused."""
        said = Once("life", f"key-{next(_numbers)}", "sha", lambda result: Answer(200, getattr(result, "id", "")))
        self.committer.fault = fault
        for _ in range(2):
            with self.somewhere(which):
                try:
                    return work(said).id
                except DiedError:
                    continue
                except Replayed as known:
                    return known.answer.body
                except Problem:
                    # As `kit.http` does: what is refused may be so because it was done before.
                    known = self.booking.idempotency.recall(said)
                    return known.body if known else None
                finally:
                    self.committer.fault = None
        raise AssertionError("a function died twice")

    FAULTS = st.sampled_from([None] * 6 + ["conflict", "before", "after"])
    CLOCKS = st.integers(0, 2)

    @rule(
        who=st.integers(0, 1), what=st.sampled_from(OFFERED[:4]), slot=st.integers(0, 7), weeks=st.sampled_from([1, 1, 2]),
        then=st.booleans(), pays=st.sampled_from([None, 1, 9, 11]), fault=FAULTS, which=CLOCKS,
    )  # fmt: skip
    def order(self, who, what, slot, weeks, then, pays, fault, which):
        fields = {"shop_id": self.shop_id, "offering_id": self.offered[what].id, "start": FIRST + slot * HALF}
        asked = [Asked("booking", {**fields, "weeks_later": week}) for week in range(weeks)]
        if then:
            step = {**fields, "offering_id": self.offered["cut"].id, "follows": True}
            asked.append(Asked("booking", {**step, "weeks_later": weeks - 1}))
        self.hold(who, asked, pays, fault, which)

    @rule(
        who=st.integers(0, 1), seats=st.integers(1, 2), pays=st.sampled_from([None, 1, 11]), fault=FAULTS, which=CLOCKS
    )
    def seats(self, who, seats, pays, fault, which):
        if not self.sessions:
            return
        fields = {"shop_id": self.shop_id, "session_id": self.sessions[-1], "seats": seats}
        self.hold(who, [Asked("seat", fields)], pays, fault, which)

    def hold(self, who, asked, pays, fault, which):
        actor = self.customers[who]
        made = self.do(lambda once: orders.hold(self.orders, actor, asked, None, once), fault, which)
        if made is None:
            return
        self.ids.append(made)
        if pays is not None:
            self.clock.moment += timedelta(minutes=pays)
            self.pay(len(self.ids) - 1, which)

    @rule(number=st.integers(0, 99), which=CLOCKS)
    def pay(self, number, which):
        if not self.ids:
            return
        order = self.order_at(number)
        if not order.total or len(self.arrived.get(order.id, ())) > 1:
            return
        payment_id = f"pay_{next(_numbers)}"

        def attempt():
            found = orders.paid(self.orders, order.id, payment_id, order.money, self.clock.now())
            self.committer.commit(found.actions)

        with self.somewhere(which):
            retrying(attempt, attempts=20)
        self.arrived.setdefault(order.id, []).append(payment_id)

    @rule(number=st.integers(0, 99), one=st.booleans(), by_merchant=st.booleans(), fault=FAULTS, which=CLOCKS)
    def cancel(self, number, one, by_merchant, fault, which):
        if not self.ids:
            return
        order = self.order_at(number)
        actor = self.merchant if by_merchant else self.customer_of(order)
        lines = [order.lines[0].id] if one else None
        self.do(lambda once: orders.cancel(self.orders, actor, order.id, None, once, lines), fault, which)

    @rule(number=st.integers(0, 99), fault=FAULTS, which=CLOCKS)
    def extend(self, number, fault, which):
        if not self.ids:
            return
        order = self.order_at(number)
        self.do(lambda once: orders.extend(self.orders, self.customer_of(order), order.id, once), fault, which)

    @rule(
        number=st.integers(0, 99), slot=st.integers(0, 9), what=st.sampled_from([None, None, *OFFERED[:4]]),
        by_merchant=st.booleans(), fault=FAULTS, which=CLOCKS,
    )  # fmt: skip
    def move(self, number, slot, what, by_merchant, fault, which):
        if not self.ids:
            return
        order = self.order_at(number)
        actor = self.merchant if by_merchant else self.customer_of(order)
        wish = Move(FIRST + slot * HALF, offering_id=self.offered[what].id if what else None)
        ref = order.lines[number % len(order.lines)].ref
        self.do(lambda once: use_cases.move(self.booking, actor, ref, wish, once), fault, which)

    @rule(
        number=st.integers(0, 99),
        verb=st.sampled_from(["accept", "decline", "no_show", "come"]),
        fault=FAULTS,
        which=CLOCKS,
    )
    def shop_does(self, number, verb, fault, which):
        if not self.ids:
            return
        order = self.order_at(number)
        ref = order.lines[number % len(order.lines)].ref
        verbs = {
            "accept": lambda once: use_cases.accept(self.booking, self.merchant, ref, once),
            "decline": lambda once: use_cases.decline(self.booking, self.merchant, ref, None, once),
            "no_show": lambda once: use_cases.no_show(self.booking, self.merchant, ref, once),
            "come": lambda once: self.come(ref, once),
        }
        self.do(verbs[verb], fault, which)

    def come(self, ref, once):
        booking = self.booking.store.booking(ref)
        if booking.state == State.CHECKED_IN:
            return use_cases.complete(self.booking, self.merchant, ref, once)
        return use_cases.check_in(self.booking, self.merchant, ref, booking.code, once)

    @rule(slot=st.integers(0, 7), fault=FAULTS, which=CLOCKS)
    def plan(self, slot, fault, which):
        wish = Planned(self.offered["class"].id, FIRST + slot * HALF)
        made = self.do(lambda once: use_cases.plan(self.booking, self.merchant, self.shop_id, wish, once), fault, which)
        found = self.booking.sessions.of_shop(self.shop_id, window(), 100)
        self.sessions = [room.session.id for room in found]
        assert made in {None, *self.sessions, ""}

    @rule(fault=FAULTS, which=CLOCKS)
    def call_off(self, fault, which):
        if not self.sessions:
            return
        session_id = self.sessions[-1]

        def work(once):
            return use_cases.call_off(self.booking, self.merchant, session_id, once).session

        self.do(work, fault, which)
        use_cases.give_back(self.booking, self.booking.sessions.room(session_id).holders(self.clock.now()))

    @rule(who=st.integers(0, 3), slot=st.integers(0, 7), fault=FAULTS, which=CLOCKS)
    def block(self, who, slot, fault, which):
        claim = Claim(self.resources[who], FIRST + slot * HALF, FIRST + (slot + 2) * HALF)
        made = self.do(
            lambda once: use_cases.block(self.booking, self.merchant, self.shop_id, claim, None, once), fault, which
        )
        if made:
            self.blocks.append(made)

    @rule()
    def unblock(self):
        if not self.blocks:
            return
        use_cases.unblock(self.booking, self.merchant, self.blocks.pop())

    @rule(minutes=st.sampled_from([1, 5, 9, 60, 600]), which=CLOCKS)
    def time_goes_by(self, minutes, which):
        self.clock.moment += timedelta(minutes=minutes)
        with self.somewhere(which):
            assert use_cases.decline_unanswered(self.booking, self.clock.now()).failed == 0

    @rule()
    def sweep(self):
        assert orders.expire_holds(self.orders, self.clock.moment - SKEW).failed == 0

    def order_at(self, number):
        return orders.read(self.orders, self.ids[number % len(self.ids)])

    def customer_of(self, order):
        return next(one for one in self.customers if one.account_id == order.customer_id)

    @invariant()
    def all_is_well(self):
        type(self).steps += 1
        standing = [orders.read(self.orders, one) for one in self.ids]
        refs = [line.ref for order in standing for line in order.lines]
        found = self.booking.store.bookings(refs)
        assert set(found) == set(refs), "each line has its booking"
        live = [one for one in found.values() if one.state_at(self.clock.moment) in self.live_states()]
        rooms = [self.booking.sessions.room(one) for one in self.sessions]
        self.nobody_is_booked_twice(live, rooms)
        self.time_and_bookings_agree(found, live, rooms)
        self.seats_and_bookings_agree(found, live, rooms)
        self.all_money_has_its_place(standing, found)

    def live_states(self):
        """Where clocks differ a hold may be lost early, but never what was sold."""
        sold = {State.REQUESTED, State.CONFIRMED, State.CHECKED_IN}
        return sold if len(self.skews) > 1 else sold | {State.HELD}

    def nobody_is_booked_twice(self, live, rooms):
        claims = [(one.id, claim) for one in live for claim in one.claims]
        claims += [
            (room.session.id, claim) for room in rooms if not room.session.cancelled for claim in room.session.claims
        ]
        for (one, his), (other, hers) in combinations(claims, 2):
            same = his.resource_id == hers.resource_id and one != other
            assert not (same and his.start < hers.end and hers.start < his.end), (one, other, his)

    def time_and_bookings_agree(self, found, live, rooms):
        first, last = FIRST.date() - timedelta(days=1), FIRST.date() + timedelta(days=9)
        days = [first + timedelta(days=n) for n in range((last - first).days)]
        keys = [(one, day) for one in self.resources for day in days]
        rows = {row.key: row for row in self.booking.store.days(keys, consistent=True)}
        for booking in live:
            for claim in booking.claims:
                for key in claim.keys:
                    mine = [one for one in rows[key].taken if one.booking_id == booking.id]
                    assert (mine[0].start, mine[0].end, len(mine)) == (claim.start, claim.end, 1)
                    assert mine[0].hold_until == booking.hold_until
        known = {one.id: one for one in live}
        others = {room.session.id for room in rooms if not room.session.cancelled} | set(self.blocks)
        for row, taken in [(day, one) for day in rows.values() for one in day.taken]:
            doubtful = len(self.skews) > 1 and taken.hold_until is not None
            if taken.booking_id in others or doubtful or not taken.is_live(self.clock.moment):
                continue
            booking = found[taken.booking_id]
            assert taken.booking_id in known or booking.state in {State.COMPLETED, State.NO_SHOW}
            assert any(row.key in claim.keys for claim in booking.claims)

    def seats_and_bookings_agree(self, found, live, rooms):
        for booking in live:
            if booking.session_id is not None:
                room = next(one for one in rooms if one.session.id == booking.session_id)
                assert sorted(room.of(booking.id)) == sorted(booking.seats)
        for room in rooms:
            for seat in room.taken.values():
                assert seat.number < room.session.seats
                if seat.hold_until is None:
                    over = {State.COMPLETED, State.NO_SHOW, State.CHECKED_IN, State.CONFIRMED}
                    assert found[seat.booking_id].state in over
                    assert seat.number in found[seat.booking_id].seats

    def all_money_has_its_place(self, standing, found):
        for message in drain():
            if message.type == "order.refund_due":
                self.due[message.payload["payment_id"]] += message.payload["amount"]
        for order in standing:
            for payment_id in self.arrived.get(order.id, ()):
                if payment_id != order.payment_id:
                    assert self.due[payment_id] == order.total, "what the order does not live on goes back"
            if order.payment_id is None:
                continue
            kept = sum(line.paid - line.refund for line in order.lines)
            assert self.due[order.payment_id] + kept == order.total
            assert order.state != OrderState.HELD
            for line in order.lines:
                if line.state == LineState.CONFIRMED:
                    sold = {State.REQUESTED, State.CONFIRMED, State.CHECKED_IN}
                    assert found[line.ref].state in sold, "money stands for a booking"
                    assert (line.starts_at, line.ends_at) == (found[line.ref].starts_at, found[line.ref].ends_at)


def window():
    from chalicelib.kit.wall import Window

    return Window(NOW, NOW + timedelta(days=30))


def drain():
    """Take what the outbox holds, as the relay does."""
    messages = told()
    wiring.outbox().remove([message.id for message in messages])
    return messages


# 8 lives of 25 steps in every run of the suite; `make prove-booking` runs many, on several workers.
LIVES, STEPS = int(os.environ.get("LIVES", "8")), int(os.environ.get("STEPS", "25"))
SHARDS, SEED = int(os.environ.get("SHARDS", "1")), os.environ.get("SEED")


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("shard", range(SHARDS))
def test_never_twice_and_never_money_without_a_booking_or_a_refund(tables, shard, record_property):
    checked = settings(
        max_examples=-(-LIVES // SHARDS),
        stateful_step_count=STEPS,
        deadline=None,
        phases=[Phase.generate],  # every step is a round to real tables: shrinking would take longer than reading
        suppress_health_check=list(HealthCheck),
    )
    before, life = wiring.clock(), type("Life", (Life,), {"lives": 0, "steps": 0})
    try:
        if SEED:
            # All the steps, not up to so many: the proof says how many there were.
            run_state_machine_as_test(seed(int(SEED) * SHARDS + shard)(life), settings=checked, _min_steps=STEPS)
        else:
            run_state_machine_as_test(life, settings=checked)
    finally:
        wiring.use_clock(before)
        record_property("lives", life.lives)
        record_property("steps", life.steps)
