"""A campaign's budget of money: what a coupon takes off an order is drawn from it when the order reserves the coupon,
kept when it is used, and put back when the order does not come about or is cancelled.

The money lies in purses on different partitions. A purse's row says what is left; beside it lies a row for each part
that is reserved, named by when its time is over. A reservation that ran out needs nobody to clear it: whoever finds too
little left takes what lies there too long (its row goes and the purse gets its money back, in one transaction). A late
payment whose money was taken draws anew, or is told that there is none. So at every moment, for every purse:

    left + what is held beside it + what used coupons took from it = its size

Everything here that returns actions is for the caller's transaction, called inside `retrying`. What is found wrong when
they are written, because others draw at the same moment, is `Contention`: decide again.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from chalicelib.coupons.ports import CouponsPorts
from chalicelib.coupons.purse_ports import Purses
from chalicelib.coupons.rules import Coupon
from chalicelib.coupons.rules.draw import Draw, held_parts
from chalicelib.coupons.rules.limits import pieces, place_of, walk
from chalicelib.coupons.rules.problems import BudgetSpent
from chalicelib.kit.errors import Busy
from chalicelib.kit.transaction import Action

_ROUNDS = 4  # of taking what lies there too long; each frees up to `_TOGETHER` reservations of every purse
_TOGETHER = 25


def draw(
    ports: CouponsPorts, coupon: Coupon, order_id: str, amount: int, hold_until: datetime | None, now: datetime
) -> list[Action]:
    """Return the writes that draw an order's discount from the budget of the coupon's campaign until `hold_until`, and
    with None for good; nothing where it has no such budget. What the coupon has drawn already is drawn over: so the
    same call holds a reservation longer, and uses it.

    Two requests; more where the first purse has too little.

    Args:
        ports: what coupons need.
        coupon: as it stands.
        order_id: the order that reserves or uses it.
        amount: what it takes off there, minor units.
        hold_until: when the reservation is over.
        now: the moment.

    Raises:
        BudgetSpent: too little is left; a `CouponUnavailable`.
        Busy: very much lies there too long; some of it was cleared.
    """
    if not coupon.purses:
        return []
    if not amount:
        return put_back(ports, coupon, order_id=None)
    return _drawn(ports, coupon, ports.purses.draw(coupon.id), Draw(coupon.id, order_id, {0: amount}, hold_until), now)


def _drawn(ports: CouponsPorts, coupon: Coupon, before: Draw | None, wanted: Draw, now: datetime) -> list[Action]:
    """Return the writes from one draw to another, whose money may come from any purse."""
    amount = sum(wanted.parts.values())
    order = walk(place_of(coupon.id, coupon.purses), coupon.purses)
    looked, purses = _looked_at(before, order[:1]), order[:1]
    for _ in range(_ROUNDS):
        seen = ports.purses.look(coupon.campaign_id, looked, held_parts(before))
        had = _had(before, seen)
        parts = pieces(amount, {n: room + had.get(n, 0) for n, room in seen.rooms.items()}, purses)
        if parts is not None:
            return _moved(ports, coupon, before, seen, replace(wanted, parts=parts))
        if len(purses) == len(order) and not _freed(ports, coupon, now):
            raise BudgetSpent
        looked = purses = order
    raise Busy(retry_after=1)


def draw_again(
    ports: CouponsPorts, coupon: Coupon, order_id: str, hold_until: datetime | None, now: datetime
) -> list[Action]:
    """Return the writes that hold what an order has drawn for longer, or with None keep it for good: as `draw`, of the
    amount that it drew.

    Raises:
        BudgetSpent: the reservation had run out and the money was taken; or the coupon was reserved by another order in
            the meantime, and nobody knows the amount any more.
        Busy: as `draw`.
    """
    if not coupon.purses:
        return []
    before = ports.purses.draw(coupon.id)
    if before is None or before.order_id != order_id:
        raise BudgetSpent
    return _drawn(ports, coupon, before, replace(before, hold_until=hold_until), now)


def put_back(ports: CouponsPorts, coupon: Coupon, order_id: str | None) -> list[Action]:
    """Return the writes that put back what a coupon has drawn for an order, or with None for whichever; nothing where
    it has drawn nothing, or for another order. What was taken from a reservation that ran out is not put back twice.
    """
    before = ports.purses.draw(coupon.id) if coupon.purses else None
    if before is None or order_id not in {None, before.order_id}:
        return []
    seen = ports.purses.look(coupon.campaign_id, (), held_parts(before))
    return _moved(ports, coupon, before, seen, replace(before, parts={}))


def _looked_at(before: Draw | None, purses: Sequence[int]) -> list[int]:
    return sorted({*purses, *(before.parts if before else ())})


def _had(before: Draw | None, seen: Purses) -> dict[int, int]:
    """Return what of a draw still is the coupon's, by purse."""
    if before is None:
        return {}
    if before.hold_until is None:
        return dict(before.parts)
    return {one.purse: one.amount for one in seen.held}


def _moved(ports: CouponsPorts, coupon: Coupon, before: Draw | None, seen: Purses, after: Draw) -> list[Action]:
    """Return the writes from one draw to the next: of each purse whose money changes, of the parts that are held, and
    of the draw itself.
    """
    store, campaign_id, had = ports.purses, coupon.campaign_id, _had(before, seen)
    changes = {n: after.parts.get(n, 0) - had.get(n, 0) for n in sorted({*had, *after.parts})}
    actions = [store.take(campaign_id, n, change) for n, change in changes.items() if change]
    old, new = ({(one.purse, one.until): one for one in some} for some in (seen.held, held_parts(after)))
    actions += [store.unhold(campaign_id, one) for place, one in sorted(old.items()) if place not in new]
    for place, one in sorted(new.items()):
        if one != old.get(place):
            actions.append(store.hold(campaign_id, one, old[place].amount if place in old else None))
    if not after.parts:
        return [*actions, store.drop(before)] if before else []
    return [*actions, store.keep(replace(after, version=before.version + 1 if before else 1))]


def _freed(ports: CouponsPorts, coupon: Coupon, now: datetime) -> bool:
    """Give back to every purse what lies beside it too long: a transaction of its own for each, right by itself."""
    freed = False
    for purse in range(coupon.purses):
        lapsed = ports.purses.lapsed(coupon.campaign_id, purse, now, _TOGETHER)
        if lapsed:
            gone = [ports.purses.unhold(coupon.campaign_id, one) for one in lapsed]
            back = ports.purses.take(coupon.campaign_id, purse, -sum(one.amount for one in lapsed))
            ports.committer.commit([*gone, back])
            freed = True
    return freed


def is_spent(ports: CouponsPorts, campaign_id: str, purses: int, now: datetime) -> bool:
    """Say whether nothing is left of a campaign's money, also where reservations have run out."""
    if any(ports.purses.look(campaign_id, range(purses)).rooms.values()):
        return False
    return not any(ports.purses.lapsed(campaign_id, purse, now, 1) for purse in range(purses))
