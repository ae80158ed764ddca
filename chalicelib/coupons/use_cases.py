"""What people and orders do with coupons."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from chalicelib.audit import use_cases as audit
from chalicelib.audit.ports import UNSAID, Why
from chalicelib.coupons import messages
from chalicelib.coupons.ports import ClaimablePorts, CouponsPorts, Reserved
from chalicelib.coupons.rules import (
    Campaign,
    CampaignDraft,
    CampaignNotOpen,
    Coupon,
    CouponState,
    CouponUnavailable,
    SoldOut,
    claimable_spans,
    discounts,
    opened,
)
from chalicelib.kit.auth import Actor
from chalicelib.kit.clock import iso
from chalicelib.kit.errors import Busy, NotFound
from chalicelib.kit.idempotency import Once
from chalicelib.kit.ids import derived_id, new_id
from chalicelib.kit.observability import log
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import Action, Contention, retrying
from chalicelib.shops import use_cases as shops

# Everybody claims from one row, and DynamoDB lets one transaction at a time touch it.
_ATTEMPTS = 14
LAST = 10  # coupons of a campaign whose claims are told to search: one of them is the last
MOST_CAMPAIGNS = 100  # of a shop that are looked at for whether anything can be claimed
_TOGETHER = 25  # coupons that expire in one transaction: two writes each
BATCH = 500  # coupons of a shard and run that expire; what is left waits for the next run


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
    actions = [ports.store.open(campaign), ports.idempotency.remember(once, campaign)]
    if shop is not None:
        actions.append(ports.outbox.put(messages.campaign_changed(campaign, campaign.created_at)))
    if shop is None or shop.merchant_id != actor.account_id:  # with somebody else's money
        entry = why.entry(actor, "coupons.open", f"campaign:{campaign.id}", {"number": draft.number, "shop": shop_id})
        actions += audit.noted(ports.audit, entry, campaign.created_at)
    retrying(lambda: ports.committer.commit(actions))
    return campaign


def campaigns(ports: CouponsPorts, shop_id: str, after: Mapping[str, Any] | None, limit: int) -> Page[Campaign]:
    """Return some of a shop's campaigns, newest first; anybody may see them."""
    return ports.store.campaigns(shop_id, after, limit)


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


def reserve(
    ports: CouponsPorts,
    actor: Actor,
    coupon_id: str,
    order_id: str,
    shop_id: str,
    net_by_line: Mapping[str, int],
    currency: str,
    hold_until: datetime | None,
    now: datetime,
) -> Reserved:
    """Return what the actor's coupon takes off an order's lines, and the writes that reserve it until `hold_until`;
    with None they use it up at once.

    Raises:
        NotFound: the actor has no such coupon.
        CouponUnavailable: used, expired, not yet good, or held by another order.
        CouponDoesNotFit: another shop or currency, or the lines cost too little.
    """
    coupon = ports.store.coupon(coupon_id)
    if coupon is None or coupon.customer_id != actor.account_id:
        raise NotFound("coupon")
    if coupon.standing(now) != CouponState.ISSUED or now < coupon.valid_from:
        raise CouponUnavailable(state=coupon.standing(now))
    off = discounts(coupon, shop_id, net_by_line, currency)
    state = CouponState.RESERVED if hold_until else CouponState.USED
    taken = _next(coupon, state, order_id, hold_until)
    return Reserved(off, coupon.paid_by, (ports.store.replace(taken),))


def use(ports: CouponsPorts, coupon_id: str, customer_id: str, order_id: str, now: datetime) -> list[Action]:
    """Return the writes that use a coupon up for an order, also when its reservation ran out and nobody else took it.

    Raises:
        CouponUnavailable: another order has it, or it has expired.
    """
    coupon = _of(ports, coupon_id, customer_id)
    if coupon.state == CouponState.USED and coupon.order_id == order_id:
        return []
    # Good until the sweep says otherwise: the order took it while it was valid, and its money was only slow.
    is_ours = coupon.state == CouponState.RESERVED and coupon.order_id == order_id
    is_free = coupon.state in {CouponState.ISSUED, CouponState.RESERVED} and not coupon.is_reserved(now)
    if not is_ours and not is_free:
        raise CouponUnavailable(state=coupon.state)
    return [ports.store.replace(_next(coupon, CouponState.USED, order_id, None))]


def hold_longer(
    ports: CouponsPorts, coupon_id: str, customer_id: str, order_id: str, hold_until: datetime
) -> list[Action]:
    """Return the writes that reserve a coupon for longer; none where the order no longer has it."""
    coupon = _of(ports, coupon_id, customer_id)
    if coupon.order_id != order_id or coupon.state != CouponState.RESERVED:
        return []
    return [ports.store.replace(_next(coupon, CouponState.RESERVED, order_id, hold_until))]


def give_back(ports: CouponsPorts, coupon_id: str, customer_id: str, order_id: str) -> list[Action]:
    """Return the writes that free a coupon that an order reserved or used; none where the order no longer has it. One
    whose time is over is free only for the sweep.
    """
    coupon = _of(ports, coupon_id, customer_id)
    if coupon.order_id != order_id or coupon.state not in {CouponState.RESERVED, CouponState.USED}:
        return []
    return [ports.store.replace(_next(coupon, CouponState.ISSUED, None, None))]


def _of(ports: CouponsPorts, coupon_id: str, customer_id: str) -> Coupon:
    coupon = ports.store.coupon(coupon_id)
    if coupon is None or coupon.customer_id != customer_id:
        raise NotFound("coupon")
    return coupon


def _next(coupon: Coupon, state: CouponState, order_id: str | None, hold_until: datetime | None) -> Coupon:
    return replace(coupon, state=state, order_id=order_id, hold_until=hold_until, version=coupon.version + 1)


@dataclass(frozen=True)
class Swept:
    """What a run did: coupons that expired, those left to an order that holds them, those that could not be written."""

    expired: int
    held: int
    failed: int


def expire(ports: CouponsPorts, as_of: datetime) -> Swept:
    """Expire coupons whose time was over before `as_of`, and tell their owners. Safe to repeat, to run twice at once
    and to die at any point: what has expired leaves the index that the next run reads.
    """
    counts = dict.fromkeys(("expired", "held", "failed"), 0)
    for shard in range(ports.store.shards):
        ids = list(ports.store.over(shard, as_of, BATCH))
        for start in range(0, len(ids), _TOGETHER):
            for outcome in _expire_together(ports, ids[start : start + _TOGETHER], as_of):
                counts[outcome] += 1
    return Swept(**counts)


def _expire_together(ports: CouponsPorts, ids: Sequence[str], as_of: datetime) -> list[str]:
    """Expire some coupons in one transaction; where somebody else writes one of them, each by itself."""
    try:
        return _expire(ports, ids, as_of)
    except Contention:
        return [outcome for coupon_id in ids for outcome in _expire_alone(ports, coupon_id, as_of)]


def _expire_alone(ports: CouponsPorts, coupon_id: str, as_of: datetime) -> list[str]:
    try:
        return retrying(lambda: _expire(ports, [coupon_id], as_of))
    except Busy:
        log.warning("a coupon could not expire", coupon_id=coupon_id)
        return ["failed"]


def _expire(ports: CouponsPorts, ids: Sequence[str], as_of: datetime) -> list[str]:
    outcomes: list[str] = []
    actions: list[Action] = []
    for coupon in ports.store.coupons(ids):
        if coupon.is_reserved(as_of):
            outcomes.append("held")
        elif coupon.standing(as_of) == CouponState.EXPIRED and coupon.state != CouponState.EXPIRED:
            gone = _next(coupon, CouponState.EXPIRED, None, None)
            actions += [ports.store.replace(gone), ports.outbox.put(messages.expired(gone, as_of))]
            outcomes.append("expired")
    ports.committer.commit(actions)
    return outcomes
