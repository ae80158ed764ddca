"""What an order would cost, and with which coupons the least. Nothing is held."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chalicelib.coupons import use_cases as coupons
from chalicelib.coupons.ports import Misfit, Reserved
from chalicelib.kit.auth import Actor
from chalicelib.kit.errors import Forbidden
from chalicelib.kit.transaction import retrying
from chalicelib.orders.ports import Order, OrdersPorts
from chalicelib.orders.rules import HOLD, Asked
from chalicelib.orders.use_cases._basket import basket_of, buyer_of, purchase_of, reserved, wanted


@dataclass(frozen=True)
class Quote:
    """What an order would cost.

    Attributes:
        order: as it would be held.
        left_out: of the customer's other coupons, why they do not go into it.
    """

    order: Order
    left_out: Mapping[str, Misfit]


def quote(ports: OrdersPorts, actor: Actor, asked: Sequence[Asked], coupon_ids: Sequence[str] | None) -> Quote:
    """Return what an order would cost with some coupons, or with None with those of the actor's that save the most.

    Raises:
        Problem: a line's own, or a coupon's, as by `hold`. SeveralShops, TooDear, Forbidden: likewise.
        Busy: others take what lies too long of a campaign's money at this moment.
    """
    # Whoever finds too little of that money takes what lies there too long: a write, which may meet others.
    return retrying(lambda: _quoted(ports, actor, asked, coupon_ids))


def _quoted(ports: OrdersPorts, actor: Actor, asked: Sequence[Asked], coupon_ids: Sequence[str] | None) -> Quote:
    now = ports.clock.now()
    basket = basket_of(asked, coupon_ids or ())
    if coupon_ids is not None:
        made = Quote(reserved(ports, actor, basket, now, now + HOLD)[0], {})
    else:
        plain = wanted(ports, actor, basket, now, now + HOLD)
        order = plain.order()
        if order.merchant_id == actor.account_id:
            made = Quote(order, {})
        else:
            best = coupons.best_of_mine(ports.coupons, buyer_of(ports, actor, order), purchase_of(order))
            made = Quote(plain.order(Reserved(best.taken, frozenset(), ())), best.left_out)
    if actor.for_merchant not in {None, made.order.merchant_id}:
        raise Forbidden
    return made
