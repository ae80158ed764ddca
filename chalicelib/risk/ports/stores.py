"""Where risk keeps what it knows, and what it needs from outside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from chalicelib.audit.ports import AuditPorts
from chalicelib.kit.clock import Clock
from chalicelib.kit.errors import Problem, TooMany
from chalicelib.kit.idempotency import Idempotency
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import Action, Committer
from chalicelib.risk.cases import Alert, AlertKind, Freeze
from chalicelib.risk.history import History, Payer, Policy
from chalicelib.risk.ports.payments import Subject
from chalicelib.risk.problems import Frozen, PaymentVelocity
from chalicelib.risk.rules import Limit, Log


@dataclass(frozen=True)
class Wanted:
    """Which open alerts somebody wants to see.

    Attributes:
        kind: of this kind; None of all.
        before: that wait since before then.
        assigned_to: whose they are to look at.
    """

    kind: AlertKind | None = None
    before: datetime | None = None
    assigned_to: str | None = None


class RiskStore(Protocol):
    """Where counters, payers, histories, alerts and freezes are kept."""

    def subject(self, subject: Subject) -> str:
        """Return a subject as it is written: what is personal as its blind index."""
        ...

    def count(
        self, subject: Subject, limit: Limit, share: int, now: datetime, refusal: type[TooMany] = PaymentVelocity
    ) -> Action:
        """Return the write that counts a payment where it fits the limit; refused, it raises `refusal`."""
        ...

    def tally(self, subject: Subject, limit: Limit, share: int, now: datetime) -> Log:
        """Count a payment at once, whether it fits or not, and return the log with it."""
        ...

    def mark(self, event_id: str, now: datetime) -> Action:
        """Return the write that a payment or refund is counted; refused, it raises `Counted`."""
        ...

    def payer(self, name: str) -> Payer: ...

    def put_payer(self, name: str, payer: Payer, now: datetime) -> Action:
        """Return the write of the next version of what is known of a payer."""
        ...

    def history(self, account_id: str) -> History: ...

    def put_history(self, account_id: str, history: History, now: datetime) -> Action:
        """Return the write of the next version of an account's history."""
        ...

    def alert(self, alert_id: str) -> Alert | None:
        """Return an alert, read consistently."""
        ...

    def raise_alert(self, alert: Alert) -> Action:
        """Return the write that opens an alert, or opens it again and counts once more."""
        ...

    def raise_now(self, alert: Alert) -> None:
        """Do the same at once, in no transaction."""
        ...

    def take_in_hand(self, alert: Alert) -> Action:
        """Return the write of what somebody did about an alert that they have read, to close it perhaps; refused with
        `Contention` where it is closed, has happened again, or somebody else was faster.
        """
        ...

    def open_alerts(self, wanted: Wanted, after: Mapping[str, Any] | None, limit: int) -> Page[Alert]:
        """Return some open alerts, the one that has waited longest first."""
        ...

    def freeze(self, subject: str) -> Freeze | None:
        """Return the freeze of a subject, read consistently; None where it may go on."""
        ...

    def unless_frozen(self, subject: str, refusal: type[Problem] = Frozen) -> Action:
        """Return the condition that a subject is not frozen; refused, it raises `refusal`."""
        ...

    def put_freeze(self, freeze: Freeze) -> Action:
        """Return the write of a freeze; refused with `Contention` where one stands."""
        ...

    def lift(self, standing: Freeze) -> Action:
        """Return the removal of a freeze; refused with `Contention` where it is gone or another."""
        ...

    def freezes(self, after: Mapping[str, Any] | None, limit: int) -> Page[Freeze]:
        """Return some freezes, newest first."""
        ...


class Sessions(Protocol):
    """What accounts do about somebody's sessions."""

    def end_all(self, account_id: str) -> Sequence[Action]:
        """Return the writes that end every session of an account at once; none where there is no such account."""
        ...


@dataclass(frozen=True)
class RiskPorts:
    """What the use cases are given."""

    store: RiskStore
    audit: AuditPorts
    clock: Clock
    committer: Committer
    idempotency: Idempotency
    policy: Policy = field(default_factory=Policy)


@dataclass(frozen=True)
class FreezingPorts(RiskPorts):
    """What freezing needs on top."""

    sessions: Sessions = field(kw_only=True)
