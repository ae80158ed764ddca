"""Reading what providers' accounts for us say; also the types of it, for those who compare them with the books."""

from collections.abc import Iterator
from datetime import datetime

from chalicelib.kit.ids import derived_id
from chalicelib.payments.ports import PaymentPorts
from chalicelib.payments.rules import AmountMismatch, Movement, MovementKind, NotYetKnown, RefundState

__all__ = [
    "AmountMismatch",
    "Movement",
    "MovementKind",
    "NotYetKnown",
    "again_id",
    "dispute_id",
    "is_waiting",
    "movements",
]


def movements(ports: PaymentPorts, provider: str, since: datetime, until: datetime) -> Iterator[Movement]:
    """Yield what moved at a provider from a moment until before another, and nothing else, where it can only tell of
    whole days; oldest first.

    Raises:
        Unavailable: the provider did not answer, or does not know yet.
    """
    for one in ports.providers[provider].movements(since, until):
        if since <= one.at < until:
            yield one


def dispute_id(provider: str, dispute_ref: str) -> str:
    """Return our id of a provider's dispute."""
    return derived_id("dis", provider, dispute_ref)


def again_id(refund_id: str) -> str:
    """Return the id of the refund that tries a failed one again."""
    return derived_id("ref", refund_id, "again")


def is_waiting(ports: PaymentPorts, refund_id: str) -> bool:
    """Say whether a refund waits for the end of a dispute."""
    known = ports.store.refund(refund_id)
    return known is not None and known.state == RefundState.WAITING
