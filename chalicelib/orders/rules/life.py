"""What may happen to an order."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from chalicelib.coupons.ports import Applied
from chalicelib.kit.money import split
from chalicelib.orders.rules.discounts import after_going, corrected, shop_bears, stays
from chalicelib.orders.rules.order import ENDED, Line, LineState, Order, OrderState
from chalicelib.orders.rules.prices import in_steps, no_show_refund, refund_of
from chalicelib.orders.rules.problems import NothingLeft, NotPossible


class Happening(StrEnum):
    """What can happen to an order."""

    PAY = "pay"
    EXPIRE = "expire"
    CANCEL = "cancel"
    FAIL = "fail"  # money came, but what it pays for is gone
    COMPLETE = "complete"  # one line, or its no-show
    CHANGE = "change"  # one line: another time, another offering
    REFUND = "refund"
    GIVE_BACK = "give_back"  # some of the money of a line, whatever became of it


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
        Happening.CHANGE: frozenset({OrderState.CONFIRMED}),
        # Some lines, or all.
        Happening.CANCEL: frozenset({OrderState.CONFIRMED, OrderState.REFUNDING, OrderState.CANCELLED}),
        Happening.REFUND: frozenset({OrderState.CONFIRMED}),
        Happening.GIVE_BACK: frozenset({OrderState.CONFIRMED}),
    },
    # Money that arrives late takes the thing again where it is still free, or goes back.
    OrderState.EXPIRED: {
        Happening.PAY: frozenset({OrderState.CONFIRMED}),
        Happening.FAIL: frozenset({OrderState.REFUNDING}),
    },
    OrderState.CANCELLED: {
        Happening.FAIL: frozenset({OrderState.REFUNDING}),
        Happening.REFUND: frozenset({OrderState.CANCELLED}),  # of what became cheaper before, or was given back
        Happening.GIVE_BACK: frozenset({OrderState.CANCELLED}),
    },
    OrderState.REFUNDING: {
        Happening.REFUND: frozenset({OrderState.REFUNDING, OrderState.REFUNDED}),
        Happening.GIVE_BACK: frozenset({OrderState.REFUNDING}),
    },
    OrderState.COMPLETED: {
        Happening.REFUND: frozenset({OrderState.COMPLETED}),
        Happening.GIVE_BACK: frozenset({OrderState.COMPLETED}),
    },
    OrderState.REFUNDED: {
        Happening.REFUND: frozenset({OrderState.REFUNDED}),
        Happening.GIVE_BACK: frozenset({OrderState.REFUNDED}),
    },
}

_ASKED_BY_PEOPLE = (Happening.PAY, Happening.CANCEL, Happening.CHANGE, Happening.COMPLETE)


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


def called_off(
    order: Order,
    now: datetime,
    *,
    in_full: bool,
    reason: str | None,
    line_ids: Collection[str] | None = None,
    free: Collection[str] = (),
    used: Sequence[Applied] = (),
) -> Order:
    """Return a confirmed order of which some lines are cancelled, or all that are still to come: what goes back is
    fixed line by line, under each line's own policy, and comes with the order's next refund. Lines that were delivered
    stay as they are; the order goes on as long as some are still to come. Lines that are `free` cost nothing whatever
    their policy says. Of the coupons that were `used` the rest keeps what it earns: see `discounts`.
    """
    turn = order.rounds + 1
    lines = tuple(
        _called_off(line, now, turn, in_full=in_full or line.id in free, by_shop=in_full)
        if line_ids is None or line.id in line_ids
        else line
        for line in order.lines
    )
    lines = after_going(order.lines, lines, turn, used, by_customer=not in_full)
    if any(line.state == LineState.CONFIRMED for line in lines):
        to = OrderState.CONFIRMED
    else:
        to = OrderState.REFUNDING if any(line.state == LineState.REFUNDING for line in lines) else OrderState.CANCELLED
    waits = (*order.open, turn) if any(line.refund_round == turn for line in lines) else order.open
    said = {"lines": lines, "rounds": turn, "open": waits, "discount": sum(line.discount for line in lines)}
    return move(order, Happening.CANCEL, to, reason=reason, **said)


def _called_off(line: Line, now: datetime, turn: int, *, in_full: bool, by_shop: bool) -> Line:
    if line.state != LineState.CONFIRMED:
        return line
    refund = refund_of(line, now, in_full=in_full)
    missed = refund_of(_untaken(line), now, in_full=in_full) - refund
    line = replace(line, missed=missed, altered=line.altered or by_shop)
    if not refund:
        return replace(line, state=LineState.CANCELLED)
    return replace(line, refund=refund, refund_round=turn, state=LineState.REFUNDING)


def _untaken(line: Line) -> Line:
    """The line as if no bank had taken anything of it."""
    return replace(line, given_back=line.given_back - line.taken)


def failed(order: Order, payment_id: str) -> Order:
    """Return an order whose money came when what it pays for was gone: all of it goes back."""
    lines = tuple(
        replace(line, refund=line.paid, state=LineState.REFUNDING if line.paid else LineState.CANCELLED)
        for line in order.lines
    )
    waits = (*order.open, 0)
    return move(order, Happening.FAIL, OrderState.REFUNDING, lines=lines, payment_id=payment_id, open=waits)


def going_back(order: Order, turn: int) -> int:
    """Return what one of an order's refunds brings back of lines that ended, minor units."""
    return sum(line.refund for line in order.lines if line.refund_round == turn)


def money_back(order: Order, amount: int, turn: int) -> Order:
    """Return an order after one of the refunds of its own payment reached the customer; an order that is given up ends
    with the last of them.
    """
    lines = tuple(
        replace(line, state=LineState.REFUNDED)
        if line.state == LineState.REFUNDING and line.refund_round == turn
        else line
        for line in order.lines
    )
    waits = tuple(one for one in order.open if one != turn)
    over = order.state == OrderState.REFUNDING and not waits
    to = OrderState.REFUNDED if over else order.state
    return move(order, Happening.REFUND, to, lines=lines, refunded=order.refunded + amount, open=waits)


def delivered(order: Order, line: Line, state: LineState, used: Sequence[Applied] = ()) -> Order:
    """Return an order after one of its confirmed lines ended. Who did not come (no-show) gets back what the policy does
    not keep, with the order's next refund; of the coupons that were `used` the rest keeps what it earns, as if the line
    had been called off, unless it is paid in full.

    Raises:
        NotPossible: the line is not confirmed.
    """
    if line.state != LineState.CONFIRMED:
        raise not_possible(order)
    refund = no_show_refund(line) if state == LineState.NO_SHOW else 0
    missed = no_show_refund(_untaken(line)) - refund if state == LineState.NO_SHOW else line.missed
    turn = order.rounds + 1 if refund else 0
    ended = replace(line, state=state, refund=refund, refund_round=turn, missed=missed)
    lines = tuple(ended if one.id == line.id else one for one in order.lines)
    if not stays(ended):
        lines = after_going(order.lines, lines, order.rounds + 1, used, by_customer=True)
    more = any(one.state == LineState.CONFIRMED for one in lines)
    to = OrderState.CONFIRMED if more else OrderState.COMPLETED
    rounds = max(order.rounds, *(one.refund_round for one in lines))
    waits = (*order.open, rounds) if rounds > order.rounds else order.open
    said = {"lines": lines, "rounds": rounds, "open": waits, "discount": sum(one.discount for one in lines)}
    return move(order, Happening.COMPLETE, to, **said)


def changed(order: Order, line: Line, new: Line, used: Sequence[Applied] = ()) -> tuple[Order, int]:
    """Return an order of which one confirmed line became another (moved, or of another price), and what of the line's
    money goes back with the order's next refund, minor units: what is dearer now is paid at the shop. What went back
    before goes back no second time. Of the coupons that were `used` the platform bears what is earned now.

    Raises:
        NotPossible: the line is not confirmed.
    """
    if line.state != LineState.CONFIRMED:
        raise not_possible(order)
    goes_back = _too_much(line, new)
    missed = _too_much(_untaken(line), new) - goes_back
    new = replace(new, prepaid=line.paid - goes_back, missed=missed)
    lines = tuple(new if one.id == line.id else one for one in order.lines)
    lines = corrected(order.lines, shop_bears(lines, used))
    rounds = order.rounds + (1 if goes_back else 0)
    waits = (*order.open, rounds) if goes_back else order.open
    discount = sum(one.discount for one in lines)
    said = {"lines": lines, "rounds": rounds, "open": waits, "discount": discount}
    return move(order, Happening.CHANGE, OrderState.CONFIRMED, **said), goes_back


def _too_much(line: Line, new: Line) -> int:
    return in_steps(max(0, min(line.kept, line.paid - new.net)), line)


# Lines whose money can still be given back, in part: sold, or ended. What is on its way back is waited for, but by a
# bank, which takes what will be kept as well.
_GIVES_BACK = ENDED | {LineState.CONFIRMED}
_BANK_TAKES = _GIVES_BACK | {LineState.REFUNDING}


def given_back(order: Order, parts: Mapping[str, int], *, by_refund: bool, reason: str | None = None) -> Order:
    """Return an order of whose lines some money (by line id, minor units; negative: it came again) goes back beside
    what cancelling brings. `by_refund`: with the order's next refund; otherwise the customer's bank took it.

    Raises:
        NotPossible: a line's money is on its way back, or never came. NothingLeft: more than is kept of a line.
    """
    allowed = _GIVES_BACK if by_refund else _BANK_TAKES
    for line in order.lines:
        if line.id in parts and line.state not in allowed:
            raise not_possible(order)
        if parts.get(line.id, 0) > line.kept:
            raise NothingLeft(left=line.kept)
    lines = tuple(_given_back(line, parts.get(line.id, 0), by_refund=by_refund) for line in order.lines)
    turn = order.rounds + 1
    changes: dict[str, Any] = {"rounds": turn, "open": (*order.open, turn)} if by_refund else {}
    if reason is not None:
        changes["reason"] = reason
    return move(order, Happening.GIVE_BACK, order.state, lines=lines, **changes)


def _given_back(line: Line, part: int, *, by_refund: bool) -> Line:
    taken = line.taken + (0 if by_refund else part)
    return replace(line, given_back=line.given_back + part, taken=taken)


def given_again(order: Order, parts: Mapping[str, int]) -> tuple[Order, int]:
    """Return an order of whose lines a bank gives again what it took (by line id, minor units), and what of that goes
    on to the customer with the order's next refund: a line was cancelled, or became cheaper, while the bank had it.
    """
    on = {line.id: _missing(line, parts.get(line.id, 0)) for line in order.lines}
    new = given_back(order, {line_id: -part for line_id, part in parts.items()}, by_refund=False)
    lines = tuple(_goes_on(line, on[line.id]) for line in new.lines)
    goes_on = sum(on.values())
    if not goes_on:
        return replace(new, lines=lines), 0
    turn = order.rounds + 1
    return replace(new, lines=lines, rounds=turn, open=(*order.open, turn)), goes_on


def _missing(line: Line, part: int) -> int:
    """What the customer misses of a line and has of no other bank, at most `part`, which one gives again."""
    return in_steps(min(part, max(0, line.missed - (line.taken - part))), line)


def _goes_on(line: Line, part: int) -> Line:
    line = replace(line, missed=line.missed - part)
    if line.state == LineState.CONFIRMED and part:  # it became cheaper: so much less was paid for it
        return replace(line, prepaid=line.paid - part)
    return replace(line, given_back=line.given_back + part)


def bank_takes(order: Order, amount: int) -> dict[str, int]:
    """Split what a customer's bank took over the lines whose money it can be, by what is kept of each: by line id,
    minor units, never more than is kept. What is left over went back already, or is on its way.
    """
    there = {line.id: line.kept for line in order.lines if line.state in _BANK_TAKES and line.kept > 0}
    taken = min(amount, sum(there.values()))
    if not taken:
        return {}
    parts = dict(zip(there, split(taken, list(there.values())), strict=True))
    return {line_id: part for line_id, part in parts.items() if part}
