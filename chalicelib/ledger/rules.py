"""Double entry: what a balanced transaction is, and what a sold line's money becomes when it is settled.

Signs: a debit is positive, a credit negative; every transaction's entries sum to zero in one currency. Money that we
owe (customers' money held, merchants' payable) therefore stands with a minus in the books and is shown with a plus.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chalicelib.kit.errors import Conflict
from chalicelib.kit.i18n import Text
from chalicelib.kit.money import Money, fee

PROVIDER = "provider:stripe"  # asset: what the payment provider holds for us
HELD = "customers:held"  # liability: paid for, service not yet settled
MERCHANTS = "merchants:payable"  # liability, control account: the sum of every merchant's own account
COMMISSION = "platform:commission"  # revenue
COUPONS = "platform:coupons"  # expense: discounts that the platform pays
REFUNDS = "refunds:pending"  # liability: refunds that the provider has not confirmed
CHART = (PROVIDER, HELD, MERCHANTS, COMMISSION, COUPONS, REFUNDS)


def merchant_account(merchant_id: str) -> str:
    """Return the name of a merchant's own account, part of the control account `merchants:payable`."""
    return f"merchant:{merchant_id}"


class AlreadyPosted(Conflict):
    """The books hold this transaction: the effect has happened."""

    code = "already-posted"
    title = Text("Already in the books", "已入账")


@dataclass(frozen=True)
class Entry:
    """One movement, in minor units: positive is a debit, negative a credit."""

    account: str
    amount: int
    line_id: str | None = None


@dataclass(frozen=True)
class Transaction:
    """Movements that belong together and sum to zero.

    Attributes:
        id: says what happened (`capture:pay_...`), so that the same happening can be posted once only.
        kind: capture, refund-pending, refund-done, refund-failed, refund-returned, settlement.
    """

    id: str
    kind: str
    at: datetime
    currency: str
    entries: tuple[Entry, ...]
    order_id: str | None = None
    payment_id: str | None = None

    def __post_init__(self) -> None:
        if sum(entry.amount for entry in self.entries) != 0:
            raise ValueError(f"transaction {self.id} does not balance")
        for entry in self.entries:
            if entry.account not in CHART and not entry.account.startswith("merchant:"):
                raise ValueError(f"no account {entry.account}")

    def movements(self) -> dict[str, int]:
        """Return the sum per account that moves, a merchant's own account and its control account both."""
        sums: Counter[str] = Counter()
        for entry in self.entries:
            sums[entry.account] += entry.amount
            if entry.account.startswith("merchant:"):
                sums[MERCHANTS] += entry.amount
        return {account: amount for account, amount in sums.items() if amount}


@dataclass(frozen=True)
class Due:
    """A line's money that waits for settlement.

    Attributes:
        line_id: each line falls due once.
        net: what the customer paid for it and keeps paid, minor units.
        platform_discount: what a coupon paid by the platform took off; the merchant gets it from the platform.
        commission_bps: frozen when the line was sold.
        due_at: when the service was completed, or the fee kept.
        settlement_id: the settlement that took it, None while it waits.
    """

    line_id: str
    order_id: str
    merchant_id: str
    currency: str
    net: int
    platform_discount: int
    commission_bps: int
    due_at: datetime
    settlement_id: str | None = None

    @property
    def base(self) -> int:
        """What the commission is taken of: the merchant's price less the discounts that the merchant grants."""
        return self.net + self.platform_discount

    @property
    def commission(self) -> int:
        return fee(self.base, self.commission_bps)

    @property
    def payable(self) -> int:
        """What the merchant gets."""
        return self.base - self.commission

    def entries(self) -> tuple[Entry, ...]:
        """Return the movements that settle it; those of zero are left out."""
        entries = (
            Entry(HELD, self.net, self.line_id),
            Entry(COUPONS, self.platform_discount, self.line_id),
            Entry(merchant_account(self.merchant_id), -self.payable, self.line_id),
            Entry(COMMISSION, -self.commission, self.line_id),
        )
        return tuple(entry for entry in entries if entry.amount)


@dataclass(frozen=True)
class Settlement:
    """A merchant's money of a period in one currency, posted line by line.

    Attributes:
        id: made of period and currency: a run that is repeated goes on with the same one.
        period: UTC date of the run, `2026-11-23`.
        lines: how many.
        state: open while lines are being posted, then posted.
    """

    id: str
    merchant_id: str
    currency: str
    period: str
    lines: int
    net: int
    platform_discount: int
    commission: int
    payable: int
    state: str


def settlement_id(period: str, currency: str) -> str:
    """Return the id of a merchant's settlement of a period; unique within the merchant."""
    return f"set_{period.replace('-', '')}_{currency.lower()}"


def capture(payment_id: str, order_id: str, amount: Money, at: datetime) -> Transaction:
    """Return the transaction of a customer's payment that arrived."""
    entries = (Entry(PROVIDER, amount.amount), Entry(HELD, -amount.amount))
    return Transaction(f"capture:{payment_id}", "capture", at, amount.currency, entries, order_id, payment_id)


class RefundStep(StrEnum):
    """How far a refund is."""

    PENDING = "pending"  # asked of the provider
    DONE = "done"  # it reached the customer
    FAILED = "failed"  # the provider could not: the money is the customer's, held by us
    RETURNED = "returned"  # it was done, and the customer's bank sent it back: likewise


_REFUND_ACCOUNTS = {
    RefundStep.PENDING: (HELD, REFUNDS),
    RefundStep.DONE: (REFUNDS, PROVIDER),
    RefundStep.FAILED: (REFUNDS, HELD),
    RefundStep.RETURNED: (PROVIDER, HELD),
}


def refund(
    step: RefundStep, refund_id: str, order_id: str, payment_id: str, amount: Money, at: datetime
) -> Transaction:
    """Return the transaction of one step of a refund."""
    debit, credit = _REFUND_ACCOUNTS[step]
    entries = (Entry(debit, amount.amount), Entry(credit, -amount.amount))
    return Transaction(
        f"refund-{step}:{refund_id}", f"refund-{step}", at, amount.currency, entries, order_id, payment_id
    )


def by_merchant(dues: Iterable[Due]) -> dict[tuple[str, str], list[Due]]:
    """Return dues by (merchant, currency), each list in the order given."""
    grouped: dict[tuple[str, str], list[Due]] = {}
    for due in dues:
        grouped.setdefault((due.merchant_id, due.currency), []).append(due)
    return grouped
