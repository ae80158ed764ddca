"""What may happen to an order, and what it costs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from chalicelib.kit.money import fee, payable_step
from chalicelib.orders.rules.order import MOST_MONEY, Line, LineState, Order, OrderState
from chalicelib.orders.rules.problems import NotPossible, SeveralShops, TooDear


class Happening(StrEnum):
    """What can happen to an order."""

    PAY = "pay"
    EXPIRE = "expire"
    CANCEL = "cancel"
    FAIL = "fail"  # money came, but what it pays for is gone
    COMPLETE = "complete"  # one line, or its no-show
    REFUND = "refund"


# What may happen in which state, and the states that it may lead to. Everything else is refused.
TRANSITIONS: Mapping[OrderState, Mapping[Happening, frozenset[OrderState]]] = {
    OrderState.HELD: {
        Happening.PAY: frozenset({OrderState.CONFIRMED}),
        Happening.EXPIRE: frozenset({OrderState.EXPIRED}),
        Happening.CANCEL: frozenset({OrderState.CANCELLED}),
        Happening.FAIL: frozenset({OrderState.REFUNDING}),
    },
    OrderState.CONFIRMED: {
        Happening.COMPLETE: frozenset({OrderState.CONFIRMED, OrderState.COMPLETED}),
        Happening.CANCEL: frozenset({OrderState.REFUNDING, OrderState.CANCELLED}),
    },
    # Money that arrives late takes the thing again where it is still free, or goes back.
    OrderState.EXPIRED: {
        Happening.PAY: frozenset({OrderState.CONFIRMED}),
        Happening.FAIL: frozenset({OrderState.REFUNDING}),
    },
    OrderState.CANCELLED: {Happening.FAIL: frozenset({OrderState.REFUNDING})},
    OrderState.REFUNDING: {Happening.REFUND: frozenset({OrderState.REFUNDED})},
    OrderState.COMPLETED: {},
    OrderState.REFUNDED: {},
}

_ASKED_BY_PEOPLE = (Happening.PAY, Happening.CANCEL, Happening.COMPLETE)


def possible(order: Order) -> str:
    """Return what people can do with an order as it stands: `pay, cancel`, or `-`."""
    if order.state == OrderState.EXPIRED:
        return "-"  # only money that is already on its way still counts
    return ", ".join(one for one in _ASKED_BY_PEOPLE if one in TRANSITIONS[order.state]) or "-"


def not_possible(order: Order) -> NotPossible:
    """Return the refusal of something that the order's state does not allow."""
    return NotPossible(state=order.state, possible=possible(order))


def move(order: Order, happening: Happening, to: OrderState, **changes: Any) -> Order:
    """Return the order's next version in another state.

    Raises:
        NotPossible: the state machine has no such transition.
    """
    if to not in TRANSITIONS[order.state].get(happening, frozenset()):
        raise not_possible(order)
    return replace(order, state=to, version=order.version + 1, **changes)


def with_lines(lines: Iterable[Line], state: LineState) -> tuple[Line, ...]:
    """Return the lines in another state."""
    return tuple(replace(line, state=state) for line in lines)


def priced(lines: Sequence[Line], discount_by_line: Mapping[str, int], commission_bps: int) -> tuple[Line, ...]:
    """Return the lines with what is frozen when they are sold: discount and commission.

    Raises:
        SeveralShops: they are not of one shop. TooDear: they cost more than can be paid at once.
    """
    if len({(line.shop_id, line.merchant_id, line.price.currency) for line in lines}) != 1:
        raise SeveralShops
    if sum(line.gross for line in lines) > MOST_MONEY:
        raise TooDear(limit=MOST_MONEY)
    return tuple(
        replace(line, discount=discount_by_line.get(line.id, 0), commission_bps=commission_bps) for line in lines
    )


def refund_of(line: Line, now: datetime, *, in_full: bool) -> int:
    """Return what goes back of a confirmed line that is cancelled now, minor units; the fee is rounded down to what can
    be paid in the currency.
    """
    if in_full or is_free(line, now):
        return line.net
    kept = fee(line.net, line.policy.late_fee_bps)
    return line.net - kept + kept % payable_step(line.price.currency)


def is_free(line: Line, now: datetime) -> bool:
    """Whether the customer can cancel a line at no cost."""
    notice = timedelta(minutes=line.policy.free_until_minutes_before)
    return line.starts_at is None or now <= line.starts_at - notice


def has_started(line: Line, now: datetime) -> bool:
    """Whether a line's time has begun."""
    return line.starts_at is not None and line.starts_at <= now


def called_off(order: Order, now: datetime, *, in_full: bool, reason: str | None) -> Order:
    """Return a confirmed order that is cancelled: what goes back is fixed line by line, under each line's own policy.
    Lines that were delivered stay as they are.
    """
    lines = tuple(_called_off(line, now, in_full=in_full) for line in order.lines)
    goes_back = any(line.state == LineState.REFUNDING for line in lines)
    to = OrderState.REFUNDING if goes_back else OrderState.CANCELLED
    return move(order, Happening.CANCEL, to, lines=lines, reason=reason)


def _called_off(line: Line, now: datetime, *, in_full: bool) -> Line:
    if line.state != LineState.CONFIRMED:
        return line
    refund = refund_of(line, now, in_full=in_full)
    return replace(line, refund=refund, state=LineState.REFUNDING if refund else LineState.CANCELLED)


def failed(order: Order, payment_id: str) -> Order:
    """Return an order whose money came when what it pays for was gone: all of it goes back."""
    lines = tuple(
        replace(line, refund=line.net, state=LineState.REFUNDING if line.net else LineState.CANCELLED)
        for line in order.lines
    )
    return move(order, Happening.FAIL, OrderState.REFUNDING, lines=lines, payment_id=payment_id)


def going_back(order: Order) -> int:
    """Return what is to be refunded of an order, minor units."""
    return sum(line.refund for line in order.lines)


def money_back(order: Order, amount: int) -> Order:
    """Return an order after a refund of its own payment reached the customer; it ends when all of it has."""
    refunded = order.refunded + amount
    if refunded < going_back(order):
        return replace(order, refunded=refunded, version=order.version + 1)
    lines = tuple(
        replace(line, state=LineState.REFUNDED) if line.state == LineState.REFUNDING else line for line in order.lines
    )
    return move(order, Happening.REFUND, OrderState.REFUNDED, lines=lines, refunded=refunded)


def delivered(order: Order, line: Line, state: LineState) -> Order:
    """Return an order after one of its confirmed lines ended (completed, no-show).

    Raises:
        NotPossible: the line is not confirmed.
    """
    if line.state != LineState.CONFIRMED:
        raise not_possible(order)
    lines = tuple(replace(one, state=state) if one.id == line.id else one for one in order.lines)
    more = any(one.state == LineState.CONFIRMED for one in lines)
    return move(order, Happening.COMPLETE, OrderState.CONFIRMED if more else OrderState.COMPLETED, lines=lines)
