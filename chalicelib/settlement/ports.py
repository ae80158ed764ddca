"""What settlement needs from outside; also the types of this domain that others may use."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from chalicelib.audit.ports import AuditPorts
from chalicelib.kit.clock import Clock
from chalicelib.kit.outbox import Outbox
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import Action, Committer
from chalicelib.ledger.ports import LedgerPorts
from chalicelib.settlement.rules import (
    BankAccount,
    Due,
    DueKind,
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

    def waiting(self, shard: int) -> Iterable[Due]:
        """Yield what waits for settlement, merchant by merchant, oldest first."""
        ...

    def waiting_of(self, merchant_id: str) -> Iterable[Due]: ...

    def settle(self, settlement: Settlement, dues: Sequence[Due]) -> list[Action]:
        """Return the writes that take dues into a settlement; `settlement` has the sums of these dues only."""
        ...

    def close(self, settlement: Settlement) -> Action:
        """Return the write that ends a settlement, provided that nothing was added since it was read."""
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

    def put_terms(self, merchant_id: str, terms: Terms) -> Action:
        """Return the write of the next version of a merchant's terms, provided that it follows the one that stands."""
        ...

    def merchants(self, shard: int) -> Iterable[str]:
        """Yield the merchants of a shard who have terms of their own."""
        ...

    @property
    def shards(self) -> int: ...


@dataclass(frozen=True)
class SettlementPorts:
    """What the use cases are given.

    Attributes:
        standard: the terms of merchants without their own.
    """

    store: SettlementStore
    ledger: LedgerPorts
    clock: Clock
    committer: Committer
    outbox: Outbox
    audit: AuditPorts
    standard: Terms
