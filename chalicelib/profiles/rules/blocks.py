"""Who wants nothing of whom. No I/O.

A block is between two accounts, and one that stands holds both ways: nothing begins between them, whoever wanted it so.
One account can block another twice, as a customer and as a merchant; each is taken back by itself.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

MOST_BLOCKED = 1000  # of one account and side


class Side(StrEnum):
    """As what an account blocks another."""

    CUSTOMER = "customer"
    MERCHANT = "merchant"


@dataclass(frozen=True)
class Block:
    """One account wants nothing of another.

    Attributes:
        by: who blocks.
        side: as what.
        other: who is blocked.
        shop_id: the shop where it was said; it holds for all shops of the merchant.
        reason: for the merchant's staff alone; customers give none.
        at: since when.
    """

    by: str
    side: Side
    other: str
    shop_id: str
    at: datetime
    reason: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Pair:
    """Two accounts, and the blocks between them.

    Attributes:
        ends: the two, the smaller id first: the same pair whichever is named first.
        marks: one for each block, see `mark`; none where nothing stands between them.
    """

    ends: tuple[str, str]
    marks: frozenset[str] = field(default_factory=frozenset)


def ends(one: str, other: str) -> tuple[str, str]:
    """Return two accounts in the order of their ids."""
    return (one, other) if one < other else (other, one)


def mark(by: str, side: Side) -> str:
    """Return what a block is called among those of its pair."""
    return f"{side}:{by}"
