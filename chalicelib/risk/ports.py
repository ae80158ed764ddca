"""What risk needs from outside; also the types of this domain that others may use."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from chalicelib.audit.ports import AuditPorts
from chalicelib.kit.clock import Clock
from chalicelib.kit.idempotency import Idempotency
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import Action, Committer
from chalicelib.risk.history import History, Payer, Policy
from chalicelib.risk.problems import Frozen, PaymentVelocity
from chalicelib.risk.rules import Kind, Limit, Log

__all__ = [
    "Alert",
    "AlertKind",
    "Attempt",
    "Counted",
    "Freeze",
    "Frozen",
    "Paid",
    "PaymentVelocity",
    "Policy",
    "Refunded",
    "RiskPorts",
    "RiskStore",
    "Subject",
]


@dataclass(frozen=True)
class Subject:
    """Whom something is counted by or an alert is about; `name` is what it is called outside, and is never written."""

    kind: Kind
    name: str


@dataclass(frozen=True)
class Attempt:
    """A payment that is about to begin.

    Attributes:
        device: the header X-Device-Id as it came.
        ip: where the request came from.
        amount: minor units.
        is_repeat: it began before, and was counted then.
    """

    account_id: str
    shop_id: str
    device: str | None
    ip: str
    amount: int
    currency: str
    order_id: str
    is_repeat: bool = False


@dataclass(frozen=True)
class Paid:
    """Money that arrived.

    Attributes:
        payer: an opaque text that is the same for the same card or wallet; None where the provider tells none.
        amount: minor units.
    """

    payment_id: str
    order_id: str
    account_id: str
    shop_id: str
    payer: str | None
    amount: int
    currency: str


@dataclass(frozen=True)
class Refunded:
    """Money that went back because the customer wanted it so."""

    refund_id: str
    payment_id: str
    order_id: str
    account_id: str


class AlertKind(StrEnum):
    """What somebody should look at."""

    VELOCITY = "velocity"  # a shop, an address or a payer is over its limit
    SHARED_PAYER = "shared-payer"  # many accounts pay with one card or wallet
    DUPLICATE = "duplicate-payment"  # the same payer, shop and amount for another order
    REFUND_ABUSE = "refund-abuse"


@dataclass(frozen=True)
class Alert:
    """Something that somebody should look at. The same of a subject on one UTC date is one alert, and opens it again.

    Attributes:
        id: `alr_...`; follows from kind, subject and date.
        subject: `account:<id>`, `shop:<id>`, or of what is personal the blind index: `payer:<index>`.
        about: ids of orders, payments, refunds and accounts that it is about, as of the last time.
        since: when it happened first.
        last_at: when it happened last.
        times: how often it happened.
        closed_by: who has looked at it; None while it is open.
        note: what they found.
    """

    id: str
    kind: AlertKind
    subject: str
    about: tuple[str, ...]
    since: datetime
    last_at: datetime
    times: int = 1
    closed_by: str | None = None
    closed_at: datetime | None = None
    note: str | None = None


@dataclass(frozen=True)
class Freeze:
    """Whether somebody may go on, pending review.

    Attributes:
        subject: `account:<id>` may not begin to pay; `payouts:<merchant>` is not paid out.
        by: who froze it, or lifted that; `system:risk` where a rule did.
    """

    subject: str
    is_frozen: bool
    reason: str
    by: str
    at: datetime


class Counted(Exception):  # noqa: N818 - an answer, not an error
    """The payment or refund is counted already."""


class RiskStore(Protocol):
    """Where counters, payers, histories, alerts and freezes are kept."""

    def subject(self, subject: Subject) -> str:
        """Return a subject as it is written: what is personal as its blind index."""
        ...

    def count(self, subject: Subject, limit: Limit, share: int, now: datetime) -> Action:
        """Return the write that counts a payment where it fits the limit; refused, it raises `PaymentVelocity`."""
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

    def close(self, alert: Alert) -> Action:
        """Return the write that an alert is closed; refused with `Contention` where it is closed or has happened
        again.
        """
        ...

    def open_alerts(self, after: Mapping[str, Any] | None, limit: int) -> Page[Alert]:
        """Return some open alerts, the one that has waited longest first."""
        ...

    def freeze(self, subject: str) -> Freeze | None:
        """Return the freeze of a subject, read consistently; None where it may go on."""
        ...

    def unless_frozen(self, subject: str) -> Action:
        """Return the condition that a subject is not frozen; refused, it raises `Frozen`."""
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


@dataclass(frozen=True)
class RiskPorts:
    """What the use cases are given."""

    store: RiskStore
    audit: AuditPorts
    clock: Clock
    committer: Committer
    idempotency: Idempotency
    policy: Policy = field(default_factory=Policy)
