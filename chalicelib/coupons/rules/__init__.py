"""Coupons: campaigns, what a coupon takes off, and the states that it goes through. No I/O.

A coupon is claimed from a campaign, reserved by an order while that is unpaid, and used when it is paid. A reservation
that ran out is nobody's: the next writer overwrites it.
"""

from chalicelib.coupons.rules.campaign import Campaign, CampaignDraft, claimable_spans, opened
from chalicelib.coupons.rules.coupon import Coupon, CouponState, coupon_id, discounts
from chalicelib.coupons.rules.limits import Access, Limits
from chalicelib.coupons.rules.problems import (
    BudgetSpent,
    CampaignNotOpen,
    CouponDoesNotFit,
    CouponUnavailable,
    DeviceLimit,
    DeviceUnknown,
    OtherwiseClaimed,
    PersonLimit,
    SoldOut,
)
from chalicelib.coupons.rules.terms import PaidBy, Terms

__all__ = [
    "Access",
    "BudgetSpent",
    "Campaign",
    "CampaignDraft",
    "CampaignNotOpen",
    "Coupon",
    "CouponDoesNotFit",
    "CouponState",
    "CouponUnavailable",
    "DeviceLimit",
    "DeviceUnknown",
    "Limits",
    "OtherwiseClaimed",
    "PaidBy",
    "PersonLimit",
    "SoldOut",
    "Terms",
    "claimable_spans",
    "coupon_id",
    "discounts",
    "opened",
]
