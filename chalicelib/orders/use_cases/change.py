"""A confirmed line becomes another one. Called by the domain of the line's kind, inside its own transactions."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from chalicelib.coupons import use_cases as coupons
from chalicelib.kit.errors import NotFound
from chalicelib.kit.transaction import Action
from chalicelib.orders import messages
from chalicelib.orders.ports import Line, LineState, Order, OrdersPorts
from chalicelib.orders.rules import (
    CouponBound,
    PaidInAdvance,
    Policy,
    TooLateToChange,
    changed,
    is_free,
    item_of,
    kept_by_shops_change,
    not_possible,
    priced,
    within_price,
)
from chalicelib.orders.use_cases import _lines
from chalicelib.orders.use_cases.cancel import called
from chalicelib.orders.use_cases.read import read


def line_changed(
    ports: OrdersPorts,
    order_id: str,
    line_id: str,
    change: Callable[[Line], Line],
    now: datetime,
    *,
    by_customer: bool = False,
) -> list[Action]:
    """Return the writes of a confirmed line that is moved, or becomes something else of the same shop: what was paid
    too much for it goes back, what is dearer is paid at the shop.

    Args:
        ports: what orders need.
        order_id, line_id: the line.
        change: makes the new line of the old one; it keeps id, ref and discounts.
        now: the moment.
        by_customer: only as long as its policy lets them cancel at no cost. Where the shop changes the time or the
            thing, the customer can cancel at no cost from then on, and owes nothing should they not come.

    Raises:
        NotFound: no such line. NotPossible: it is not confirmed. TooLateToChange: for the customer.
        CouponBound: it has a discount, and would become cheaper or what its coupon is not for. PaidInAdvance: the
            customer would owe more in advance than was paid. TooManyHolds: it counts among the customer's holds, and is
            moved beyond them.
    """
    order = read(ports, order_id)
    line = order.line(line_id)
    if line is None:
        raise NotFound("order line")
    if line.state != LineState.CONFIRMED:
        raise not_possible(order)
    wanted = within_price(change(line))
    if by_customer:
        _check(ports, order, line, wanted, now)
        new, goes_back = changed(order, line, wanted)
    else:
        new, goes_back = _by_shop(ports, order, line, wanted)
    actions = [ports.store.replace(new), *_lines.corrected(ports, order, new, now)]
    if new.counts_until is not None and new.counts_until != order.counts_until:
        until, customer = new.counts_until, order.customer_id
        actions.append(ports.store.take_hold(customer, order.id, until, now, limited=by_customer))
    return [*actions, *_told(ports, new, goes_back, now)]


def _told(ports: OrdersPorts, order: Order, goes_back: int, now: datetime) -> list[Action]:
    """Return the messages that a line became another one, and that what was paid too much for it goes back."""
    told = [messages.told(messages.CHANGED, order, now)]
    if goes_back and order.payment_id is not None:
        reason = messages.numbered(messages.CHEAPER, order.rounds)
        told.append(messages.refund_due(order, order.payment_id, goes_back, reason, now))
    return [ports.outbox.put(one) for one in told]


def _of_coupons(line: Line) -> tuple[object, ...]:
    """What a coupon's terms ask of a line."""
    return line.gross, line.offering_id, line.starts_at


def _by_shop(ports: OrdersPorts, order: Order, line: Line, wanted: Line) -> tuple[Order, int]:
    """Return what an order becomes by the shop's doing, and what goes back: as much is taken off as `rules.discounts`
    says, and the customer is free to call the line off.
    """
    used = _lines.used(ports, order) if _of_coupons(line) != _of_coupons(wanted) else ()
    wanted = kept_by_shops_change(order.lines, line, wanted, used)
    if not order.is_own and (wanted.starts_at, wanted.price) != (line.starts_at, line.price):
        wanted = replace(wanted, policy=Policy(0, line.policy.late_fee_bps, 0), altered=True)
        if wanted.gross != line.gross and line.sold_at is None:
            wanted = replace(wanted, sold_at=line.gross)
    return changed(order, line, wanted, used)


def _check(ports: OrdersPorts, order: Order, line: Line, wanted: Line, now: datetime) -> None:
    """Let a customer's change pass; raises as `line_changed`."""
    if not is_free(line, now):
        raise TooLateToChange(minutes=line.policy.free_until_minutes_before)
    _check_price(line, wanted)
    _check_coupons(ports, order, line, wanted)


def _check_price(line: Line, wanted: Line) -> None:
    if (wanted.price, wanted.deposit_bps) == (line.price, line.deposit_bps):
        return
    if line.discount and wanted.gross < line.gross:
        raise CouponBound
    (priced_anew,) = priced([wanted], {line.id: wanted.discounts}, line.share)
    if priced_anew.paid > line.paid:
        raise PaidInAdvance


def _check_coupons(ports: OrdersPorts, order: Order, line: Line, wanted: Line) -> None:
    """A coupon for quiet hours, or for one thing, does not go along to a busy one, or to another thing."""
    if not line.discounts or (line.starts_at, line.offering_id) == (wanted.starts_at, wanted.offering_id):
        return
    ids = [part.coupon_id for part in line.discounts]
    if not coupons.still_fit(ports.coupons, ids, order.customer_id, order.shop_id, item_of(wanted)):
        raise CouponBound


def line_declined(ports: OrdersPorts, order_id: str, line_id: str, reason: str | None, now: datetime) -> list[Action]:
    """Return the writes of a confirmed line that its merchant declines, or never answered: all of its money goes back,
    and its kind releases it. That nobody accepted it in the meantime is the caller's to check, after this.

    Raises:
        NotFound: no such order. NotPossible: the line is not confirmed.
    """
    order = read(ports, order_id)
    new, actions = called(ports, order, now, by_customer=False, reason=reason, line_ids=[line_id])
    return [ports.store.replace(new), *actions]
