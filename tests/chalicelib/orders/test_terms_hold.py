"""What is bought with a coupon and called off, or altered by the shop, over real tables: the order, its dues, the books."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib import wiring
from chalicelib.coupons.ports import Conditions, Terms, Tier
from chalicelib.kit.dynamo import meter
from chalicelib.kit.money import Money
from chalicelib.kit.transaction import retrying
from chalicelib.ledger.ports import HELD, REFUNDS
from chalicelib.ledger.rules import moved
from chalicelib.orders import use_cases
from chalicelib.reconciliation.rules.orders import differences
from chalicelib.settlement.ports import DueKind
from tests.api import ADMIN, CUSTOMER, MERCHANT, call, present
from tests.chalicelib.orders.world import LATER, NOW, OFFERING, World, once, refunds
from tests.emulators import DYNOXIDE

QUOTE, REFUND = "/v1/orders/{order_id}/cancel-quote", "/v1/orders/{order_id}/refunds"


@pytest.fixture
def world(tables, monkeypatch):
    made = World()
    made.kind.merchant_id = MERCHANT.account_id
    monkeypatch.setattr(wiring, "orders", lambda: made.ports)
    return made


def from_200(world, **said):
    """A coupon of the platform for orders of two lines."""
    return world.coupon(minimum_spend=20_000, amount_off=6_000, **said)


def two_lines(world, coupon):
    return world.bought(LATER, LATER + timedelta(hours=2), coupon_ids=[coupon.id])


def money_differs(order):
    """What reconciliation finds, once the refunds that the order asked for are asked of the provider."""
    posted = [moved(f"capture:{order.payment_id}", order.money, NOW, debit="provider:stripe", credit=HELD)]
    back = Money(sum(line.refund for line in order.lines), order.currency)
    posted.append(moved("refund-pending:ref_1", back, NOW, debit=HELD, credit=REFUNDS))
    posted = [replace(one, order_id=order.id, payment_id=order.payment_id) for one in posted]
    dues = {due.id: due for due in wiring.settlement().store.waiting_of(MERCHANT.account_id)}
    return [one.about for one in differences(order, posted, dues)]


@pytest.mark.store
def test_who_calls_lines_off_is_told_before_what_the_coupon_takes_back(world):
    coupon = from_200(world)
    order = two_lines(world, coupon)
    world.deliver(order, order.lines[0])
    gone = order.lines[1]
    said = {"body": {"line_ids": [gone.id]}, "order_id": order.id, "actor": CUSTOMER}
    present(CUSTOMER)
    with meter.measure() as usage:
        quoted = call("POST", QUOTE, headers={"Accept-Language": "zh-CN"}, **said)
    assert (quoted.status, usage.write_units) == (200, 0)
    assert quoted.json["refund"] == {"amount": 4_000, "currency": "CNY"}
    assert [(one["line_id"], one["refund"]["amount"], one["fee"]["amount"]) for one in quoted.json["lines"]] == [
        (gone.id, 4_000, 0)
    ]
    [back] = quoted.json["taken_back"]
    assert (back["coupon_id"], back["amount"]["amount"]) == (coupon.id, 3_000)
    assert back["words"] == "保留的项目未达到该优惠券的使用门槛，需补回相应优惠金额。"
    assert call("POST", QUOTE, **said).json["taken_back"][0]["words"].startswith("What you keep does not reach")
    world.cancel(order, lines=[gone])
    stands = world.read(order)
    assert [line.refund for line in stands.lines] == [0, 4_000]
    assert world.coupon_state(coupon) == "issued"  # nothing was taken off any more
    dues = {due.kind: (due.gross, due.platform_discount) for due in world.waiting(MERCHANT.account_id)}
    assert dues == {DueKind.SERVICE: (7_000, 3_000), DueKind.COUPON: (3_000, -3_000)}
    assert money_differs(stands) == []
    world.refund(stands, 4_000)
    assert [line.state for line in world.read(order).lines] == ["completed", "refunded"]


def test_a_quote_of_what_is_held_or_over_and_of_nobodys(world):
    order = world.hold(LATER)
    quoted = call("POST", QUOTE, actor=CUSTOMER, body={}, order_id=order.id)
    assert (quoted.status, quoted.json["refund"]["amount"], quoted.json["taken_back"]) == (200, 0, [])
    assert quoted.json["lines"][0]["fee"]["amount"] == 0
    assert world.read(order).state == "held"
    wrong = call("POST", QUOTE, actor=CUSTOMER, body={"line_ids": ["lin_none"]}, order_id=order.id)
    assert wrong.status in {404, 422}
    world.cancel(order)
    assert call("POST", QUOTE, actor=CUSTOMER, body={}, order_id=order.id).status == 409
    late = world.bought(LATER)
    world.clock.move(hours=23)
    quoted = call("POST", QUOTE, actor=CUSTOMER, body={}, order_id=late.id).json
    assert (quoted["refund"]["amount"], quoted["lines"][0]["fee"]["amount"]) == (7_000, 3_000)


@pytest.mark.parametrize("steps", [[[0, 1]], [[0], [1]]])
def test_a_coupon_whose_lines_are_called_off_comes_back_in_one_step_or_two(world, steps):
    coupon = from_200(world, conditions=Conditions(offering_ids=(OFFERING,)))
    wishes = [world.wish(), world.wish(LATER + timedelta(hours=2)), world.wish(offering=OFFERING.replace("1", "2"))]
    order = use_cases.hold(world.ports, CUSTOMER, wishes, [coupon.id], once())
    assert world.pay(order).fulfilled
    order = world.read(order)
    for step in steps:
        world.cancel(order, lines=[order.lines[n] for n in step])
    stands = world.read(order)
    assert (sum(line.refund for line in stands.lines), stands.lines[2].state) == (14_000, "confirmed")
    assert world.coupon_state(coupon) == "issued"


def test_what_the_shop_calls_off_gives_the_coupon_back_whatever_the_customer_called_off_late_before(world):
    coupon = from_200(world)
    order = two_lines(world, coupon)
    world.clock.move(hours=23)
    world.cancel(order, lines=order.lines[:1])
    assert world.read(order).lines[0].kept > 0
    world.cancel(order, actor=MERCHANT, lines=order.lines[1:])
    assert world.coupon_state(coupon) == "issued"


def test_what_was_called_off_while_a_bank_had_the_money_brings_back_no_more(world):
    """The customer disputes the payment, calls a line off, and loses the dispute: the coupon's terms held meanwhile."""
    order = two_lines(world, from_200(world))
    world.deliver(order, order.lines[0])
    ports, now, payment = world.ports, world.clock.now(), order.payment_id
    parts, of_merchant, actions = use_cases.bank_took(ports, order.id, payment, 14_000, "dis_1", now)
    assert of_merchant == 7_000
    ports.committer.commit(actions)
    world.cancel(order, lines=order.lines[1:])
    assert refunds() == []
    came, actions = use_cases.bank_gave(ports, order.id, parts, "dis_1", now)
    ports.committer.commit(actions)
    assert (came, [amount for _, amount, _ in refunds()]) == (7_000, [4_000])  # as without a dispute
    stands = world.read(order)
    assert [(line.kept, line.subsidy, line.refund) for line in stands.lines] == [(10_000, 0, 0), (0, 0, 0)]
    dues = [(due.kind, due.gross, due.platform_discount) for due in world.waiting(MERCHANT.account_id)]
    assert sorted(dues) == [
        (DueKind.COUPON, 3_000, -3_000), (DueKind.DISPUTE, -7_000, -3_000), (DueKind.DISPUTE_RETURNED, 7_000, 3_000),
        (DueKind.SERVICE, 7_000, 3_000),
    ]  # fmt: skip
    world.refund(stands, 4_000, reason="given-back-2")
    assert world.read(order).open == ()


def test_what_the_shop_calls_off_it_bears(world):
    coupon = from_200(world)
    order = two_lines(world, coupon)
    world.deliver(order, order.lines[0])
    world.cancel(order, actor=MERCHANT, lines=order.lines[1:])
    stands = world.read(order)
    assert [(line.refund, line.discount, line.by_platform) for line in stands.lines] == [
        (0, 3_000, 0), (7_000, 3_000, 3_000),
    ]  # fmt: skip
    assert world.coupon_state(coupon) == "used"  # the customer still has it
    dues = {due.kind: (due.gross, due.platform_discount) for due in world.waiting(MERCHANT.account_id)}
    assert dues == {DueKind.SERVICE: (7_000, 3_000), DueKind.COUPON: (0, -3_000)}
    assert money_differs(stands) == []


def test_what_the_shop_makes_cheaper_keeps_its_share(world):
    order = two_lines(world, from_200(world))

    def attempt():
        line = order.lines[1].id
        change = lambda old: replace(old, price=Money(5_000, "CNY"))  # noqa: E731
        world.ports.committer.commit(use_cases.line_changed(world.ports, order.id, line, change, world.clock.now()))

    retrying(attempt)
    stands = world.read(order)
    assert [(line.discount, line.by_platform, line.paid, line.altered) for line in stands.lines] == [
        (3_000, 0, 7_000, False), (1_500, 0, 3_500, True),
    ]  # fmt: skip
    for line in stands.lines:
        world.deliver(stands, line)
    assert sum(due.gross for due in world.waiting(MERCHANT.account_id)) == 10_500
    assert {due.platform_discount for due in world.waiting(MERCHANT.account_id)} == {0}


def test_what_the_shop_made_cheaper_counts_as_it_was_sold(world):
    """By a little less for one line nobody is to lose what they have on another."""
    hours = [LATER + timedelta(hours=n) for n in (0, 2, 4)]
    order = world.bought(*hours, coupon_ids=[from_200(world).id])

    def attempt():
        change = lambda old: replace(old, price=Money(9_990, "CNY"))  # noqa: E731
        now = world.clock.now()
        world.ports.committer.commit(use_cases.line_changed(world.ports, order.id, order.lines[0].id, change, now))

    retrying(attempt)
    world.cancel(order, lines=order.lines[1:2])
    stands = world.read(order)
    assert [(line.net, line.refund, line.by_platform) for line in stands.lines] == [
        (7_990, 0, 0), (8_000, 8_000, 2_000), (8_000, 0, 0),
    ]  # fmt: skip


def test_a_version_that_knows_no_corrections_writes_the_order_in_between(world):
    """As while a new one is tried: what it does not know it drops, and what was corrected can be so again."""
    tiers = (Tier(20_000, 2_000), Tier(30_000, 9_000))
    hours = [LATER + timedelta(hours=n) for n in (0, 2, 4)]
    order = world.bought(*hours, coupon_ids=[world.coupon(terms=Terms("CNY", tiers=tiers)).id])
    world.deliver(order, order.lines[0])
    for number in (1, 2):
        world.cancel(order, lines=[order.lines[number]])
        stands = world.read(order)
        lines = tuple(replace(line, corrections=0) for line in stands.lines)
        world.ports.committer.commit(
            [world.ports.store.replace(replace(stands, lines=lines, version=stands.version + 1))]
        )
    stands = world.read(order)
    assert (stands.lines[0].kept, stands.lines[0].subsidy) == (10_000, 0)
    assert sum(due.gross for due in world.waiting(MERCHANT.account_id)) == 10_000
    assert money_differs(stands) == []


def test_what_the_platform_added_to_what_nothing_was_paid_for_goes_back_to_it(world):
    order = world.hold(coupon_id=world.coupon(amount_off=10_000).id)
    [line] = order.lines
    assert (order.state, order.total, order.payment_id) == ("confirmed", 0, None)
    world.deliver(order, line)
    said = {"body": {"lines": [{"line_id": line.id, "amount": 10_000}], "reason": "没有来"}, "order_id": order.id}
    assert call("POST", REFUND, actor=CUSTOMER, **said).status == 403
    given = call("POST", REFUND, actor=ADMIN, **said)
    assert (given.status, given.json["refunded"]["amount"], given.json["reason"]) == (201, 0, "没有来")
    assert given.json["lines"][0]["discounts"][0]["by_merchant"]["amount"] == 10_000
    dues = {due.kind: (due.gross, due.platform_discount) for due in world.waiting(MERCHANT.account_id)}
    assert dues == {DueKind.SERVICE: (0, 10_000), DueKind.COUPON: (0, -10_000)}
    assert sum(due.payable for due in world.waiting(MERCHANT.account_id)) == 0
    again = call("POST", REFUND, actor=ADMIN, **said)
    assert (again.status, again.json["code"]) == (409, "order-state")


def test_what_it_costs_that_terms_hold(world, tables):
    if tables.name != DYNOXIDE:
        pytest.skip("only dynoxide tells consumed capacity right")
    plain, of_both = (world.bought(LATER + timedelta(hours=n), LATER + timedelta(hours=n + 1)) for n in (0, 4))
    coupon = world.coupon(amount_off=6_000)
    order = world.bought(LATER + timedelta(hours=8), LATER + timedelta(hours=9), coupon_ids=[coupon.id])
    costs = []
    for one in (plain, order):
        with meter.measure() as usage:
            world.cancel(one, lines=one.lines[1:])
        costs.append((usage.requests, usage.read_units))
    assert tuple(b - a for a, b in zip(*costs, strict=True)) == (1, 1)  # the coupon
    with meter.measure() as usage:
        change = lambda old: replace(old, starts_at=LATER + timedelta(days=2))  # noqa: E731
        use_cases.line_changed(world.ports, order.id, order.lines[0].id, change, world.clock.now())
        use_cases.line_changed(world.ports, of_both.id, of_both.lines[0].id, change, world.clock.now())
    assert usage.requests == 3  # both orders, and the coupon
