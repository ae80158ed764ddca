"""A payout: money that leaves for a merchant. Its id follows from the settlement that it was made for, its legs from
the charges that the money comes from, so that no crash pays twice.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chalicelib.kit.errors import Conflict
from chalicelib.kit.i18n import Text
from chalicelib.kit.money import Money
from chalicelib.settlement.ports import BankAccount, Due, Route


class PayoutState(StrEnum):
    """Where a payout stands."""

    PREPARING = "preparing"  # the money has left the merchant's account in the books; legs are being written
    APPROVAL = "approval"  # above the limit: two people have to agree
    READY = "ready"
    SENT = "sent"  # in a file that the bank has, or some legs are on their way
    PAID = "paid"
    FAILED = "failed"  # what did not arrive is the merchant's again


TRANSITIONS = {
    PayoutState.PREPARING: {PayoutState.APPROVAL, PayoutState.READY},
    PayoutState.APPROVAL: {PayoutState.READY, PayoutState.FAILED},
    PayoutState.READY: {PayoutState.SENT, PayoutState.FAILED},
    PayoutState.SENT: {PayoutState.PAID, PayoutState.FAILED},
    PayoutState.PAID: frozenset(),
    PayoutState.FAILED: frozenset(),
}


class LegState(StrEnum):
    """Where one transfer of a payout stands."""

    READY = "ready"
    SENT = "sent"
    FAILED = "failed"


@dataclass(frozen=True)
class Payout:
    """Money that leaves for a merchant.

    Attributes:
        settlement_ids: the settlements that it pays.
        destination: the merchant's account at the provider, for `connect`.
        bank: likewise for `bank`.
        approvers: who agreed.
        reference: of the file that it went out with, or of the bank.
        reason: why it failed.
    """

    id: str
    merchant_id: str
    amount: Money
    route: Route
    state: PayoutState
    created_at: datetime
    settlement_ids: tuple[str, ...]
    destination: str | None = None
    bank: BankAccount | None = None
    approvers: tuple[str, ...] = ()
    reference: str | None = None
    reason: str | None = None
    version: int = 1


@dataclass(frozen=True)
class Leg:
    """One transfer of a payout: what of it comes from one charge.

    Attributes:
        payment_id: the charge's payment; None for what belongs to no single charge.
    """

    id: str
    payout_id: str
    payment_id: str | None
    amount: int
    state: LegState = LegState.READY
    transfer_ref: str | None = None


class ApprovalNeeded(Conflict):
    code = "approval-needed"
    title = Text("Somebody else has to agree", "需要另一人批准")
    detail = Text("Two different people approve a payout of this size.", "该金额的打款需由两位不同人员批准。")


def legs(payout_id: str, amount: int, dues: Iterable[Due]) -> list[Leg]:
    """Return the transfers that make up a payout: no charge pays out more than its own dues left, the oldest charge
    first, and together exactly `amount`; what no charge covers (a released reserve) is a leg of its own.
    """
    by_payment: dict[str, int] = {}
    for due in dues:
        if due.payment_id is not None:
            by_payment[due.payment_id] = by_payment.get(due.payment_id, 0) + due.payable
    made: list[Leg] = []
    left = amount
    for payment_id, there in by_payment.items():
        part = min(there, left)
        if part > 0:
            made.append(Leg(f"{payout_id}:{payment_id}", payout_id, payment_id, part))
            left -= part
    if left:
        made.append(Leg(f"{payout_id}:rest", payout_id, None, left))
    return made


def outcome(all_legs: Sequence[Leg]) -> PayoutState:
    """Return where a payout stands when its transfers stand so."""
    if any(leg.state == LegState.READY for leg in all_legs):
        return PayoutState.SENT
    return PayoutState.FAILED if any(leg.state == LegState.FAILED for leg in all_legs) else PayoutState.PAID
