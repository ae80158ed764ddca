"""WeChat Pay behind the domain's words."""

import secrets
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import quote

from chalicelib.kit.clock import Clock
from chalicelib.kit.errors import FieldError, Unavailable
from chalicelib.kit.exchange import Exchange, Http
from chalicelib.kit.money import Money
from chalicelib.kit.observability import log
from chalicelib.payments.gateways.wechat import bills, notices
from chalicelib.payments.gateways.wechat.account import WechatAccount
from chalicelib.payments.gateways.wechat.client import Client, NotThere, matches
from chalicelib.payments.rules import (
    Charge,
    Event,
    Method,
    Movement,
    Notice,
    Payment,
    PaymentRefused,
    PaymentState,
    ProviderRefund,
    Refund,
    RefundState,
    Scene,
    Way,
    WayUnknown,
)

BASE_URL = "https://api.mch.weixin.qq.com"
_ORDERS, _REFUNDS = "/v3/pay/transactions", "/v3/refund/domestic/refunds"
_KINDS = {Scene.PAGE: "h5", Scene.QR: "native", Scene.IN_WALLET: "jsapi", Scene.APP: "app"}

# An order's life (trade_state) in the domain's words.
_STATES = {
    "SUCCESS": PaymentState.SUCCEEDED,
    "REFUND": PaymentState.SUCCEEDED,  # paid, and refunded since
    "NOTPAY": PaymentState.REQUIRES_ACTION,
    "USERPAYING": PaymentState.PROCESSING,
    "PAYERROR": PaymentState.FAILED,
    "CLOSED": PaymentState.CANCELLED,
    "REVOKED": PaymentState.CANCELLED,
}
# An abnormal refund's money has left our account and waits at WeChat for a person (the customer's bank card is gone):
# it may still arrive, so that a second refund beside it would pay twice.
_REFUND_STATES = {
    "SUCCESS": RefundState.SUCCEEDED,
    "PROCESSING": RefundState.PENDING,
    "ABNORMAL": RefundState.PENDING,
    "CLOSED": RefundState.FAILED,
}
_BILL_READY = timedelta(hours=10)  # after midnight in China: from then on there is a bill of the day before


class WechatProvider:
    """See `payments.ports.PaymentProvider`. A charge's ref is the payment's own id (out_trade_no, 32 characters at
    most), a refund's ref its own (out_refund_no, 64): WeChat makes one order, one refund of a number, so that a repeat
    with the same particulars is safe. A repeated charge answers with a fresh way to pay the same order, until it is
    paid or closed; then it is refused, and `find_charge` tells which.

    Args:
        account: who we are there.
        notify_url: where WeChat calls; https, no query.
        description: what the customer reads on the bill, 127 characters at most.
        profit_sharing: WeChat holds the money for profit sharing.
        exchange: another way to reach WeChat than the network.
    """

    def __init__(
        self,
        account: WechatAccount,
        clock: Clock,
        *,
        notify_url: str,
        description: str,
        base_url: str = BASE_URL,
        profit_sharing: bool = False,
        exchange: Exchange | None = None,
    ) -> None:
        self._account = account
        self._clock = clock
        self._notify_url = notify_url
        self._description = description
        self._profit_sharing = profit_sharing
        self._client = Client(account, base_url, clock, exchange or Http())

    def charge(self, payment: Payment, way: Way) -> Charge:
        if payment.method != Method.WECHAT_PAY:
            raise WayUnknown(method=payment.method.value, scene=way.scene.value)
        answer = self._client.post(f"{_ORDERS}/{_KINDS[way.scene]}", self._order(payment, way))
        url, params = self._action(way, answer)
        return Charge(
            ref=payment.id,
            state=PaymentState.REQUIRES_ACTION,
            received=Money(0, payment.amount.currency),
            payment_id=payment.id,
            action_url=url,
            action_params=params,
        )

    def charge_state(self, charge_ref: str) -> Charge:
        path = f"{_ORDERS}/out-trade-no/{quote(charge_ref, safe='')}"
        answer = self._client.get(path, {"mchid": self._account.mchid})
        self._own(answer, mchid={self._account.mchid}, appid=self._account.appids, out_trade_no={charge_ref})
        state = _STATES[answer["trade_state"]]
        amount = answer.get("amount") or {}
        if state == PaymentState.SUCCEEDED:
            # An order that nobody paid has no currency yet.
            self._own(amount, currency={"CNY"})
        return Charge(
            ref=charge_ref,
            state=state,
            received=Money(amount["total"] if state == PaymentState.SUCCEEDED else 0, "CNY"),
            payment_id=bills.ours(charge_ref),
            payer=(answer.get("payer") or {}).get("openid"),
        )

    def find_charge(self, payment: Payment) -> Charge | None:
        try:
            return self.charge_state(payment.id)
        except NotThere:
            return None

    def refund(self, refund: Refund, payment: Payment) -> ProviderRefund:
        _yuan(refund.amount)
        body = {
            "out_trade_no": payment.charge_ref or payment.id,
            "out_refund_no": refund.id,
            "notify_url": self._notify_url,
            "amount": {"refund": refund.amount.amount, "total": payment.amount.amount, "currency": "CNY"},
        }
        return self._refund(self._client.post(_REFUNDS, body), refund.id, payment)

    def find_refund(self, refund: Refund, payment: Payment) -> ProviderRefund | None:
        try:
            return self._refund(self._asked(refund.id), refund.id, payment)
        except NotThere:
            return None

    def refund_state(self, refund_ref: str) -> ProviderRefund:
        return self._refund(self._asked(refund_ref), refund_ref)

    def read_event(self, notice: Notice, now: datetime) -> Event:
        return notices.read(self._account, notice, now)

    def movements(self, since: datetime, until: datetime) -> Iterator[Movement]:
        """As the port says; whole days of China's.

        Raises:
            Unavailable: also when a day's bill is not ready (10 o'clock of the next, in China), with the seconds left.
            ValueError: a bill that cannot be read, or another merchant's: for a person.
        """
        day, end = since.astimezone(bills.CHINA).date(), until.astimezone(bills.CHINA)
        while since < until and datetime.combine(day, time(), bills.CHINA) < end:
            yield from self._of(day)
            day += timedelta(days=1)

    def _of(self, day: date) -> list[Movement]:
        ready = datetime.combine(day + timedelta(days=1), time(), bills.CHINA) + _BILL_READY
        left = (ready - self._clock.now()).total_seconds()
        if left > 0:
            raise Unavailable(retry_after=int(left) + 1)
        trades = (bills.trade(row, self._account.mchid) for row in self._rows("tradebill", day, bill_type="ALL"))
        flows = (bills.flow(row) for row in self._rows("fundflowbill", day, account_type="BASIC"))
        found = [one for rows in (trades, flows) for one in rows if one is not None]
        return sorted(found, key=lambda one: one.at)

    def _rows(self, bill: str, day: date, **kind: str) -> Iterator[bills.Row]:
        try:
            told = self._client.get(f"/v3/bill/{bill}", {"bill_date": day.isoformat(), **kind, "tar_type": "GZIP"})
        except NotThere:
            return
        content = self._client.download(told["download_url"])
        try:
            plain = bills.unpack(content)
        except ValueError as error:
            raise Unavailable(retry_after=2) from error
        if told["hash_type"] != "SHA1" or not matches(plain, told["hash_value"]):
            log.error("a bill that is not what WeChat said", bill=bill, day=day.isoformat())
            raise Unavailable(retry_after=2)
        yield from bills.rows(plain)

    def _order(self, payment: Payment, way: Way) -> dict[str, Any]:
        _yuan(payment.amount)
        order: dict[str, Any] = {
            "appid": self._appid(way),
            "mchid": self._account.mchid,
            "description": self._description,
            "out_trade_no": payment.id,
            "notify_url": self._notify_url,
            "amount": {"total": payment.amount.amount, "currency": "CNY"},
            "settle_info": {"profit_sharing": self._profit_sharing},
        }
        if way.until is not None:
            order["time_expire"] = way.until.astimezone(bills.CHINA).isoformat(timespec="seconds")
        if way.scene == Scene.PAGE:
            order["scene_info"] = {"payer_client_ip": way.client_ip, "h5_info": {"type": "Wap"}}
        if way.scene == Scene.IN_WALLET:
            if not way.payer:
                missing = FieldError("payer", "WeChat's openid is needed inside WeChat")
                raise WayUnknown(errors=[missing], method=payment.method.value, scene=way.scene.value)
            order["payer"] = {"openid": way.payer}
        return order

    def _action(self, way: Way, answer: dict[str, Any]) -> tuple[str | None, tuple[tuple[str, str], ...]]:
        """Return where the customer goes on, or what the wallet's SDK is called with."""
        if way.scene == Scene.PAGE:
            url = answer["h5_url"]
            return f"{url}{'&' if '?' in url else '?'}redirect_url={quote(way.return_url, safe='')}", ()
        if way.scene == Scene.QR:
            return answer["code_url"], ()
        stamp, nonce = str(int(self._clock.now().timestamp())), secrets.token_hex(16)
        account, appid, prepay = self._account, self._appid(way), answer["prepay_id"]
        if way.scene == Scene.APP:
            return None, (
                ("appid", appid),
                ("partnerid", account.mchid),
                ("prepayid", prepay),
                ("package", "Sign=WXPay"),
                ("noncestr", nonce),
                ("timestamp", stamp),
                ("sign", account.sign(appid, stamp, nonce, prepay)),
            )
        package = f"prepay_id={prepay}"
        return None, (
            ("appId", appid),
            ("timeStamp", stamp),
            ("nonceStr", nonce),
            ("package", package),
            ("signType", "RSA"),
            ("paySign", account.sign(appid, stamp, nonce, package)),
        )

    def _appid(self, way: Way) -> str:
        account = self._account
        return account.app_appid if way.scene == Scene.APP and account.app_appid else account.appid

    def _asked(self, refund_ref: str) -> dict[str, Any]:
        return self._client.get(f"{_REFUNDS}/{quote(refund_ref, safe='')}")

    def _refund(self, answer: dict[str, Any], refund_ref: str, payment: Payment | None = None) -> ProviderRefund:
        self._own(answer, out_refund_no={refund_ref})
        self._own(answer["amount"], currency={"CNY"})
        if payment is not None:
            self._own(answer, out_trade_no={payment.charge_ref or payment.id})
        if answer["status"] == "ABNORMAL":
            log.error("a refund waits for a person at WeChat", refund_ref=refund_ref)
        return ProviderRefund(ref=refund_ref, state=_REFUND_STATES[answer["status"]], refund_id=bills.ours(refund_ref))

    def _own(self, answer: dict[str, Any], **expected: AbstractSet[str | None]) -> None:
        """Refuse an answer about somebody else's money."""
        for name, values in expected.items():
            if answer.get(name) not in values:
                log.error("WeChat answers about something else than was asked", field=name)
                raise PaymentRefused(reason=f"other_{name}")


def _yuan(amount: Money) -> None:
    if amount.currency != "CNY":
        raise PaymentRefused(reason="currency_not_taken")
