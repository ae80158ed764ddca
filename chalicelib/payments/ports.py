"""What payments need from outside."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from chalicelib.audit.ports import AuditPorts
from chalicelib.kit.clock import Clock
from chalicelib.kit.idempotency import Idempotency
from chalicelib.kit.outbox import Outbox
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import Action, Committer
from chalicelib.ledger.ports import LedgerPorts
from chalicelib.orders.ports import OrdersPorts
from chalicelib.payments.rules import (
    Charge,
    Dispute,
    Event,
    Method,
    Movement,
    Notice,
    Payment,
    PaymentState,
    ProviderDispute,
    ProviderRefund,
    Refund,
    RefundState,
    Transfer,
    Way,
)
from chalicelib.risk.ports import RiskPorts


class PaymentProvider(Protocol):
    """Moves customers' money. Every call that creates something carries a key under which a repeat creates nothing.

    All raise `kit.errors.Unavailable` when there is no answer (a repeat is safe) and `PaymentRefused` when the answer
    is no. Each ends well inside API Gateway's 29 seconds.
    """

    def charge(self, payment: Payment, way: Way) -> Charge:
        """Begin a charge; the payment's id is the key and comes back with everything said of the charge.

        Raises:
            WayUnknown: this provider does not take the method in this scene.
        """
        ...

    def charge_state(self, charge_ref: str) -> Charge: ...

    def find_charge(self, payment: Payment) -> Charge | None:
        """Return what was begun for a payment whose answer was lost, None where nothing was."""
        ...

    def refund(self, refund: Refund, payment: Payment) -> ProviderRefund:
        """Begin a refund of a payment that has a `charge_ref`, likewise. The provider may forget the key after a day:
        a repeat first looks whether `find_refund` knows it.
        """
        ...

    def find_refund(self, refund: Refund, payment: Payment) -> ProviderRefund | None:
        """Return what was begun for a refund, None where nothing was."""
        ...

    def refund_state(self, refund_ref: str) -> ProviderRefund: ...

    def read_event(self, notice: Notice, now: datetime) -> Event:
        """Return a notice that the provider really sent.

        Raises:
            BadSignature: forged, too old, or from the future.
        """
        ...

    def movements(self, since: datetime, until: datetime) -> Iterable[Movement]:
        """Yield the lines of the provider's account for us from a moment until before another, oldest first. Where a
        provider only gives whole days (in its own zone), those that overlap.
        """
        ...


class DisputeProvider(Protocol):
    """A provider that knows disputes. Raises like `PaymentProvider`."""

    def dispute_state(self, dispute_ref: str) -> ProviderDispute: ...

    def submit_evidence(self, dispute_ref: str, text: str) -> None:
        """Give the bank what speaks for the merchant, once and for all; a repeat changes nothing."""
        ...


class TransferProvider(Protocol):
    """A provider that sends merchants their money. Raises like `PaymentProvider`."""

    def transfer(self, transfer: Transfer) -> Transfer:
        """Send it, tied to its charge where it has one; the transfer's id is the key, and `find_transfer` is asked
        first by whoever repeats.
        """
        ...

    def find_transfer(self, transfer: Transfer) -> Transfer | None: ...

    def reverse(self, transfer: Transfer, reversal_id: str, amount: int) -> None:
        """Take back a part of a transfer that was sent (minor units), once per `reversal_id`."""
        ...


class PaymentStore(Protocol):
    """Payments, refunds, disputes, and the inbox of providers' events."""

    def open(self, payment: Payment) -> None:
        """Write a payment before the provider hears of it; no harm when it is there."""
        ...

    def opened(self, payment: Payment) -> Action:
        """Return the write of a payment that nobody else has to hear of; refused, it raises `Moved`."""
        ...

    def begun(self, payment: Payment) -> Action:
        """Return the write of what the provider answered at the start; a payment further on keeps its state."""
        ...

    def move(self, payment_id: str, state: PaymentState, charge_ref: str) -> Action:
        """Return the write that moves a payment on; refused, it raises `Moved`."""
        ...

    def payment(self, payment_id: str) -> Payment | None: ...

    def payments_of(self, order_id: str) -> Iterable[Payment]: ...

    def open_refund(self, refund: Refund) -> Action:
        """Return the write of a refund before the provider hears of it; refused, it raises `Moved`."""
        ...

    def refund(self, refund_id: str) -> Refund | None: ...

    def refunds_of(self, order_id: str) -> Iterable[Refund]:
        """Yield an order's refunds, oldest first."""
        ...

    def move_refund(
        self, refund_id: str, state: RefundState, refund_ref: str | None, before: RefundState = RefundState.PENDING
    ) -> Action:
        """Return the write that moves a refund on from the state `before`; refused, it raises `Moved`."""
        ...

    def note_refund_ref(self, refund_id: str, refund_ref: str) -> None: ...

    def on_their_way(self, shard: int, until: datetime, limit: int) -> Iterable[Payment | Refund]:
        """Yield payments and refunds of a shard that should be asked for by a moment, the longest overdue first."""
        ...

    def look_later(self, one: Payment | Refund, at: datetime | None) -> None:
        """Write down when to ask for it again, None for never; no harm where it has ended."""
        ...

    def dispute(self, dispute_id: str) -> Dispute | None: ...

    def put_dispute(self, dispute: Dispute) -> Action:
        """Return the write of a dispute's next version, provided that it follows the one that stands."""
        ...

    def disputes_of(self, merchant_id: str, after: Mapping[str, Any] | None, limit: int) -> Page[Dispute]: ...

    def disputes_of_order(self, order_id: str) -> Iterable[Dispute]: ...

    def received(self, event: Event, now: datetime) -> Action:
        """Return the write that keeps an event until it is worked; refused, because it is worked, it raises `Moved`."""
        ...

    def worked(self, event: Event) -> bool:
        """Say whether an event's work is done."""
        ...

    def mark_worked(self, event: Event) -> None: ...

    def unworked(self, shard: int, before: datetime, limit: int) -> Iterable[Event]:
        """Yield events of a shard that were told of before a moment and are not worked, oldest first."""
        ...

    def told_again(self, event: Event, now: datetime) -> None:
        """Write down that an event was sent on its way again; no harm where it is worked."""
        ...

    @property
    def shards(self) -> int: ...


@dataclass(frozen=True)
class PaymentPorts:
    """What the use cases are given.

    Attributes:
        providers: who moves money, by name.
        via: which of them takes which method here.
        disputes: those of them that know disputes.
    """

    store: PaymentStore
    providers: Mapping[str, PaymentProvider]
    via: Mapping[Method, str]
    disputes: Mapping[str, DisputeProvider]
    orders: OrdersPorts
    ledger: LedgerPorts
    audit: AuditPorts
    risk: RiskPorts
    clock: Clock
    committer: Committer
    outbox: Outbox
    idempotency: Idempotency
