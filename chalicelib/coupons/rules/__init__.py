"""Coupons: campaigns, what a coupon takes off, and the states that it goes through. No I/O.

A coupon is claimed from a campaign, reserved by an order while that is unpaid, and used when it is paid. A reservation
that ran out is nobody's: the next writer overwrites it.
"""

from chalicelib.coupons.rules.campaign import Campaign, CampaignDraft, claimable_spans, opened
from chalicelib.coupons.rules.coupon import Coupon, CouponState, discounts
from chalicelib.coupons.rules.problems import CampaignNotOpen, CouponDoesNotFit, CouponUnavailable, SoldOut
from chalicelib.coupons.rules.terms import PaidBy, Terms

__all__ = [
    "Campaign",
    "CampaignDraft",
    "CampaignNotOpen",
    "Coupon",
    "CouponDoesNotFit",
    "CouponState",
    "CouponUnavailable",
    "PaidBy",
    "SoldOut",
    "Terms",
    "claimable_spans",
    "discounts",
    "opened",
]
