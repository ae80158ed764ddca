"""One Idempotency-Key, and what comes of it where the first request was refused or has long been answered."""

from dataclasses import replace

import pytest

from chalicelib import wiring
from chalicelib.kit.idempotency_store import OnceRow
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
