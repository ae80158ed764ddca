"""What payouts tell: themselves, of work that is left, and merchants, of their money."""

from datetime import datetime

from chalicelib.kit.ids import derived_id
from chalicelib.kit.outbox import NOTIFICATIONS, PAYOUTS, Message
from chalicelib.payouts.rules import Payout, PayoutState

DUE = "payout.due"


def payout_due(payout: Payout, at: datetime) -> Message:
    """A payout may go on: it was approved, or has more transfers than one message works."""
    return Message(
        type=DUE,
        queues=(PAYOUTS,),
        payload={"payout_id": payout.id},
        occurred_at=at,
        version=payout.version,
        id=derived_id("msg", payout.id, "due", str(payout.version)),
    )


def payout_ended(payout: Payout, at: datetime) -> Message:
    """A payout is paid, or what of it did not arrive is the merchant's again."""
    return Message(
        type="payout.paid" if payout.state == PayoutState.PAID else "payout.failed",
        queues=(NOTIFICATIONS,),
        payload={
            "payout_id": payout.id,
            "merchant_id": payout.merchant_id,
            "amount": payout.amount.amount,
            "returned": payout.returned,
            "currency": payout.amount.currency,
        },
        occurred_at=at,
        version=payout.version,
        id=derived_id("msg", payout.id, payout.state),
    )
