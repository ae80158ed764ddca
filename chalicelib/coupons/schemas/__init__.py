"""What coupons say over the wire."""

from chalicelib.coupons.schemas.campaigns import Campaign, CampaignIn, Campaigns, Limits
from chalicelib.coupons.schemas.coupons import Coupon, Coupons
from chalicelib.coupons.schemas.joined import Joined
from chalicelib.coupons.schemas.terms import Terms

__all__ = ["Campaign", "CampaignIn", "Campaigns", "Coupon", "Coupons", "Joined", "Limits", "Terms"]
