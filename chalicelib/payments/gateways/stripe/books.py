"""Stripe's own book of the account, line by line: what reconciliation holds ours against."""

import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import stripe

from chalicelib.payments.gateways.stripe.account import PAGE, Account, answering, id_of, ours, told
from chalicelib.payments.rules import STRIPE, Movement, MovementKind

# Stripe lists the newest first: what is read before the oldest of it can be told is kept this short.
_SPAN = timedelta(hours=6)

# docs.stripe.com/reports/balance-transaction-types: cards are charges, everything else is a payment. A refund that came
# back has a type of its own for cards alone, and a payment that failed after it had counted is called a refund too: the
# sign tells (`_kind`).
_KINDS = {
    "charge": MovementKind.CHARGE,
    "payment": MovementKind.CHARGE,
    "refund": MovementKind.REFUND,
    "payment_refund": MovementKind.REFUND,
    "refund_failure": MovementKind.REFUND,
    "payment_failure_refund": MovementKind.REFUND,
    "transfer": MovementKind.TRANSFER,
    "transfer_refund": MovementKind.TRANSFER_REVERSED,
    "transfer_cancel": MovementKind.TRANSFER_REVERSED,
    "transfer_failure": MovementKind.TRANSFER_REVERSED,
    "payout": MovementKind.PAYOUT,
    "payout_cancel": MovementKind.PAYOUT,
    "payout_failure": MovementKind.PAYOUT,
    "stripe_fee": MovementKind.FEE,
    "stripe_fx_fee": MovementKind.FEE,
    "tax_fee": MovementKind.FEE,
}
_OWN = {
    "charge": "payment_id",
    "refund": "refund_id",
    "transfer": "transfer_id",
    "transfer_reversal": "transfer_id",
}


class Books(Account):
    """See `payments.ports.PaymentProvider`."""

    def movements(self, since: datetime, until: datetime) -> Iterator[Movement]:
        while since < until:
            end = min(since + _SPAN, until)
            with answering():
                # Stripe's moments are whole seconds: from the first that is not before, until the last that is.
                listed = self._client.v1.balance_transactions.list(
                    {
                        "created": {"gte": math.ceil(since.timestamp()), "lt": math.ceil(end.timestamp())},
                        "limit": PAGE,
                        "expand": ["data.source"],
                    }
                )
                lines = [_movement(line) for line in listed.auto_paging_iter()]
            yield from reversed(lines)
            since = end


def _movement(line: stripe.BalanceTransaction) -> Movement:
    source: Any = line.source
    kind = getattr(source, "object", "")
    return Movement(
        id=line.id,
        provider=STRIPE,
        kind=_kind(line, kind),
        ref=_ref(source, kind) or line.id,
        own_id=told(source, _OWN[kind]) if kind in _OWN else None,
        amount=ours(line.amount, line.currency),
        fee=ours(line.fee, line.currency).amount,
        at=datetime.fromtimestamp(line.created, UTC),
    )


def _kind(line: stripe.BalanceTransaction, source: str) -> MovementKind:
    if line.type == "adjustment" and source == "dispute":
        return MovementKind.DISPUTE_RETURNED if line.amount > 0 else MovementKind.DISPUTE
    kind = _KINDS.get(line.type, MovementKind.OTHER)
    return MovementKind.REFUND_RETURNED if kind == MovementKind.REFUND and line.amount > 0 else kind


def _ref(source: Any, kind: str) -> str | None:
    """Return the id by which the domain knows what moved: of a charge its PaymentIntent, of a reversal its transfer."""
    if kind == "charge":
        return id_of(source.payment_intent) or id_of(source)
    if kind == "transfer_reversal":
        return id_of(source.transfer)
    return id_of(source)
