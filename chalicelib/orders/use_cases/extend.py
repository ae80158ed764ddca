"""More time to pay, once."""

from dataclasses import replace

from chalicelib.coupons import use_cases as coupons
from chalicelib.kit.auth import Actor
from chalicelib.kit.idempotency import Once
from chalicelib.kit.transaction import retrying
from chalicelib.orders.ports import CannotFulfil, Order, OrdersPorts
from chalicelib.orders.rules import HOLD, AlreadyExtended, HoldRanOut
from chalicelib.orders.use_cases import _firsts, _lines
from chalicelib.orders.use_cases.pay import payable


def extend(ports: OrdersPorts, actor: Actor, order_id: str, once: Once) -> Order:
    """Hold the caller's own order for another `HOLD`.

    Raises:
        NotFound: the caller has no such order. NotPossible: it is not held. HoldRanOut: its hold is over.
        AlreadyExtended: that was done before.
    """

    def attempt() -> Order:
        order = payable(ports, actor, order_id)
        if order.extended:
            raise AlreadyExtended
        now, until = ports.clock.now(), order.hold_until + HOLD
        new = replace(order, hold_until=until, extended=True, version=order.version + 1)
        try:
            actions = _lines.extend(ports, order, until, now)
        except CannotFulfil as error:
            raise HoldRanOut from error
        if order.coupon_ids:
            actions += coupons.hold_longer(ports.coupons, order.coupon_ids, order.customer_id, order.id, until)
        actions += _firsts.claim(ports, order, until, now)
        counted = ports.store.extend_hold(order.customer_id, order.id, until)
        ports.committer.commit([ports.store.replace(new), *actions, counted, ports.idempotency.remember(once, new)])
        return new

    return retrying(attempt)
