"""A due: one thing that changes what a merchant is owed. Dues are added, never altered; a settlement takes them."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from chalicelib.kit.money import fee, split, tax_within
from chalicelib.ledger.ports import (
    CLAWBACK,
    COMMISSION,
    COUPONS,
    DISPUTES,
    FEES,
    HELD,
    PAYOUTS,
    TAX,
    Entry,
    merchant_account,
    reserve_account,
)


class DueKind(StrEnum):
    """What a due is for: a line of the merchant's statement says it."""

    SERVICE = "service"  # a line was delivered
    CANCELLATION_FEE = "cancellation_fee"  # kept of a line that was cancelled late
    NO_SHOW_FEE = "no_show_fee"  # kept of a line whose customer did not come
    REFUND = "refund"  # given back after the line had ended
    DISPUTE = "dispute"  # the customer's bank took it back
    DISPUTE_RETURNED = "dispute_returned"  # and gave it back, or it stands for a refund
    COUPON = "coupon"  # a coupon's discount on a line became another after that had ended
    SUBSCRIPTION = "subscription"  # the month's fee
    RESERVE = "reserve"  # kept back for a while
    RESERVE_RELEASED = "reserve_released"
    PAYOUT_RETURNED = "payout_returned"  # paid out, and did not arrive or was taken back


@dataclass(frozen=True)
class Due:
    """One line of a merchant's statement, minor units throughout.

    Attributes:
        id: says what it is for (`lin_...`, `refund:ref_...`), so that each falls due once.
        payment_id: whose money it is; None where it is nobody's, such as a subscription.
        gross: what customers paid and do not get back; negative where it goes back.
        platform_discount: what a coupon that the platform pays took off; the merchant gets it from the platform.
        commission, fixed_fee: the platform's; negative where they are given back.
        tax: on commission and fee.
        reserved: what is kept back for a while; negative where it is released, or comes back of a payout.
        settlement_id: the settlement that took it, None while it waits.
    """

    id: str
    kind: DueKind
    merchant_id: str
    currency: str
    due_at: datetime
    order_id: str | None = None
    line_id: str | None = None
    payment_id: str | None = None
    gross: int = 0
    platform_discount: int = 0
    commission: int = 0
    fixed_fee: int = 0
    tax: int = 0
    reserved: int = 0
    settlement_id: str | None = None

    @property
    def payable(self) -> int:
        """What it adds to what the merchant is owed."""
        return self.gross + self.platform_discount - self.commission - self.fixed_fee - self.tax - self.reserved

    def entries(self) -> tuple[Entry, ...]:
        """Return the movements that settle it; those of zero are left out."""
        entries = (
            Entry(_source(self), self.gross, self.line_id),
            Entry(COUPONS, self.platform_discount, self.line_id),
            Entry(merchant_account(self.merchant_id), -self.payable, self.line_id),
            Entry(COMMISSION, -self.commission, self.line_id),
            Entry(FEES, -self.fixed_fee, self.line_id),
            Entry(TAX, -self.tax, self.line_id),
            Entry(_put_aside(self), -self.reserved, self.line_id),
        )
        return tuple(entry for entry in entries if entry.amount)


def _put_aside(due: Due) -> str:
    """The account where money of the merchant lies that is not payable yet."""
    return PAYOUTS if due.kind == DueKind.PAYOUT_RETURNED else reserve_account(due.merchant_id)


def _source(due: Due) -> str:
    """The account where the money of a due lies until it is settled."""
    if due.kind in {DueKind.DISPUTE, DueKind.DISPUTE_RETURNED}:
        return DISPUTES
    return CLAWBACK if due.kind == DueKind.REFUND else HELD


@dataclass(frozen=True)
class Share:
    """The platform's share of one line, frozen when it was sold.

    Attributes:
        commission_bps: of the merchant's price less the discounts that the merchant grants.
        fixed_fee: minor units, of a line that earns anything.
        tax_bps: on both.
        tax_included: both have the tax in them, and are the whole of what is taken.
    """

    commission_bps: int
    fixed_fee: int = 0
    tax_bps: int = 0
    tax_included: bool = False


@dataclass(frozen=True)
class Cut:
    """What the platform takes of an amount, minor units; commission and fee are without the tax."""

    commission: int
    fixed_fee: int
    tax: int


def cut(base: int, share: Share) -> Cut:
    """Return what the platform takes of what remains of a line; never more than that remains.

    Always of the whole that remains, never of one refund: rounding each refund by itself gives back less than was
    taken, or more.
    """
    commission = fee(base, share.commission_bps)
    fixed = min(share.fixed_fee, base - commission) if base > 0 else 0
    if share.tax_included:
        tax = tax_within(commission + fixed, share.tax_bps)  # of the sum: of each apart, rounding adds up
        of_commission, of_fee = split(tax, (commission, fixed)) if tax else (0, 0)
        return Cut(commission - of_commission, fixed - of_fee, tax)
    return Cut(commission, fixed, min(fee(commission + fixed, share.tax_bps), base - commission - fixed))


def earned(due: Due, share: Share) -> Due:
    """Return a due of a line with the platform's share taken."""
    taken = cut(due.gross + due.platform_discount, share)
    return replace(due, commission=taken.commission, fixed_fee=taken.fixed_fee, tax=taken.tax)


def taken_back(due: Due, share: Share, *, base: int) -> Due:
    """Return a due that takes `-due.gross` (and `-due.platform_discount`) back from a line of which `base` remained
    before, with what that changes of the platform's share.
    """
    before, after = cut(base, share), cut(base + due.gross + due.platform_discount, share)
    return replace(
        due,
        commission=after.commission - before.commission,
        fixed_fee=after.fixed_fee - before.fixed_fee,
        tax=after.tax - before.tax,
    )
