"""What coupons tell."""

from datetime import datetime

from chalicelib.coupons.rules import Coupon
from chalicelib.kit.ids import derived_id
from chalicelib.kit.outbox import NOTIFICATIONS, Message

EXPIRED = "coupon.expired"


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
