"""What people and orders do with coupons."""

from collections.abc import Mapping
from datetime import datetime

from chalicelib.coupons.ports import CouponsPorts, Reserved
from chalicelib.kit.auth import Actor
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
    raise NotImplementedError


def use(ports: CouponsPorts, coupon_id: str, customer_id: str, order_id: str, now: datetime) -> list[Action]:
    """Return the writes that use a coupon up for an order, also when its reservation ran out and nobody else took it.

    Raises:
        CouponUnavailable: another order has it, or it has expired.
    """
    raise NotImplementedError


def give_back(ports: CouponsPorts, coupon_id: str, customer_id: str, order_id: str, now: datetime) -> list[Action]:
    """Return the writes that free a coupon that an order reserved or used; none where the order no longer has it."""
    raise NotImplementedError
