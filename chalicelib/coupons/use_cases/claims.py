"""Claiming coupons, and having them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from chalicelib.coupons import messages
from chalicelib.coupons.ports import CouponsPorts
from chalicelib.coupons.rules import Campaign, CampaignNotOpen, Coupon, SoldOut
from chalicelib.kit.auth import Actor
from chalicelib.kit.clock import iso
from chalicelib.kit.errors import NotFound
from chalicelib.kit.idempotency import Once
from chalicelib.kit.ids import derived_id
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import Action, retrying
from chalicelib.shops import use_cases as shops

# Everybody claims from one row, and DynamoDB lets one transaction at a time touch it.
_ATTEMPTS = 14
LAST = 10  # coupons of a campaign whose claims are told to search: one of them is the last


def claim(ports: CouponsPorts, actor: Actor, campaign_id: str, once: Once) -> Coupon:
    """Take one of a campaign's coupons; whoever has one already gets the same one.

    Raises:
        NotFound: no such campaign.
        CampaignNotOpen, SoldOut: not yet, not any more, or none left.
        NotAvailable: it is of a shop with whose merchant the actor has nothing to do.
    """
    coupon_id = derived_id("cpn", campaign_id, actor.account_id)

    def attempt() -> Coupon:
        now = ports.clock.now()
        known = ports.store.coupon(coupon_id)
        if known is not None:
            return known
        campaign = ports.store.campaign(campaign_id)
        if campaign is None:
            raise NotFound("campaign")
        if not campaign.valid_from <= now < campaign.valid_until:
            raise CampaignNotOpen(valid_from=iso(campaign.valid_from), valid_until=iso(campaign.valid_until))
        if campaign.claimed >= campaign.number:
            raise SoldOut
        coupon = Coupon(
            id=coupon_id,
            campaign_id=campaign.id,
            customer_id=actor.account_id,
            shop_id=campaign.shop_id,
            title=campaign.title,
            terms=campaign.terms,
            paid_by=campaign.paid_by,
            valid_from=campaign.valid_from,
            valid_until=campaign.valid_until,
            claimed_at=now,
        )
        allowed = _allowed(ports, actor, campaign)
        actions = [*allowed, *ports.store.issue(coupon, campaign), ports.idempotency.remember(once, coupon)]
        taken = replace(campaign, claimed=campaign.claimed + 1)
        # Others may have claimed since the campaign was read: the last few are all told.
        if taken.number - taken.claimed < LAST and taken.shop_id is not None:
            actions.append(ports.outbox.put(messages.campaign_changed(taken, now)))
        ports.committer.commit(actions)
        return coupon

    return retrying(attempt, attempts=_ATTEMPTS)


def _allowed(ports: CouponsPorts, actor: Actor, campaign: Campaign) -> Sequence[Action]:
    """Return the condition that the actor may have something of a campaign's shop; the platform's are everybody's."""
    if campaign.shop_id is None:
        return []
    return ports.dealings.may_begin(actor.account_id, shops.shop(ports.shops, campaign.shop_id).merchant_id)


def mine(ports: CouponsPorts, actor: Actor, after: Mapping[str, Any] | None, limit: int) -> Page[Coupon]:
    """Return some of the caller's coupons, the one claimed last first."""
    return ports.store.of_customer(actor.account_id, after, limit)
