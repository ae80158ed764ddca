"""Merchants write to many, look at what became of it, and stop it."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chalicelib.coupons import use_cases as coupons
from chalicelib.coupons.ports import Campaign
from chalicelib.kit.auth import Actor
from chalicelib.kit.errors import Forbidden, NotFound, invalid
from chalicelib.kit.idempotency import Once
from chalicelib.kit.ids import new_id
from chalicelib.kit.observability import metric
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import retrying
from chalicelib.outreach.ports import Draft, Outreach, OutreachPorts
from chalicelib.outreach.rules import content
from chalicelib.outreach.rules import outreach as rules
from chalicelib.outreach.rules import tags as tag_rules
from chalicelib.shops import use_cases as shops
from chalicelib.shops.ports import Shop


def begin(ports: OutreachPorts, actor: Actor, shop_id: str, draft: Draft, once: Once) -> Outreach:
    """Send a text to those of a shop's customers who have one of some tags and want to hear of it, from a moment on.

    Raises:
        NotFound: no such shop, or no such coupons of it. Forbidden: somebody else's.
        Invalid: no tag, or too far ahead. NotAllowedText: what may not be written.
        SentEnough: the merchant has written often enough.
    """
    shop = shops.shop(ports.shops, shop_id)
    actor.must_run(shop.merchant_id)
    if not actor.speaks_for(shop.merchant_id):  # the operator's people look and stop; they write in nobody's name
        raise Forbidden
    content.check(draft.text, ports.hosts())
    now = ports.clock.now()
    new = _new(ports, shop, draft, now)

    def attempt() -> Outreach:
        started = rules.begun(ports.store.started(shop.merchant_id), now)
        ports.committer.commit(
            [ports.store.create(new), ports.store.put_started(started), ports.idempotency.remember(once, new)]
        )
        return new

    made = retrying(attempt)
    metric("OutreachBegun")
    return made


def _new(ports: OutreachPorts, shop: Shop, draft: Draft, now: datetime) -> Outreach:
    tags, starts_at = tag_rules.read(draft.tags, "tags"), rules.planned(draft, now)
    coupons_of, signed = _coupons(ports, shop.id, draft), {"en": shop.name_en or shop.name, "zh": shop.name}
    content.check_name("shop_id", signed.values(), ports.hosts())
    return Outreach(
        id=new_id("otr"),
        merchant_id=shop.merchant_id,
        shop_id=shop.id,
        zone=shop.zone,
        currency=shop.currency,
        created_at=now,
        name=draft.name,
        tags=tags,
        text=draft.text,
        coupon_campaign=draft.coupon_campaign,
        coupon=coupons_of.title if coupons_of else None,
        coupon_until=coupons_of.valid_until if coupons_of else None,
        starts_at=starts_at,
        per_hour=draft.per_hour,
        next_at=rules.opening(starts_at, shop.zone),
        signed=signed,
        offset=secrets.randbelow(rules.BASE),
    )


def _coupons(ports: OutreachPorts, shop_id: str, draft: Draft) -> Campaign | None:
    if draft.coupon_campaign is None:
        return None
    campaign = coupons.campaign(ports.coupons, draft.coupon_campaign)
    if campaign.shop_id != shop_id:
        raise NotFound("campaign")
    if campaign.valid_until <= draft.starts_at:
        raise invalid("coupon_campaign_id", "its coupons are over by then")
    content.check_title("coupon_campaign_id", campaign.title, ports.hosts())
    return campaign


def stop(ports: OutreachPorts, actor: Actor, outreach_id: str) -> Outreach:
    """Send it to nobody else: who is told after this returned was written to before.

    Raises:
        NotFound: none of the caller's. NotSending: it is over.
    """

    def attempt() -> Outreach:
        new = rules.stopped(get(ports, actor, outreach_id), ports.clock.now())
        ports.committer.commit([ports.store.replace(new)])
        return new

    return retrying(attempt)


def get(ports: OutreachPorts, actor: Actor, outreach_id: str) -> Outreach:
    """Return one that the caller's merchant sends, or has sent.

    Raises:
        NotFound: there is none.
    """
    found = ports.store.outreach(actor.merchant_id, outreach_id)
    if found is None:
        raise NotFound("outreach")
    actor.must_have(found.merchant_id, "outreach")
    return found


def mine(ports: OutreachPorts, actor: Actor, after: Mapping[str, Any] | None, limit: int) -> Page[Outreach]:
    """Return some of what the caller's merchant sends and has sent, the newest first."""
    return ports.store.list_of(actor.merchant_id, after, limit)
