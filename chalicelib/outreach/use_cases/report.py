"""What came of a text to many.

Counted by reading what others know now: of each who got it, what became of the notice and whether they still want to
hear; of the shop, what they bought there since. Nothing is followed on the way: a text has no links that tell who
clicked, and a purchase is known by who made it.
"""

from datetime import datetime

from chalicelib.coupons import use_cases as coupons
from chalicelib.orders import use_cases as orders
from chalicelib.outreach import messages
from chalicelib.outreach.ports import Outreach, OutreachPorts, Report
from chalicelib.outreach.rules.outreach import REPORTED_FOR
from chalicelib.outreach.use_cases.wishes import wants
from chalicelib.profiles import use_cases as profiles

KIND = f"{messages.OFFER}.customer"


def counted(ports: OutreachPorts, standing: Outreach, now: datetime) -> Report:
    """Return what came of it so far: 3 to 4 read units for each who got it, and the shop's orders since it began."""
    got = dict(ports.store.recipients(standing.id))
    pairs = [(messages.message_id(standing.id, one), one) for one in got]
    reached = ports.reached(pairs)
    left = sum(_wants_no_more(ports, one, standing.merchant_id) for one in got)
    until = (standing.ended_at or now) + REPORTED_FOR
    bought = [
        one
        for one in orders.sold_since(ports.orders, standing.shop_id, min(got.values(), default=now))
        if one.customer_id in got and got[one.customer_id] <= one.created_at < until
    ]
    used = [coupon for one in bought for coupon in one.coupon_ids] if standing.coupon_campaign else []
    origins = coupons.origins(ports.coupons, used) if used else {}
    return Report(
        at=now,
        sent=len(got),
        delivered=reached.delivered,
        read=reached.read,
        unsubscribed=left,
        buyers=len({one.customer_id for one in bought}),
        orders=len(bought),
        coupons_used=sum(origins.get(one) == standing.coupon_campaign for one in used),
        revenue=sum(sum(line.net for line in one.lines) for one in bought),
    )


def _wants_no_more(ports: OutreachPorts, customer_id: str, merchant_id: str) -> bool:
    return not wants(ports, customer_id, merchant_id) or profiles.all_off(ports.profiles, customer_id, KIND)
