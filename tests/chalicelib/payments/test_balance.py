"""What a customer has with the platform: given, paid with, given back; never below zero."""

from threading import Thread

import pytest

from chalicelib import wiring
from tests.api import ADMIN, CUSTOMER, MERCHANT, call
from tests.chalicelib.payments.flow import cancel, complete, pay, sheet, state, work
from tests.world import hold, open_shop

GIFTS, MINE = "/v1/admin/customers/{customer_id}/gifts", "/v1/me/money"


def give(amount, actor=ADMIN, **more):
    body = {"amount": {"amount": amount, "currency": "CNY"}, "reason": "新年礼"}
    return call("POST", GIFTS, actor=actor, body=body, customer_id=CUSTOMER.account_id, **more)


def mine():
    return {one["currency"]: one["amount"] for one in call("GET", MINE, actor=CUSTOMER).json["items"]}


def test_a_gift_pays_an_order_at_once(provider, clock):
    assert give(15_000).status == 201
    order = hold(open_shop())
    answer = pay(order, "balance")
    assert (answer.status, answer.json["state"]) == (201, "succeeded")
    assert state(order) == "confirmed"
    assert mine() == {"CNY": 5_000}
    assert sheet() == {"customers:balance": -5_000, "platform:gifts": 15_000, "customers:held": -10_000}
    complete(order, clock)
    assert call("GET", "/v1/admin/audit", actor=ADMIN, query={"object": "account:acc_customer"}).json["items"]


def test_what_does_not_cover_it_pays_nothing(provider):
    give(9_999)
    order = hold(open_shop())
    answer = pay(order, "balance")
    assert (answer.status, answer.json["code"]) == (409, "overdrawn")
    assert state(order) == "held"
    assert mine() == {"CNY": 9_999}
    assert pay(order).status == 201  # by card instead


def test_it_goes_back_to_the_balance(provider):
    give(10_000)
    order = hold(open_shop(), hours=72)
    pay(order, "balance")
    cancel(order)
    assert work("order.refund_due") == 0
    assert state(order) == "refunded"
    assert mine() == {"CNY": 10_000}


def test_a_repeat_gives_and_pays_once(provider):
    for _ in range(2):
        assert give(20_000, key="one-gift-only").status == 201
    order = hold(open_shop())
    first, second = (pay(order, "balance", key="pays-it-once") for _ in range(2))
    assert first.json == second.json
    assert mine() == {"CNY": 10_000}


def test_only_the_platform_gives(provider):
    assert give(1, actor=MERCHANT).status == 403
    assert give(0).status == 422


@pytest.mark.store
def test_two_orders_at_once_do_not_spend_it_twice(provider, clock):
    give(10_000)
    shop = open_shop(staff=4)
    orders = [hold(shop) for _ in range(4)]
    statuses = []

    def spend(order):
        statuses.append(pay(order, "balance").status)

    threads = [Thread(target=spend, args=(order,)) for order in orders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [201, 409, 409, 409]
    assert mine() == {}
    assert wiring.ledger().store.balances("customer:acc_customer") == {"CNY": 0}
