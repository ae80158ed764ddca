"""The sweep of coupons whose time is over."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from chalicelib.coupons import messages
from chalicelib.coupons.ports import CouponsPorts
from chalicelib.coupons.rules import CouponState
from chalicelib.kit.errors import Busy
from chalicelib.kit.observability import log
from chalicelib.kit.transaction import Action, Contention, retrying

_TOGETHER = 25  # coupons that expire in one transaction: two writes each
BATCH = 500  # coupons of a shard and run that expire; what is left waits for the next run


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
            gone = coupon.next(CouponState.EXPIRED, None, None)
            actions += [ports.store.replace(gone), ports.outbox.put(messages.expired(gone, as_of))]
            outcomes.append("expired")
    ports.committer.commit(actions)
    return outcomes
