"""Codes in bulk: made some at a time, exported once, brought once each.

A batch's codes follow from its secret, which is sealed on its row until they are exported. Making goes on where it
stopped: each call writes the next `STEP` codes and then says so; two at once write the same. Only exported codes can be
brought. Exporting removes the secret: from then on a code is known by an index alone, which nobody turns back into it.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from chalicelib.audit import use_cases as audit
from chalicelib.audit.ports import UNSAID, Why
from chalicelib.coupons.claim_ports import ClaimPorts
from chalicelib.coupons.rules import Access, Campaign, Coupon
from chalicelib.coupons.rules import codes as rules
from chalicelib.coupons.rules.codes import BatchState, CodeBatch
from chalicelib.coupons.rules.problems import BatchNotReady, CodeUsed, NotByCode, TooManyTries, WrongCode
from chalicelib.coupons.use_cases.campaigns import with_left
from chalicelib.coupons.use_cases.claims import Proof, claim
from chalicelib.kit.auth import Actor
from chalicelib.kit.errors import NotFound, invalid
from chalicelib.kit.idempotency import Once
from chalicelib.kit.ids import new_id
from chalicelib.kit.networks import network
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import Action, retrying
from chalicelib.shops import use_cases as shops

LINK_LIFE = timedelta(minutes=10)
_HOUR = 3600
_TRIES, _TRIES_OF_NETWORK = 20, 300  # within an hour of the clock: of an account, and of all who come from one network
_MEDIA = "text/csv"


@dataclass(frozen=True)
class Exported:
    """A batch, and the address of its file, good for `LINK_LIFE` for whoever has it."""

    batch: CodeBatch
    link: str = field(repr=False)


def open_codes(ports: ClaimPorts, actor: Actor, campaign_id: str, number: int, once: Once, why: Why) -> CodeBatch:
    """Begin a batch of codes of a campaign; `make_codes` makes them.

    Raises:
        NotFound: no such campaign. Forbidden: somebody else's.
        NotByCode: it is not claimed with codes.
        Invalid: more codes than it has coupons, or has left.
    """
    campaign = with_left(ports, run_by(ports, actor, campaign_id))
    if campaign.limits.access != Access.CODE:
        raise NotByCode
    # Those of a batch that was taken back are not counted any more, but some may have been brought.
    if campaign.left is not None and number > campaign.left:
        raise invalid("number", f"the campaign has {campaign.left} coupons left")
    now = ports.clock.now()
    batch = CodeBatch(new_id("cdb"), campaign_id, number, now)
    actions = [
        ports.codes.open_batch(batch, os.urandom(rules.SEED_BYTES)),
        ports.codes.reserve_codes(campaign_id, number, campaign.number),
        ports.idempotency.remember(once, batch),
        *_noted(ports, actor, "coupons.codes.open", batch, why, now),
    ]
    retrying(lambda: ports.committer.commit(actions))
    return batch


def make_codes(ports: ClaimPorts, actor: Actor, campaign_id: str, batch_id: str) -> CodeBatch:
    """Make the next codes of a batch; return it as it stands then. Again until it is no longer `making`.

    Raises:
        NotFound: no such batch. Forbidden: somebody else's.
        Busy: others make the same ones at this moment.
    """

    def attempt() -> CodeBatch:
        batch = _batch(ports, actor, campaign_id, batch_id)
        seed = ports.codes.seed(batch) if batch.state == BatchState.MAKING else None
        if seed is None:
            return batch
        until = min(batch.made + rules.STEP, batch.number)
        codes = (rules.code_of(seed, number) for number in range(batch.made, until))
        ports.codes.write_codes(batch.id, (_index(ports, code) for code in codes))
        state = BatchState.READY if until == batch.number else BatchState.MAKING
        made = _moved(batch, made=until, state=state)
        ports.committer.commit([ports.codes.move_batch(made)])
        return made

    return retrying(attempt)


def code_batches(
    ports: ClaimPorts, actor: Actor, campaign_id: str, after: Mapping[str, Any] | None, limit: int
) -> Page[CodeBatch]:
    """Return some of a campaign's batches, newest first.

    Raises:
        NotFound: no such campaign. Forbidden: somebody else's.
    """
    run_by(ports, actor, campaign_id)
    return ports.codes.batches(campaign_id, after, limit)


def export_codes(ports: ClaimPorts, actor: Actor, campaign_id: str, batch_id: str, once: Once, why: Why) -> Exported:
    """Return the address of a file of all codes of a batch. This works once: the file is written, then the secret goes.
    Who has lost the file revokes the batch and makes another.

    Raises:
        NotFound: no such batch. Forbidden: somebody else's. SignInAgain: the sign-in is not fresh.
        BatchNotReady: not all codes are made, or it was exported or revoked before.
    """

    def attempt() -> Exported:
        batch, now = _batch(ports, actor, campaign_id, batch_id), ports.clock.now()
        actor.must_be_fresh(now)
        seed = ports.codes.seed(batch) if batch.state == BatchState.READY else None
        if seed is None:
            raise BatchNotReady(state=batch.state)
        lines = ["code", *(rules.shown(rules.code_of(seed, number)) for number in range(batch.number))]
        ports.files.put(_key(batch), "".join(f"{line}\r\n" for line in lines).encode(), _MEDIA)
        gone = _moved(batch, state=BatchState.EXPORTED, exported_at=now)
        made = Exported(gone, ports.files.download_link(_key(batch), f"{batch.id}.csv", _MEDIA, LINK_LIFE))
        noted = _noted(ports, actor, "coupons.codes.export", gone, why, now)
        ports.committer.commit([ports.codes.move_batch(gone), *noted, ports.idempotency.remember(once, made)])
        return made

    return retrying(attempt)


def revoke_codes(ports: ClaimPorts, actor: Actor, campaign_id: str, batch_id: str, why: Why = UNSAID) -> CodeBatch:
    """Make all codes of a batch that nobody has brought yet good for nothing; what they were brought for stays. Others
    can be made instead.

    Raises:
        NotFound: no such batch. Forbidden: somebody else's.
    """

    def attempt() -> CodeBatch:
        batch, now = _batch(ports, actor, campaign_id, batch_id), ports.clock.now()
        if batch.state == BatchState.REVOKED:
            return batch
        gone = _moved(batch, state=BatchState.REVOKED)
        noted = _noted(ports, actor, "coupons.codes.revoke", gone, why, now)
        fewer = ports.codes.release_codes(campaign_id, batch.number)
        ports.committer.commit([ports.codes.move_batch(gone), fewer, *noted])
        return gone

    revoked = retrying(attempt)
    ports.files.delete(_key(revoked))
    return revoked


def redeem_code(ports: ClaimPorts, actor: Actor, typed: str, source_ip: str, once: Once) -> Coupon:
    """Take a coupon with a code; whoever brought it before gets what they got.

    Every try counts before it is looked at, of the account and of the network: also those that come at once.

    Raises:
        WrongCode: there is none like it, or it was taken back.
        CodeUsed: somebody has brought it.
        TooManyTries: too many codes within the hour.
        Problem: as `claim`; the code can be brought again then.
    """
    code = rules.read(typed)
    if code is None:
        raise WrongCode  # mistyped: it is not looked at, so nothing can be learned by it
    _count_try(ports, actor, source_ip)
    index = _index(ports, code)
    known = ports.codes.known(index)
    batch = ports.codes.batch(known.batch_id) if known else None
    if known is None or batch is None:
        raise WrongCode
    if known.coupon_id is not None:
        return _brought(ports, actor, known.coupon_id)
    # Not a condition of the claim: all claims with codes of a batch would meet on its row. What is revoked is refused
    # from then on; a claim that is under way when it is comes before.
    if batch.state != BatchState.EXPORTED:
        raise WrongCode

    def used(_campaign: Campaign, coupon: Coupon, _now: datetime) -> Sequence[Action]:
        return [ports.codes.use_code(index, coupon.id)]

    def check() -> None:
        again = ports.codes.known(index)
        if again is not None and again.coupon_id is not None:
            raise _Brought(again.coupon_id)

    try:
        return claim(ports, actor, batch.campaign_id, once, Proof(Access.CODE, used, check))
    except _Brought as brought:
        return _brought(ports, actor, brought.coupon_id)


class _Brought(Exception):  # noqa: N818 - a state of affairs
    """Somebody brought a code at the same moment."""

    def __init__(self, coupon_id: str) -> None:
        super().__init__("brought")
        self.coupon_id = coupon_id


def run_by(ports: ClaimPorts, actor: Actor, campaign_id: str) -> Campaign:
    """Return a campaign that the actor runs.

    Raises:
        NotFound: no such campaign, or the platform's for whoever is not one of its people.
        Forbidden: somebody else's.
    """
    campaign = ports.store.campaign(campaign_id)
    if campaign is None or (campaign.shop_id is None and not actor.is_admin):
        raise NotFound("campaign")
    if campaign.shop_id is not None:
        actor.must_run(shops.shop(ports.shops, campaign.shop_id).merchant_id)
    return campaign


def _brought(ports: ClaimPorts, actor: Actor, known_id: str) -> Coupon:
    coupon = ports.store.coupon(known_id)
    if coupon is None or coupon.customer_id != actor.account_id:
        raise CodeUsed
    return coupon


def _batch(ports: ClaimPorts, actor: Actor, campaign_id: str, batch_id: str) -> CodeBatch:
    run_by(ports, actor, campaign_id)
    batch = ports.codes.batch(batch_id)
    if batch is None or batch.campaign_id != campaign_id:
        raise NotFound("batch of codes")
    return batch


def _count_try(ports: ClaimPorts, actor: Actor, source_ip: str) -> None:
    hour, past = divmod(int(ports.clock.now().timestamp()), _HOUR)
    until, wait = ports.clock.now() + timedelta(seconds=_HOUR - past), _HOUR - past
    places = (
        (f"account {actor.account_id}", _TRIES),
        (f"network {network(source_ip) or 'nowhere'}", _TRIES_OF_NETWORK),
    )
    counts = []
    for place, most in places:
        what = f"TRIES#{ports.blind(f'{place} {hour}', 'coupon:tries')}"
        counts.append(ports.codes.tally(what, most, until, lambda: TooManyTries(retry_after=wait)))
    retrying(lambda: ports.committer.commit(counts))


def _index(ports: ClaimPorts, code: str) -> str:
    return ports.blind(code, "coupon:code")


def _key(batch: CodeBatch) -> str:
    return f"exports/codes/{batch.id}.csv"


def _moved(batch: CodeBatch, **changes: Any) -> CodeBatch:
    return replace(batch, version=batch.version + 1, **changes)


def _noted(ports: ClaimPorts, actor: Actor, action: str, batch: CodeBatch, why: Why, now: datetime) -> list[Action]:
    entry = why.entry(actor, action, f"campaign:{batch.campaign_id}", {"batch": batch.id, "number": batch.number})
    return list(audit.noted(ports.audit, entry, now))
