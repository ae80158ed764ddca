"""Acting as a customer: a reason, a trace, and less than they may."""

import pytest

from chalicelib import wiring
from chalicelib.kit.auth import Actor, Role
from tests.api import ADMIN, CUSTOMER, MERCHANT, call, present
from tests.world import hold, open_shop, wish

AGENT = Actor("acc_agent", frozenset({Role.SUPPORT}), "ses_agent", methods=("sms", "otp"))
WHY = {"customer_id": CUSTOMER.account_id, "reason": "Asked on the phone."}


@pytest.fixture
def acting(tables):
    present(CUSTOMER)
    made = call("POST", "/v1/admin/acting", actor=AGENT, body=WHY)
    assert made.status == 200, made.text
    return {"Authorization": f"Bearer {made.json['access_token']}"}


def entries(of):
    found = call("GET", "/v1/admin/audit", actor=ADMIN, query={"object": of}).json["items"]
    return [(one["actor_id"], one["action"], one["reason"]) for one in found]


def test_support_cancels_for_a_customer_and_each_request_is_written_down(acting):
    order = hold(open_shop())
    assert call("GET", "/v1/orders/{order_id}", headers=acting, order_id=order["id"]).status == 200
    gone = call("POST", "/v1/orders/{order_id}/cancel", headers=acting, body={}, order_id=order["id"])
    assert gone.json["state"] == "cancelled"
    account = f"account:{CUSTOMER.account_id}"
    assert sorted(entries(account)) == [
        ("acc_agent", "support.act", "Asked on the phone."),
        ("acc_agent", "support.request", ""),
        ("acc_agent", "support.request", ""),
    ]
    found = call("GET", "/v1/admin/audit", actor=ADMIN, query={"actor": "acc_agent"}).json["items"]
    assert sum(f"/v1/orders/{order['id']}" in one["details"].get("request", "") for one in found) == 2


@pytest.mark.parametrize(
    ("method", "route"),
    [
        ("GET", "/v1/me"),
        ("GET", "/v1/me/sessions"),
        ("GET", "/v1/me/money"),
        ("GET", "/v1/me/addresses"),
        ("GET", "/v1/me/shops"),
        ("GET", "/v1/admin/audit"),
        ("POST", "/v1/admin/acting"),
    ],
)
def test_what_is_the_customers_alone_stays_shut(acting, method, route):
    assert call(method, route, headers=acting, body=WHY if method == "POST" else None).status == 403


def test_paying_is_the_customers_alone(acting):
    order = hold(open_shop())
    refused = call(
        "POST", "/v1/orders/{order_id}/payments", headers=acting, body={"method": "card"}, order_id=order["id"]
    )
    assert refused.status == 403


def test_who_acts_for_a_merchant_acts_as_no_merchant(acting):
    shop, whom = open_shop(), {"customer_id": MERCHANT.account_id}
    theirs = hold(shop)
    token = call("POST", "/v1/admin/acting", actor=AGENT, body=WHY | whom).json["access_token"]
    as_merchant = {"Authorization": f"Bearer {token}"}
    for method, route in (("GET", "/v1/orders/{order_id}"), ("POST", "/v1/orders/{order_id}/cancel")):
        assert call(method, route, headers=as_merchant, body={}, order_id=theirs["id"]).status == 404
    by_shop = {"lines": [{**wish(shop, 30), "walk_in": True}]}
    assert call("POST", "/v1/orders", headers=as_merchant, body=by_shop).status == 403


def test_it_ends_with_the_agents_own_session(acting):
    wiring.accounts().store.close_session("acc_agent", "ses_agent")
    assert call("GET", "/v1/orders", headers=acting).status == 401


def test_nobody_acts_as_themselves_as_an_operator_or_as_nobody(tables):
    present(ADMIN)
    for whom in (AGENT.account_id, ADMIN.account_id):
        assert call("POST", "/v1/admin/acting", actor=AGENT, body=WHY | {"customer_id": whom}).status == 403
    assert call("POST", "/v1/admin/acting", actor=AGENT, body=WHY | {"customer_id": "acc_none"}).status == 404
    assert call("POST", "/v1/admin/acting", actor=AGENT, body=WHY | {"reason": ""}).status == 422
    for other in (MERCHANT, CUSTOMER):
        assert call("POST", "/v1/admin/acting", actor=other, body=WHY).status == 403
