"""The documents of a merchant's money: what stands in them, that it adds up, and the files for spreadsheets and banks.

Amounts are whole minor units until they are written; written, they are exact decimals of the currency's own places.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from chalicelib.kit.ids import derived_id
from chalicelib.kit.money import exponent
from chalicelib.payouts.rules.payout import Payout
from chalicelib.settlement.ports import Due, DueKind, Settlement, Sums

BOM = "\ufeff"  # without it Excel takes UTF-8 for the machine's own encoding
FIGURES = ("gross", "platform_discount", "commission", "fixed_fee", "tax", "reserved", "payable")
"""What a line of a statement consists of, in this order everywhere; see `Due`."""
_STATEMENT_COLUMNS = ("due_id", "kind", "order_id", "line_id", "payment_id", "date", "currency", *FIGURES)
BANK_COLUMNS = ("payout_id", "holder", "account", "bank", "country", "currency", "amount", "reference")
"""The order of `bank_csv`: `bank` is a BIC or a clearing code, `reference` what the merchant reads on the account."""
# What spreadsheets take for the beginning of a formula (OWASP: CSV injection), full width too.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


@dataclass(frozen=True)
class Paid:
    """The payout that a statement's money left with.

    Attributes:
        amount: minor units, above zero; with it may go what earlier settlements had carried.
        at: when it was sent, aware.
        reference: of the bank or of the file, None while it is not known.
    """

    payout_id: str
    amount: int
    at: datetime
    reference: str | None = None


@dataclass(frozen=True)
class Statement:
    """A merchant's settlement with every due in it.

    Attributes:
        opening: what the merchant was owed before, minor units; negative where the merchant owed.
        paid: None where it is carried.
        closing: what is carried on.
        zone: IANA zone that dates are shown in.

    Raises:
        ValueError: it does not add up, or a due belongs elsewhere.
    """

    merchant_id: str
    merchant_name: str
    settlement: Settlement
    dues: tuple[Due, ...]
    opening: int
    paid: Paid | None
    closing: int
    zone: str

    def __post_init__(self) -> None:
        about = self.settlement
        for due in self.dues:
            if (due.merchant_id, due.currency) != (self.merchant_id, about.currency):
                raise ValueError(f"{due.id} is not {self.merchant_id}'s in {about.currency}")
            if due.settlement_id != about.id:
                raise ValueError(f"{due.id} was not settled by {about.id}")
        if about.merchant_id != self.merchant_id:
            raise ValueError(f"{about.id} is another merchant's")
        if len({due.id for due in self.dues}) != len(self.dues):
            raise ValueError("a due stands there twice")
        if _sums(self.dues) != about.sums:
            raise ValueError(f"the lines of {about.id} do not add up to its sums")
        if self.opening + about.sums.payable - (self.paid.amount if self.paid else 0) != self.closing:
            raise ValueError(f"the balances of {about.id} do not add up")
        if self.paid and self.paid.amount <= 0:
            raise ValueError("a payout is more than nothing")

    @property
    def currency(self) -> str:
        return self.settlement.currency

    def subtotals(self) -> dict[DueKind, Sums]:
        """Return what each kind of due adds up to, in the order of kinds; those that are not there are left out."""
        by_kind = {kind: _sums(due for due in self.dues if due.kind == kind) for kind in DueKind}
        return {kind: total for kind, total in by_kind.items() if total.lines}


def _sums(dues: Iterable[Due]) -> Sums:
    each = (Sums(lines=1, **dict(zip(FIGURES, figures(due), strict=True))) for due in dues)
    return sum(each, Sums())


@dataclass(frozen=True)
class Party:
    """Who stands on an invoice.

    Attributes:
        address: its lines.
        tax_id: as the party's country writes it.
    """

    name: str
    address: tuple[str, ...] = ()
    tax_id: str | None = None


class Item(StrEnum):
    """What the platform charges for."""

    COMMISSION = "commission"
    FIXED_FEE = "fixed_fee"
    SUBSCRIPTION = "subscription"


@dataclass(frozen=True)
class Invoice:
    """The platform's invoice to a merchant for a calendar month in one currency. It has been settled already: all of it
    was taken from sales. Where more was given back than taken it is a credit note, and its amounts are negative.

    Attributes:
        period: `2026-11`.
        charges: without tax, minor units.
        tax: on all of them together, as it was taken line by line.
    """

    number: str
    merchant_id: str
    period: str
    issued_on: date
    currency: str
    seller: Party
    buyer: Party
    charges: tuple[tuple[Item, int], ...]
    tax: int

    def __post_init__(self) -> None:
        if self.number != invoice_number(self.merchant_id, self.period, self.currency):
            raise ValueError(f"{self.number} is another invoice's number")

    @property
    def net(self) -> int:
        return sum(amount for _, amount in self.charges)

    @property
    def total(self) -> int:
        return self.net + self.tax

    @property
    def is_credit(self) -> bool:
        return self.total < 0


def invoice_number(merchant_id: str, period: str, currency: str) -> str:
    """Return the number that a merchant's invoice of a month always has."""
    mark = derived_id("inv", merchant_id, period, currency)[-16:].upper()  # 80 bits
    return f"INV-{period.replace('-', '')}-{currency}-{mark}"


def invoice(
    merchant_id: str, period: str, currency: str, dues: Iterable[Due], *, seller: Party, buyer: Party, issued_on: date
) -> Invoice:
    """Return the invoice for what the platform took of a month's dues.

    Raises:
        ValueError: a due is another merchant's, or of another currency.
    """
    charges, tax = dict.fromkeys(Item, 0), 0
    for due in dues:
        if (due.merchant_id, due.currency) != (merchant_id, currency):
            raise ValueError(f"{due.id} is not {merchant_id}'s in {currency}")
        charges[Item.COMMISSION] += due.commission
        charges[Item.SUBSCRIPTION if due.kind == DueKind.SUBSCRIPTION else Item.FIXED_FEE] += due.fixed_fee
        tax += due.tax
    number = invoice_number(merchant_id, period, currency)
    there = tuple((item, amount) for item, amount in charges.items() if amount)
    return Invoice(number, merchant_id, period, issued_on, currency, seller, buyer, there, tax)


def figures(of: Due | Sums) -> tuple[int, ...]:
    """Return `FIGURES`, minor units."""
    return tuple(getattr(of, name) for name in FIGURES)


def major(amount: int, currency: str) -> str:
    """Write minor units as a decimal of the currency's places: `-12.30`, `500` (JPY), `1.250` (KWD)."""
    places = exponent(currency)
    digits = str(abs(amount)).rjust(places + 1, "0")
    whole, part = digits[: len(digits) - places], digits[len(digits) - places :]
    return f"{'-' if amount < 0 else ''}{whole}{'.' if places else ''}{part}"


def statement_csv(statement: Statement) -> str:
    """Write a statement for spreadsheets: a row a due, oldest first as given, then their sums.

    RFC 4180 in UTF-8 with a byte order mark. Dates are ISO 8601 by the merchant's clock with its offset. No text is
    taken for a formula; amounts stay numbers.
    """
    zone = ZoneInfo(statement.zone)
    rows = [_due_row(due, zone) for due in statement.dues]
    total = statement.settlement.sums
    rows.append(["total", *[""] * 5, statement.currency, *_amounts(total, statement.currency)])
    return _csv(_STATEMENT_COLUMNS, rows)


def bank_csv(payouts: Sequence[Payout]) -> str:
    """Write the payouts of a file for the operator's bank: a row each in the order given, columns as `BANK_COLUMNS`.

    Likewise RFC 4180 in UTF-8 with a byte order mark; names as they are, whatever their script. There is no row of
    sums, which a bank would take for a payment.

    Raises:
        ValueError: a payout has no bank account, or pays nothing.
    """
    rows = []
    for payout in payouts:
        bank, amount = payout.bank, payout.amount
        if bank is None or amount.amount <= 0:
            raise ValueError(f"{payout.id} cannot go to a bank")
        texts = [_text(part) for part in (payout.id, bank.holder, bank.number, bank.bank, bank.country)]
        rows.append(
            [*texts, amount.currency, major(amount.amount, amount.currency), _text(_reference(payout.settlement_ids))]
        )
    return _csv(BANK_COLUMNS, rows)


def _reference(settlement_ids: Sequence[str]) -> str:
    first = settlement_ids[0] if settlement_ids else ""
    return f"{first} and {len(settlement_ids) - 1} more" if len(settlement_ids) > 1 else first


def _due_row(due: Due, zone: ZoneInfo) -> list[str]:
    texts = (due.id, due.kind.value, due.order_id or "", due.line_id or "", due.payment_id or "")
    day = due.due_at.astimezone(zone).isoformat(timespec="seconds")
    return [*map(_text, texts), day, due.currency, *_amounts(due, due.currency)]


def _amounts(of: Due | Sums, currency: str) -> list[str]:
    return [major(amount, currency) for amount in figures(of)]


def _text(text: str) -> str:
    """Return a text that no spreadsheet computes: some drop blanks before they look."""
    return f"'{text}" if text.startswith(_FORMULA) or text.lstrip().startswith(_FORMULA) else text


def _csv(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return BOM + out.getvalue()
