"""What a provider says, in our words: of charges, refunds, disputes, and of its own account for us."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from chalicelib.kit.money import Money
from chalicelib.payments.rules.life import STRIPE, PaymentState, RefundState

# A signature may be this old, or from a clock this far ahead.
TOLERANCE = timedelta(seconds=300)


@dataclass(frozen=True)
class Charge:
    """What the provider says of a payment.

    Attributes:
        ref: the provider's id.
        received: what arrived; zero until it succeeded.
        payment_id: our own id, as we gave it to the provider; None for a charge that is not ours.
        payer: who paid, so that the same card or wallet is known again: an opaque text (Stripe's fingerprint of a card,
            a wallet's user id), None while unknown.
    """

    ref: str
    state: PaymentState
    received: Money
    payment_id: str | None
    client_secret: str | None = None
    action_url: str | None = None
    action_params: tuple[tuple[str, str], ...] = ()
    payer: str | None = None


@dataclass(frozen=True)
class ProviderRefund:
    """What the provider says of a refund; `refund_id` is ours, None for one that was not made by us."""

    ref: str
    state: RefundState
    refund_id: str | None


class Subject(StrEnum):
    """What an event is about; `other` is of no interest."""

    CHARGE = "charge"
    REFUND = "refund"
    DISPUTE = "dispute"
    TRANSFER = "transfer"
    OTHER = "other"


@dataclass(frozen=True)
class Notice:
    """A provider's call to our webhook, as it came; header names in lower case."""

    raw: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Event:
    """A verified notice of the provider: what it is about, never what to believe: the object is fetched again."""

    id: str
    subject: str
    ref: str
    type: str
    provider: str = STRIPE


class DisputeState(StrEnum):
    """Where a dispute stands. The money is gone from `open` on, and comes back with `won`."""

    WARNING = "warning"  # an inquiry: no money has moved
    OPEN = "open"
    REVIEW = "review"  # evidence is given, the bank decides
    WON = "won"
    LOST = "lost"


@dataclass(frozen=True)
class ProviderDispute:
    """What the provider says of a dispute.

    Attributes:
        ref: the provider's id.
        charge_ref: the charge that is disputed, as `Charge.ref` says it.
        amount: what is disputed.
        fee: what the provider takes for it, minor units; zero once it is given back.
        withdrawn: the money was taken from our account.
        reinstated: it was given back.
        reason: the bank's word for it.
        evidence_until: when evidence has to be in; None where nobody asks for any.
    """

    ref: str
    charge_ref: str
    state: DisputeState
    amount: Money
    fee: int
    withdrawn: bool
    reinstated: bool
    reason: str
    evidence_until: datetime | None


class MovementKind(StrEnum):
    """Why money moved on a provider's account for us."""

    CHARGE = "charge"
    REFUND = "refund"
    REFUND_RETURNED = "refund_returned"
    DISPUTE = "dispute"
    DISPUTE_RETURNED = "dispute_returned"
    TRANSFER = "transfer"  # to a merchant
    TRANSFER_REVERSED = "transfer_reversed"
    PAYOUT = "payout"  # to the operator's own bank account
    FEE = "fee"  # by itself; what is taken with a movement stands in `fee`
    OTHER = "other"


@dataclass(frozen=True)
class Movement:
    """One line of a provider's account for us.

    Attributes:
        id: the provider's id of the line itself.
        ref: the provider's id of what moved: charge, refund, dispute, transfer, payout.
        own_id: our id of it, as we gave it to the provider: payment, refund, leg of a payout; None where there is none.
        amount: what moved before fees: positive came in.
        fee: what the provider kept of it, minor units; negative where it was given back.
    """

    id: str
    provider: str
    kind: MovementKind
    ref: str
    own_id: str | None
    amount: Money
    fee: int
    at: datetime


@dataclass(frozen=True)
class Transfer:
    """Money for a merchant, on its way from the provider's account for us.

    Attributes:
        id: ours, the key under which a repeat creates nothing.
        destination: the merchant's account at the provider.
        amount: what is sent, or was.
        charge_ref: the charge that it comes from; None for money that belongs to no single charge.
        ref: the provider's id of it, None until the provider has answered.
        reversed: what of it came back, minor units.
    """

    id: str
    destination: str
    amount: Money
    charge_ref: str | None
    ref: str | None = None
    reversed: int = 0
