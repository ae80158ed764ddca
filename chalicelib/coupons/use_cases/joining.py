"""Shops take part in campaigns of the platform with their own money."""

from dataclasses import dataclass
from datetime import datetime

from chalicelib.audit import use_cases as audit
from chalicelib.audit.ports import Why
from chalicelib.coupons.ports import CouponsPorts
from chalicelib.coupons.rules import Campaign, check_joins
from chalicelib.coupons.use_cases.campaigns import with_left
from chalicelib.kit.auth import Actor
from chalicelib.kit.errors import NotFound
from chalicelib.kit.idempotency import Once
from chalicelib.kit.transaction import retrying
from chalicelib.shops import use_cases as shops


@dataclass(frozen=True)
class Joined:
    """A shop takes part in a campaign, and pays its part of the discounts there, for as long as coupons are good."""

    campaign_id: str
    shop_id: str
    joined_at: datetime


def campaign(ports: CouponsPorts, campaign_id: str) -> Campaign:
    """Return a campaign; anybody may see it.

    Raises:
        NotFound: there is none.
    """
    found = ports.store.campaign(campaign_id)
    if found is None:
        raise NotFound("campaign")
    return with_left(ports, found)


def join(ports: CouponsPorts, actor: Actor, shop_id: str, campaign_id: str, why: Why, once: Once) -> Joined:
    """Let a shop take part in a campaign of the platform of which shops pay a part. Nobody leaves one: coupons of it
    are in people's hands. Joining again changes nothing.

    Raises:
        NotFound: no such shop or campaign. Forbidden: somebody else's shop.
        NotToJoin: it is over, for other shops or another currency, or the platform pays for all of it.
    """

    def attempt() -> Joined:
        now = ports.clock.now()
        shop = shops.shop(ports.shops, shop_id)
        actor.must_run(shop.merchant_id)
        found = ports.store.campaign(campaign_id)
        if found is None:
            raise NotFound("campaign")
        check_joins(found, shop_id, shop.currency, now)
        made = Joined(campaign_id, shop_id, now)
        actions = [ports.idempotency.remember(once, made)]
        if campaign_id not in ports.store.joined([campaign_id], shop_id):
            actions.append(ports.store.join(campaign_id, shop_id, now))
            entry = why.entry(actor, "coupons.join", f"campaign:{campaign_id}", {"shop": shop_id})
            actions += audit.noted(ports.audit, entry, now)
        ports.committer.commit(actions)
        return made

    return retrying(attempt)
