"""Alipay behind the domain's words.

A trade is known by our own payment id (`out_trade_no`), a refund by our refund id (`out_request_no`): a repeat meets
the first one. Payments in a browser or an app are links and texts that we sign without a call; the trade comes into
being when the customer opens it, so that until then Alipay knows nothing of it.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from chalicelib.kit.clock import Clock, SystemClock
from chalicelib.kit.errors import Unavailable
from chalicelib.kit.money import Money
from chalicelib.payments.gateways.alipay import bills, notices, signing
from chalicelib.payments.gateways.alipay.api import GATEWAY, Answer, OpenApi
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

_CURRENCY = "CNY"
_NO_TRADE, _NO_BILL = "acq.trade_not_exist", "isp.bill_not_exist"
_USER_ID_DIGITS = 16

# trade_status of alipay.trade.query.
_CHARGE_STATES = {
    "WAIT_BUYER_PAY": PaymentState.REQUIRES_ACTION,
    "TRADE_CLOSED": PaymentState.CANCELLED,
    "TRADE_SUCCESS": PaymentState.SUCCEEDED,
    "TRADE_FINISHED": PaymentState.SUCCEEDED,
}
# refund_status of alipay.trade.fastpay.refund.query.
_REFUND_STATES = {"REFUND_SUCCESS": RefundState.SUCCEEDED, "REFUND_FAIL": RefundState.FAILED}


class AlipayProvider:
    """See `payments.ports.PaymentProvider`.

    Args:
        seller_id: the merchant's Alipay id (2088...), which every notice must name.
        private_key: the app's own, PEM or bare base64.
        public_keys: every key of Alipay's that is accepted; two while one is being replaced.
        notify_url: our webhook, from outside.
        base: another gateway than Alipay's own.
    """

    def __init__(
        self,
        app_id: str,
        seller_id: str,
        private_key: str,
        public_keys: tuple[str, ...],
        notify_url: str,
        base: str | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._app_id = app_id
        self._seller_id = seller_id
        self._clock = clock or SystemClock()
        self._api = OpenApi(app_id, private_key, public_keys, notify_url, base or GATEWAY, self._clock)

    def charge(self, payment: Payment, way: Way) -> Charge:
        if payment.method != Method.ALIPAY:
            raise WayUnknown(method=payment.method, scene=way.scene)
        order = _order(payment, way)
        if way.scene == Scene.PAGE:
            order |= {"product_code": "QUICK_WAP_WAY", "quit_url": way.return_url}
            return _begun(payment, url=self._api.url("alipay.trade.wap.pay", order, way.return_url))
        if way.scene == Scene.APP:
            order["product_code"] = "QUICK_MSECURITY_PAY"
            return _begun(payment, order_string=self._api.order_string("alipay.trade.app.pay", order))
        if way.scene == Scene.QR:
            answer = self._asked("alipay.trade.precreate", order)
            return _begun(payment, url=answer.get("qr_code"))
        order |= {"product_code": "JSAPI_PAY", "op_app_id": self._app_id, **_buyer(way)}
        answer = self._asked("alipay.trade.create", order)
        return _begun(payment, trade_no=answer.get("trade_no", ""))

    def charge_state(self, charge_ref: str) -> Charge:
        # What nobody has opened yet does not exist, and may still be paid.
        return self._trade(charge_ref) or Charge(charge_ref, PaymentState.CREATED, _cny(0), charge_ref)

    def find_charge(self, payment: Payment) -> Charge | None:
        return self._trade(payment.id)

    def refund(self, refund: Refund, payment: Payment) -> ProviderRefund:
        trade = payment.charge_ref or payment.id
        answer = self._asked(
            "alipay.trade.refund",
            {
                "out_trade_no": trade,
                "out_request_no": refund.id,
                "refund_amount": _theirs(refund.amount),
                "refund_reason": refund.reason,
            },
        )
        if answer.get("fund_change") == "Y":
            return ProviderRefund(_refund_ref(trade, refund.id), RefundState.SUCCEEDED, refund.id)
        # No money moved by this very call: either an earlier one did it, or it is not done yet.
        return self.refund_state(_refund_ref(trade, refund.id))

    def find_refund(self, refund: Refund, payment: Payment) -> ProviderRefund | None:
        return self._refunded(payment.charge_ref or payment.id, refund.id)

    def refund_state(self, refund_ref: str) -> ProviderRefund:
        trade, _, request = refund_ref.partition("/")
        return self._refunded(trade, request) or ProviderRefund(refund_ref, RefundState.PENDING, request)

    def read_event(self, notice: Notice, now: datetime) -> Event:
        return notices.read(notice, now, self._app_id, self._seller_id, self._api.keys)

    def movements(self, since: datetime, until: datetime) -> Iterator[Movement]:
        day = since.astimezone(signing.CHINA).replace(hour=0, minute=0, second=0, microsecond=0)
        last = self._clock.now() - timedelta(days=1)  # a day's bill is made when it is over
        while day < until and day <= last:
            yield from self._bill(f"{day:%Y-%m-%d}")
            day += timedelta(days=1)

    def _bill(self, date: str) -> list[Movement]:
        wanted = {"bill_type": "trade", "bill_date": date}
        answer = self._api.look("alipay.data.dataservice.bill.downloadurl.query", wanted, absent=_NO_BILL)
        return bills.read(self._api.download(answer.get("bill_download_url", ""))) if answer else []

    def _asked(self, method: str, order: dict[str, str]) -> Answer:
        return _about(order["out_trade_no"], self._api.call(method, order))

    def _trade(self, out_trade_no: str) -> Charge | None:
        answer = self._api.look("alipay.trade.query", {"out_trade_no": out_trade_no}, absent=_NO_TRADE)
        return _charge(_about(out_trade_no, answer)) if answer else None

    def _refunded(self, trade: str, request: str) -> ProviderRefund | None:
        wanted = {"out_trade_no": trade, "out_request_no": request}
        answer = self._api.look("alipay.trade.fastpay.refund.query", wanted, absent=_NO_TRADE)
        if answer is None or not (answer.get("refund_status") or answer.get("refund_amount")):
            return None  # 10000 says that the question was answered, not that there is a refund
        state = _REFUND_STATES.get(_about(trade, answer).get("refund_status", ""), RefundState.PENDING)
        # Refunds that were made in the merchant's console go by the trade's own numbers.
        ours = request not in (trade, answer.get("trade_no"))
        return ProviderRefund(_refund_ref(trade, request), state, request if ours else None)


def _order(payment: Payment, way: Way) -> dict[str, str]:
    order = {
        "out_trade_no": payment.id,
        "total_amount": _theirs(payment.amount),
        "subject": f"订单 {payment.order_id}",
    }
    if way.until is not None:
        order["time_expire"] = signing.written(way.until)
    return order


def _buyer(way: Way) -> dict[str, str]:
    """Older apps know buyers by a user id (2088...), newer ones by an open id of their own."""
    if not way.payer:
        raise PaymentRefused(reason="payer_missing")
    is_user_id = way.payer.isdecimal() and len(way.payer) == _USER_ID_DIGITS and way.payer.startswith("2088")
    return {"buyer_id" if is_user_id else "buyer_open_id": way.payer}


def _begun(payment: Payment, url: str | None = None, **params: str) -> Charge:
    return Charge(
        ref=payment.id,
        state=PaymentState.REQUIRES_ACTION,
        received=_cny(0),
        payment_id=payment.id,
        action_url=url,
        action_params=tuple(params.items()),
    )


def _charge(answer: Answer) -> Charge:
    status, out_trade_no = answer.get("trade_status", ""), answer["out_trade_no"]
    state = _CHARGE_STATES.get(status, PaymentState.PROCESSING)
    if status == "TRADE_CLOSED" and answer.get("send_pay_date"):
        state = PaymentState.SUCCEEDED  # closed because all of it went back: it was paid (amounts are 0.00 by then)
    waits = state == PaymentState.REQUIRES_ACTION and answer.get("trade_no")
    return Charge(
        ref=out_trade_no,
        state=state,
        received=_received(answer) if state == PaymentState.SUCCEEDED else _cny(0),
        payment_id=out_trade_no,
        action_params=(("trade_no", answer["trade_no"]),) if waits else (),
        payer=answer.get("buyer_open_id") or answer.get("buyer_user_id") or None,
    )


def _about(out_trade_no: str, answer: Answer) -> Answer:
    """Return an answer about what was asked for: another one, though signed, is none."""
    if answer.get("out_trade_no") != out_trade_no:
        raise Unavailable(retry_after=2)
    return answer


def _received(answer: Answer) -> Money:
    try:
        return _cny(signing.fen(answer.get("total_amount", "")))
    except ValueError as error:
        raise Unavailable(retry_after=2) from error


def _theirs(money: Money) -> str:
    if money.currency != _CURRENCY:
        raise PaymentRefused(reason="currency_not_supported")
    if money.amount <= 0:
        raise PaymentRefused(reason="amount_too_small")
    return signing.yuan(money.amount)


def _cny(fen: int) -> Money:
    return Money(fen, _CURRENCY)


def _refund_ref(trade: str, request: str) -> str:
    return f"{trade}/{request}"
