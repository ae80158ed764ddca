"""A settlement: a merchant's dues of a period in one currency, posted to the merchant's account."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from chalicelib.kit.errors import Conflict
from chalicelib.kit.i18n import Text
from chalicelib.settlement.rules.dues import Due


class PaidOut(Conflict):
    code = "paid-out"
    title = Text("Already paid out", "已打款")


class SettlementState(StrEnum):
    """Where a settlement stands."""

    OPEN = "open"  # dues are being posted
    POSTED = "posted"  # it stands in the books; what it adds is carried until it is paid out
    PAID_OUT = "paid_out"  # a payout has taken it


@dataclass(frozen=True)
class Sums:
    """What dues add up to, minor units; see `Due`."""

    lines: int = 0
    gross: int = 0
    platform_discount: int = 0
    commission: int = 0
    fixed_fee: int = 0
    tax: int = 0
    reserved: int = 0
    payable: int = 0

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(*(mine + theirs for mine, theirs in zip(vars(self).values(), vars(other).values(), strict=True)))


def sums(dues: Iterable[Due]) -> Sums:
    """Return what dues add up to."""
    total = Sums()
    for due in dues:
        taken = (due.commission, due.fixed_fee, due.tax, due.reserved)
        total += Sums(1, due.gross, due.platform_discount, *taken, due.payable)
    return total


@dataclass(frozen=True)
class Settlement:
    """A merchant's statement of a period in one currency.

    Attributes:
        id: made of period and currency: a run that is repeated goes on with the same one.
        period: the last date of it, in the merchant's zone: `2026-11-23`.
        sums: of its dues.
        payout_id: the payout that took it, None while it is carried.
        kept: what was kept back of it, minor units; `sums.reserved` less what came back to it of others.
    """

    id: str
    merchant_id: str
    currency: str
    period: str
    sums: Sums
    state: SettlementState
    payout_id: str | None = None
    kept: int = 0


def settlement_id(period: str, currency: str) -> str:
    """Return the id of a merchant's settlement of a period; unique within the merchant."""
    return f"set_{period.replace('-', '')}_{currency.lower()}"
