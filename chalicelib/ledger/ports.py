"""What the ledger needs from outside; also the types of this domain that others may use."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from chalicelib.kit.clock import Clock
from chalicelib.kit.outbox import Outbox
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import Action, Committer
from chalicelib.ledger.rules import AlreadyPosted, Due, RefundStep, Settlement, Transaction

__all__ = ["AlreadyPosted", "Due", "LedgerPorts", "LedgerStore", "RefundStep", "Settlement", "Transaction"]


class LedgerStore(Protocol):
    """The books."""

    def post(self, transaction: Transaction) -> list[Action]: ...

    def transaction(self, transaction_id: str) -> Transaction | None: ...

    def balances(self, account: str) -> dict[str, int]:
        """Return the signed balance per currency."""
        ...

    def accrue(self, due: Due) -> Action: ...

    def waiting(self, shard: int, until: datetime) -> Iterable[Due]:
        """Yield what waits for settlement, merchant by merchant, oldest first."""
        ...

    def waiting_of(self, merchant_id: str) -> Iterable[Due]: ...

    def settle(self, settlement: Settlement, dues: Sequence[Due]) -> list[Action]:
        """Return the writes that take dues into a settlement; `settlement` has the sums of these dues only."""
        ...

    def close(self, settlement: Settlement) -> Action:
        """Return the write that ends a settlement, provided that nothing was added since it was read."""
        ...

    def left_open(self, shard: int) -> Iterable[tuple[str, str]]:
        """Yield (merchant id, settlement id) of settlements that are still open."""
        ...

    def settlement(self, merchant_id: str, settlement_id: str) -> Settlement | None: ...

    def settlements(self, merchant_id: str, after: dict[str, Any] | None, limit: int) -> Page[Settlement]: ...

    def settled_lines(
        self, merchant_id: str, settlement_id: str, after: dict[str, Any] | None, limit: int
    ) -> Page[Due]: ...

    @property
    def shards(self) -> int: ...


@dataclass(frozen=True)
class LedgerPorts:
    """What the use cases are given."""

    store: LedgerStore
    clock: Clock
    committer: Committer
    outbox: Outbox
