"""Money of orders with coupons that several pay for: whatever goes back, in any order, the parts add up, nobody gets more
than was paid, and when all is given back nothing is left anywhere.
"""

import os
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from chalicelib.coupons import rules as coupons
from chalicelib.coupons.ports import Item, Part, Purchase, Terms, Tier
from chalicelib.kit.errors import Problem
from chalicelib.kit.money import Money, payable_step
from chalicelib.kit.transaction import Action
from chalicelib.orders import use_cases
from chalicelib.orders.ports import Line, LineState, Order, OrderState, Policy
from chalicelib.orders.rules import Bought, within_price
from chalicelib.orders.rules.prices import priced
from chalicelib.orders.use_cases.cancel import called
from chalicelib.orders.use_cases.give_back import given_or_added
from chalicelib.settlement.ports import DueKind, Share
from chalicelib.settlement.rules import Sums, sums
from tests.chalicelib.coupons.test_stacking import coupon
from tests.chalicelib.orders.world import NOW

OTHERS_MONEY = {DueKind.REFUND, DueKind.DISPUTE, DueKind.DISPUTE_RETURNED}  # the merchant's, and the bank's
LIVES = int(os.environ.get("DISCOUNTED_LIVES", "80"))
KINDS = (
    Terms("CNY", amount_off=1_001),
    Terms("CNY", amount_off=90_000),
    Terms("CNY", percent_bps=3_333),
    Terms("CNY", tiers=(Tier(100, 20), Tier(20_000, 5_003))),
    Terms("CNY", minimum_spend=30_000, amount_off=9_001),
)


class Memory:
    """The stores that orders write to, in memory; a write is done when it is committed."""

    shards = 1

    def __init__(self):
        self.one, self.dues, self.messages, self.used = None, {}, [], {}
        self.store = self  # of coupons
        self.kind = SimpleNamespace(
            free_to_cancel=lambda _lines, _now: (), release=lambda *_: [], confirm=lambda *_: [],
        )  # fmt: skip
        self.ports = SimpleNamespace(
            store=self, outbox=self, clock=None, kinds={"booking": self.kind}, coupons=self,
            settlement=SimpleNamespace(store=self),
        )  # fmt: skip

    def order(self, _order_id):
        return self.one

    def replace(self, order):
        def write():
            assert order.version == self.one.version + 1
            self.one = order

        return Action(write)

    def put(self, message):
        return Action(lambda: self.messages.append(message))

    def accrue(self, due):
        def write():
            assert due.id not in self.dues
            self.dues[due.id] = due

        return Action(write)

    def bought(self, _customer_id):
        return Bought()

    def put_bought(self, _customer_id, _bought):
        return Action(lambda: None)

    def take_hold(self, *_said, **_limited):
        return Action(lambda: None)

    def forget_hold(self, *_said):
        return []

    def coupon(self, coupon_id):
        return self.used[coupon_id]  # as claimed: none comes back

    def coupons(self, coupon_ids):
        return [self.used[one] for one in coupon_ids]

    def commit(self, actions):
        for action in actions:
            action.body()


class Discounted(RuleBasedStateMachine):
    """One order of up to four lines, bought with up to three coupons, and all that can happen to its money."""

    @initialize(
        currency=st.sampled_from(["CNY", "JPY", "KWD"]),
        prices=st.lists(st.integers(1, 3_000), min_size=1, max_size=4),
        kinds=st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 10_000), st.booleans()), max_size=3),
        policy=st.tuples(st.sampled_from([60, 9_999]), st.integers(0, 10_000), st.integers(0, 10_000)),
        share=st.builds(Share, st.integers(0, 3_000), st.integers(0, 300), st.integers(0, 1_000), st.booleans()),
        deposit=st.sampled_from([10_000, 10_000, 3_000]),
    )
    def begin(self, currency, prices, kinds, policy, share, deposit):
        self.memory, self.now = Memory(), NOW
        self.taken_by_bank, self.bank, self.number, self.bank_has = Counter(), [], 0, 0
        step = payable_step(currency)
        lines = [
            Line(
                f"lin_{n}", "booking", "b", "shp_1", "acc_m", "x", Money(price * 10 * step, currency), Policy(*policy),
                NOW + timedelta(hours=5), deposit_bps=deposit,
            )
            for n, price in enumerate(prices)
        ]  # fmt: skip
        bought = Purchase("shp_1", currency, tuple(Item(line.id, line.gross) for line in lines), NOW)
        many = []
        for n, (terms, bps, of_shop) in enumerate(kinds):
            named = replace(terms, currency=currency, stacks_as=f"s{n}")
            many.append(coupon(n, named, shop_id="shp_1" if of_shop else None, bps=0 if of_shop else bps))
        bought = replace(bought, joined=frozenset(one.campaign_id for one in many))
        taken = coupons.best(many, bought).taken
        parts = {line.id: tuple(one.parts[line.id] for one in taken if line.id in one.parts) for line in lines}
        sold = tuple(replace(line, state=LineState.CONFIRMED) for line in priced(lines, parts, share))
        total = sum(line.paid for line in sold)
        self.memory.one = Order(
            "ord_1", "acc_c", "acc_m", "shp_1", sold, currency, total, sum(line.discount for line in sold),
            OrderState.CONFIRMED, NOW, NOW, payment_id="pay_1" if total else None, confirmed_at=NOW,
            coupon_ids=tuple(one.coupon.id for one in taken),
        )  # fmt: skip
        self.memory.used = {one.coupon.id: one.coupon for one in taken}
        self.subsidies = {line.id: line.by_platform for line in sold}
        self.total = total

    @property
    def order(self):
        return self.memory.one

    def done(self, work):
        """Do it; whether it could be done. What is refused has changed nothing."""
        before, dues = self.order, dict(self.memory.dues)
        try:
            self.memory.commit(work())
        except Problem:
            assert (self.order, self.memory.dues) == (before, dues)
            return False
        return True

    def some(self, data):
        return data.draw(st.sampled_from(self.order.lines))

    @rule(data=st.data(), by_customer=st.booleans(), all_of_it=st.booleans())
    def cancel(self, data, by_customer, all_of_it):
        chosen = None if all_of_it else [self.some(data).id]

        def work():
            if self.order.state != OrderState.CONFIRMED:
                return []
            new, actions = called(
                self.memory.ports, self.order, self.now, by_customer=by_customer, reason=None, line_ids=chosen
            )
            return [self.memory.replace(new), *actions]

        self.done(work)

    @rule(data=st.data(), came=st.booleans())
    def deliver(self, data, came):
        verb = use_cases.line_completed if came else use_cases.line_no_show
        self.done(lambda: verb(self.memory.ports, "ord_1", self.some(data).id, self.now))

    @rule(data=st.data(), share=st.integers(1, 4))
    def give_back(self, data, share):
        line, step = self.some(data), payable_step(self.order.currency)
        part = line.kept // share // step * step
        if part > 0:
            self.done(lambda: use_cases.giving(self.memory.ports, self.order, {line.id: part}, self.now)[1])

    @rule(data=st.data(), share=st.integers(1, 4))
    def the_platform_takes_its_addition_back(self, data, share):
        line = self.some(data)
        if line.subsidy and not line.paid:
            part = -(-line.subsidy // share)
            self.done(lambda: given_or_added(self.memory.ports, self.order, {line.id: part}, self.now, None)[1])

    @rule(amount=st.integers(1, 40_000))
    def bank_takes(self, amount):
        self.number += 1
        dispute = f"dis_{self.number}"
        parts, of_merchant, actions = use_cases.bank_took(
            self.memory.ports, "ord_1", "pay_1", amount, dispute, self.now
        )
        self.memory.commit(actions)
        self.bank_has += sum(parts.values()) - of_merchant
        if parts:
            self.bank.append((dispute, parts))
            self.taken_by_bank.update(parts)

    @rule()
    def bank_gives(self):
        if self.bank:
            dispute, parts = self.bank.pop()
            of_merchant, actions = use_cases.bank_gave(self.memory.ports, "ord_1", parts, dispute, self.now)
            self.memory.commit(actions)
            self.bank_has -= sum(parts.values()) - of_merchant
            self.taken_by_bank.subtract(parts)

    @rule(data=st.data(), price=st.integers(0, 4_000))
    def the_shop_changes_the_price(self, data, price):
        line, currency = self.some(data), self.order.currency
        money = Money(price * 10 * payable_step(currency), currency)
        change = lambda old: replace(old, price=money)  # noqa: E731
        self.done(lambda: use_cases.line_changed(self.memory.ports, "ord_1", line.id, change, self.now))

    @rule(minutes=st.sampled_from([30, 400]))
    def time_goes_by(self, minutes):
        self.now += timedelta(minutes=minutes)

    def asked_back(self):
        return sum(one.payload["amount"] for one in self.memory.messages if one.type == "order.refund_due")

    @invariant()
    def it_adds_up(self):
        order = self.order
        gone = self.asked_back() + sum(self.taken_by_bank.values())
        assert 0 <= gone <= self.total  # nobody gets more back than was paid
        # What was paid less what went back is what is kept, line by line and together.
        assert self.total - gone == sum(line.kept for line in order.lines)
        for line in order.lines:
            assert 0 <= line.kept <= line.paid
            merchants = sum(part.merchant for part in line.discounts)
            assert line.gross == line.net + line.by_platform + merchants  # customer, platform, merchant
            assert 0 <= line.discount <= line.gross
            assert all(0 <= part.platform <= part.amount for part in line.discounts)
            assert 0 <= line.subsidy <= line.by_platform
            if line.state in {LineState.CONFIRMED, LineState.COMPLETED}:
                assert line.by_platform <= self.subsidies[line.id]  # whatever happens, the platform adds no more
            mine = [due for due in self.memory.dues.values() if due.line_id == line.id]
            ended = line.state in {LineState.COMPLETED, LineState.NO_SHOW, LineState.CANCELLED, LineState.REFUNDED}
            if ended:
                total = sums(mine)
                assert (total.gross, total.platform_discount) == (line.kept, line.subsidy)
                assert total.payable >= 0
                assert total.payable + total.commission + total.fixed_fee + total.tax == line.kept + line.subsidy
        for due in self.memory.dues.values():
            assert sum(entry.amount for entry in due.entries()) == 0
        assert order.discount == sum(line.discount for line in order.lines)

    @invariant()
    def what_is_held_is_of_lines_that_are_not_over(self):
        """Once everything is settled that fell due."""
        asked = [one.payload for one in self.memory.messages if one.type == "order.refund_due"]
        went = sum(one["amount"] - one.get("of_merchant", 0) for one in asked) + self.bank_has
        due = sum(due.gross for due in self.memory.dues.values() if due.kind not in OTHERS_MONEY)
        open_ = (LineState.CONFIRMED, LineState.REFUNDING)
        assert self.total - went - due == sum(line.kept for line in self.order.lines if line.state in open_)

    def teardown(self):
        """Everything is given back: nothing is left with anybody, but for what nobody had paid anything for."""
        if not hasattr(self, "total"):
            return
        while self.bank:
            self.bank_gives()
        arrived = set()
        for message in self.memory.messages:
            if message.type == "order.refund_due" and message.payload["reason"] not in arrived:
                self.arrives(message)
                arrived.add(message.payload["reason"])
        if self.order.payment_id is None:
            return
        for line in self.order.lines:
            if line.kept:
                assert self.done(
                    lambda line=line: use_cases.giving(self.memory.ports, self.order, {line.id: line.kept}, self.now)[1]
                )
        self.it_adds_up()
        assert self.asked_back() == self.total
        for line in self.order.lines:
            mine = [due for due in self.memory.dues.values() if due.line_id == line.id]
            if line.paid:
                assert sums(mine) == Sums(lines=len(mine))

    def arrives(self, message):
        said = message.payload
        actions = use_cases.refunded(
            self.memory.ports, "ord_1", Money(said["amount"], self.order.currency), self.now,
            payment_id=said["payment_id"], reason=said["reason"],
        )  # fmt: skip
        self.memory.commit(actions)


def test_the_parts_add_up_whatever_goes_back(record_property):
    checked = settings(
        max_examples=LIVES, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck)
    )
    run_state_machine_as_test(Discounted, settings=checked)
    record_property("discounts", f"{LIVES} orders refunded")


def test_discounts_are_never_more_than_a_line_that_became_cheaper_costs():
    parts = (Part("cpn_1", 300, 100), Part("cpn_2", 100, 100))
    line = Line("l", "booking", "b", "s", "m", "x", Money(200, "CNY"), Policy(0, 0), discounts=parts)
    cut = within_price(line)
    assert (cut.net, cut.discounts) == (0, (Part("cpn_1", 150, 50), Part("cpn_2", 50, 50)))
    assert within_price(replace(line, price=Money(400, "CNY"))).discounts == parts


def test_a_coupon_of_which_rounding_leaves_nothing_is_gone_and_the_line_can_become_cheaper_again():
    parts = (Part("cpn_1", 1, 1), Part("cpn_2", 100, 100))
    line = Line("l", "booking", "b", "s", "m", "x", Money(50, "JPY"), Policy(0, 0), discounts=parts)
    cut = within_price(line)
    assert cut.discounts == (Part("cpn_2", 50, 50),)
    assert within_price(replace(cut, price=Money(20, "JPY"))).discounts == (Part("cpn_2", 20, 20),)
