"""What people and orders do with coupons."""

from chalicelib.coupons.use_cases.campaigns import MOST_CAMPAIGNS, Claimable, campaigns, claimable, open_campaign
from chalicelib.coupons.use_cases.claims import Proof, claim, mine
from chalicelib.coupons.use_cases.expiry import BATCH, Swept, expire
from chalicelib.coupons.use_cases.joining import Joined, campaign, join
from chalicelib.coupons.use_cases.of_order import Buyer, best_of_mine, give_back, hold_longer, reserve, use

__all__ = [
    "BATCH",
    "MOST_CAMPAIGNS",
    "Buyer",
    "Claimable",
    "Joined",
    "Proof",
    "Swept",
    "best_of_mine",
    "campaign",
    "campaigns",
    "claim",
    "claimable",
    "expire",
    "give_back",
    "hold_longer",
    "join",
    "mine",
    "open_campaign",
    "reserve",
    "use",
]
