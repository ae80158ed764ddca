"""Opening campaigns, and what can be claimed of them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from chalicelib.audit import use_cases as audit
from chalicelib.audit.ports import UNSAID, Detail, Why
from chalicelib.coupons import messages
from chalicelib.coupons.ports import ClaimablePorts, CouponsPorts
from chalicelib.coupons.rules import Campaign, CampaignDraft, claimable_spans, opened
from chalicelib.coupons.rules.limits import size_of
from chalicelib.kit.auth import Actor
from chalicelib.kit.idempotency import Once
from chalicelib.kit.ids import new_id
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import retrying
from chalicelib.shops import use_cases as shops

MOST_CAMPAIGNS = 100  # of a shop that are looked at for whether anything can be claimed


def open_campaign(
    ports: CouponsPorts, actor: Actor, shop_id: str | None, draft: CampaignDraft, once: Once, why: Why = UNSAID
) -> Campaign:
    """Open a campaign of a shop, which its merchant pays for, or with None one that is good in every shop, which the
    platform pays for; that only admins reach this without a shop is the route's to see to.

    Raises:
        NotFound: no such shop. Forbidden: somebody else's. Invalid: the terms make no sense.
    """
    shop = None if shop_id is None else shops.shop(ports.shops, shop_id)
    if shop is not None:
        actor.must_run(shop.merchant_id)
    campaign = opened(draft, new_id("cmp"), shop_id, shop.currency if shop else None, ports.clock.now())
    purses = [size_of(draft.limits.money or 0, campaign.purses, n) for n in range(campaign.purses)]
    actions = [ports.store.open(campaign), *ports.purses.open(campaign.id, purses)]
    actions.append(ports.idempotency.remember(once, campaign))
    if shop is not None:
        actions.append(ports.outbox.put(messages.campaign_changed(campaign, campaign.created_at)))
    if shop is None or shop.merchant_id != actor.account_id:  # with somebody else's money
        told: dict[str, Detail] = {"number": draft.number, "money": draft.limits.money, "shop": shop_id}
        entry = why.entry(actor, "coupons.open", f"campaign:{campaign.id}", told)
        actions += audit.noted(ports.audit, entry, campaign.created_at)
    retrying(lambda: ports.committer.commit(actions))
    return campaign


def campaigns(ports: CouponsPorts, shop_id: str, after: Mapping[str, Any] | None, limit: int) -> Page[Campaign]:
    """Return some of a shop's campaigns, newest first; anybody may see them. One request, whatever they are: what is
    left of one whose number or money is split over many rows is read where it is shown by itself.
    """
    return ports.store.campaigns(shop_id, after, limit)


def with_left(ports: CouponsPorts, campaign: Campaign) -> Campaign:
    """Return a campaign with what is left of its coupons and of its money: a request more for each of the two that is
    split.
    """
    counted = retrying(lambda: ports.store.with_claimed(campaign))
    return replace(counted, money_left=ports.purses.left(counted.id, counted.purses)) if counted.purses else counted


@dataclass(frozen=True)
class Claimable:
    """What can be claimed of a shop's own campaigns.

    Attributes:
        campaigns: the ids of those that have coupons left and are not over.
        spans: from when until when, in order, those that overlap as one.
    """

    campaigns: tuple[str, ...] = ()
    spans: tuple[tuple[datetime, datetime], ...] = ()


def claimable(ports: ClaimablePorts, shop_id: str, now: datetime, known: Collection[str] = ()) -> Claimable:
    """Return what can be claimed of a shop's own campaigns, the `MOST_CAMPAIGNS` newest; what is over or sold out is
    left out.

    The shop's list may be a moment old: it may not show a new campaign yet, or show one as it was before it was sold
    out. So whatever may be claimable is read by itself: one request and 1 read unit each, mostly none or one.

    Args:
        ports: where campaigns are.
        shop_id: the shop.
        now: nothing that ends before.
        known: ids of campaigns that the caller has been told of before, whether or not the list shows them.
    """
    listed = ports.store.campaigns(shop_id, None, MOST_CAMPAIGNS).items
    candidates = dict.fromkeys([*known, *(one.id for one in listed if claimable_spans([one], now))])
    found = [one for one in map(ports.store.campaign, candidates) if one is not None and one.shop_id == shop_id]
    live = sorted((one for one in found if claimable_spans([one], now)), key=lambda one: one.id)  # as they were opened
    live = live[-MOST_CAMPAIGNS:]
    return Claimable(tuple(one.id for one in live), claimable_spans(live, now))
