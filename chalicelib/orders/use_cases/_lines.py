"""What several verbs do with an order's lines."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from chalicelib.coupons import use_cases as coupons
from chalicelib.coupons.ports import Applied, Ending
from chalicelib.kit.transaction import Action
from chalicelib.orders.ports import Line, LineState, Order, OrdersPorts
from chalicelib.orders.rules import ENDED
from chalicelib.settlement import use_cases as settlement
from chalicelib.settlement.ports import Due, DueKind


def by_kind(lines: Iterable[Line]) -> dict[str, list[Line]]:
    """Return lines by their kind."""
    grouped: dict[str, list[Line]] = {}
    for line in lines:
        grouped.setdefault(line.kind, []).append(line)
    return grouped


def confirm(ports: OrdersPorts, order: Order, now: datetime) -> list[Action]:
    """Return the writes that make all lines of an order the customer's; `CannotFulfil` where that cannot be."""
    kinds = by_kind(order.lines).items()
    return [action for kind, lines in kinds for action in ports.kinds[kind].confirm(lines, order, now)]


def extend(ports: OrdersPorts, order: Order, until: datetime, now: datetime) -> list[Action]:
    """Return the writes that hold all lines of an order for longer; `CannotFulfil` where they are not held."""
    kinds = by_kind(order.lines).items()
    return [action for kind, lines in kinds for action in ports.kinds[kind].extend(lines, order, until, now)]


def free_to_cancel(ports: OrdersPorts, lines: Iterable[Line], now: datetime) -> set[str]:
    """Return the ids of those lines that can be cancelled at no cost whatever their policy says."""
    return {one for kind, some in by_kind(lines).items() for one in ports.kinds[kind].free_to_cancel(some, now)}


def release(ports: OrdersPorts, order: Order, lines: Iterable[Line], state: LineState, now: datetime) -> list[Action]:
    """Return the writes that give up some lines of an order."""
    kinds = by_kind(lines).items()
    return [action for kind, some in kinds for action in ports.kinds[kind].release(some, order, state, now)]


def sold(ports: OrdersPorts, order: Order, line: Line, now: datetime) -> list[Action]:
    """Return the write that makes a delivered line's money due to the merchant; none where there is no money."""
    return _due(ports, order, replace(line, state=LineState.COMPLETED), DueKind.SERVICE, now)


def kept(ports: OrdersPorts, order: Order, line: Line, now: datetime) -> list[Action]:
    """Return the write that makes what is kept of a line that was cancelled, or whose customer did not come, due to the
    merchant; the platform adds nothing.
    """
    no_show = line.state == LineState.NO_SHOW
    return _due(ports, order, line, DueKind.NO_SHOW_FEE if no_show else DueKind.CANCELLATION_FEE, now)


def coupons_back(
    ports: OrdersPorts, order: Order, ending: Ending, now: datetime, ids: Sequence[str] | None = None
) -> list[Action]:
    """Return the writes that give an order's coupons back, or some, as far as their terms let them."""
    ids = order.coupon_ids if ids is None else ids
    return coupons.give_back(ports.coupons, ids, order.customer_id, order.id, ending, now) if ids else []


def used(ports: OrdersPorts, order: Order) -> tuple[Applied, ...]:
    """Return the coupons that an order has used, in the order in which they were applied: a request where it has any,
    and another where one asks for the time.
    """
    if not order.coupon_ids:
        return ()
    return coupons.applied(ports.coupons, order.coupon_ids, order.customer_id, order.shop_id)


def _due(ports: OrdersPorts, order: Order, line: Line, kind: DueKind, now: datetime) -> list[Action]:
    due = _due_of(order, line, kind, now, (line.kept, line.subsidy), line.id)
    return settlement.accrue(ports.settlement, due, line.share)


def corrected(ports: OrdersPorts, before: Order, after: Order, now: datetime) -> list[Action]:
    """Return the writes for what a coupon changed of lines that had fallen due to the merchant. They are named by the
    order's version: whoever writes it in between, nothing else of it has that.
    """
    actions: list[Action] = []
    for old, new in zip(before.lines, after.lines, strict=True):
        if new.corrections > old.corrections:
            actions += _changed(ports, before, (old, new), DueKind.COUPON, f"coupon-{after.version}", now)
    return actions


def back(ports: OrdersPorts, before: Order, after: Order, kind: DueKind, cause: str, now: datetime) -> list[Action]:
    """Return the writes that take from the merchant, or give again, what changed of lines that had fallen due.

    Args:
        ports: what orders need.
        before, after: the order, of whose lines `given_back` changed.
        kind: why.
        cause: the id of what did it; with the line's id that of the due.
        now: the moment.
    """
    actions: list[Action] = []
    for old, new in zip(before.lines, after.lines, strict=True):
        if old.given_back != new.given_back and old.state in ENDED:
            actions += _changed(ports, before, (old, new), kind, cause, now)
    return actions


def _changed(
    ports: OrdersPorts, order: Order, line: tuple[Line, Line], kind: DueKind, cause: str, now: datetime
) -> list[Action]:
    """Return the write of what changed of a line, said as it was and as it is."""
    old, new = line
    amounts = (new.kept - old.kept, new.subsidy - old.subsidy)
    due = _due_of(order, old, kind, now, amounts, f"{cause}:{old.id}")
    return settlement.back_of_line(ports.settlement, due, old.share, old.kept + old.subsidy)


def _due_of(order: Order, line: Line, kind: DueKind, now: datetime, amounts: tuple[int, int], id_: str) -> Due:
    """Return what falls due of a line: what its customer paid of it, and what the platform adds."""
    gross, platform_discount = amounts
    return Due(
        id=id_,
        kind=kind,
        merchant_id=line.merchant_id,
        currency=order.currency,
        due_at=now,
        order_id=order.id,
        line_id=line.id,
        payment_id=order.payment_id,
        gross=gross,
        platform_discount=platform_discount,
    )
