"""Where budgets of money are kept."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from chalicelib.coupons.rules.draw import Draw, Held
from chalicelib.kit.transaction import Action


@dataclass(frozen=True)
class Purses:
    """Purses of a campaign, and what is held beside them, read at one time.

    Attributes:
        rooms: minor units that are left, by purse.
        held: those of some parts that still are there.
    """

    rooms: Mapping[int, int] = field(hash=False)
    held: frozenset[Held] = frozenset()


class PurseStore(Protocol):
    """A campaign's money, split into purses. Every change of a purse comes with that of what changes it: a part that is
    held, or a draw that is kept.
    """

    def open(self, campaign_id: str, sizes: Sequence[int]) -> Sequence[Action]:
        """Return the writes of a campaign's purses, nothing drawn."""
        ...

    def draw(self, coupon_id: str) -> Draw | None:
        """Return what a coupon has drawn, read consistently; None where it has nothing."""
        ...

    def look(self, campaign_id: str, purses: Iterable[int], held: Iterable[Held] = ()) -> Purses:
        """Return some purses, and which of some parts are still held, read consistently in one request."""
        ...

    def left(self, campaign_id: str, purses: int) -> int:
        """Return what is left of a campaign's money in its so many purses, minor units, as it was a moment ago; what is
        held too long is not counted.
        """
        ...

    def take(self, campaign_id: str, purse: int, amount: int) -> Action:
        """Return the write that takes an amount from a purse, or with a negative one puts it back; refused with
        `Contention` where less is left.
        """
        ...

    def hold(self, campaign_id: str, held: Held, was: int | None = None) -> Action:
        """Return the write of a part that is reserved, over one that is there with another amount."""
        ...

    def unhold(self, campaign_id: str, held: Held) -> Action:
        """Return the removal of one; refused with `Contention` where somebody else took it."""
        ...

    def keep(self, draw: Draw) -> Action:
        """Return the write of a coupon's draw, provided that it follows the one that stands."""
        ...

    def drop(self, draw: Draw) -> Action:
        """Return the removal of a draw that stands so."""
        ...

    def lapsed(self, campaign_id: str, purse: int, before: datetime, limit: int) -> Sequence[Held]:
        """Return parts of a purse that were held until a moment, or before, the oldest first, read consistently."""
        ...
