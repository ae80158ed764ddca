"""Notices of each provider as it would sign them, for the webhooks' tests and benchmark, and what may be wrong with one."""

import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import urlencode

from infra.sandbox.alipay import Keys as AlipayKeys
from infra.sandbox.alipay.keys import sign, sorted_text
from infra.sandbox.wechat.keys import Keys as WechatKeys

STRIPE_SECRET = "whsec_of_the_tests"
WECHAT = WechatKeys.generate()
ALIPAY = AlipayKeys.generate()
PUBLIC_URL = "https://api.linli.example"
PAYMENT = "pay_0123456789abcdef0123456789"
_CHINA = timezone(timedelta(hours=8))


def secrets() -> dict[str, str]:
    """What a stage has stored whose operator has accounts at both wallets; see `infra.wallets`."""
    alipay = ALIPAY.config()
    account = {
        "app_id": alipay["app_id"],
        "seller_id": alipay["seller_id"],
        "private_key": alipay["app_private_key"],
        "public_keys": [alipay["alipay_public_key"]],
    }
    return {
        "wechat-pay": json.dumps(WECHAT.application() | {"description": "邻里"}),
        "alipay": json.dumps(account),
        "public-url": PUBLIC_URL,
        "stripe-api-key": "sk_test_sandbox",
        "stripe-webhook-secret": STRIPE_SECRET,
    }


@dataclass(frozen=True)
class Told:
    """A notice that a payment of 50.00 succeeded.

    Attributes:
        at: when it is signed.
        claims: when it says that it was signed, where that was changed afterwards.
        forged: signed with a stranger's key.
        altered: the amount was changed after signing.
        elsewhere: rightly signed, about another merchant's money.
        padding: bytes that it has too many.
    """

    id: str
    at: datetime
    claims: datetime | None = None
    forged: bool = False
    altered: bool = False
    elsewhere: bool = False
    padding: int = 0

    def of(self, provider: str) -> tuple[bytes, dict[str, str]]:
        """Return the body and the headers that a provider would send."""
        made: tuple[bytes, dict[str, str]] = {"stripe": self._stripe, "wechat": self._wechat, "alipay": self._alipay}[
            provider
        ]()
        return made

    def _stripe(self) -> tuple[bytes, dict[str, str]]:
        about = {"id": "pi_1", "object": "payment_intent", "amount": 5000, "pad": "x" * self.padding}
        body: dict[str, Any] = {"id": self.id, "type": "payment_intent.succeeded", "data": {"object": about}}
        raw = json.dumps(body).encode()
        key = "whsec_of_a_stranger" if self.forged else STRIPE_SECRET
        signed = f"{int(self.at.timestamp())}.".encode() + raw
        mac = hmac.new(key.encode(), signed, hashlib.sha256).hexdigest()
        stamp = int((self.claims or self.at).timestamp())
        if self.altered:
            raw = raw.replace(b'"amount": 5000', b'"amount": 1')
        return raw, {"Content-Type": "application/json", "Stripe-Signature": f"t={stamp},v1={mac}"}

    def _wechat(self) -> tuple[bytes, dict[str, str]]:
        raw = self._sealed(5000)
        more = {"name": next(iter(WECHAT.platform)), "pem": WECHAT.stranger} if self.forged else {}
        headers = WECHAT.signature(raw, int(self.at.timestamp()), **more)
        if self.claims is not None:
            headers["Wechatpay-Timestamp"] = str(int(self.claims.timestamp()))
        return (self._sealed(1) if self.altered else raw), headers | {"Content-Type": "application/json"}

    def _sealed(self, amount: int) -> bytes:
        about = {
            "mchid": "1900009999" if self.elsewhere else WECHAT.mchid,
            "appid": WECHAT.appid,
            "out_trade_no": PAYMENT,
            "trade_state": "SUCCESS",
            "amount": {"total": amount, "currency": "CNY"},
        }
        sealed = WECHAT.seal(json.dumps(about).encode(), "transaction")
        body = {"id": self.id, "event_type": "TRANSACTION.SUCCESS", "resource": sealed, "summary": "x" * self.padding}
        return json.dumps(body).encode()

    def _alipay(self) -> tuple[bytes, dict[str, str]]:
        fields = {
            "notify_id": self.id,
            "notify_type": "trade_status_sync",
            "notify_time": _written(self.at),
            "charset": "utf-8",
            "app_id": ALIPAY.app_id,
            "seller_id": "2088000000000999" if self.elsewhere else ALIPAY.seller_id,
            "out_trade_no": PAYMENT,
            "trade_no": "2030050122001000000000000001",
            "trade_status": "TRADE_SUCCESS",
            "total_amount": "50.00",
            "subject": f"订单 {'x' * self.padding}",
        }
        key = ALIPAY.stranger if self.forged else ALIPAY.alipay
        fields |= {"sign_type": "RSA2", "sign": sign(sorted_text(fields, ()), key)}
        if self.altered:
            fields["total_amount"] = "0.01"
        if self.claims is not None:
            fields["notify_time"] = _written(self.claims)
        return urlencode(fields).encode(), {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}


def _written(moment: datetime) -> str:
    return f"{moment.astimezone(_CHINA):%Y-%m-%d %H:%M:%S}"
