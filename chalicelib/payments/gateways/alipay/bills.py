"""Alipay's bill of a day's trades: a ZIP of CSV files in GBK, one with the lines, one with their sums.

The kind `trade` is read and not `signcustomer` (the account's own ledger), because it alone names refunds by our own
ids and says the fee with each line. What moves without a trade, such as a payout to the bank, is in neither.
"""

import csv
import io
from collections.abc import Iterator
from zipfile import BadZipFile, ZipFile

from chalicelib.kit.money import Money
from chalicelib.payments.gateways.alipay import signing
from chalicelib.payments.rules import ALIPAY, Movement, MovementKind

_TRADE, _OWN, _KIND, _AT = "支付宝交易号", "商户订单号", "业务类型", "完成时间"
_RECEIVED, _FEE, _REQUEST = "商家实收", "服务费", "退款批次号/请求号"
_COLUMNS = {_TRADE, _OWN, _KIND, _AT, _RECEIVED, _FEE, _REQUEST}
_KINDS = {"交易": MovementKind.CHARGE, "退款": MovementKind.REFUND}
_ENCODING = "gb18030"  # holds all of GBK


def read(archive: bytes) -> list[Movement]:
    """Return a bill's lines, oldest first; none of an archive without any.

    Raises:
        ValueError: not a bill as it is known here.
    """
    try:
        with ZipFile(io.BytesIO(archive)) as files:
            found = [_movement(line) for name in files.namelist() for line in _lines(files, name)]
    except BadZipFile as error:
        raise ValueError("not a ZIP archive") from error
    return sorted(found, key=lambda movement: movement.at)


def _lines(files: ZipFile, name: str) -> Iterator[dict[str, str]]:
    """Yield a file's lines by column, of a file that has such lines. The first rows, and the sums after the lines,
    begin with #; the order of the columns is not promised, and their names bear a unit in brackets.
    """
    columns: list[str] = []
    with files.open(name) as file, io.TextIOWrapper(file, _ENCODING, errors="replace", newline="") as text:
        for row in csv.reader(text):
            if not row or row[0].startswith("#"):
                continue
            values = [value.strip() for value in row]
            if not columns:
                columns = [value.partition("（")[0].partition("(")[0] for value in values]
                if not _COLUMNS.issubset(columns):
                    return
                continue
            if len(values) != len(columns):
                raise ValueError("a line of the bill has another number of columns")
            yield dict(zip(columns, values, strict=True))


def _movement(line: dict[str, str]) -> Movement:
    kind = _KINDS.get(line[_KIND], MovementKind.OTHER)
    trade, own, request = line[_TRADE], line[_OWN], line[_REQUEST]
    amount = signing.fen(line[_RECEIVED])
    is_refund = kind == MovementKind.REFUND
    if is_refund:
        amount = -abs(amount)
        # A refund that was made in the merchant's console bears no number of ours.
        own_id = request if request not in ("", trade, own) else None
    else:
        own_id = own or None
    return Movement(
        id=f"{trade}/{request}" if is_refund else trade,
        provider=ALIPAY,
        kind=kind,
        ref=f"{own}/{request}" if is_refund else own,
        own_id=own_id,
        amount=Money(amount, "CNY"),
        fee=-signing.fen(line[_FEE]),  # taken is negative there
        at=signing.read_moment(line[_AT]),
    )
