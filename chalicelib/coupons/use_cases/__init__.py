"""What people and orders do with coupons."""

from chalicelib.coupons.use_cases.campaigns import MOST_CAMPAIGNS, Claimable, campaigns, claimable, open_campaign
from chalicelib.coupons.use_cases.claims import Proof, claim, mine
from chalicelib.coupons.use_cases.expiry import BATCH, Swept, expire
from chalicelib.coupons.use_cases.of_order import give_back, hold_longer, reserve, use

__all__ = [
    "BATCH",
    "MOST_CAMPAIGNS",
    "Claimable",
    "Proof",
    "Swept",
    "campaigns",
    "claim",
    "claimable",
    "expire",
    "give_back",
    "hold_longer",
    "mine",
    "open_campaign",
    "reserve",
    "use",
]
