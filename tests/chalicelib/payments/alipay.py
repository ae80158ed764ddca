"""What the tests of the gateway to Alipay share: keys, a provider, payments and ways to pay."""

from dataclasses import replace
from datetime import UTC, datetime

from chalicelib.kit.money import Money
from chalicelib.payments.gateways.alipay import AlipayProvider
from chalicelib.payments.rules import ALIPAY, Method, Payment, PaymentState, Refund, RefundState, Scene, Way
from infra.sandbox.alipay import Keys
from tests.fakes.time import FakeClock

NOW = datetime(2030, 5, 1, 9, tzinfo=UTC)
KEYS = Keys.generate()
OTHERS = replace(KEYS, app=KEYS.stranger, alipay=KEYS.stranger)
FORM = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
BACK = "https://linli.example/return"
NOTIFY = "https://linli.example/v1/webhooks/alipay"
BUYER = "2088000000000100"


def provider(url="http://127.0.0.1:9", clock=None, **other):
    config = KEYS.config()
    made = {
        "app_id": config["app_id"],
        "seller_id": config["seller_id"],
        "private_key": config["app_private_key"],
        "public_keys": (config["alipay_public_key"],),
        "notify_url": NOTIFY,
        "base": f"{url}/gateway.do",
        "clock": clock or FakeClock(NOW),
    }
    return AlipayProvider(**(made | other))


def payment(amount=5_000, currency="CNY", id_="pay_1", method=Method.ALIPAY):
    return Payment(id_, "ord_1", "acc_1", Money(amount, currency), method, PaymentState.CREATED, NOW, ALIPAY, id_)


def refund(amount, id_="ref_1"):
    return Refund(id_, "ord_1", "pay_1", Money(amount, "CNY"), "cancelled", RefundState.PENDING, NOW)


def way(scene=Scene.QR, **more):
    return Way(BACK, scene, **more)
