"""What coupons say over the wire."""

from chalicelib.coupons.schemas.campaigns import Campaign, CampaignIn, Campaigns, Limits
from chalicelib.coupons.schemas.codes import CodeBatches, Codes, CodesIn, ExportedCodes, ProofIn
from chalicelib.coupons.schemas.coupons import Coupon, Coupons
from chalicelib.coupons.schemas.joined import Joined
from chalicelib.coupons.schemas.scans import Poster, PosterIn, Posters, Screen
from chalicelib.coupons.schemas.terms import Terms

__all__ = [
    "Campaign",
    "CampaignIn",
    "Campaigns",
    "CodeBatches",
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
    "ProofIn",
    "Screen",
    "Terms",
]
