"""What the tests of the WeChat sandbox share: its keys, a webhook, requests that WeChat would take."""

import threading
from datetime import UTC, datetime

import pytest

from chalicelib.kit.clock import SystemClock
from chalicelib.payments.gateways.wechat import WechatAccount, WechatProvider
from chalicelib.payments.rules import BadSignature, Notice, PaymentRefused
from infra.sandbox.httpd import LoopbackServer, json_response
from infra.sandbox.wechat.keys import Keys

KEYS = Keys.generate()
ORDERS, REFUNDS = "/v3/pay/transactions", "/v3/refund/domestic/refunds"


def account(told):
    return WechatAccount(api_v3_key=told.pop("api_v3_key").encode(), **told)


class Receiver:
    """A webhook that reads with the gateway, and answers what it is told to."""

    def __init__(self):
        self.events, self.refused, self.answers = [], 0, []
        self._provider = WechatProvider(
            account(KEYS.application()), SystemClock(), notify_url="https://x/", description="x"
        )
        self._lock = threading.Lock()
        self._server = LoopbackServer(self._answer)
        self.url = f"{self._server.url}/hook"

    def _answer(self, request):
        with self._lock:
            try:
                event = self._provider.read_event(Notice(request.body, request.headers), datetime.now(UTC))
            except BadSignature:
                self.refused += 1
                return json_response(400, {})
            status = self.answers.pop(0) if self.answers else 200
            if status == 200:
                self.events.append(event)
            return json_response(status, {})

    def forget(self):
        self.events, self.refused, self.answers = [], 0, []

    def close(self):
        self._server.close()


def order(number="order-1", **change):
    body = {
        "appid": KEYS.appid,
        "mchid": KEYS.mchid,
        "description": "x",
        "out_trade_no": number,
        "notify_url": "http://127.0.0.1:9/hook",  # nobody is there
        "amount": {"total": 100, "currency": "CNY"},
    }
    return {name: value for name, value in (body | change).items() if value is not None}


def refund(number="refund-1", amount=None, **change):
    body = {
        "out_trade_no": "order-1",
        "out_refund_no": number,
        "amount": {"refund": 40, "total": 100, "currency": "CNY"} | (amount or {}),
    }
    return {name: value for name, value in (body | change).items() if value is not None}


def refused(call):
    with pytest.raises(PaymentRefused) as refusal:
        call()
    return refusal.value.parameters["reason"]
