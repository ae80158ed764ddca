"""What the books should have of each line of a provider's account."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.ledger.ports import BANK, PROVIDER_FEES, Entry, Transaction, provider_account
from chalicelib.payments.use_cases.account import Movement, MovementKind, dispute_id

DONE, FAILED, PENDING = "refund-done:", "refund-failed:", "refund-pending:"
COVERED, CREDITED = "refund-covered:", "refund-credited:"  # ended, and no provider pays them
FEE, TO_BANK, SUSPENSE = "provider-fee", "to-bank", "suspense"

# For how long the other side may not have it yet, by the kind of transaction: wallets tell of a charge within days,
# banks take up to ten for a refund, transfers are at once.
IN_TRANSIT = {
    "capture": timedelta(days=3),
    "dispute": timedelta(days=3),
    "dispute-returned": timedelta(days=3),
    "refund-done": timedelta(days=10),
    "refund-returned": timedelta(days=10),
    "refund-failed": timedelta(days=10),
    "refund-pending": timedelta(days=10),
}
AT_ONCE = timedelta(days=1)


@dataclass(frozen=True)
class Part:
    """What one transaction of the books says of a movement.

    Attributes:
        names: the ids under which the books may have it, the one that says most first.
        amount: what it does to the provider's account, minor units.
    """

    names: tuple[str, ...]
    amount: int


def gross(movement: Movement) -> Part | None:
    """Return what should be booked of what moved; None for a fee by itself."""
    if movement.kind == MovementKind.FEE:
        return None
    return Part(_names(movement), movement.amount.amount)


def _names(movement: Movement) -> tuple[str, ...]:
    own, kind = movement.own_id, movement.kind
    if kind == MovementKind.PAYOUT:
        return (f"{TO_BANK}:{movement.id}",)
    if kind in {MovementKind.DISPUTE, MovementKind.DISPUTE_RETURNED}:
        name = "dispute" if kind == MovementKind.DISPUTE else "dispute-returned"
        return (f"{name}:{dispute_id(movement.provider, movement.ref)}",)
    if own is None:
        return ()
    return {
        MovementKind.CHARGE: (f"capture:{own}",),
        # What the books say now of a refund that the provider has paid: all but the first are no place for its money.
        MovementKind.REFUND: tuple(f"{step}{own}" for step in (DONE, FAILED, COVERED, CREDITED, PENDING)),
        MovementKind.REFUND_RETURNED: (f"refund-returned:{own}", f"{FAILED}{own}"),
        MovementKind.TRANSFER: (f"transfer:{own}",),
        MovementKind.TRANSFER_REVERSED: (f"reversal:{own}",),
    }.get(kind, ())


def kept(movement: Movement) -> Part | None:
    """Return what should be booked of what the provider kept; None where it kept nothing."""
    amount = -movement.fee + (movement.amount.amount if movement.kind == MovementKind.FEE else 0)
    return Part((f"{FEE}:{movement.id}",), amount) if amount else None


def names(movement: Movement) -> list[str]:
    """Return every id under which the books may have something of a movement."""
    parts = [part for part in (gross(movement), kept(movement)) if part]
    return [name for part in parts for name in part.names]


def on_account(transaction: Transaction, provider: str) -> int:
    """Return what a transaction does to a provider's account, minor units."""
    account = provider_account(provider)
    return sum(entry.amount for entry in transaction.entries if entry.account == account)


def touches(transaction: Transaction, provider: str) -> bool:
    """Say whether a transaction says anything of a provider's account."""
    return any(entry.account == provider_account(provider) for entry in transaction.entries)


def booking(movement: Movement, part: Part, at: datetime) -> Transaction:
    """Return the transaction of what nobody but the provider decides: its fee, its payout to the operator's bank."""
    name = part.names[0]
    kind = name.partition(":")[0]
    other = PROVIDER_FEES if kind == FEE else BANK
    entries = (Entry(provider_account(movement.provider), part.amount), Entry(other, -part.amount))
    return Transaction(name, kind, at, movement.amount.currency, entries)


def allowance(transaction_id: str) -> timedelta:
    """Return for how long a transaction may have nothing on the other side."""
    return IN_TRANSIT.get(transaction_id.partition(":")[0], AT_ONCE)
