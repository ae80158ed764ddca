"""What lines need from outside; also the types of this domain that others may use."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from chalicelib.kit.clock import Clock
from chalicelib.kit.dealings import Dealings
from chalicelib.kit.idempotency import Idempotency
from chalicelib.kit.outbox import Outbox
from chalicelib.kit.transaction import Action, Committer
from chalicelib.queueing.keys import TicketKey
from chalicelib.queueing.line import Line, LineDraft
from chalicelib.queueing.rules import Happening, Place, State, Ticket
from chalicelib.shops.ports import ShopPorts

__all__ = [
    "Happening",
    "Letters",
    "Line",
    "LineDraft",
    "Place",
    "QueueingPorts",
    "QueueingStore",
    "State",
    "Ticket",
    "TicketKey",
]


@dataclass(frozen=True)
class Letters:
    """The letters that a shop's lines have, each once.

    Attributes:
        version: 0 before the first line.
    """

    shop_id: str
    letters: str = ""
    version: int = 0


class QueueingStore(Protocol):
    """Where lines and tickets are kept."""

    def letters(self, shop_id: str) -> Letters:
        """Return the letters of a shop's lines, read consistently."""
        ...

    def create(self, line: Line, letters: Letters) -> Sequence[Action]:
        """Return the writes of a new line and of the shop's letters, provided that `letters.version` follows the one
        that stands.
        """
        ...

    def line(self, shop_id: str, queue_id: str) -> Line | None:
        """Return a line, read consistently; None where the shop has none such."""
        ...

    def lines(self, shop_id: str) -> Sequence[Line]:
        """Return all lines of a shop by id; what happened a moment ago may not show."""
        ...

    def replace_line(self, line: Line) -> Action:
        """Return the write of the next version of a line, provided that it follows the one that stands."""
        ...

    def ticket(self, key: TicketKey) -> Ticket | None:
        """Return a ticket, read consistently; None where there is none."""
        ...

    def tickets(self, queue_id: str, day: date, numbers: Sequence[int]) -> Sequence[Ticket]:
        """Return the tickets with these numbers (100 at most), read consistently, in their order."""
        ...

    def take(self, ticket: Ticket) -> Sequence[Action]:
        """Return the writes of a new ticket and of the customer's only place in the shop. Refused, it raises
        `AlreadyInLine`: there is a live ticket of the same or a later date.
        """
        ...

    def places(self, customer_id: str) -> Sequence[tuple[str, str]]:
        """Return shop and ticket of each place of a customer, read consistently; also of past dates."""
        ...

    def vacate(self, customer_id: str, shop_id: str) -> Sequence[Action]:
        """Return the write that removes a customer's place in a shop."""
        ...

    def replace(self, ticket: Ticket) -> Sequence[Action]:
        """Return the writes of the next version of a ticket, provided that it follows the one that stands; one that
        is over gives the customer's place free.
        """
        ...


@dataclass(frozen=True)
class QueueingPorts:
    """What the use cases are given."""

    store: QueueingStore
    clock: Clock
    committer: Committer
    outbox: Outbox
    idempotency: Idempotency
    shops: ShopPorts
    dealings: Dealings
