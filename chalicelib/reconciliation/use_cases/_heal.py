"""Catching up on what nobody told us of: payments are asked to look at what moved."""

from chalicelib.kit.errors import Conflict
from chalicelib.ledger import use_cases as ledger
from chalicelib.payments import use_cases as payments
from chalicelib.payments.use_cases.account import AmountMismatch, Movement, MovementKind, NotYetKnown
from chalicelib.reconciliation.ports import ReconciliationPorts
from chalicelib.reconciliation.rules import CaseKind


def caught_up(ports: ReconciliationPorts, movement: Movement) -> CaseKind:
    """Have what moved settled, if that can be. Return what it is a case of where the books still do not have it.

    Raises:
        Unavailable: the provider did not answer.
    """
    try:
        return _settled(ports, movement)
    except NotYetKnown:
        return CaseKind.UNKNOWN_MOVEMENT  # it names something that we never made
    except AmountMismatch:
        return CaseKind.AMOUNT_DIFFERS
    except Conflict:  # the provider refuses to speak of it
        return CaseKind.MISSING_IN_BOOKS


def _settled(ports: ReconciliationPorts, movement: Movement) -> CaseKind:
    provider, ref, kind = movement.provider, movement.ref, movement.kind
    if kind in {MovementKind.DISPUTE, MovementKind.DISPUTE_RETURNED} and provider in ports.payments.disputes:
        payments.settle_dispute(ports.payments, provider, ref)
        return CaseKind.MISSING_IN_BOOKS
    if movement.own_id is None:
        return CaseKind.UNKNOWN_MOVEMENT
    if kind == MovementKind.CHARGE:
        payments.settle_charge(ports.payments, provider, ref)
    elif kind in {MovementKind.REFUND, MovementKind.REFUND_RETURNED}:
        payments.settle_refund(ports.payments, provider, ref)
    elif kind == MovementKind.OTHER or (kind == MovementKind.TRANSFER and not _was_ordered(ports, movement.own_id)):
        return CaseKind.UNKNOWN_MOVEMENT
    return CaseKind.MISSING_IN_BOOKS


def _was_ordered(ports: ReconciliationPorts, leg_id: str) -> bool:
    """Whether a transfer belongs to a payout that is in the books: it is named after it."""
    name = f"payout:{leg_id.partition(':')[0]}"
    return name in ledger.transactions(ports.ledger, [name])
