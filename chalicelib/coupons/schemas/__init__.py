"""What coupons say over the wire."""

from chalicelib.coupons.schemas.campaigns import Campaign, CampaignIn, Campaigns, Limits
from chalicelib.coupons.schemas.codes import CodeBatches, CodeIn, Codes, CodesIn, ExportedCodes
from chalicelib.coupons.schemas.coupons import Coupon, Coupons
from chalicelib.coupons.schemas.joined import Joined
from chalicelib.coupons.schemas.scans import Poster, PosterIn, Posters, ScanIn, Screen
from chalicelib.coupons.schemas.terms import Terms

__all__ = [
    "Campaign",
    "CampaignIn",
    "Campaigns",
    "CodeBatches",
    "CodeIn",
    "Codes",
    "CodesIn",
    "Coupon",
    "Coupons",
    "ExportedCodes",
    "Joined",
    "Limits",
    "Poster",
    "PosterIn",
    "Posters",
    "ScanIn",
    "Screen",
    "Terms",
]
