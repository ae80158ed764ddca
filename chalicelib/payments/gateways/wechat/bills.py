"""WeChat's bills of one day, in China's time: trades with their fees, and what else moved on the account.

A trade bill has a row per payment and per refund; a fund-flow bill has one per change of the balance, from which only
what is no trade is taken here: withdrawals, refunds that came back, the rest. Each value stands behind a backtick, so
that commas in names do no harm; totals at the end have a header of their own. Amounts are yuan. Which words the
fund-flow bill has for the kinds of business is known from examples alone: what has none of them becomes `other`, never
nothing.
"""

import gzip
import io
import re
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from chalicelib.kit.money import Money
from chalicelib.payments.rules import WECHAT, Movement, MovementKind

CHINA = timezone(timedelta(hours=8))
_LARGEST = 256_000_000  # bytes, unpacked
_TOTALS = ("总", "资金流水总")  # how the names of the totals begin
_GZIP = b"\x1f\x8b"
_FEN = Decimal(100)
Row = dict[str, str]


def ours(number: str) -> str | None:
    """Return the id of a payment or a refund that we made; None for what was made elsewhere on the merchant's account,
    by hand in WeChat's console or at a till: our ids say what they name.
    """
    return number if number.startswith(("pay_", "ref_")) else None


def unpack(content: bytes) -> bytes:
    """Return a bill's file as it was before it was packed.

    Raises:
        ValueError: cut short, or too large to be one.
    """
    if not content.startswith(_GZIP):
        return content
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as packed:
            plain = packed.read(_LARGEST + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError("the bill cannot be unpacked") from error
    if len(plain) > _LARGEST:
        raise ValueError("the bill is too large")
    return plain


def rows(content: bytes) -> Iterator[Row]:
    """Yield a bill's rows by the names of their columns, without what stands there in brackets.

    Raises:
        ValueError: not a bill.
    """
    first, *lines = content.decode("utf-8-sig").split("\n")
    names = [re.sub(r"[（(].*", "", name).strip() for name in first.split(",")]
    for line in lines:
        if line.startswith(_TOTALS) or not line.strip():
            return
        if not line.startswith("`"):
            raise ValueError("a row that does not begin as one")
        values = [value.strip() for value in line[1:].rstrip().split(",`")]
        if len(values) != len(names):
            raise ValueError(f"a row of {len(values)} values under {len(names)} names")
        yield dict(zip(names, values, strict=True))


def trade(row: Row, mchid: str) -> Movement | None:
    """Return a row of the trade bill; None for a refund that failed: its money has not left.

    Raises:
        ValueError: another merchant's, or not what a row should be.
    """
    try:
        if row["商户号"] != mchid:
            raise ValueError("a bill of another merchant")
        if row["交易状态"] == "SUCCESS":
            return _trade(row, MovementKind.CHARGE, "微信订单号", "商户订单号", "应结订单金额")
        if row.get("退款状态") == "FAIL":
            return None
        return _trade(row, MovementKind.REFUND, "微信退款单号", "商户退款单号", "退款金额")
    except KeyError as error:
        raise ValueError(f"a trade bill without {error}") from error


def _trade(row: Row, kind: MovementKind, line: str, own: str, amount: str) -> Movement:
    moved, fee = fen(row[amount]), abs(fen(row["手续费"], whole=False))
    sign = 1 if kind == MovementKind.CHARGE else -1
    return Movement(
        id=row[line],
        provider=WECHAT,
        kind=kind,
        ref=row[own],  # what this gateway calls a charge or a refund by
        own_id=ours(row[own]),
        amount=Money(sign * abs(moved), row["货币种类"]),
        fee=sign * fee,
        at=moment(row["交易时间"]),
    )


def flow(row: Row) -> Movement | None:
    """Return a row of the fund-flow bill; None where the trade bill has it.

    Raises:
        ValueError: not what a row should be.
    """
    try:
        business = f"{row['业务名称']} {row['业务类型']}"
        is_in = {"收入": True, "支出": False}[row["收支类型"]]
        kind = _kind(business, is_in=is_in)
        if kind is None:
            return None
        amount = fen(row["收支金额"])
        return Movement(
            id=row["资金流水单号"],
            provider=WECHAT,
            kind=kind,
            ref=row["微信支付业务单号"],
            own_id=None,
            amount=Money(abs(amount) if is_in else -abs(amount), "CNY"),
            fee=0,
            at=moment(row["记账时间"]),
        )
    except KeyError as error:
        raise ValueError(f"a fund-flow bill without {error}") from error


def _kind(business: str, *, is_in: bool) -> MovementKind | None:
    if "提现" in business:
        return MovementKind.PAYOUT
    if "手续费" in business:
        return None
    if "退款" in business:
        return MovementKind.REFUND_RETURNED if is_in else None
    if "交易" in business and is_in:
        return None
    return MovementKind.OTHER


def fen(yuan: str, *, whole: bool = True) -> int:
    """Return yuan in fen. Fees are told with more places than they are taken with: half a fen goes up.

    Raises:
        ValueError: no amount, or (`whole`) a part of a fen.
    """
    try:
        amount = Decimal(yuan) * _FEN
        rounded = amount.quantize(Decimal(1), ROUND_HALF_UP)
    except InvalidOperation as error:
        raise ValueError("not an amount") from error
    if whole and rounded != amount:
        raise ValueError("an amount with a part of a fen")
    return int(rounded)


def moment(text: str) -> datetime:
    """Read a time of a bill.

    Raises:
        ValueError: not a time.
    """
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=CHINA).astimezone(UTC)
