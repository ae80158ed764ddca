"""Random people who buy, wait, pay, cancel and withdraw, runs that die between the steps, and messages that come again
and late: never one start to two people, never two holds for one wait, nobody in front passed over, nobody offered twice
what they let pass, and nobody left waiting for what is free once all messages have been worked.
"""

import os
from contextlib import suppress
from datetime import timedelta
from functools import partial
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from chalicelib.booking.rules.waits import ENDED, LEASE, State, settled
from chalicelib.booking.use_cases import offer
from chalicelib.booking.use_cases import wait as waits
from chalicelib.booking.use_cases.openings import Openings
from chalicelib.kit.auth import Actor, Role
from chalicelib.kit.errors import Problem
from chalicelib.kit.ids import new_id
from chalicelib.kit.transaction import retrying
from chalicelib.orders import use_cases as orders
from chalicelib.orders.ports import Asked, OrderState
from tests.chalicelib.booking.waiting import Died, at_shop, for_booking, nearby, once, waiting_ports, work
from tests.chalicelib.booking.world import Interval, at, customer, listing, offering

MORNING = tuple(Interval(day, "09:00", "12:00") for day in range(7))  # three starts of an hour
SHANGHAI = ZoneInfo("Asia/Shanghai")
HOURS = st.integers(0, 2)
WHICH = st.integers(0, 99)
PASSES = st.sampled_from([0, 0, 1, 1, 5, 11])  # minutes
DIES = st.none() | st.tuples(st.integers(0, 2), st.booleans())


class Waiting(RuleBasedStateMachine):
    @initialize(staff=st.sampled_from([1, 1, 2]))
    def open(self, staff):
        made = offering(slot_minutes=60)
        self.ports = waiting_ports(listing(staff, [made], hours=MORNING))
        self.staff, self.told, self.number = staff, [], 100
        for hour in range(3):
            for _ in range(staff):
                self.buy(hour)
        self.settle_down()

    # What people do.

    def buy(self, hour):
        self.number += 1
        fields = {"shop_id": "shp_1", "offering_id": "off_1", "start": at(f"{9 + hour:02d}:00")}
        with suppress(Problem):
            made = orders.hold(
                self.ports.orders, customer(self.number), [Asked("booking", fields)], None, once(new_id("key"))
            )
            self.pay(made)

    @rule(hour=HOURS, passes=PASSES)
    def somebody_buys(self, hour, passes):
        self.passes(passes)
        self.buy(hour)

    @rule(first=HOURS, more=HOURS, near=st.sampled_from([False, False, True]), passes=PASSES)
    def ask(self, first, more, near, passes):
        self.passes(passes)
        self.ports.clock.moment += timedelta(seconds=1)
        self.number += 1
        clock = {"since": f"{9 + first:02d}:00", "until": f"{10 + min(2, first + more):02d}:00"}
        ask = nearby(**clock) if near else at_shop(**clock)
        waits.ask(self.ports, customer(self.number), ask, once(new_id("key")))

    @rule(which=WHICH, passes=PASSES)
    def pays(self, which, passes):
        self.passes(passes)
        if held := self.orders(OrderState.HELD):
            self.pay(held[which % len(held)])

    def pay(self, order):
        now = self.ports.clock.now()
        paid = orders.paid(self.ports.orders, order.id, f"pay_{order.id}", order.money, now)
        self.ports.committer.commit(paid.actions)

    @rule(which=WHICH, passes=PASSES, paid=st.booleans())
    def cancel(self, which, passes, paid):
        self.passes(passes)
        if some := self.orders(OrderState.CONFIRMED if paid else OrderState.HELD):
            order = some[which % len(some)]
            actor = Actor(order.customer_id, frozenset({Role.CUSTOMER}), "ses_1")
            orders.cancel(self.ports.orders, actor, order.id, None, once(new_id("key")))

    @rule(which=WHICH, passes=PASSES)
    def withdraw(self, which, passes):
        self.passes(passes)
        if rows := sorted(self.ports.waits.rows):
            wait = self.ports.waits.rows[rows[which % len(rows)]]
            actor = Actor(wait.customer_id, frozenset({Role.CUSTOMER}), "ses_1")
            with suppress(Problem):
                waits.withdraw(self.ports, actor, wait.id)

    # What the machinery does.

    @rule(passes=PASSES)
    def sweep(self, passes):
        self.passes(passes)
        orders.expire_holds(self.ports.orders, self.ports.clock.now())

    @rule(which=WHICH, dies=DIES, again=st.sampled_from([False, False, True]), passes=PASSES)
    def deliver(self, which, dies, again, passes):
        self.passes(passes)
        if messages := for_booking(self.ports):
            self.work(messages[which % len(messages)], dies, again)

    def work(self, message, dies=None, again=False):
        """Work a message; it stays where its run dies or cannot do it all, and where it comes again."""
        before = set(self.ports.outbox.sent)
        self.ports.committer.dies = dies
        try:
            with patch.object(offer, "retrying", partial(retrying, sleep=lambda _: None)):
                work(self.ports, message)
            if not again:
                del self.ports.outbox.sent[message.id]
        except (Died, offer.InHand):
            pass
        self.ports.committer.dies = None
        for one in [one for key, one in self.ports.outbox.sent.items() if key not in before]:
            if one.type == "wait.offered":
                self.offered(one.payload["wait_id"])

    def offered(self, wait_id):
        wait = self.ports.waits.rows[wait_id]
        assert (wait_id, wait.offer.start) not in self.told, "what they let pass is not offered again"
        self.told.append((wait_id, wait.offer.start))
        if isinstance(wait.ask, type(at_shop())):
            for other in self.ports.waits.rows.values():
                if isinstance(other.ask, type(wait.ask)) and other.created_at < wait.created_at:
                    assert not self.wants(other, wait.offer.start), "nobody in front is passed over"

    def wants(self, wait, start):
        """Whether somebody waits for a start and could have been offered it."""
        stands = self.stands(wait)
        return (
            stands.state == State.WAITING
            and wait.state == State.WAITING
            and not stands.is_over(self.ports.clock.now())
            and wait.ask.suits(start, SHANGHAI)
            and ("shp_1", start) not in stands.passed
        )

    def stands(self, wait):
        order = self.ports.orders.store.order(wait.order_id) if wait.order_id else None
        return settled(wait, order)

    def passes(self, minutes):
        self.ports.clock.moment += timedelta(minutes=minutes)

    def orders(self, state):
        return sorted((o for o in self.ports.orders.store.rows.values() if o.state == state), key=lambda o: o.id)

    def settle_down(self):
        """Work all messages, those too that come of it and those whose run died."""
        for _ in range(50):
            messages = for_booking(self.ports)
            if not messages:
                return
            for one in messages:
                self.work(one)
            self.ports.clock.moment += LEASE
        raise AssertionError("messages without end")

    def teardown(self):
        if not hasattr(self, "ports"):
            return
        for _ in range(3):  # a hold that a dead run left behind runs out, and is offered to somebody
            self.settle_down()
            self.ports.clock.moment += timedelta(minutes=11)
            orders.expire_holds(self.ports.orders, self.ports.clock.now())
        for _ in range(60):
            self.settle_down()
            if not self.orders(OrderState.HELD):
                break
            self.ports.clock.moment += timedelta(minutes=11)
            orders.expire_holds(self.ports.orders, self.ports.clock.now())
        now = self.ports.clock.now()
        openings = Openings(self.ports.store, self.ports.shops.store.standing, None, now)
        for wait in self.ports.waits.rows.values():
            stands = self.stands(wait)
            assert wait.state != State.OFFERING, "no claim is left behind"
            assert wait.state != State.OFFERED or stands.state in ENDED
            if stands.state == State.WAITING and isinstance(wait.ask, type(at_shop())) and not stands.is_over(now):
                free = [one for one in openings.offers(wait.ask) if one.key not in stands.passed]
                assert not free, "nobody waits for what is free"

    # What is always true.

    @invariant()
    def no_start_is_given_to_more_than_there_are_people(self):
        if not hasattr(self, "ports"):
            return
        now, starts = self.ports.clock.now(), {}
        for order in self.ports.orders.store.rows.values():
            if order.is_live(now) or order.state == OrderState.CONFIRMED:
                starts.setdefault(order.lines[0].starts_at, []).append(order.id)
        assert all(len(ids) <= self.staff for ids in starts.values())

    @invariant()
    def no_wait_holds_two_times(self):
        if not hasattr(self, "ports"):
            return
        now, held = self.ports.clock.now(), {}
        for (scope, _), row in self.ports.idempotency.rows.items():
            if "|wait|" in scope and self.ports.orders.store.order(row.value.body).is_live(now):
                held.setdefault(scope, []).append(row.value.body)
        assert all(len(ids) == 1 for ids in held.values())

    @invariant()
    def the_line_holds_whoever_has_not_ended(self):
        if not hasattr(self, "ports"):
            return
        in_line = {one.value.wait_id for one in self.ports.waits.places.values()}
        for wait in self.ports.waits.rows.values():
            if wait.state in ENDED:
                assert wait.id not in in_line
                assert wait.id not in self.ports.waits.tally(wait.customer_id).live


# 60 lives in every run of the suite; LIVES=1000 pytest <this file> for a long one.
Waiting.TestCase.settings = settings(
    max_examples=int(os.environ.get("LIVES", "60")), stateful_step_count=40, deadline=None
)
TestWaiting = pytest.mark.timeout(1800)(Waiting.TestCase)
