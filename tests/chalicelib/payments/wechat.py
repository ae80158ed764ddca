"""What the tests of the gateway to WeChat Pay share: keys, a provider, ways to reach it, payments."""

import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

from chalicelib.kit.clock import SystemClock
from chalicelib.kit.exchange import Http
from chalicelib.kit.ids import derived_id
from chalicelib.kit.money import Money
from chalicelib.payments.gateways.wechat import WechatAccount, WechatProvider
from chalicelib.payments.rules import (
    Method,
    Payment,
    PaymentState,
    Refund,
    RefundState,
    Scene,
    Way,
)
from infra.sandbox.wechat.keys import Keys

KEYS = Keys.generate()
NOW = datetime.now(UTC)
BACK = "https://linli.example/orders/1?paid=1&lang=zh"
PAID = {
    "mchid": KEYS.mchid,
    "appid": KEYS.appid,
    "out_trade_no": "pay_abcdef",
    "trade_state": "SUCCESS",
    "amount": {"total": 5000, "currency": "CNY"},
}


def account(**change):
    told = KEYS.application()
    sealed = told.pop("api_v3_key").encode()
    return replace(WechatAccount(api_v3_key=sealed, **told), **change)


def provider(url="http://127.0.0.1:9", clock=None, exchange=None, change=None, **options):
    return WechatProvider(
        account(**change or {}),
        clock or SystemClock(),
        notify_url="https://linli.example/v1/webhooks/wechat",
        description="邻里",
        base_url=url,
        exchange=exchange,
        **options,
    )


class Never:
    """A way to WeChat that nobody may take."""

    def __init__(self):
        self.calls = 0

    def __call__(self, method, url, headers, body, most):
        self.calls += 1
        raise AssertionError(url)


class Watched(Http):
    """The network, with a count of what went over it, and what is changed on the way back."""

    def __init__(self, change=lambda answer: answer):
        super().__init__()
        self.seen = Counter()
        self._change = change

    def __call__(self, method, url, headers, body, most):
        self.seen[urlsplit(url).path] += 1
        return self._change(super().__call__(method, url, headers, body, most))

    def close(self):
        self._pool.clear()


def payment(id_=None, amount=5_000, currency="CNY", method=Method.WECHAT_PAY):
    id_ = id_ or derived_id("pay", str(time.monotonic_ns()))
    return Payment(id_, "ord_1", "acc_1", Money(amount, currency), method, PaymentState.CREATED, NOW)


def refund(paid, amount, id_="ref_1"):
    return Refund(id_, "ord_1", paid.id, Money(amount, "CNY"), "cancelled", RefundState.PENDING, NOW)


def fresh(sandbox):
    """Return a sandbox as it was when it began; its notices are held."""
    settings = {"mode": "held", "answers": "signed", "refund_outcome": "PROCESSING", "refund_delay_ms": 0}
    sandbox.control("DELETE", "/failures")
    sandbox.control("POST", "/reset")
    sandbox.control("POST", "/settings", settings)
    return sandbox


def paid(sandbox, gateway, amount=5_000):
    one = payment(amount=amount)
    charge = gateway.charge(one, Way(BACK, Scene.QR))
    sandbox.control("POST", f"/orders/{one.id}/pay", {"openid": "openid-1"})
    return replace(one, charge_ref=charge.ref)
