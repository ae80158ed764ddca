"""The sweep of coupons: who soon loses one is told, once; what is over expires.

Both go through an index of all that is neither used nor expired, by when it ends, shard by shard. A run does so much
and no more; the next one goes on. What has expired leaves the index, so whatever comes next is at its beginning. Of
what is told nothing changes on the coupon: a row for each shard says up to where its owners were told, and moves on in
the transaction that has their messages. So a run that dies has told nobody who will be told again, and skipped nobody.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.coupons import messages
from chalicelib.coupons.ports import CouponsPorts
from chalicelib.coupons.rules import CouponState
from chalicelib.kit.clock import iso
from chalicelib.kit.errors import Busy
from chalicelib.kit.observability import log
from chalicelib.kit.transaction import Action, Contention, retrying

BEFORE = timedelta(days=3)  # so long before a coupon's end its owner is told
OWNED = timedelta(days=1)  # who claimed it so lately knows
_TOGETHER = 25  # coupons that expire in one transaction: two writes each
_TOLD_TOGETHER = 60  # owners told in one transaction
BATCH = 500  # coupons of a shard that are read at a time
MOST = 4_000  # coupons of a shard and run that expire, and as many whose owners are told; the others have the next run


@dataclass(frozen=True)
class Swept:
    """What a run did.

    Attributes:
        expired: coupons whose time was over.
        held: left to an order that holds them.
        failed: could not be written.
        told: owners of a coupon that soon ends.
        more: there is more for the next run.
    """

    expired: int = 0
    held: int = 0
    failed: int = 0
    told: int = 0
    more: bool = False


def expire(ports: CouponsPorts, as_of: datetime) -> Swept:
    """Expire coupons whose time was over before `as_of`, tell their owners, and those of coupons that end within
    `BEFORE`. Safe to repeat, to run twice at once and to die at any point.
    """
    counts = dict.fromkeys(("expired", "held", "failed", "told"), 0)
    more = False
    for shard in range(ports.store.shards):
        seen = 0
        for ids in _over(ports, shard, as_of):
            for outcome in _expire_together(ports, ids, as_of):
                counts[outcome] += 1
            seen += len(ids)
        told, looked = _tell(ports, shard, as_of)
        counts["told"] += told
        more = more or MOST in {seen, looked}
    return Swept(**counts, more=more)


def _over(ports: CouponsPorts, shard: int, as_of: datetime) -> Iterator[Sequence[str]]:
    """Yield ids of a shard's coupons that are over, so many as go together, `MOST` in all."""
    after = None
    for _ in range(MOST // BATCH):
        page = list(ports.store.over(shard, as_of, BATCH, after))
        for start in range(0, len(page), _TOGETHER):
            yield [one.id for one in page[start : start + _TOGETHER]]
        if len(page) < BATCH:
            return
        after = page[-1]


def _tell(ports: CouponsPorts, shard: int, as_of: datetime) -> tuple[int, int]:
    """Tell the owners of a shard's coupons that end within `BEFORE`, from where the last run ended; return how many
    were told, and how many coupons were looked at. Another run that does the same at this moment goes on alone.
    """
    mark = ports.store.told_until(shard)
    since, until = mark or iso(as_of), as_of + BEFORE
    told = looked = 0
    while looked < MOST:
        coupons = ports.store.ending(shard, since, until, min(_TOLD_TOGETHER, MOST - looked))
        if not coupons:
            break
        latest = as_of - OWNED
        tells = [ports.outbox.put(messages.expiring(one, as_of)) for one in coupons if one.claimed_at <= latest]
        reached = ports.store.end_of(coupons[-1])
        try:
            ports.committer.commit([*tells, ports.store.tell_until(shard, reached, mark)])
        except Contention:
            break
        since = mark = reached
        told, looked = told + len(tells), looked + len(coupons)
    return told, looked


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
            gone = coupon.next(CouponState.EXPIRED, None, None)
            actions += [ports.store.replace(gone), ports.outbox.put(messages.expired(gone, as_of))]
            outcomes.append("expired")
    ports.committer.commit(actions)
    return outcomes
