"""What waiting for a time needs from outside, beside what booking needs anyway."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from chalicelib.booking.ports import BookingPorts
from chalicelib.booking.rules.waits import Entry, Tally, Wait
from chalicelib.kit.dealings import Dealings
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import Action


class WaitStore(Protocol):
    """Where waits are kept, and the lines that they stand in: one of each shop, one of each date and cell."""

    def wait(self, wait_id: str) -> Wait | None:
        """Return a wait, read consistently; None where there is none."""
        ...

    def create(self, wait: Wait) -> Sequence[Action]:
        """Return the writes of a new wait and of its place in its line."""
        ...

    def replace(self, wait: Wait) -> Action:
        """Return the write of a wait as its next version, provided that `wait.version` is the one that stands."""
        ...

    def leave(self, wait: Wait) -> Action:
        """Return the write that takes a wait out of its line."""
        ...

    def forget(self, wait: Wait) -> Sequence[Action]:
        """Return the writes that remove a wait and its place, provided that `wait.version` is the one that stands."""
        ...

    def of_shop(self, shop_id: str) -> Iterable[Entry]:
        """Return who waits at a shop, in the order of asking, read consistently; also some whose date is over."""
        ...

    def near(self, day: date, cells: Collection[str], categories: Collection[str]) -> Iterable[Entry]:
        """Return who waits on a date in some cells for some categories, likewise."""
        ...

    def of_customer(self, account_id: str, after: Mapping[str, Any] | None, limit: int) -> Page[Wait]:
        """Return some of a customer's waits, newest first; an index: a change may take a moment to show."""
        ...

    def tally(self, customer_id: str) -> Tally:
        """Return a customer's live waits, read consistently; also some that are over."""
        ...

    def replace_tally(self, tally: Tally) -> Action:
        """Return the write of a customer's live waits, provided that `tally.version` is the one that stands."""
        ...


@dataclass(frozen=True)
class WaitPorts(BookingPorts):
    """What the use cases are given."""

    waits: WaitStore
    dealings: Dealings
