"""What outreach tells."""

from datetime import datetime

from chalicelib.kit.clock import iso
from chalicelib.kit.ids import derived_id
from chalicelib.kit.outbox import NOTIFICATIONS, Message
from chalicelib.outreach.rules.outreach import Outreach

OFFER = "outreach.offer"


def message_id(outreach_id: str, customer_id: str) -> str:
    """Return the id of an offer: the same however often it is written."""
    return derived_id("msg", OFFER, outreach_id, customer_id)


def offer(standing: Outreach, customer_id: str, at: datetime) -> Message:
    """One customer is told what a merchant wrote to many. The text goes along: it never changes, and whoever delivers
    it need not know this domain. `about` is what this domain knows it by, should it have to wait (`use_cases.still`),
    `until` when its coupons are over.
    """
    return Message(
        type=OFFER,
        queues=(NOTIFICATIONS,),
        payload={
            "outreach_id": standing.id,
            "shop_id": standing.shop_id,
            "shop": dict(standing.signed) if standing.signed else None,
            "customer_id": customer_id,
            "text": dict(standing.text),
            "coupon": standing.coupon,
            "about": f"{standing.merchant_id}/{standing.id}",
            "until": iso(standing.coupon_until) if standing.coupon_until else None,
        },
        occurred_at=at,
        id=message_id(standing.id, customer_id),
    )
