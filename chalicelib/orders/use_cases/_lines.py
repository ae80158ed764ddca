"""What several verbs do with an order's lines."""

from collections.abc import Iterable
from datetime import datetime

from chalicelib.kit.transaction import Action
from chalicelib.ledger import use_cases as ledger
from chalicelib.ledger.ports import Due
from chalicelib.orders.ports import Line, LineState, Order, OrdersPorts, PaidBy


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
    by_platform = line.discount if order.coupon_paid_by == PaidBy.PLATFORM else 0
    return _due(ports, order, line, line.paid, by_platform, now)


def kept(ports: OrdersPorts, order: Order, line: Line, now: datetime) -> list[Action]:
    """Return the write that makes what is kept of a line that was cancelled, or whose customer did not come, due to the
    merchant; the platform adds nothing.
    """
    return _due(ports, order, line, line.kept, 0, now)


def _due(ports: OrdersPorts, order: Order, line: Line, net: int, by_platform: int, now: datetime) -> list[Action]:
    if net + by_platform == 0:
        return []
    due = Due(
        line_id=line.id,
        order_id=order.id,
        merchant_id=line.merchant_id,
        currency=order.currency,
        net=net,
        platform_discount=by_platform,
        commission_bps=line.commission_bps,
        due_at=now,
    )
    return ledger.accrue(ports.ledger, due)
