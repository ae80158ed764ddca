"""What settlement needs from outside; also the types of this domain that others may use."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from chalicelib.audit.ports import AuditPorts
from chalicelib.kit.clock import Clock
from chalicelib.kit.outbox import Outbox
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import Action, Committer
from chalicelib.ledger.ports import LedgerPorts
from chalicelib.settlement.rules import (
    COOLING,
    BankAccount,
    Due,
    DueKind,
    Naming,
    PaidOut,
    Period,
    Route,
    Settlement,
    SettlementState,
    Share,
    Sums,
    Terms,
    Tier,
)

__all__ = [
    "BankAccount",
    "Due",
    "DueKind",
    "Naming",
    "PaidOut",
    "Period",
    "Route",
    "Settlement",
    "SettlementPorts",
    "SettlementState",
    "SettlementStore",
    "Share",
    "Sums",
    "Terms",
    "Tier",
]


class SettlementStore(Protocol):
    """Dues, settlements and terms."""

    def accrue(self, due: Due) -> Action:
        """Return the write of a due; a second one of the same id is refused as `AlreadyPosted`."""
        ...

    def due(self, due_id: str) -> Due | None: ...

    def dues(self, due_ids: Iterable[str]) -> dict[str, Due]:
        """Return those of some dues that there are, by id, read consistently."""
        ...

    def heads(self, shard: int) -> Iterable[Due]:
        """Yield the oldest due that waits for settlement, of each merchant and currency."""
        ...

    def waiting_of(self, merchant_id: str) -> Iterable[Due]: ...

    def waiting_until(self, merchant_id: str, currency: str, end: datetime) -> Iterable[Due]:
        """Yield what waits and has fallen due before a moment, oldest first."""
        ...

    def settle(self, settlement: Settlement, waiting: Sequence[Due], made: Sequence[Due]) -> list[Action]:
        """Return the writes that take dues into a settlement: some that wait, and some that are made with it and never
        wait; `settlement` has the sums of these dues only. Refused as `AlreadyPosted` where one is settled, as
        `PaidOut` where a payout has taken the settlement.
        """
        ...

    def close(self, settlement: Settlement, made: Sequence[Due]) -> list[Action]:
        """Return the writes that end a settlement with some last dues, which keep a part of it back, provided that
        nothing was added since it was read.
        """
        ...

    def pay_out(self, settlement: Settlement, payout_id: str) -> Action:
        """Return the write that gives a posted settlement to a payout; refused as `Contention` where one has it."""
        ...

    def left_open(self, shard: int) -> Iterable[tuple[str, str]]:
        """Yield (merchant id, settlement id) of settlements that are still open."""
        ...

    def settlement(self, merchant_id: str, settlement_id: str) -> Settlement | None: ...

    def settlements(self, merchant_id: str, after: dict[str, Any] | None, limit: int) -> Page[Settlement]:
        """Return some of a merchant's settlements, newest first."""
        ...

    def carried(self, merchant_id: str, currency: str) -> Iterable[Settlement]:
        """Yield the posted settlements that no payout has taken, oldest first."""
        ...

    def of_month(self, merchant_id: str, month: str) -> Iterable[Settlement]:
        """Yield the settlements whose period ends in a calendar month (`2026-10`)."""
        ...

    def settled(
        self, merchant_id: str, settlement_id: str, after: dict[str, Any] | None, limit: int | None
    ) -> Page[Due]:
        """Return some of the dues of a settlement, or all, oldest first."""
        ...

    def terms(self, merchant_id: str) -> Terms | None: ...

    def conditions(self, merchant_id: str) -> Terms | None:
        """Return a merchant's terms without the bank account: what needs no key to be read."""
        ...

    def put_terms(self, merchant_id: str, terms: Terms) -> Action:
        """Return the write of the next version of a merchant's terms, provided that it follows the one that stands."""
        ...

    def agreed(self, shard: int) -> Iterable[tuple[str, Terms]]:
        """Yield the merchants of a shard who have terms of their own, and these as they stood a moment ago, without
        bank accounts.
        """
        ...

    @property
    def shards(self) -> int: ...


@dataclass(frozen=True)
class SettlementPorts:
    """What the use cases are given.

    Attributes:
        standard: the terms of merchants without their own.
        cooling: how long nothing is paid to a bank account that was named or changed.
    """

    store: SettlementStore
    ledger: LedgerPorts
    clock: Clock
    committer: Committer
    outbox: Outbox
    audit: AuditPorts
    standard: Terms
    cooling: timedelta = COOLING
