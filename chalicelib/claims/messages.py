"""What claims tell."""

from datetime import datetime

from chalicelib.claims.rules import Claim
from chalicelib.kit.outbox import NOTIFICATIONS, Message

ASKED = "claim.asked"
AGREED = "claim.agreed"
DECLINED = "claim.declined"
ESCALATED = "claim.escalated"
DECIDED = "claim.decided"


def told(kind: str, claim: Claim, at: datetime) -> Message:
    """Something happened to a claim that the other side wants to know."""
    return Message(
        type=kind,
        queues=(NOTIFICATIONS,),
        payload={
            "claim_id": claim.id,
            "order_id": claim.key.order_id,
            "line_id": claim.key.line_id,
            "shop_id": claim.shop_id,
            "customer_id": claim.customer_id,
            "merchant_id": claim.merchant_id,
            "amount": claim.amount.amount,
            "given": claim.given or 0,
            "currency": claim.amount.currency,
        },
        occurred_at=at,
        version=claim.version,
    )
