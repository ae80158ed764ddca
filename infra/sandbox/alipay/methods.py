"""The methods of the open API that the sandbox knows, with the parameters that each takes: others are refused."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from infra.sandbox.alipay import bills
from infra.sandbox.alipay.world import RefusedError, Trade, World, fen, seconds, written, yuan

_NUMBER = re.compile(r"[A-Za-z0-9_]{1,64}")
_AMOUNT = re.compile(r"(0|[1-9][0-9]{0,8})\.[0-9]{2}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LONGEST_SUBJECT = 256
_MOST = 10_000_000_000  # fen

Answer = dict[str, str]


@dataclass(frozen=True)
class Call:
    """One call: its business parameters, and where its notices and its customer go."""

    world: World
    content: dict[str, str]
    notify_url: str
    return_url: str


@dataclass(frozen=True)
class Method:
    """What a method needs, what it may have besides, and which product it is of."""

    run: Callable[[Call], Answer]
    required: frozenset[str]
    optional: frozenset[str] = frozenset()
    product: str | None = None

    def check(self, content: dict[str, str]) -> None:
        """Raises RefusedError for parameters that Alipay would not take."""
        missing, unknown = self.required - set(content), set(content) - self.required - self.optional
        wrong = [name for name, value in content.items() if not _fits(name, value)]
        if self.product is not None and content.get("product_code") != self.product:
            wrong.append("product_code")
        if missing or unknown or wrong:
            raise RefusedError("ACQ.INVALID_PARAMETER", text=f"missing {missing}, unknown {unknown}, wrong {wrong}")


def _fits(name: str, value: str) -> bool:
    if name in ("out_trade_no", "out_request_no"):
        return _NUMBER.fullmatch(value) is not None
    if name in ("total_amount", "refund_amount"):
        return _AMOUNT.fullmatch(value) is not None and 0 < fen(value) <= _MOST
    if name == "subject":
        return 0 < len(value) <= _LONGEST_SUBJECT and not set(value) & set("/=&")
    if name == "bill_date":
        return _DATE.fullmatch(value) is not None
    if name == "time_expire":
        return seconds(value) > 0
    return value != ""


def _placed(call: Call, *, opened: bool) -> Trade:
    return call.world.place(call.content, call.notify_url, call.return_url, opened=opened)


def _open(call: Call) -> Answer:
    return {"out_trade_no": _placed(call, opened=True).out_trade_no}


def _precreate(call: Call) -> Answer:
    trade = _placed(call, opened=False)
    return {"out_trade_no": trade.out_trade_no, "qr_code": f"{call.world.base_url}/pay/{trade.out_trade_no}"}


def _create(call: Call) -> Answer:
    if not {"buyer_id", "buyer_open_id"} & set(call.content):
        raise RefusedError("ACQ.INVALID_PARAMETER", text="who pays is not said")
    trade = _placed(call, opened=True)
    return {"out_trade_no": trade.out_trade_no, "trade_no": trade.trade_no}


def _query(call: Call) -> Answer:
    trade = call.world.known(call.content["out_trade_no"])
    answer = {
        "trade_no": trade.trade_no,
        "out_trade_no": trade.out_trade_no,
        "trade_status": trade.status,
        "total_amount": yuan(trade.total),
        # Of payments in a browser Alipay says 0.00 for these, paid or not.
        "buyer_pay_amount": "0.00",
        "receipt_amount": "0.00",
    }
    if trade.buyer:
        answer["buyer_user_id" if trade.buyer.startswith("2088") else "buyer_open_id"] = trade.buyer
        answer["buyer_logon_id"] = "138****0000"
    if trade.paid_at is not None:
        answer["send_pay_date"] = written(trade.paid_at)
    return answer


def _refund(call: Call) -> Answer:
    trade = call.world.known(call.content["out_trade_no"])
    refund, moved = call.world.refund(trade, call.content["out_request_no"], fen(call.content["refund_amount"]))
    answer = {"trade_no": trade.trade_no, "out_trade_no": trade.out_trade_no, "refund_fee": yuan(trade.returned())}
    return answer | {"fund_change": "Y" if moved else "N", "gmt_refund_pay": written(refund.at)}


def _refund_query(call: Call) -> Answer:
    trade = call.world.known(call.content["out_trade_no"])
    refund = trade.refunds.get(call.content["out_request_no"])
    if refund is None or refund.state == "pending":
        return {}  # Alipay's yes says that the question was answered
    return {
        "trade_no": trade.trade_no,
        "out_trade_no": trade.out_trade_no,
        "out_request_no": refund.request,
        "total_amount": yuan(trade.total),
        "refund_amount": yuan(refund.fen),
        "refund_status": "REFUND_SUCCESS" if refund.state == "done" else "REFUND_FAIL",
    }


def _bill(call: Call) -> Answer:
    date = call.content["bill_date"]
    if call.content["bill_type"] != "trade":
        raise RefusedError("isv.invalid-arguments", text="only bills of trades are made here")
    if not bills.lines(call.world, date):
        raise RefusedError("isp.bill_not_exist")
    return {"bill_download_url": f"{call.world.base_url}/bills/{date}.zip"}


_ORDER = frozenset({"out_trade_no", "total_amount", "subject"})
_MORE = frozenset({"time_expire", "body"})
_PRODUCT = frozenset({"product_code"})

METHODS = {
    "alipay.trade.wap.pay": Method(_open, _ORDER | _PRODUCT, _MORE | {"quit_url"}, "QUICK_WAP_WAY"),
    "alipay.trade.page.pay": Method(_open, _ORDER | _PRODUCT, _MORE, "FAST_INSTANT_TRADE_PAY"),
    "alipay.trade.app.pay": Method(_open, _ORDER | _PRODUCT, _MORE, "QUICK_MSECURITY_PAY"),
    "alipay.trade.precreate": Method(_precreate, _ORDER, _MORE),
    "alipay.trade.create": Method(
        _create, _ORDER | _PRODUCT | {"op_app_id"}, _MORE | {"buyer_id", "buyer_open_id"}, "JSAPI_PAY"
    ),
    "alipay.trade.query": Method(_query, frozenset({"out_trade_no"})),
    "alipay.trade.refund": Method(
        _refund, frozenset({"out_trade_no", "refund_amount", "out_request_no"}), frozenset({"refund_reason"})
    ),
    "alipay.trade.fastpay.refund.query": Method(_refund_query, frozenset({"out_trade_no", "out_request_no"})),
    "alipay.data.dataservice.bill.downloadurl.query": Method(_bill, frozenset({"bill_type", "bill_date"})),
}
