"""What reconciliation needs from outside; also the types of this domain that others may use."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Protocol

from chalicelib.audit.ports import AuditPorts
from chalicelib.kit.clock import Clock
from chalicelib.kit.idempotency import Idempotency
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import Action, Committer
from chalicelib.ledger.ports import LedgerPorts
from chalicelib.orders.ports import OrdersPorts
from chalicelib.payments.ports import PaymentPorts
from chalicelib.reconciliation.rules import (
    Case,
    CaseKind,
    CaseState,
    Difference,
    Figures,
    PartReport,
    Report,
    Resolution,
)
from chalicelib.settlement.ports import SettlementPorts

__all__ = [
    "Case",
    "CaseKind",
    "CaseState",
    "Checkpoint",
    "Difference",
    "Figures",
    "Item",
    "PartReport",
    "ReconciliationPorts",
    "ReconciliationStore",
    "Report",
    "Resolution",
    "WaitsFor",
]


class WaitsFor(StrEnum):
    """Whom something in transit waits for."""

    PROVIDER = "provider"  # the books have it, the provider does not
    BOOKS = "books"  # the provider has paid a refund and has not confirmed it
    END = "end"  # a refund was asked for, and nothing came of it yet


@dataclass(frozen=True)
class Item:
    """Something that one side has and the other may not have yet.

    Attributes:
        part: a provider, or `orders`.
        amount: on the side that has it, minor units, signed as on the account.
        movement_id, provider_ref: of the provider's side, where that is the one that has it.
    """

    part: str
    transaction_id: str
    waits_for: WaitsFor
    since: datetime
    currency: str
    amount: int
    order_id: str | None = None
    movement_id: str | None = None
    provider_ref: str | None = None


@dataclass(frozen=True)
class Checkpoint:
    """What an own account had at the end of a UTC date, and at the end of the one before on which it moved; minor
    units, signed.
    """

    day: date
    amount: int
    before: int


class ReconciliationStore(Protocol):
    """Reports, cases, and what is in transit between days."""

    def report(self, day: date) -> Report | None: ...

    def put_report(self, report: Report) -> None:
        """Write the next version of a report; refused as `Contention` where another run wrote it."""
        ...

    def reports(self, after: Mapping[str, Any] | None, limit: int) -> Page[Report]:
        """Return some reports, newest first."""
        ...

    def case(self, case_id: str) -> Case | None: ...

    def put_case(self, case: Case) -> Action:
        """Return the write of a case's next version, provided that it follows the one that stands."""
        ...

    def cases(self, state: CaseState, after: Mapping[str, Any] | None, limit: int) -> Page[Case]:
        """Return some cases of a state, the oldest first."""
        ...

    def unresolved(self) -> Iterable[Case]:
        """Yield every case that is not closed."""
        ...

    def wait(self, item: Item) -> bool:
        """Write down what is in transit; False where its movement was seen."""
        ...

    def take(self, part: str, transaction_id: str, booked_on: date, movement_id: str, *, must_wait: bool) -> bool:
        """Write down which movement a transaction of another day has; False where it has one already, or where it
        `must_wait` for one and does not.
        """
        ...

    def drop(self, part: str, transaction_id: str) -> None:
        """Forget what is in transit."""
        ...

    def waiting(self, part: str, transaction_id: str) -> bool:
        """Say whether something is in transit still."""
        ...

    def item(self, part: str, transaction_id: str) -> Item | None:
        """Return what is in transit under a transaction's name, None where there is nothing."""
        ...

    def in_transit(self, part: str) -> Iterable[Item]:
        """Yield what is in transit, the oldest first."""
        ...

    def taken(self, part: str, booked_on: date) -> dict[str, str]:
        """Return the transactions of a day whose movement is another day's: its id by theirs."""
        ...

    def checkpoint(self, account: str, currency: str) -> Checkpoint | None: ...

    def put_checkpoint(self, account: str, currency: str, checkpoint: Checkpoint) -> None: ...


@dataclass(frozen=True)
class ReconciliationPorts:
    """What the use cases are given."""

    store: ReconciliationStore
    payments: PaymentPorts
    orders: OrdersPorts
    ledger: LedgerPorts
    settlement: SettlementPorts
    audit: AuditPorts
    clock: Clock
    committer: Committer
    idempotency: Idempotency
