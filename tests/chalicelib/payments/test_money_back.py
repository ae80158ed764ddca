"""Money of lines goes back: in part and in full, several times, before the end, after settlement; and what fails."""

import random
from dataclasses import replace

import pytest

from chalicelib import wiring
from chalicelib.kit.money import fee
from chalicelib.payments.rules import RefundState
from chalicelib.settlement import use_cases as settlement
from tests.api import ADMIN, CUSTOMER, MERCHANT, OTHER, call, told
from tests.chalicelib.payments.flow import cancel, complete, notice, paid, sheet, state, work
from tests.world import hold, open_shop

BACK = "/v1/orders/{order_id}/refunds"
AGAIN = "/v1/admin/refunds/{refund_id}/again"
MONEY = "/v1/admin/orders/{order_id}/money"


def back(order, amount, actor=MERCHANT, line=0, **more):
    lines = [{"line_id": order["lines"][line]["id"], "amount": amount}]
    return call("POST", BACK, actor=actor, body={"lines": lines, "reason": "迟到"}, order_id=order["id"], **more)


def settle(clock):
    clock.move(days=3)
    settlement.settle(wiring.settlement(), clock.now())


def owed():
    return sum(one.settled for one in settlement.balance(wiring.settlement(), MERCHANT))


def even():
    assert sum(sheet().values()) == 0
    return {account: amount for account, amount in sheet().items() if amount}


def test_a_part_goes_back_before_the_service_and_the_merchant_earns_the_rest(provider, clock):
    order = hold(open_shop())
    paid(provider, order)
    answer = back(order, 2_000)
    assert (answer.status, answer.json["lines"][0]["given_back"]["amount"]) == (201, 2_000)
    assert work("order.refund_due") == 0
    assert even() == {"provider:stripe": 8_000, "customers:held": -8_000}
    complete(order, clock)
    settle(clock)
    assert owed() == 8_000 - fee(8_000, 800)


@pytest.mark.parametrize("settled", [False, True])
def test_what_goes_back_after_the_service_is_the_merchants(provider, clock, settled):
    order = hold(open_shop())
    paid(provider, order)
    complete(order, clock)
    if settled:
        settle(clock)
    assert back(order, 4_000).status == 201
    work("order.refund_due")
    if settled:
        assert even()["merchants:clawback"] == 4_000
    settle(clock)
    assert owed() == 6_000 - fee(6_000, 800)
    assert back(order, 6_000).status == 201
    work("order.refund_due")
    settle(clock)
    assert owed() == 0
    assert even() == {}
    assert state(order) == "completed"


@pytest.mark.parametrize("seed", range(3))
def test_many_small_refunds_leave_the_fee_of_what_remains(provider, clock, seed):
    chance = random.Random(seed)
    order = hold(open_shop(price=9_999))
    paid(provider, order)
    complete(order, clock)
    left = 9_999
    for _ in range(6):
        part = chance.randint(1, left // 3)
        assert back(order, part).status == 201
        left -= part
        if chance.random() < 0.5:
            work("order.refund_due")
            settle(clock)
    work("order.refund_due")
    settle(clock)
    assert owed() == left - fee(left, 800)
    assert even()["provider:stripe"] == left
    assert even()["platform:commission"] == -fee(left, 800)


def test_a_refund_after_all_was_paid_out_leaves_a_debt_that_is_netted(provider, clock):
    shop = open_shop()
    order = hold(shop)
    paid(provider, order)
    complete(order, clock)
    settle(clock)
    ports = wiring.ledger()
    from chalicelib.kit.money import Money
    from chalicelib.ledger.ports import moved

    out = moved("payout:x", Money(9_200, "CNY"), clock.now(), debit=f"merchant:{MERCHANT.account_id}",
                credit="payouts:pending", covered=True)  # fmt: skip
    ports.committer.commit(ports.store.post(out))
    back(order, 10_000)
    work("order.refund_due")
    settle(clock)
    assert owed() == -9_200
    other = hold(shop)
    paid(provider, other)
    complete(other, clock)
    settle(clock)
    assert owed() == 0


def test_more_than_is_left_is_refused_and_nothing_happens(provider, clock):
    order = hold(open_shop())
    paid(provider, order)
    assert back(order, 7_000).status == 201
    refused = back(order, 3_001)
    assert (refused.status, refused.json["code"]) == (409, "nothing-left")
    assert back(order, 3_000).status == 201
    assert work("order.refund_due") == 0
    assert even() == {}
    # What is cancelled now has nothing left to bring back.
    assert cancel(order).json["state"] == "cancelled"
    assert not told("order.refund_due")


def test_cancelling_brings_back_what_is_left(provider):
    order = hold(open_shop(), hours=72)
    paid(provider, order)
    back(order, 1_000)
    cancel(order)
    assert work("order.refund_due") == 0
    assert even() == {}
    assert state(order) == "refunded"


def test_who_may_give_back_and_what(provider):
    order = hold(open_shop())
    assert back(order, 100).json["code"] == "order-state"  # nothing was paid
    paid(provider, order)
    assert back(order, 100, actor=OTHER).status == 404
    assert back(order, 100, actor=CUSTOMER).status == 403
    assert back(order, 100, actor=ADMIN).status == 201
    assert back(order, 0).status == 422
    unknown = {"lines": [{"line_id": "lin_00000000000000000000000000", "amount": 1}]}
    assert call("POST", BACK, actor=MERCHANT, body=unknown, order_id=order["id"]).status == 404
    first, second = (back(order, 300, key="the-same-key") for _ in range(2))
    assert first.json == second.json
    assert len(told("order.refund_due")) == 2


def test_yen_and_dinars(provider, clock):
    for currency, price, part in (("JPY", 777, 111), ("KWD", 10_000, 2_510)):
        order = hold(open_shop(price=price, currency=currency))
        paid(provider, order)
        complete(order, clock)
        assert back(order, part).status == 201
        work("order.refund_due")
        settle(clock)
        left = price - part
        books = {account: amount for account, amount in sheet(currency).items() if amount}
        assert books["merchants:payable"] == -(left - fee(left, 800))
        assert books["provider:stripe"] == left
    dinars = hold(open_shop(price=10_000, currency="KWD"), hours=48)
    paid(provider, dinars)
    assert back(dinars, 2_511).json["code"] == "nothing-left"  # nobody pays a single thousandth


def test_a_refund_that_fails_is_held_and_tried_again_once(provider, clock):
    order = hold(open_shop(), hours=72)
    paid(provider, order)
    provider.refund_outcome = RefundState.PENDING
    cancel(order)
    work("order.refund_due")
    (pending,) = wiring.payments().store.refunds_of(order["id"])
    provider.refund_becomes(pending.refund_ref, RefundState.FAILED)
    notice(pending.refund_ref, "refund")
    assert even() == {"provider:stripe": 10_000, "customers:held": -10_000}
    assert state(order) == "refunding"
    provider.refund_outcome = RefundState.SUCCEEDED
    why, path = {"reason": "新卡"}, {"refund_id": pending.id}
    answer = call("POST", AGAIN, actor=ADMIN, body=why, **path)
    assert (answer.status, answer.json["state"]) == (201, "succeeded")
    assert even() == {}
    assert state(order) == "refunded"
    assert call("POST", AGAIN, actor=ADMIN, body=why, **path).json["code"] == "refund-not-failed"
    assert call("POST", AGAIN, actor=ADMIN, body=why, refund_id="ref_none").status == 404
    assert call("POST", AGAIN, actor=MERCHANT, body=why, **path).status == 403
    noted = call("GET", "/v1/admin/audit", actor=ADMIN, query={"object": f"refund:{pending.id}"}).json["items"]
    assert [one["action"] for one in noted] == ["payments.refund_again"]
    money = call("GET", MONEY, actor=ADMIN, order_id=order["id"]).json
    assert sorted(one["state"] for one in money["refunds"]) == ["failed", "succeeded"]


def test_what_reached_the_customer_and_came_back_is_held_for_them(provider, clock):
    order = hold(open_shop())
    paid(provider, order)
    complete(order, clock)
    back(order, 10_000)
    work("order.refund_due")
    (done,) = wiring.payments().store.refunds_of(order["id"])
    provider.refund_becomes(done.refund_ref, RefundState.FAILED)
    notice(done.refund_ref, "refund")
    settle(clock)
    assert even() == {"provider:stripe": 10_000, "customers:held": -10_000}
    assert owed() == 0


def test_giving_back_leaves_a_trace_and_admins_never_give_to_themselves(provider):
    order = hold(open_shop())
    paid(provider, order)
    assert back(order, 100, actor=ADMIN).status == 201
    assert back(order, 200).status == 201
    noted = call("GET", "/v1/admin/audit", actor=ADMIN, query={"object": f"order:{order['id']}"}).json["items"]
    assert [(one["actor_id"], one["details"]) for one in noted] == [
        (MERCHANT.account_id, {"amount": 200}),
        (ADMIN.account_id, {"amount": 100}),
    ]
    assert {one["action"] for one in noted} == {"orders.give_back"}
    itself = replace(CUSTOMER, roles=frozenset({*CUSTOMER.roles, *ADMIN.roles}))
    assert back(order, 100, actor=itself).status == 403
