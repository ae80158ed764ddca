"""A reversal: what is taken back of a transfer whose customer got the money back after the merchant had it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from chalicelib.kit.money import Money
from chalicelib.payouts.rules.payout import Leg, LegState
from chalicelib.settlement.ports import Due, DueKind


class ReversalState(StrEnum):
    """Where a reversal stands."""

    READY = "ready"
    DONE = "done"
    FAILED = "failed"  # the merchant's account does not have it: the debt is carried


@dataclass(frozen=True)
class Reversal:
    """A part of a sent transfer on its way back.

    Attributes:
        id: made of the leg and of the settlement that took the money from the merchant, so that it happens once.
        reason: why it failed.
    """

    id: str
    merchant_id: str
    settlement_id: str
    payout_id: str
    leg_id: str
    payment_id: str
    amount: Money
    state: ReversalState = ReversalState.READY
    reason: str | None = None


def given_back(dues: Iterable[Due], known: Iterable[Reversal]) -> dict[str, int]:
    """Return what a settlement took from the merchant for each payment, less what is being reversed for it already:
    minor units, above zero.
    """
    owed: dict[str, int] = {}
    for due in dues:
        # What came back of a payout is no sale: it is what a reversal before this one brought.
        if due.payment_id is not None and due.kind != DueKind.PAYOUT_RETURNED:
            owed[due.payment_id] = owed.get(due.payment_id, 0) - due.payable
    for one in known:
        owed[one.payment_id] = owed.get(one.payment_id, 0) - one.amount.amount
    return {payment_id: amount for payment_id, amount in owed.items() if amount > 0}


def clawed_back(
    debt: int, owed: Mapping[str, int], sent: Mapping[str, Sequence[Leg]], reversed_for: Iterable[str], step: int = 1
) -> list[tuple[Leg, int]]:
    """Return what to take back of which legs: never more than the debt, than a payment gave back, or than is left of a
    transfer.

    Args:
        debt: of the merchant, minor units.
        owed: see `given_back`.
        sent: the legs of each payment.
        reversed_for: legs that this settlement has a reversal of already.
        step: what each is a multiple of.
    """
    parts, done = [], set(reversed_for)
    for payment_id, amount in owed.items():
        left = amount
        for leg in sent.get(payment_id, ()):
            if leg.state != LegState.SENT or leg.id in done:
                continue
            part = min(left, debt, leg.amount - leg.reversed) // step * step
            if part > 0:
                parts.append((leg, part))
                left, debt = left - part, debt - part
    return parts
