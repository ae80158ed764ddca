"""What payments need from outside."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from chalicelib.kit.clock import Clock
from chalicelib.kit.idempotency import Idempotency
from chalicelib.kit.outbox import Outbox
from chalicelib.kit.transaction import Action, Committer
from chalicelib.ledger.ports import LedgerPorts
from chalicelib.orders.ports import OrdersPorts
from chalicelib.payments.rules import Charge, Event, Payment, PaymentState, ProviderRefund, Refund, RefundState


class PaymentProvider(Protocol):
    """Moves customers' money. Every call that creates something carries a key under which a repeat creates nothing.

    All raise `kit.errors.Unavailable` when there is no answer (a repeat is safe) and `PaymentRefused` when the answer
    is no.
    """

    def charge(self, payment: Payment, return_url: str) -> Charge:
        """Begin a charge; the payment's id is the key and comes back with everything said of the charge."""
        ...

    def charge_state(self, charge_ref: str) -> Charge: ...

    def refund(self, refund: Refund, charge_ref: str) -> ProviderRefund:
        """Begin a refund, likewise. The provider may forget the key after a day: a repeat first looks whether
        `find_refund` knows it.
        """
        ...

    def find_refund(self, refund: Refund, charge_ref: str) -> ProviderRefund | None:
        """Return what was begun for a refund, None where nothing was."""
        ...

    def refund_state(self, refund_ref: str) -> ProviderRefund: ...

    def read_event(self, raw: bytes, signature: str, now: datetime) -> Event:
        """Return a notice that the provider really sent.

        Raises:
            BadSignature: forged, too old, or from the future.
        """
        ...


class PaymentStore(Protocol):
    """Payments and refunds."""

    def open(self, payment: Payment) -> None:
        """Write a payment before the provider hears of it; no harm when it is there."""
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

    def move_refund(
        self, refund_id: str, state: RefundState, refund_ref: str, before: RefundState = RefundState.PENDING
    ) -> Action:
        """Return the write that moves a refund on from the state `before`; refused, it raises `Moved`."""
        ...

    def note_refund_ref(self, refund_id: str, refund_ref: str) -> None: ...

    def worked(self, event_id: str) -> bool:
        """Say whether an event's work is done."""
        ...

    def mark_worked(self, event: Event) -> None: ...


@dataclass(frozen=True)
class PaymentPorts:
    """What the use cases are given."""

    store: PaymentStore
    provider: PaymentProvider
    orders: OrdersPorts
    ledger: LedgerPorts
    clock: Clock
    committer: Committer
    outbox: Outbox
    idempotency: Idempotency
