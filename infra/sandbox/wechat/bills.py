"""Bills of one day of China's: what was paid and refunded, and every change of the balance; gzip on request."""

import gzip
import hashlib
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta

from infra.sandbox.amounts import fee
from infra.sandbox.wechat.world import CHINA, Json, Refusal, World, when

_READY = timedelta(hours=33)  # 9 o'clock of the next day
_TRADES = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,"
    "应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,"
    "手续费,费率,订单金额,申请退款金额,费率备注"
)
_FLOWS = (
    "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额（元）,账户结余（元）,"
    "资金变更提交申请人,备注,业务凭证号"
)
_TRADE_TOTALS = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
_FLOW_TOTALS = "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额"


def told(world: World, kind: str, query: dict[str, str]) -> Json:
    """Where a bill is and what it hashes to. Raises Refusal."""
    content = file(world, kind, query.get("bill_date", ""))
    packed = query.get("tar_type") == "GZIP"
    token = f"{kind}.{query['bill_date']}.{'gz' if packed else 'csv'}"
    return {
        "hash_type": "SHA1",
        "hash_value": hashlib.sha1(content, usedforsecurity=False).hexdigest(),
        "download_url": f"{world.base_url}/v3/billdownload/file?token={token}",
    }


def download(world: World, token: str) -> bytes:
    """The file behind a link. Raises Refusal."""
    kind, day, form = [*token.split("."), "", ""][:3]
    content = file(world, kind, day)
    return gzip.compress(content) if form == "gz" else content


def file(world: World, kind: str, text: str) -> bytes:
    """A bill as text with a byte-order mark. Raises Refusal."""
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise Refusal(400, "PARAM_ERROR", "bill_date is no date.") from error
    if when(world.clock()) < datetime.combine(day, time(), CHINA) + _READY:
        raise Refusal(400, "STATEMENT_CREATING", "The bill is being made.")
    trades = sorted(_trades(world, day))
    rows = [row for _, row, _ in trades]
    names, total = (
        _TRADES,
        "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额",
    )
    if kind == "fundflowbill":
        flows = sorted([*((at, flow) for at, _, both in trades for flow in both), *_withdrawals(world, day)])
        rows = [row for _, row in flows]
        names, total = _FLOWS, _FLOW_TOTALS
    if not rows:
        raise Refusal(400, "NO_STATEMENT_EXIST", "There is no bill of that day.")
    # The totals' values are not read by anybody here; their number of columns is what tells them apart.
    totals = _row([str(len(rows)), *["0.00"] * total.count(",")])
    lines = [names, *(_row(row) for row in rows), total, totals, ""]
    return ("\ufeff" + "\r\n".join(lines)).encode()


def _trades(world: World, day: date) -> Iterator[tuple[float, list[str], list[list[str]]]]:
    """Each trade of a day: when, its row, and the changes of the balance that it made."""
    bps = world.state.settings.fee_bps
    for number, order in world.state.orders.items():
        if "paid" in order and when(order["paid"]).date() == day:
            total = order["total"]
            row = _trade(number, order, order["paid"], "SUCCESS", total, fee(total, bps))
            yield order["paid"], row, _flows(order["paid"], order["transaction_id"], "交易", total, fee(total, bps))
    for number, refund in world.state.refunds.items():
        if when(refund["created"]).date() == day:
            order, amount = world.state.orders[refund["order"]], refund["request"]["amount"]["refund"]
            back = -fee(amount, bps)
            row = _trade(refund["order"], order, refund["created"], "REFUND", order["total"], back)
            state = {"CLOSED": "FAIL", "SUCCESS": "SUCCESS"}.get(refund["status"], "PROCESSING")
            row[14:20] = [refund["refund_id"], number, _yuan(amount), "0.00", "ORIGINAL", state]
            row[12], row[24], row[25] = "0.00", "0.00", _yuan(amount)
            yield refund["created"], row, _flows(refund["created"], refund["refund_id"], "退款", -amount, back)


def _trade(number: str, order: Json, at: float, state: str, total: int, kept: int) -> list[str]:
    asked = order["request"]
    return [
        _clock(at), asked["appid"], asked["mchid"], "0", "", order["transaction_id"], number, order["openid"],
        {"h5": "MWEB"}.get(order["kind"], order["kind"].upper()), state, "OTHERS", "CNY", _yuan(total), "0.00",
        "0", "0", "0.00", "0.00", "", "", asked["description"], asked["attach"] or "", f"{kept / 100:.5f}", "0.60%",
        _yuan(total), "0.00", "",
    ]  # fmt: skip


def _flows(at: float, number: str, business: str, amount: int, kept: int) -> list[list[str]]:
    rows = [_flow(at, number, business, amount)]
    return [*rows, _flow(at, number, "扣除交易手续费", -kept)] if kept else rows


def _flow(at: float, number: str, business: str, amount: int) -> list[str]:
    way = "收入" if amount > 0 else "支出"
    line = hashlib.sha256(f"{number}{business}".encode()).hexdigest()[:28]
    return [_clock(at), number, line, business, business, way, _yuan(abs(amount)), "0.00", "system", "", number]


def _withdrawals(world: World, day: date) -> Iterable[tuple[float, list[str]]]:
    for one in world.state.withdrawals:
        if when(one["at"]).date() == day:
            yield one["at"], _flow(one["at"], one["number"], "提现", -one["amount"])


def _row(values: Iterable[str]) -> str:
    return ",".join(f"`{value}" for value in values)


def _yuan(amount: int) -> str:
    return f"{amount // 100}.{amount % 100:02d}"


def _clock(at: float) -> str:
    return when(at).strftime("%Y-%m-%d %H:%M:%S")
