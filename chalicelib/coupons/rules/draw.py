"""What a coupon has drawn from its campaign's budget of money."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Draw:
    """The money that a coupon takes from its campaign, as it was written.

    Attributes:
        coupon_id: whose; a coupon has one at most.
        order_id: the order that it is for.
        parts: minor units by purse.
        hold_until: until when it is only reserved: then it is anybody's again, who finds it there; None where it was
            used, and stays until it is put back.
        version: rises with every change.
    """

    coupon_id: str
    order_id: str
    parts: Mapping[int, int] = field(hash=False)
    hold_until: datetime | None
    version: int = 1


@dataclass(frozen=True)
class Held:
    """One part of a draw that is reserved: the row beside the purse that it is from.

    Attributes:
        purse: which.
        coupon_id: whose.
        until: when it is anybody's.
        amount: minor units.
    """

    purse: int
    coupon_id: str
    until: datetime
    amount: int


def held_parts(draw: Draw | None) -> list[Held]:
    """Return the parts of a draw that are reserved, as they were written: whoever was short of money may have taken
    them since, if their time was over.
    """
    if draw is None or draw.hold_until is None:
        return []
    return [Held(purse, draw.coupon_id, draw.hold_until, part) for purse, part in sorted(draw.parts.items())]
