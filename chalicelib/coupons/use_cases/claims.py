"""Claiming coupons, and finding one's own.

A claim reads the campaign and the customer's own coupon in one request, the bucket that it turns to in another, and
writes all at once. Which bucket that is follows from the coupon; where it is empty the claim looks at all others. Who
takes the last one of a bucket writes that on the campaign's row, in the same transaction, and tells search: so a bucket
that is empty is known to be, and a campaign of which nothing is left says so in one read.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from chalicelib.coupons import messages
from chalicelib.coupons.claim_ports import ClaimPorts
from chalicelib.coupons.ports import Counted, CouponsPorts
from chalicelib.coupons.rules import (
    Access,
    Campaign,
    CampaignNotOpen,
    Coupon,
    DeviceLimit,
    DeviceUnknown,
    OtherwiseClaimed,
    PersonLimit,
    SoldOut,
    coupon_id,
)
from chalicelib.coupons.rules.limits import place_of, size_of, walk
from chalicelib.coupons.use_cases import budgets
from chalicelib.kit.auth import Actor
from chalicelib.kit.clock import iso
from chalicelib.kit.errors import NotFound
from chalicelib.kit.idempotency import Once
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import Action, retrying
from chalicelib.risk import use_cases as risk
from chalicelib.shops import use_cases as shops

_ATTEMPTS = 14


def _nothing(_campaign: Campaign, _coupon: Coupon, _now: datetime) -> Sequence[Action]:
    return ()


def _good() -> None:
    return None


@dataclass(frozen=True)
class Proof:
    """What lets somebody claim who does not simply ask.

    Attributes:
        access: what it is.
        used: returns the writes that use it up for a coupon, for the transaction of the claim.
        check: lets pass what was not used up in the meantime; asked where another claim may have done that.
    """

    access: Access = Access.OPEN
    used: Callable[[Campaign, Coupon, datetime], Sequence[Action]] = _nothing
    check: Callable[[], None] = _good


def claim(ports: ClaimPorts, actor: Actor, campaign_id: str, once: Once, proof: Proof = Proof()) -> Coupon:
    """Take one of a campaign's coupons. Where everybody gets one, whoever has theirs already gets the same one, unless
    they brought a code for it.

    Raises:
        NotFound: no such campaign.
        CampaignNotOpen, SoldOut: not yet, not any more, or none left, also of its money.
        OtherwiseClaimed: it takes another proof.
        PersonLimit, DeviceLimit, DeviceUnknown: the customer, or the device, has had all that it can have.
        Frozen: the account may not.
        NotAvailable: it is of a shop with whose merchant the actor has nothing to do.
        Busy: very many claim at this moment; nothing was written.
    """
    is_again = False

    def attempt() -> Coupon:
        nonlocal is_again
        now = ports.clock.now()
        campaign, first = ports.store.claimant(campaign_id, coupon_id(campaign_id, actor.account_id))
        if is_again or first is not None:
            proof.check()
        is_again = True
        if campaign is None:
            raise NotFound("campaign")
        single = campaign.limits.per_person == 1
        if first is not None and single and proof.access != Access.CODE:
            return first
        _check_open(campaign, proof, now)
        if first is not None and single:
            raise PersonLimit(most=1)
        spot = _spot(ports, actor, campaign, first)
        coupon = _new(campaign, actor, spot.place, now)
        # The first that is refused speaks: who claims twice at once has theirs, whatever else is used up by it.
        issued, allowed = ports.store.issue(coupon), _allowed(ports, actor, campaign)
        used, taken = proof.used(campaign, coupon, now), _taken(ports, campaign, spot, now)
        ports.committer.commit([issued, *allowed, *used, *taken, ports.idempotency.remember(once, coupon)])
        return coupon

    return retrying(attempt, attempts=_ATTEMPTS)


def _check_open(campaign: Campaign, proof: Proof, now: datetime) -> None:
    if not campaign.valid_from <= now < campaign.valid_until:
        raise CampaignNotOpen(valid_from=iso(campaign.valid_from), valid_until=iso(campaign.valid_until))
    if campaign.limits.access != proof.access:
        raise OtherwiseClaimed(access=campaign.limits.access)
    if campaign.is_sold_out:
        raise SoldOut


@dataclass(frozen=True)
class _Spot:
    """Where a coupon comes from.

    Attributes:
        place: which of their coupons it will be to its customer.
        bucket: a bucket that has one.
        taken: how many are taken from it with this one.
        is_last: it is the last one there.
    """

    place: int
    bucket: int = 0
    taken: int = 0
    is_last: bool = False


def _spot(ports: ClaimPorts, actor: Actor, campaign: Campaign, first: Coupon | None) -> _Spot:
    """Return where the actor's coupon comes from.

    Raises:
        PersonLimit, SoldOut: there is none for them; or the money is gone.
    """
    most, buckets = campaign.limits.per_person, campaign.buckets
    ids = [coupon_id(campaign.id, actor.account_id, place) for place in range(most)]
    order = walk(place_of(ids[0], buckets), buckets, campaign.empty)
    near = order[:1] if buckets > 1 else []
    counted = ports.store.counted(campaign, near, ids[1:]) if near or ids[1:] else Counted({}, frozenset())
    free = [n for n, one in enumerate(ids) if one not in counted.coupons and (n or first is None)]
    if not free:
        raise PersonLimit(most=most)
    if campaign.purses and budgets.is_spent(ports, campaign.id, campaign.purses, ports.clock.now()):
        raise SoldOut
    if campaign.number is None:
        return _Spot(free[0])
    taken = {0: campaign.claimed or 0} if buckets == 1 else dict(counted.taken)
    sizes = {n: size_of(campaign.number, buckets, n) for n in order}
    if taken[order[0]] >= sizes[order[0]] and order[1:]:
        taken |= ports.store.counted(campaign, order[1:], ()).taken
    for n in order:
        if n in taken and taken[n] < sizes[n]:
            return _Spot(free[0], n, taken[n] + 1, is_last=taken[n] + 1 == sizes[n])
    raise SoldOut


def _taken(ports: ClaimPorts, campaign: Campaign, spot: _Spot, now: datetime) -> list[Action]:
    """Return the writes that take a coupon from where it comes from; search is told when that was the last one."""
    if campaign.number is None:
        return []
    actions = list(ports.store.count(campaign, spot.bucket, is_last=spot.is_last))
    if spot.is_last and campaign.shop_id is not None:
        actions.append(ports.outbox.put(messages.campaign_changed(campaign, now, after=spot.taken)))
    return actions


def _new(campaign: Campaign, actor: Actor, place: int, now: datetime) -> Coupon:
    return Coupon(
        id=coupon_id(campaign.id, actor.account_id, place),
        campaign_id=campaign.id,
        customer_id=actor.account_id,
        shop_id=campaign.shop_id,
        title=campaign.title,
        terms=campaign.terms,
        paid_by=campaign.paid_by,
        valid_from=campaign.valid_from,
        valid_until=campaign.valid_until,
        claimed_at=now,
        purses=campaign.purses,
    )


def _allowed(ports: ClaimPorts, actor: Actor, campaign: Campaign) -> Sequence[Action]:
    """Return the conditions that the actor may have something of a campaign: they are not frozen, and neither
    blocked by the merchant nor the other way round; on a device that has not had its share.
    """
    actions = [risk.unless_frozen(ports.risk, actor.account_id)]
    if campaign.shop_id is not None:
        merchant_id = shops.shop(ports.shops, campaign.shop_id).merchant_id
        actions += ports.dealings.may_begin(actor.account_id, merchant_id)
    if campaign.limits.per_device is not None:
        device = ports.devices.device_of(actor)
        if device is None:
            raise DeviceUnknown
        most = campaign.limits.per_device
        index = ports.blind(f"{campaign.id}|{device}", "coupon:device")  # no two campaigns' rows tell of one another
        refusal = partial(DeviceLimit, most=most)
        actions.append(ports.codes.tally(f"{campaign.id}#DEVICE#{index}", most, campaign.valid_until, refusal))
    return actions


def mine(ports: CouponsPorts, actor: Actor, after: Mapping[str, Any] | None, limit: int) -> Page[Coupon]:
    """Return some of the caller's coupons, the one claimed last first."""
    return ports.store.of_customer(actor.account_id, after, limit)
