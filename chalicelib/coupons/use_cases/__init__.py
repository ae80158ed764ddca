"""What people and orders do with coupons."""

from chalicelib.coupons.use_cases.campaigns import MOST_CAMPAIGNS, Claimable, campaigns, claimable, open_campaign
from chalicelib.coupons.use_cases.claims import Proof, claim, mine
from chalicelib.coupons.use_cases.codes import (
    Exported,
    code_batches,
    export_codes,
    make_codes,
    open_codes,
    redeem_code,
    revoke_codes,
)
from chalicelib.coupons.use_cases.expiry import BATCH, Swept, expire
from chalicelib.coupons.use_cases.joining import Joined, campaign, join
from chalicelib.coupons.use_cases.of_order import (
    Buyer,
    applied,
    best_of_mine,
    give_back,
    hold_longer,
    reserve,
    still_fit,
    use,
)
from chalicelib.coupons.use_cases.origins import origins
from chalicelib.coupons.use_cases.scans import claim_scanned, open_poster, poster, posters, revoke_poster, screen
from chalicelib.coupons.use_cases.simulations import Plan, planned, simulated, simulation

__all__ = [
    "BATCH",
    "MOST_CAMPAIGNS",
    "Buyer",
    "Claimable",
    "Exported",
    "Joined",
    "Plan",
    "Proof",
    "Swept",
    "applied",
    "best_of_mine",
    "campaign",
    "campaigns",
    "claim",
    "claim_scanned",
    "claimable",
    "code_batches",
    "expire",
    "export_codes",
    "give_back",
    "hold_longer",
    "join",
    "make_codes",
    "mine",
    "open_campaign",
    "open_codes",
    "open_poster",
    "origins",
    "planned",
    "poster",
    "posters",
    "redeem_code",
    "reserve",
    "revoke_codes",
    "revoke_poster",
    "screen",
    "simulated",
    "simulation",
    "still_fit",
    "use",
]
