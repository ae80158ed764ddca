"""One Idempotency-Key, and what comes of it where the first request was refused or has long been answered; and what
customers are told of a payment that only a person can sort out.
"""

from dataclasses import replace
from unittest.mock import Mock

import pytest
from botocore.exceptions import ClientError
from pynamodb.exceptions import PutError

from chalicelib import wiring
from chalicelib.kit.idempotency_store import OnceRow
from chalicelib.kit.money import Money
from chalicelib.payments.rules import Method, PaymentState
from tests.api import ADMIN, CUSTOMER, OTHER, call
from tests.chalicelib.payments.flow import pay, row, sheet, state
from tests.fakes.provider import FakeProvider
from tests.world import hold, open_shop


@pytest.fixture
def wallet(provider, clock, monkeypatch):
    """A second provider, which takes WeChat Pay."""
    fake = FakeProvider(now=clock.now)
    known = wiring.payments()
    ports = replace(
        known,
        providers={**known.providers, "wechat": fake},
        via={**known.via, Method.WECHAT_PAY: "wechat"},
    )
    monkeypatch.setattr(wiring, "payments", lambda: ports)
    return fake


@pytest.mark.parametrize("trouble", ["refusing", "silent"])
def test_another_way_to_pay_under_the_key_of_one_that_came_to_nothing_is_a_payment_of_its_own(
    provider, wallet, trouble
):
    order = hold(open_shop(), hours=72)
    setattr(provider, trouble, 1)
    assert pay(order, "card", key="one-key-for-all").status in {409, 503}
    made = pay(order, "wechat_pay", key="one-key-for-all")
    assert made.status == 201, made.text
    assert (row(made).provider, row(made).method) == ("wechat", "wechat_pay")
    wallet.customer_pays(row(made).charge_ref)
    looked = call(
        "GET", "/v1/orders/{order_id}/payments/{payment_id}", actor=CUSTOMER,
        order_id=order["id"], payment_id=made.json["id"],
    )  # fmt: skip
    assert looked.json["state"] == PaymentState.SUCCEEDED
    assert state(order) == "confirmed"


def test_a_payment_that_the_database_did_not_take_can_be_repeated_at_once(provider, monkeypatch):
    order, real = hold(open_shop(), hours=72), wiring.payments()
    throttled = ClientError({"Error": {"Code": "ThrottlingException"}}, "PutItem")
    with monkeypatch.context() as patched:
        patched.setattr(type(real.store), "open", Mock(side_effect=PutError("throttled", throttled)))
        refused = pay(order, key="one-key-for-all")
    assert (refused.status, refused.json["code"]) == (503, "temporarily-unavailable")
    assert pay(order, key="one-key-for-all").status == 201


FREEZES = "/v1/admin/risk/freezes"


def test_who_looks_at_a_payment_of_which_another_amount_arrived_is_told_how_it_stands(provider):
    order = hold(open_shop(), hours=72)
    made = pay(order)
    ref, path = row(made).charge_ref, {"order_id": order["id"], "payment_id": made.json["id"]}
    for received in (Money(1, "CNY"), Money(10_000, "JPY")):
        provider.charges[ref] = replace(provider.charges[ref], state=PaymentState.SUCCEEDED, received=received)
        looked = call("GET", "/v1/orders/{order_id}/payments/{payment_id}", actor=CUSTOMER, **path)
        assert (looked.status, looked.json["state"]) == (200, "created")
    assert state(order) == "held"


GIFTS = "/v1/admin/customers/{customer_id}/gifts"


def give(customer="acc_customer", actor=ADMIN, **more):
    body = {"amount": {"amount": 500, "currency": "CNY"}, "reason": "抱歉"}
    return call("POST", GIFTS, actor=actor, body=body, customer_id=customer, **more)


def test_a_gift_that_is_repeated_when_its_answer_is_forgotten_is_the_same_gift(clock):
    assert give(key="one-gift-only").status == 201
    for row_ in OnceRow.scan():  # a day later
        row_.delete()
    assert give(key="one-gift-only").status == 201
    assert give("acc_other", key="one-gift-only").status == 201
    for actor in (CUSTOMER, OTHER):
        assert call("GET", "/v1/me/money", actor=actor).json["items"] == [{"amount": 500, "currency": "CNY"}]


def test_no_admin_gives_themselves_a_balance(clock):
    assert give(ADMIN.account_id).status == 403
    assert sheet() == {}


def test_a_payment_whose_answers_were_lost_is_not_one_too_many(provider, clock):
    """50 000.00 a day are let through, and eight in ten minutes: ten times the same 9 000.00 is neither."""
    order = hold(open_shop(price=900_000), hours=72)
    for _ in range(9):
        provider.silent = 1
        assert pay(order, key="one-key-for-all").status == 503
    assert pay(order, key="one-key-for-all").status == 201
    assert len(provider.charges) == 1


def test_who_is_frozen_cannot_repeat_a_payment_whose_answer_was_lost(provider, clock):
    order = hold(open_shop(), hours=72)
    provider.silent = 1
    assert pay(order, key="one-key-for-all").status == 503
    frozen = call("POST", FREEZES, actor=ADMIN, body={"subject": "account:acc_customer", "reason": "盗卡"})
    assert frozen.status == 200, frozen.text
    assert pay(order, key="one-key-for-all").json["code"] == "session-over"
    again = replace(CUSTOMER, session_id="ses_after")
    assert pay(order, key="one-key-for-all", actor=again).json["code"] == "account-frozen"
