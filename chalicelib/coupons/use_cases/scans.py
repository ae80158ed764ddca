"""Coupons for who is at the shop: its staff show a code, or a poster has one, and customers scan it."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from chalicelib.coupons.claim_ports import ClaimPorts
from chalicelib.coupons.rules import Access, Campaign, Coupon
from chalicelib.coupons.rules.problems import NotByScan, ScanOver, ScanUsedUp
from chalicelib.coupons.rules.scans import PER_WINDOW, Poster, Scanned, window_end
from chalicelib.coupons.use_cases.claims import Proof, claim
from chalicelib.coupons.use_cases.codes import run_by
from chalicelib.kit.auth import Actor
from chalicelib.kit.clock import iso
from chalicelib.kit.errors import NotFound
from chalicelib.kit.idempotency import Once
from chalicelib.kit.ids import new_id
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import Action, retrying
from chalicelib.shops import use_cases as shops


def screen(ports: ClaimPorts, actor: Actor, campaign_id: str) -> tuple[str, datetime]:
    """Return the code that a screen at the shop shows now, and when the next one comes.

    Raises:
        NotFound: no such campaign. Forbidden: not the actor's shop.
        NotByScan: it is not claimed by scanning.
    """
    _scanned_of(ports, actor, campaign_id)
    return ports.scans.screen(campaign_id, ports.clock.now())


def open_poster(
    ports: ClaimPorts, actor: Actor, campaign_id: str, name: str, per_day: int, until: datetime | None, once: Once
) -> Poster:
    """Make a code to be printed, good until then and no longer than its campaign, for so many claims a day.

    Raises:
        NotFound: no such campaign. Forbidden: not the actor's shop.
        NotByScan: it is not claimed by scanning.
    """
    campaign, now = _scanned_of(ports, actor, campaign_id), ports.clock.now()
    ends = campaign.valid_until if until is None else min(until, campaign.valid_until)
    poster = Poster(new_id("pst"), campaign_id, name, per_day, ends, now)
    actions = [ports.codes.open_poster(poster), ports.idempotency.remember(once, poster)]
    retrying(lambda: ports.committer.commit(actions))
    return poster


def posters(
    ports: ClaimPorts, actor: Actor, campaign_id: str, after: Mapping[str, Any] | None, limit: int
) -> Page[Poster]:
    """Return some of a campaign's posters, newest first.

    Raises:
        NotFound: no such campaign. Forbidden: not the actor's shop.
    """
    run_by(ports, actor, campaign_id)
    return ports.codes.posters(campaign_id, after, limit)


def poster(ports: ClaimPorts, actor: Actor, campaign_id: str, poster_id: str) -> Poster:
    """Return a poster of the actor's shop.

    Raises:
        NotFound: no such poster. Forbidden: not the actor's shop.
    """
    run_by(ports, actor, campaign_id)
    found = ports.codes.poster(poster_id)
    if found is None or found.campaign_id != campaign_id:
        raise NotFound("poster")
    return found


def revoke_poster(ports: ClaimPorts, actor: Actor, campaign_id: str, poster_id: str) -> None:
    """Make a poster good for nothing.

    Raises:
        NotFound: no such poster. Forbidden: not the actor's shop.
    """
    found = poster(ports, actor, campaign_id, poster_id)
    retrying(lambda: ports.committer.commit([ports.codes.revoke_poster(found)]))


def claim_scanned(ports: ClaimPorts, actor: Actor, token: str, once: Once) -> Coupon:
    """Take a coupon with a code that was scanned; whoever has theirs already gets the same one.

    Raises:
        ScanOver: it is not ours, its time is over, or its poster was taken back.
        ScanUsedUp: so many as may have claimed with it; another comes soon, or tomorrow.
        Problem: as `claim`.
    """
    now = ports.clock.now()
    scanned = ports.scans.read(token, now)
    if scanned is None:
        raise ScanOver
    if scanned.poster_id is not None:
        return _of_poster(ports, actor, scanned.poster_id, once)

    def used(_campaign: Campaign, _coupon: Coupon, _now: datetime) -> Sequence[Action]:
        return [_shown(ports, scanned)]

    return claim(ports, actor, str(scanned.campaign_id), once, Proof(Access.SCAN, used))


def _shown(ports: ClaimPorts, scanned: Scanned) -> Action:
    what = f"{scanned.campaign_id}#SCAN#{scanned.window}"
    return ports.codes.tally(what, PER_WINDOW, window_end(scanned.window), lambda: ScanUsedUp(retry_after=30))


def _of_poster(ports: ClaimPorts, actor: Actor, poster_id: str, once: Once) -> Coupon:
    found = ports.codes.poster(poster_id)
    # As with a batch of codes: not a condition of the claim, for all who scan it would meet there.
    if found is None or not found.is_good(ports.clock.now()):
        raise ScanOver

    def used(campaign: Campaign, _coupon: Coupon, now: datetime) -> Sequence[Action]:
        zone = ZoneInfo(shops.shop(ports.shops, str(campaign.shop_id)).zone)
        there = now.astimezone(zone)
        tomorrow = datetime.combine(there.date() + timedelta(days=1), datetime.min.time(), zone)
        wait = max(1, int((tomorrow - now).total_seconds()))
        what = f"{found.id}#DAY#{iso(tomorrow)}"
        return [ports.codes.tally(what, found.per_day, tomorrow, lambda: ScanUsedUp(retry_after=wait))]

    return claim(ports, actor, found.campaign_id, once, Proof(Access.SCAN, used))


def _scanned_of(ports: ClaimPorts, actor: Actor, campaign_id: str) -> Campaign:
    campaign = run_by(ports, actor, campaign_id)
    if campaign.limits.access != Access.SCAN:
        raise NotByScan
    return campaign
