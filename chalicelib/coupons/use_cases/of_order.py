"""What orders do with coupons, inside their own transactions."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.coupons.ports import CouponsPorts, Firsts, Reserved
from chalicelib.coupons.rules import (
    MOST_TOGETHER,
    Applied,
    Best,
    BudgetSpent,
    Coupon,
    CouponDoesNotFit,
    CouponState,
    CouponUnavailable,
    Ending,
    Item,
    Misfit,
    Purchase,
    Taken,
    best,
    comes_back,
    still_for,
    together,
    wants_shops,
)
from chalicelib.coupons.use_cases import budgets
from chalicelib.kit.auth import Actor
from chalicelib.kit.errors import NotFound
from chalicelib.kit.transaction import Action
from chalicelib.shops import use_cases as shops

_PAGE = 100  # coupons of a customer that are read at once
_SPENT = 5  # times that the best are looked for again without those whose campaign's money is spent
MOST_READ = 200  # of them in all, the one claimed last first, when the best are looked for


@dataclass(frozen=True)
class Buyer:
    """Who buys with coupons.

    Attributes:
        actor: the customer.
        merchant_id: who sells.
        firsts: says whose first order theirs is, and where another of theirs has a coupon for that; asked only when a
            coupon depends on it.
    """

    actor: Actor
    merchant_id: str
    firsts: Callable[[], Firsts]


def reserve(
    ports: CouponsPorts,
    buyer: Buyer,
    coupon_ids: Sequence[str],
    order_id: str,
    purchase: Purchase,
    hold_until: datetime | None,
) -> Reserved:
    """Return what the buyer's coupons take off an order's lines, and the writes that reserve them until `hold_until`;
    with None they use them up at once.

    Raises:
        NotFound: the buyer has no such coupon.
        CouponUnavailable: used, expired, not yet good, or held by another order.
        CouponDoesNotFit: not for this order, or not together; says which and why. CouponWhereOneWorks: one of these.
    """
    if len(coupon_ids) > MOST_TOGETHER or len(set(coupon_ids)) < len(coupon_ids):
        raise CouponDoesNotFit(Misfit.ALONE, coupon_ids[-1])
    coupons = _own(ports, coupon_ids, buyer.actor.account_id)
    for one in coupons:
        if one.standing(purchase.at) != CouponState.ISSUED or purchase.at < one.valid_from:
            raise CouponUnavailable(state=one.standing(purchase.at))
    taken = together(coupons, _whole(ports, coupons, purchase, buyer))
    state = CouponState.RESERVED if hold_until else CouponState.USED
    actions = [ports.store.replace(one.next(state, order_id, hold_until)) for one in coupons]
    for off in taken:
        actions += budgets.draw(ports, off.coupon, order_id, off.amount, hold_until, purchase.at)
    firsts = frozenset(first for one in coupons if (first := one.terms.conditions.first_of) is not None)
    return Reserved(taken, firsts, tuple(actions))


def best_of_mine(ports: CouponsPorts, buyer: Buyer, purchase: Purchase) -> Best:
    """Return which of the buyer's coupons take the most off an order, and why each other that they could use does not
    go into it. Looks at the `MOST_READ` that they claimed last; the list may be a moment old, and nothing is reserved.
    """
    found = [one for one in _latest(ports, buyer.actor.account_id) if one.standing(purchase.at) == CouponState.ISSUED]
    out = {one.id: Misfit.NOT_YET for one in found if purchase.at < one.valid_from}
    ready = [one for one in found if one.id not in out]
    purchase = _whole(ports, ready, purchase, buyer)
    chosen = best(ready, purchase)
    for _ in range(_SPENT):
        spent = {one.coupon.campaign_id for one in chosen.taken if not _is_covered(ports, one, purchase.at)}
        if not spent:
            break
        # All that they have of a campaign take off the same.
        out |= {one.id: Misfit.SPENT for one in ready if one.campaign_id in spent}
        ready = [one for one in ready if one.campaign_id not in spent]
        chosen = best(ready, purchase)
    return replace(chosen, left_out={**chosen.left_out, **out})


def _is_covered(ports: CouponsPorts, taken: Taken, now: datetime) -> bool:
    """Say whether the money of a coupon's campaign is enough for what it takes off; two reads where it has a budget."""
    try:
        budgets.draw(ports, taken.coupon, "", taken.amount, now, now)
    except BudgetSpent:
        return False
    return True


def _latest(ports: CouponsPorts, customer_id: str) -> list[Coupon]:
    found: list[Coupon] = []
    after = None
    while len(found) < MOST_READ:
        page = ports.store.of_customer(customer_id, after, _PAGE)
        found += page.items
        after = page.next
        if after is None:
            break
    return found


def _whole(ports: CouponsPorts, coupons: Sequence[Coupon], purchase: Purchase, buyer: Buyer) -> Purchase:
    """Return an order with what some coupons need to know of it, and no more: each is a read."""
    asked = [one.terms.conditions for one in coupons]
    if any(one.categories or one.asks_for_time for one in asked):
        shop = shops.shop(ports.shops, purchase.shop_id)
        purchase = replace(purchase, categories=shop.categories, zone=shop.zone)
    if any(one.first_of for one in asked):
        firsts = buyer.firsts()
        purchase = replace(purchase, first_of=firsts.of, in_use=firsts.in_use)
    if any(one.platform_bps or one.terms.conditions.new_for_days is not None for one in coupons):
        person = ports.person(buyer.actor.account_id)
        works_there = buyer.actor.has_stake(buyer.merchant_id)  # an access token knows of no job that began since
        if person is not None:
            purchase = replace(purchase, customer_since=person.since)
            works_there |= buyer.merchant_id in person.works_for
        purchase = replace(purchase, works_there=works_there)
    campaigns = {one.campaign_id for one in coupons if wants_shops(one)}
    if campaigns:
        purchase = replace(purchase, joined=frozenset(ports.store.joined(sorted(campaigns), purchase.shop_id)))
    return purchase


def applied(ports: CouponsPorts, coupon_ids: Sequence[str], customer_id: str, shop_id: str) -> tuple[Applied, ...]:
    """Return coupons that an order has used, in their order. A request, and one for the shop where one depends on the
    time.
    """
    coupons = _own(ports, coupon_ids, customer_id)
    asks = any(one.terms.conditions.asks_for_time for one in coupons)
    zone = shops.shop(ports.shops, shop_id).zone if asks else "UTC"
    return tuple(Applied(one, zone) for one in coupons)


def still_fit(ports: CouponsPorts, coupon_ids: Sequence[str], customer_id: str, shop_id: str, item: Item) -> bool:
    """Say whether a line that coupons were used for is still one that they are for, after it became another one of the
    same shop. Reads as `applied`.
    """
    used = applied(ports, coupon_ids, customer_id, shop_id)
    return all(still_for(one.coupon, item, one.zone) for one in used)


def use(ports: CouponsPorts, coupon_ids: Sequence[str], customer_id: str, order_id: str, now: datetime) -> list[Action]:
    """Return the writes that use coupons up for an order, also when their reservation ran out and nobody else took
    them.

    Raises:
        CouponUnavailable: another order has one of them, it has expired, or its campaign's money is spent.
    """
    actions: list[Action] = []
    for coupon in _own(ports, coupon_ids, customer_id):
        if coupon.state == CouponState.USED and coupon.order_id == order_id:
            continue
        # Good until the sweep says otherwise: the order took it while it was valid, and its money was only slow.
        is_ours = coupon.state == CouponState.RESERVED and coupon.order_id == order_id
        is_free = coupon.state in {CouponState.ISSUED, CouponState.RESERVED} and not coupon.is_reserved(now)
        if not is_ours and not is_free:
            raise CouponUnavailable(state=coupon.state)
        kept = budgets.draw_again(ports, coupon, order_id, None, now)
        actions += [ports.store.replace(coupon.next(CouponState.USED, order_id, None)), *kept]
    return actions


def hold_longer(
    ports: CouponsPorts, coupon_ids: Sequence[str], customer_id: str, order_id: str, hold_until: datetime
) -> list[Action]:
    """Return the writes that reserve coupons for longer; none for those that the order no longer has."""
    actions: list[Action] = []
    for coupon in _own(ports, coupon_ids, customer_id):
        if coupon.order_id == order_id and coupon.state == CouponState.RESERVED:
            held = budgets.draw_again(ports, coupon, order_id, hold_until, ports.clock.now())
            actions += [ports.store.replace(coupon.next(CouponState.RESERVED, order_id, hold_until)), *held]
    return actions


def give_back(
    ports: CouponsPorts,
    coupon_ids: Sequence[str],
    customer_id: str,
    order_id: str,
    ending: Ending,
    now: datetime,
) -> list[Action]:
    """Return the writes that free the coupons of an order that ended, as far as their terms say that they come back;
    none for those that the order no longer has. One whose time is over is not revived: it expires. The money that they
    drew goes back in any case: nothing was delivered that it could pay for.
    """
    actions: list[Action] = []
    for coupon in _own(ports, coupon_ids, customer_id):
        has_it = coupon.order_id == order_id and coupon.state in {CouponState.RESERVED, CouponState.USED}
        if not has_it:
            continue
        if comes_back(coupon.terms, ending):
            state = CouponState.ISSUED if now < coupon.valid_until else CouponState.EXPIRED
            actions.append(ports.store.replace(coupon.next(state, None, None)))
        actions += budgets.put_back(ports, coupon, order_id)
    return actions


def _own(ports: CouponsPorts, coupon_ids: Sequence[str], customer_id: str) -> list[Coupon]:
    """Return a customer's coupons, in the order of their ids given.

    Raises:
        NotFound: one of them is not there, or somebody else's.
    """
    if len(coupon_ids) == 1:
        read = [ports.store.coupon(coupon_ids[0])]
    else:
        by_id = {one.id: one for one in ports.store.coupons(coupon_ids)}
        read = [by_id.get(one) for one in coupon_ids]
    own = [one for one in read if one is not None and one.customer_id == customer_id]
    if len(own) < len(coupon_ids):
        raise NotFound("coupon")
    return own
