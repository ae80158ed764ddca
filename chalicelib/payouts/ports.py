"""What payouts need from outside; also the types of this domain that others may use."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from chalicelib.audit.ports import AuditPorts
from chalicelib.kit.clock import Clock
from chalicelib.kit.idempotency import Idempotency
from chalicelib.kit.outbox import Outbox
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import Action, Committer
from chalicelib.ledger.ports import LedgerPorts
from chalicelib.payments.ports import PaymentPorts, TransferProvider
from chalicelib.payouts.documents_ports import BankFiles
from chalicelib.payouts.rules import APPROVAL_ABOVE, Batch, Leg, LegState, Payout, PayoutState, Reversal, ReversalState
from chalicelib.risk.ports import RiskPorts
from chalicelib.settlement.ports import SettlementPorts

__all__ = [
    "Batch",
    "Leg",
    "LegState",
    "Payout",
    "PayoutPorts",
    "PayoutState",
    "PayoutStore",
    "Reversal",
    "ReversalState",
    "SendingPorts",
    "Task",
    "TaskKind",
]


class TaskKind(StrEnum):
    """What a run may have to take up."""

    PAYOUT = "payout"
    BATCH = "batch"
    REVERSALS = "reversals"  # of `<merchant>/<settlement>`
    MERCHANT = "merchant"  # `<merchant>/<currency>` has money that could not leave


@dataclass(frozen=True)
class Task:
    """Something that is not finished; written with it, removed with its end."""

    kind: TaskKind
    id: str
    not_before: datetime


class PayoutStore(Protocol):
    """Payouts with their legs, batches, reversals, and what is left to do. All reads by id are consistent."""

    def save(self, payout: Payout) -> Action:
        """Return the write of a payout's next version. Refused: the first one as `Made`, others as `Contention`."""
        ...

    def payout(self, payout_id: str) -> Payout | None: ...

    def payouts(self, payout_ids: Sequence[str]) -> list[Payout]:
        """Return payouts in the order of their ids given; those that are not there are left out."""
        ...

    def of_merchant(self, merchant_id: str, after: Mapping[str, Any] | None, limit: int) -> Page[Payout]:
        """Return some of a merchant's payouts, newest first."""
        ...

    def in_state(self, state: PayoutState, after: Mapping[str, Any] | None, limit: int) -> Page[Payout]:
        """Return some payouts that stand so, oldest first."""
        ...

    def ready_for_bank(self, currency: str) -> Iterable[str]:
        """Yield the ids of payouts by bank that no batch has, oldest first; some that one has just taken too."""
        ...

    def put_legs(self, legs: Sequence[Leg]) -> list[Action]:
        """Return the writes of a payout's legs; refused as `Made`."""
        ...

    def legs(self, payout_id: str) -> list[Leg]: ...

    def legs_page(self, payout_id: str, after: Mapping[str, Any] | None, limit: int) -> Page[Leg]: ...

    def leg(self, payout_id: str, leg_id: str) -> Leg | None: ...

    def end_leg(self, leg: Leg) -> Action:
        """Return the write of how a leg ended; refused as `Made` where it has ended."""
        ...

    def take_back(self, leg: Leg, amount: int) -> Action:
        """Return the write that counts a reversal (minus: one that failed) of a leg as it was read."""
        ...

    def legs_of(self, payment_id: str) -> Iterable[Leg]:
        """Yield the legs that drew on a payment, as they stood a moment ago."""
        ...

    def plan(self, reversal: Reversal) -> Action:
        """Return the write of a reversal before the provider hears of it; refused as `Made`."""
        ...

    def end_reversal(self, reversal: Reversal) -> Action:
        """Return the write of how a reversal ended; refused as `Made` where it has ended."""
        ...

    def reversals(self, merchant_id: str, settlement_id: str) -> list[Reversal]: ...

    def save_batch(self, batch: Batch) -> Action:
        """Return the write of a batch's next version; refused like `save`."""
        ...

    def batch(self, batch_id: str) -> Batch | None: ...

    def note(self, task: Task) -> Action:
        """Return the write of what is left to do; one of the same kind and id is replaced."""
        ...

    def done(self, kind: TaskKind, id_: str) -> Action:
        """Return the removal of a task."""
        ...

    def drop(self, task: Task) -> None:
        """Remove a task unless it was noted again in the meantime."""
        ...

    def tasks(self, shard: int) -> Iterable[Task]: ...

    @property
    def shards(self) -> int: ...


@dataclass(frozen=True)
class PayoutPorts:
    """What the use cases are given.

    Attributes:
        limits: what leaves without approval, by currency, minor units.
        bank_files: None where the operator's own bank account is not known.
    """

    store: PayoutStore
    settlement: SettlementPorts
    ledger: LedgerPorts
    risk: RiskPorts
    audit: AuditPorts
    clock: Clock
    committer: Committer
    outbox: Outbox
    idempotency: Idempotency
    bank_files: BankFiles | None = None
    limits: Mapping[str, int] = field(default_factory=lambda: APPROVAL_ABOVE)


@dataclass(frozen=True)
class SendingPorts(PayoutPorts):
    """What sending money needs on top.

    Attributes:
        transfers: who sends it.
        provider: what that one is called in the books.
    """

    payments: PaymentPorts = field(kw_only=True)
    transfers: TransferProvider = field(kw_only=True)
    provider: str = "stripe"
