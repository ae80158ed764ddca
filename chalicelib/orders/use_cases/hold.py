"""Ordering: everything is held in one transaction, or nothing is."""

from collections.abc import Sequence
from datetime import datetime

from chalicelib.kit.auth import Actor
from chalicelib.kit.errors import Forbidden
from chalicelib.kit.idempotency import Once
from chalicelib.kit.observability import about, metric
from chalicelib.kit.transaction import Action, Contention, retrying
from chalicelib.orders import messages
from chalicelib.orders.ports import Order, OrdersPorts, OrderState
from chalicelib.orders.rules import HOLD, Asked
from chalicelib.orders.use_cases import _firsts
from chalicelib.orders.use_cases._basket import Basket, basket_of, reserved


def hold(
    ports: OrdersPorts, actor: Actor, asked: Sequence[Asked], coupon_ids: Sequence[str] | None, once: Once
) -> Order:
    """Hold what is asked for until it is paid, for `HOLD` at most; confirm it at once where nothing is to pay now: a
    coupon covers it all, or it is paid at the shop.

    Raises:
        Problem: a line's own (taken, no such thing), or the coupon's; TooManyHolds; SeveralShops; TooDear.
        NotAvailable: customer and merchant have nothing to do with each other.
        Forbidden: somebody works for a merchant, in whose name they sell and buy nothing.
    """
    basket = basket_of(asked, coupon_ids or ())
    about(order_id=basket.order_id)

    def attempt() -> Order:
        now = ports.clock.now()
        order, actions = reserved(ports, actor, basket, now, now + HOLD)
        if actor.for_merchant not in {None, order.merchant_id}:
            raise Forbidden
        if order.total == 0:
            order, actions = _given(ports, actor, basket, now)
        else:
            actions += _firsts.claim_new(ports, order, now)
            actions.append(ports.store.take_hold(actor.account_id, order.id, order.hold_until, now))
        allowed = ports.dealings.may_begin(order.customer_id, order.merchant_id)
        ports.committer.commit([*allowed, ports.store.create(order), *actions, ports.idempotency.remember(once, order)])
        return order

    order = retrying(attempt)
    if order.state == OrderState.HELD:
        metric("Holds")
    return order


def _given(ports: OrdersPorts, actor: Actor, basket: Basket, now: datetime) -> tuple[Order, list[Action]]:
    """There is nothing to pay: no hold, no payment, confirmed."""
    order, actions = reserved(ports, actor, basket, now, None)
    if order.total:  # a price rose between the two looks
        raise Contention
    if order.counts_until is not None:
        actions.append(ports.store.take_hold(actor.account_id, order.id, order.counts_until, now))
    actions += _firsts.claim_new(ports, order, now)
    return order, [*actions, ports.outbox.put(messages.told(messages.CONFIRMED, order, now))]
