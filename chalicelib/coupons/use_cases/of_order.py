"""What orders do with coupons, inside their own transactions."""

from collections.abc import Mapping
from datetime import datetime

from chalicelib.coupons.ports import CouponsPorts, Reserved
from chalicelib.coupons.rules import Coupon, CouponState, CouponUnavailable, discounts
from chalicelib.coupons.use_cases import budgets
from chalicelib.kit.auth import Actor
from chalicelib.kit.errors import NotFound
from chalicelib.kit.transaction import Action


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
    taken = coupon.next(state, order_id, hold_until)
    drawn = budgets.draw(ports, coupon, order_id, sum(off.values()), hold_until, now)
    return Reserved(off, coupon.paid_by, (ports.store.replace(taken), *drawn))


def use(ports: CouponsPorts, coupon_id: str, customer_id: str, order_id: str, now: datetime) -> list[Action]:
    """Return the writes that use a coupon up for an order, also when its reservation ran out and nobody else took it.

    Raises:
        CouponUnavailable: another order has it, or it has expired.
    """
    coupon = _own(ports, coupon_id, customer_id)
    if coupon.state == CouponState.USED and coupon.order_id == order_id:
        return []
    # Good until the sweep says otherwise: the order took it while it was valid, and its money was only slow.
    is_ours = coupon.state == CouponState.RESERVED and coupon.order_id == order_id
    is_free = coupon.state in {CouponState.ISSUED, CouponState.RESERVED} and not coupon.is_reserved(now)
    if not is_ours and not is_free:
        raise CouponUnavailable(state=coupon.state)
    kept = budgets.draw_again(ports, coupon, order_id, None, now)
    return [ports.store.replace(coupon.next(CouponState.USED, order_id, None)), *kept]


def hold_longer(
    ports: CouponsPorts, coupon_id: str, customer_id: str, order_id: str, hold_until: datetime
) -> list[Action]:
    """Return the writes that reserve a coupon for longer; none where the order no longer has it."""
    coupon = _own(ports, coupon_id, customer_id)
    if coupon.order_id != order_id or coupon.state != CouponState.RESERVED:
        return []
    held = budgets.draw_again(ports, coupon, order_id, hold_until, ports.clock.now())
    return [ports.store.replace(coupon.next(CouponState.RESERVED, order_id, hold_until)), *held]


def give_back(ports: CouponsPorts, coupon_id: str, customer_id: str, order_id: str) -> list[Action]:
    """Return the writes that free a coupon that an order reserved or used; none where the order no longer has it. One
    whose time is over is free only for the sweep.
    """
    coupon = _own(ports, coupon_id, customer_id)
    if coupon.order_id != order_id or coupon.state not in {CouponState.RESERVED, CouponState.USED}:
        return []
    back = budgets.put_back(ports, coupon, order_id)
    return [ports.store.replace(coupon.next(CouponState.ISSUED, None, None)), *back]


def _own(ports: CouponsPorts, coupon_id: str, customer_id: str) -> Coupon:
    coupon = ports.store.coupon(coupon_id)
    if coupon is None or coupon.customer_id != customer_id:
        raise NotFound("coupon")
    return coupon
