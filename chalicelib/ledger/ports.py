"""What the ledger needs from outside; also the types of this domain that others may use."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from chalicelib.kit.clock import Clock
from chalicelib.kit.transaction import Action, Committer
from chalicelib.ledger.rules import (
    BANK,
    CHART,
    CLAWBACK,
    COMMISSION,
    COUPONS,
    DISPUTES,
    FEES,
    GIFTS,
    HELD,
    PAYOUTS,
    PROVIDER_FEES,
    PROVIDERS,
    REFUNDS,
    SUSPENSE,
    TAX,
    AlreadyPosted,
    Entry,
    Overdrawn,
    RefundStep,
    Transaction,
    customer_account,
    merchant_account,
    moved,
    provider_account,
    refund_accounts,
    reserve_account,
)

__all__ = [
    "BANK",
    "CHART",
    "CLAWBACK",
    "COMMISSION",
    "COUPONS",
    "DISPUTES",
    "FEES",
    "GIFTS",
    "HELD",
    "PAYOUTS",
    "PROVIDERS",
    "PROVIDER_FEES",
    "REFUNDS",
    "SUSPENSE",
    "TAX",
    "AlreadyPosted",
    "Entry",
    "LedgerPorts",
    "LedgerStore",
    "Overdrawn",
    "RefundStep",
    "Sheet",
    "Transaction",
    "customer_account",
    "merchant_account",
    "moved",
    "provider_account",
    "refund_accounts",
    "reserve_account",
]

Sheet = dict[str, dict[str, int]]
"""Signed balances: by currency, then by account of the chart."""


class LedgerStore(Protocol):
    """The books."""

    def post(self, transaction: Transaction) -> list[Action]:
        """Return the writes of a transaction and of the balances that it changes. Refused, they raise `AlreadyPosted`,
        or `Overdrawn` where an account does not cover what is taken from it.
        """
        ...

    def transaction(self, transaction_id: str) -> Transaction | None: ...

    def transactions(self, transaction_ids: Iterable[str]) -> dict[str, Transaction]:
        """Return those of some transactions that are posted, by id."""
        ...

    def of_order(self, order_id: str) -> Iterable[Transaction]:
        """Yield what was posted for an order, oldest first."""
        ...

    def of_day(self, day: date, until: datetime | None = None) -> Iterable[Transaction]:
        """Yield what was posted on a UTC date, up to a moment where one is given, in no order."""
        ...

    def balances(self, account: str) -> dict[str, int]:
        """Return the signed balance per currency."""
        ...

    def close_day(self, day: date, sheet: Sheet) -> Action:
        """Return the write of the balances at the end of a UTC date; once only."""
        ...

    def closed(self, before: date) -> tuple[date, Sheet] | None:
        """Return the newest closed date before another, and its balances; None where none is closed yet."""
        ...

    def first_closed(self) -> tuple[date, Sheet] | None:
        """Return the oldest closed date, and its balances, likewise."""
        ...


@dataclass(frozen=True)
class LedgerPorts:
    """What the use cases are given."""

    store: LedgerStore
    clock: Clock
    committer: Committer
