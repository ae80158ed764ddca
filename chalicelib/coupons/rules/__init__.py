"""Coupons: campaigns, what a coupon takes off, and the states that it goes through. No I/O.

A coupon is claimed from a campaign, reserved by an order while that is unpaid, and used when it is paid. A reservation
that ran out is nobody's: the next writer overwrites it.
"""

from chalicelib.coupons.rules.campaign import Campaign, CampaignDraft, check_joins, claimable_spans, opened
from chalicelib.coupons.rules.coupon import Coupon, CouponState, coupon_id
from chalicelib.coupons.rules.earning import Applied, Earned
from chalicelib.coupons.rules.fitting import Item, Part, Purchase, still_for, takes, wants_shops
from chalicelib.coupons.rules.limits import Access, Limits
from chalicelib.coupons.rules.problems import (
    WORDS,
    BudgetSpent,
    CampaignNotOpen,
    CouponDoesNotFit,
    CouponUnavailable,
    CouponWhereOneWorks,
    DeviceLimit,
    DeviceUnknown,
    Misfit,
    NotToJoin,
    OtherwiseClaimed,
    PersonLimit,
    SoldOut,
)
from chalicelib.coupons.rules.stacking import MOST_LOOKED_AT, MOST_TOGETHER, Best, Taken, best, in_turn, together
from chalicelib.coupons.rules.terms import (
    ALL,
    Conditions,
    Ending,
    FirstOf,
    PaidBy,
    Returned,
    Terms,
    Tier,
    check,
    comes_back,
)

__all__ = [
    "ALL",
    "MOST_LOOKED_AT",
    "MOST_TOGETHER",
    "WORDS",
    "Access",
    "Applied",
    "Best",
    "BudgetSpent",
    "Campaign",
    "CampaignDraft",
    "CampaignNotOpen",
    "Conditions",
    "Coupon",
    "CouponDoesNotFit",
    "CouponState",
    "CouponUnavailable",
    "CouponWhereOneWorks",
    "DeviceLimit",
    "DeviceUnknown",
    "Earned",
    "Ending",
    "FirstOf",
    "Item",
    "Limits",
    "Misfit",
    "NotToJoin",
    "OtherwiseClaimed",
    "PaidBy",
    "Part",
    "PersonLimit",
    "Purchase",
    "Returned",
    "SoldOut",
    "Taken",
    "Terms",
    "Tier",
    "best",
    "check",
    "check_joins",
    "claimable_spans",
    "comes_back",
    "coupon_id",
    "in_turn",
    "opened",
    "still_for",
    "takes",
    "together",
    "wants_shops",
]
