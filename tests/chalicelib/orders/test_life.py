"""Orders under anything that may happen in any order, at any time: never money without an order or a refund."""

import itertools
import os
from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from chalicelib import wiring
from chalicelib.coupons.ports import CouponState
from chalicelib.kit.auth import Actor, Role
from chalicelib.kit.errors import Problem
from chalicelib.orders import use_cases
from chalicelib.orders.ports import LineState, OrderState
from chalicelib.orders.rules import MOST_HOLDS, Policy
from tests.api import told
from tests.chalicelib.orders.world import NOW, SHOP, World
from tests.fakes.line_kind import holder

SOLD = {LineState.CONFIRMED, LineState.COMPLETED, LineState.NO_SHOW}
_numbers = itertools.count()


class Life(RuleBasedStateMachine):
    """Two customers, three times to book, one coupon each, and a payments domain that is late, wrong and repeats."""

    @initialize(
        off=st.sampled_from([1, 999, 9_999, 10_000]),
        notice=st.sampled_from([120, 9_999]),
        bps=st.sampled_from([3_000, 10_000]),
    )
    def begin(self, off, notice, bps):
        number = next(_numbers)
        self.world = World()
        self.world.kind.merchant_id = self.merchant = f"acc_m{number}"
        self.world.kind.policy = Policy(notice, bps)
        self.offering = f"off_{number}"
        customers = [Actor(f"acc_{number}_{n}", frozenset({Role.CUSTOMER}), "ses") for n in range(2)]
        self.customers = [(one, self.coupons_of(one, off)) for one in customers]
        self.seller = Actor(self.merchant, frozenset({Role.MERCHANT}), "ses")
        self.orders, self.arrived, self.due, self.told = [], {}, [], Counter()
        # Something is sold from the start, so that also short runs have something to cancel and to deliver.
        self.order_something(0, {1}, coupon={0, 1}, minutes=1)
        self.order_something(1, {2, 3}, coupon=set(), minutes=1)
        self.drain()

    def coupons_of(self, actor, off):
        """One that the platform pays, and one that it pays a third of."""
        alone = self.world.coupon(actor, amount_off=off, stacks_as="a")
        shared = self.world.coupon(actor, percent_bps=2_500, stacks_as="b", platform_bps=3_333)
        store = self.world.ports.coupons.store
        self.world.ports.committer.commit([store.join(shared.campaign_id, SHOP, NOW)])
        return alone, shared

    def drain(self):
        """Take what the outbox holds, as the relay does; earlier runs may have left something in it."""
        mine = {order.id for order in self.orders}
        messages = told()
        wiring.outbox().remove([message.id for message in messages])
        for message in messages:
            if message.payload.get("order_id") not in mine:
                continue
            self.told[message.type, message.payload["order_id"]] += 1
            if message.type == "order.refund_due":
                self.due.append((message.payload, False))

    def order(self, number):
        return self.world.read(self.orders[number % len(self.orders)])

    @rule(
        who=st.integers(0, 1),
        hours=st.sets(st.integers(1, 3), min_size=1, max_size=2),
        coupon=st.sets(st.integers(0, 1)),
        minutes=st.sampled_from([None, None, 1, 9, 11]),
    )
    def order_something(self, who, hours, coupon, minutes):
        """Most customers pay soon, some just too late; the others wait for `money_arrives`."""
        actor, owned = self.customers[who]
        starts = [NOW + timedelta(hours=4 * hour) for hour in sorted(hours)]
        try:
            ids = [owned[number].id for number in sorted(coupon)]
            held = self.world.hold(*starts, actor=actor, coupon_ids=ids, offering=self.offering)
        except Problem:
            return
        self.orders.append(held)
        if minutes is not None:
            self.world.clock.move(minutes=minutes)
            self.money_arrives(len(self.orders) - 1, again=False, more=0)

    @precondition(lambda self: self.orders)
    @rule(number=st.integers(0, 99), again=st.booleans(), more=st.sampled_from([0, 0, 0, 1]))
    def money_comes(self, number, again, more):
        self.money_arrives(number, again=again, more=more)

    def money_arrives(self, number, *, again, more):
        order = self.order(number)
        if again and self.arrived.get(order.id):
            payment_id, amount = self.arrived[order.id][-1]
        else:
            payment_id, amount = f"pay_{next(_numbers)}", order.total + more
        if (payment_id, amount) in self.arrived.get(order.id, []):
            before = self.world.read(order)
            assert (
                use_cases.paid(self.world.ports, order.id, payment_id, order.money, self.world.clock.now()).actions
                == []
            )
            assert self.world.read(order) == before
        elif amount:
            self.world.pay(order, payment_id, amount)
            self.arrived.setdefault(order.id, []).append((payment_id, amount))

    @precondition(lambda self: self.orders)
    @rule(number=st.integers(0, 99), by_merchant=st.booleans())
    def cancel(self, number, by_merchant):
        order = self.order(number)
        [customer] = [one for one, _ in self.customers if one.account_id == order.customer_id]
        try:
            self.world.cancel(order, actor=self.seller if by_merchant else customer)
        except Problem:
            assert self.world.read(order) == order

    @precondition(lambda self: self.orders)
    @rule(number=st.integers(0, 99), line=st.integers(0, 1), came=st.booleans())
    def deliver(self, number, line, came):
        order = self.order(number)
        one = order.lines[line % len(order.lines)]
        try:
            self.world.deliver(order, one, use_cases.line_completed if came else use_cases.line_no_show)
        except Problem:
            assert self.world.read(order) == order

    @precondition(lambda self: any(not done for _, done in self.due))
    @rule(pick=st.integers(0, 99))
    def refund_reaches_the_customer(self, pick):
        waiting = [at for at, (_, done) in enumerate(self.due) if not done]
        at = waiting[pick % len(waiting)]
        payload = self.due[at][0]
        [order] = [one for one in self.orders if one.id == payload["order_id"]]
        self.world.refund(order, payload["amount"], payload["payment_id"])
        self.due[at] = payload, True

    @rule(minutes=st.sampled_from([1, 4, 9, 11, 60, 200]))
    def time_goes_by(self, minutes):
        self.world.clock.move(minutes=minutes)

    @rule()
    def sweep(self):
        assert use_cases.expire_holds(self.world.ports, self.world.clock.now()).failed == 0

    @invariant()
    def all_is_well(self):
        self.drain()
        orders = [self.world.read(order) for order in self.orders]
        self.all_money_has_its_place(orders)
        self.nothing_is_sold_twice(orders)
        often = {kind for (kind, _), count in self.told.items() if count > 1}
        assert often <= {"order.refund_due"}

    def all_money_has_its_place(self, orders):
        waiting, added = Counter(), Counter()
        for due in self.world.waiting(self.merchant):
            waiting[due.order_id] += due.gross
            added[due.order_id] += due.platform_discount
        for order in orders:
            came = sum(amount for _, amount in self.arrived.get(order.id, []))
            goes_back = sum(said["amount"] for said, _ in self.due if said["order_id"] == order.id)
            sold = sum(line.net for line in order.lines if line.state in SOLD)
            fees = sum(line.kept for line in order.lines if line.state not in SOLD) if order.confirmed_at else 0
            assert came - goes_back == sold + fees
            ended = {LineState.COMPLETED, LineState.NO_SHOW}
            earned = sum(line.net for line in order.lines if line.state in ended)
            fees_due = {LineState.CANCELLED, LineState.REFUNDED} if order.confirmed_at else set()
            assert waiting[order.id] == earned + sum(line.kept for line in order.lines if line.state in fees_due)
            assert added[order.id] == sum(line.subsidy for line in order.lines)
            own = [done for said, done in self.due if said["payment_id"] == order.payment_id]
            assert (order.state == OrderState.REFUNDING) == (own == [False])
            assert (order.state == OrderState.REFUNDED) == (own == [True])
            assert order.state != OrderState.REFUNDED or order.refunded == sum(line.refund for line in order.lines)

    def nothing_is_sold_twice(self, orders):
        now = self.world.clock.now()
        mine = [
            (line.ref, order.id)
            for order in orders
            for line in order.lines
            if line.state in SOLD or (order.is_live(now) and line.state == LineState.HELD)
        ]
        assert max(Counter(ref for ref, _ in mine).values(), default=1) == 1
        assert all(holder(ref) == order_id for ref, order_id in mine)
        for actor, owned in self.customers:
            live = [order for order in orders if order.customer_id == actor.account_id and order.is_live(now)]
            assert len(live) <= MOST_HOLDS
            for one in owned:
                self.a_coupon_is_used_once(one.id, [order for order in orders if one.id in order.coupon_ids])

    def a_coupon_is_used_once(self, coupon_id, orders):
        coupon = wiring.coupons().store.coupon(coupon_id)
        takers = [one for one in orders if one.state in {"confirmed", "completed"}]
        assert len(takers) <= 1
        if takers:
            assert (coupon.state, coupon.order_id) == (CouponState.USED, takers[0].id)


@pytest.mark.timeout(1800)
def test_never_money_without_an_order_or_a_refund(tables):
    # 6 lives in every run of the suite; LIVES=500 pytest <this file> for a long one.
    checked = settings(
        max_examples=int(os.environ.get("LIVES", "6")),
        stateful_step_count=20,
        deadline=None,
        phases=[Phase.generate],  # every step is a round to real tables: shrinking would take longer than reading
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Life, settings=checked)
