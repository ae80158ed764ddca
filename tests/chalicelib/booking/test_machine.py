"""Random customers, clocks and crashes between reading and writing: never two live bookings at one time on a resource,
buffers included, and never time taken without its booking or sold without its time.
"""

import os
from contextlib import suppress
from datetime import timedelta
from itertools import combinations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule

from chalicelib.booking.rules.booking import State
from chalicelib.booking.rules.problems import SlotTaken
from chalicelib.kit.errors import NotFound
from chalicelib.kit.transaction import Contention
from chalicelib.orders.ports import CannotFulfil, LineState
from tests.chalicelib.booking.world import (
    ALWAYS,
    HOLD,
    NOW,
    FakeCommitter,
    FakeStore,
    customer,
    lines_of,
    listing,
    offering,
    order,
    wish,
)

# From here on four half hours: midnight (UTC) is among them, and what begins before it runs over it.
FIRST = NOW.replace(hour=22, minute=30)
OFFERINGS = (
    offering(),
    offering(id="off_2", minutes=30, buffer_after_minutes=20),
    offering(id="off_3", minutes=90, slot_minutes=15, staff_ids=("stf_1",)),
    offering(id="off_4", needs=(("res_1", "res_2"),), buffer_before_minutes=10),
    offering(id="off_5", needs=(("res_2",), ("res_1", "res_2")), staffed=False),
)
BUFFERS = {one.id: (one.buffer_before_minutes, one.buffer_after_minutes) for one in OFFERINGS}
SKEW = timedelta(minutes=3)
SLOTS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4)), min_size=1, max_size=2)
# Time passes with every step, and is no step of its own: then no run consists of waiting alone.
CLOCKS = st.tuples(st.sampled_from([0, 0, 1, 8, 9, 10]), st.integers(0, 2))
STAFF = st.sampled_from([None, None, "stf_1"])


class Bookings(RuleBasedStateMachine):
    """Decisions are read in one step and written in another, or never."""

    decided = Bundle("decided")
    sold = Bundle("sold")

    @initialize(
        staff=st.sampled_from([0, 1, 1, 2]), skews=st.sampled_from([(timedelta(),), (-SKEW, timedelta(), SKEW)])
    )
    def open(self, staff, skews):
        self.skews = skews  # of the clocks of the functions that decide
        standing = listing(staff, OFFERINGS if staff else OFFERINGS[:2], rooms=2, hours=ALWAYS)
        self.store, self.committer, self.now = FakeStore(), FakeCommitter(), NOW
        self.lines = lines_of(standing, self.store)
        self.number = 0

    def reserved(self, slots, staff, paid, clock):
        self.number += 1
        standing, now = self.lines.shops.store.standing, self.clock(clock)
        wishes = [
            wish(
                FIRST + timedelta(minutes=30 * slot),
                staff if standing.staff and which < 4 else None,
                f"lin_{self.number}_{n}",
                standing.offerings[which % len(standing.offerings)].id,
            )
            for n, (slot, which) in enumerate(slots)
        ]
        return self.lines.reserve(customer(self.number), "ord_1", wishes, now + HOLD if paid else None, now)

    @rule(target=decided, slots=SLOTS, staff=STAFF, paid=st.booleans(), clock=CLOCKS)
    def read_for_a_hold(self, slots, staff, paid, clock):
        try:
            found = self.reserved(slots, staff, paid, clock)
        except (SlotTaken, NotFound):
            return multiple()
        return found.lines, found.actions

    @rule(target=sold, slots=SLOTS, staff=STAFF, clock=CLOCKS)
    def hold(self, slots, staff, clock):
        try:
            found = self.reserved(slots, staff, True, clock)
        except (SlotTaken, NotFound):
            return multiple()
        self.committer.commit(found.actions)
        return found.lines

    @rule(target=sold, decision=consumes(decided), crashes=st.sampled_from([False] * 5 + [True]))
    def write(self, decision, crashes):
        lines, actions = decision
        if crashes:
            return multiple()
        try:
            self.committer.commit(actions)
        except Contention:
            return multiple()
        return lines

    @rule(lines=sold, clock=CLOCKS)
    def pay(self, lines, clock):
        with suppress(CannotFulfil):
            self.committer.commit(self.lines.confirm(lines, order(lines), self.clock(clock)))

    @rule(target=decided, lines=sold, clock=CLOCKS)
    def read_for_a_payment(self, lines, clock):
        try:
            return lines, self.lines.confirm(lines, order(lines), self.clock(clock))
        except CannotFulfil:
            return multiple()

    @rule(
        target=decided,
        lines=sold,
        clock=CLOCKS,
        state=st.sampled_from([LineState.CANCELLED, LineState.EXPIRED]),
    )
    def release(self, lines, clock, state):
        now = self.clock(clock)
        bookings = [self.store.booking(line.ref) for line in lines]
        if state == LineState.EXPIRED and {one.state_at(now) for one in bookings} != {State.EXPIRED}:
            return multiple()
        return lines, self.lines.release(lines, order(lines), state, now)

    def clock(self, passes):
        """Let some minutes pass, then look at the clock of one function."""
        minutes, which = passes
        self.now += timedelta(minutes=minutes)
        return self.now + self.skews[which % len(self.skews)]

    def live(self):
        """Bookings whose time is theirs. Where clocks differ a hold may be lost early, but never what was sold."""
        states = {State.HELD, State.CONFIRMED} if len(self.skews) == 1 else {State.CONFIRMED}
        return [one for one in self.store.rows.values() if one.state_at(self.now) in states]

    @invariant()
    def nobody_is_booked_twice(self):
        claims = [(booking.id, claim) for booking in self.live() for claim in booking.claims]
        for (one, his), (other, hers) in combinations(claims, 2):
            overlap = his.resource_id == hers.resource_id and his.start < hers.end and hers.start < his.end
            assert not overlap, (one, other)

    @invariant()
    def every_live_booking_has_its_time(self):
        for booking in self.live():
            for claim in booking.claims:
                for key in claim.keys:
                    (taken,) = (one for one in self.store.day_rows[key].taken if one.booking_id == booking.id)
                    assert (taken.start, taken.end) == (claim.start, claim.end)
                    assert taken.hold_until == booking.hold_until
                before, after = (timedelta(minutes=minutes) for minutes in BUFFERS[booking.offering_id])
                assert (claim.start, claim.end) == (booking.starts_at - before, booking.ends_at + after)

    @invariant()
    def no_time_is_taken_without_its_booking(self):
        for key, day in self.store.day_rows.items():
            for taken in day.taken:
                booking = self.store.rows[taken.booking_id]
                assert any(key in claim.keys for claim in booking.claims)
                if len(self.skews) == 1 and taken.is_live(self.now):
                    assert booking in self.live()


# 40 lives in every run of the suite; LIVES=1000 pytest <this file> for a long one.
Bookings.TestCase.settings = settings(
    max_examples=int(os.environ.get("LIVES", "40")), stateful_step_count=40, deadline=None
)
TestBookings = pytest.mark.timeout(1800)(Bookings.TestCase)
