"""What the platform added for coupons goes back to it. No I/O."""

from collections.abc import Mapping
from dataclasses import replace

from chalicelib.kit.money import split
from chalicelib.orders.rules.discounts import corrected
from chalicelib.orders.rules.order import Line, Order
from chalicelib.orders.rules.problems import NothingLeft


def unsubsidised(order: Order, parts: Mapping[str, int]) -> Order:
    """Return an order with lines on which nothing was paid, of whose discounts the shop bears some (by line id, minor
    units) that the platform bore: it is all that can be given back of them. Its version is the same.

    Raises:
        NothingLeft: the platform added less to a line, or it was not delivered.
    """
    lines = tuple(_unsubsidised(line, parts[line.id]) if line.id in parts else line for line in order.lines)
    return replace(order, lines=corrected(order.lines, lines))


def _unsubsidised(line: Line, amount: int) -> Line:
    if amount > line.subsidy:
        raise NothingLeft(left=line.subsidy)
    left = split(line.by_platform - amount, [part.platform for part in line.discounts])
    parts = tuple(replace(part, platform=borne) for part, borne in zip(line.discounts, left, strict=True))
    return replace(line, discounts=parts)
