"""What the WeChat sandbox refuses: requests that the gateway would never make."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.kit.clock import SystemClock
from chalicelib.payments.gateways.wechat.client import Client
from tests.infra.sandbox.wechat.support import KEYS, ORDERS, REFUNDS, account, order, refund, refused

IN_A_BIT = (datetime.now(UTC) + timedelta(seconds=30)).isoformat()


@pytest.mark.parametrize(
    ("kind", "change", "code"),
    [
        ("native", {"appid": "wx9"}, "appid_mchid_not_match"),
        ("native", {"mchid": "1"}, "appid_mchid_not_match"),
        ("native", {"appid": KEYS.app_appid}, "appid_mchid_not_match"),
        ("native", {"out_trade_no": "short"}, "param_error"),
        ("native", {"out_trade_no": "x" * 33}, "param_error"),
        ("native", {"out_trade_no": "with space"}, "param_error"),
        ("native", {"description": ""}, "param_error"),
        ("native", {"notify_url": None}, "param_error"),
        ("native", {"notify_url": "http://linli.example/hook"}, "param_error"),
        ("native", {"notify_url": "https://linli.example/hook?a=1"}, "param_error"),
        ("native", {"amount": {"total": 0}}, "param_error"),
        ("native", {"amount": {"total": 100_000_001}}, "param_error"),
        ("native", {"amount": {"total": "100"}}, "param_error"),
        ("native", {"amount": {"total": 100, "currency": "USD"}}, "param_error"),
        ("native", {"time_expire": IN_A_BIT}, "param_error"),
        ("native", {"unheard_of": 1}, "param_error"),
        ("native", {"payer": {"openid": "o"}}, "param_error"),
        ("jsapi", {}, "param_error"),
        ("jsapi", {"payer": {"openid": ""}}, "param_error"),
        ("h5", {}, "param_error"),
        ("h5", {"scene_info": {"payer_client_ip": "127.0.0.1"}}, "param_error"),
        ("face", {}, "resource_not_exists"),
    ],
)
def test_orders_that_wechat_would_not_take(client, kind, change, code):
    assert refused(lambda: client.post(f"{ORDERS}/{kind}", order(**change))) == code


def test_an_order_that_is_closed_stays_so(sandbox, client):
    client.post(f"{ORDERS}/native", order())
    sandbox.control("POST", "/orders/order-1/end", {"state": "CLOSED"})
    assert refused(lambda: client.post(f"{ORDERS}/native", order())) == "order_closed"
    for path, body in (("pay", {}), ("end", {"state": "PAYERROR"})):
        with pytest.raises(ValueError, match="CLOSED"):
            sandbox.control("POST", f"/orders/order-1/{path}", body)


def test_an_order_is_asked_for_by_its_merchant(client):
    client.post(f"{ORDERS}/native", order())
    assert refused(lambda: client.get(f"{ORDERS}/out-trade-no/order-1", {"mchid": "1"})) == "param_error"
    assert client.get(f"{ORDERS}/out-trade-no/order-1", {"mchid": KEYS.mchid})["amount"] == {"total": 100}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"out_trade_no": "order-2"}, "order_not_exist"),
        ({"out_trade_no": None}, "param_error"),
        ({"transaction_id": "1"}, "param_error"),
        ({"out_trade_no": None, "transaction_id": "1"}, "resource_not_exists"),
        ({"amount": {"refund": 101}}, "invalid_request"),
        ({"amount": {"refund": 0}}, "param_error"),
        ({"amount": {"total": 99}}, "invalid_request"),
        ({"amount": {"currency": None}}, "param_error"),
        ({"number": "x" * 65}, "param_error"),
    ],
)
def test_refunds_that_wechat_would_not_make(sandbox, client, change, code):
    client.post(f"{ORDERS}/native", order())
    sandbox.control("POST", "/orders/order-1/pay")
    assert refused(lambda: client.post(REFUNDS, refund(**change))) == code


def test_a_refund_is_of_a_paid_order_and_of_what_is_left(sandbox, client):
    client.post(f"{ORDERS}/native", order())
    assert refused(lambda: client.post(REFUNDS, refund())) == "invalid_request"
    paid = sandbox.control("POST", "/orders/order-1/pay")
    made = client.post(REFUNDS, refund(out_trade_no=None, transaction_id=paid["transaction_id"]))
    assert made["out_trade_no"] == "order-1"
    assert sandbox.wait_idle()
    assert client.get(f"{REFUNDS}/refund-1")["status"] == "SUCCESS"
    assert refused(lambda: client.post(REFUNDS, refund("refund-2", {"refund": 61}))) == "invalid_request"
    client.post(REFUNDS, refund("refund-2", {"refund": 60}))
    with pytest.raises(ValueError, match="SUCCESS"):
        sandbox.control("POST", "/refunds/refund-1", {"status": "CLOSED"})


def test_an_order_has_fifty_refunds(sandbox, client):
    client.post(f"{ORDERS}/native", order())
    sandbox.control("POST", "/orders/order-1/pay")
    for number in range(50):
        client.post(REFUNDS, refund(f"refund-{number}", {"refund": 1}))
    assert refused(lambda: client.post(REFUNDS, refund("one-more", {"refund": 1}))) == "rule_limit"


@pytest.mark.parametrize(
    "change",
    [
        {"mchid": "1"},
        {"serial": "0"},
        {"private_key": KEYS.stranger},
    ],
)
def test_requests_that_the_merchant_did_not_sign(sandbox, network, change):
    client = Client(account(KEYS.application() | change), sandbox.url, SystemClock(), network)
    assert refused(lambda: client.post(f"{ORDERS}/native", order())) == "sign_error"


class Yesterday:
    def now(self):
        return datetime.now(UTC) - timedelta(minutes=6)


def test_requests_that_are_old_or_say_nothing(sandbox, network):
    client = Client(account(KEYS.application()), sandbox.url, Yesterday(), network)
    assert refused(lambda: client.post(f"{ORDERS}/native", order())) == "sign_error"
    for headers in ({}, {"accept": "*/*", "user-agent": "x", "authorization": "WECHATPAY2-SHA256-RSA2048 nonsense"}):
        assert network("GET", f"{sandbox.url}{ORDERS}/out-trade-no/1", headers, None, 10_000).status in (400, 401)
    answer = network("POST", f"{sandbox.url}{ORDERS}/h5", {"accept": "*/*", "user-agent": "x"}, b"{}", 10_000)
    assert json.loads(answer.body)["code"] == "PARAM_ERROR"
