"""What coupons tell."""

from datetime import datetime

from chalicelib.coupons.rules import Campaign, Coupon
from chalicelib.kit.clock import iso
from chalicelib.kit.ids import derived_id
from chalicelib.kit.outbox import NOTIFICATIONS, SEARCH, Message

EXPIRED = "coupon.expired"
EXPIRING = "coupon.expiring"
CAMPAIGN_CHANGED = "coupon.campaign_changed"


def campaign_changed(campaign: Campaign, at: datetime, after: int = 0) -> Message:
    """A shop's campaign has opened, or has no coupon left, or none in one of its buckets. That its time is over is told
    by nobody: whoever knows of it knows when that is.
    """
    return Message(
        type=CAMPAIGN_CHANGED,
        queues=(SEARCH,),
        payload={"shop_id": campaign.shop_id, "campaign_id": campaign.id},
        occurred_at=at,
        version=after,
    )


def expired(coupon: Coupon, at: datetime) -> Message:
    """A coupon's time is over and it was not used."""
    return Message(
        type=EXPIRED,
        queues=(NOTIFICATIONS,),
        payload={"coupon_id": coupon.id, "customer_id": coupon.customer_id, "title": coupon.title},
        occurred_at=at,
        version=coupon.version,
        id=derived_id("msg", EXPIRED, coupon.id, str(coupon.version)),
    )


def expiring(coupon: Coupon, at: datetime) -> Message:
    """A coupon's time is over soon. One message for one end, whoever makes it again."""
    payload = {
        "coupon_id": coupon.id,
        "customer_id": coupon.customer_id,
        "title": coupon.title,
        "until": iso(coupon.valid_until),
    }
    return Message(
        type=EXPIRING,
        queues=(NOTIFICATIONS,),
        payload=payload,
        occurred_at=at,
        version=coupon.version,
        id=derived_id("msg", EXPIRING, coupon.id, iso(coupon.valid_until)),
    )
