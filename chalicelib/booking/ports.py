"""What booking needs from outside; also the types of this domain that others may use."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from chalicelib.booking.rules.blocks import Block, Note
from chalicelib.booking.rules.booking import Booking, State
from chalicelib.booking.rules.days import Claim, Day, DayKey
from chalicelib.booking.rules.sessions import Room, Session
from chalicelib.kit.clock import Clock
from chalicelib.kit.idempotency import Idempotency
from chalicelib.kit.outbox import Outbox
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import Action, Committer
from chalicelib.kit.wall import Window
from chalicelib.orders.ports import OrdersPorts
from chalicelib.shops.ports import ShopPorts

__all__ = [
    "Awaited",
    "Block",
    "BlockStore",
    "Booking",
    "BookingPorts",
    "BookingStore",
    "Claim",
    "Day",
    "DayKey",
    "Note",
    "Room",
    "Session",
    "SessionStore",
    "State",
]


@dataclass(frozen=True)
class Awaited:
    """A booking whose answer was due; where it stands is the store's own."""

    shard: str
    place: str
    booking_id: str


class BookingStore(Protocol):
    """Where bookings are kept, and what is taken of each resource and UTC date."""

    def booking(self, booking_id: str) -> Booking | None:
        """Return a booking, read consistently; None where there is none."""
        ...

    def bookings(self, booking_ids: Collection[str]) -> Mapping[str, Booking]:
        """Return those bookings that there are, by id, read consistently."""
        ...

    def create(self, booking: Booking) -> Action:
        """Return the write of a new booking."""
        ...

    def replace(self, booking: Booking) -> Action:
        """Return the write of the next version of a booking, provided that it follows the one that stands."""
        ...

    def last_staff(self, account_id: str, shop_id: str) -> str | None:
        """Return who served a customer in a shop the last time, or is to; None where that is not among their newest
        bookings. An index: a change may take a moment to show.
        """
        ...

    def await_answer(self, booking: Booking) -> Action:
        """Return the write that lets `unanswered` find a booking that waits for its merchant's answer."""
        ...

    def unanswered(self, shard: int, before: datetime, limit: int) -> Iterable[Awaited]:
        """Yield the bookings of a shard whose answer was due before a moment, the oldest first; also some that were
        answered, or moved, since.
        """
        ...

    def forget_answer(self, awaited: Awaited) -> Action:
        """Return the write after which `unanswered` yields it no more."""
        ...

    @property
    def shards(self) -> int: ...

    def days(self, keys: Collection[DayKey], *, consistent: bool) -> Iterable[Day]:
        """Return the rows of resources and UTC dates; version 0 and empty where there is none."""
        ...

    def replace_day(self, day: Day) -> Action:
        """Return the write of a row's new contents, provided that `day.version` is the one that stands."""
        ...

    def agenda(self, shop_id: str, span: Window, after: Mapping[str, Any] | None, limit: int) -> Page[Booking]:
        """Return some of what a shop has sold that begins within a span, by start; not what is only held. An index:
        a change may take a moment to show.
        """
        ...

    def of_customer(self, account_id: str, span: Window, after: Mapping[str, Any] | None, limit: int) -> Page[Booking]:
        """Return some of what a customer has bought, likewise."""
        ...


class SessionStore(Protocol):
    """Where sessions and their seats are kept. Writes are refused with `Contention` where somebody else has one of the
    seats by now: decide again.
    """

    def room(self, session_id: str) -> Room | None:
        """Return a session with its seats, read consistently; None where there is none."""
        ...

    def of_shop(self, shop_id: str, span: Window, limit: int) -> Sequence[Room]:
        """Return a shop's sessions that begin within a span, by start, read from at most `limit` rows of seats. An
        index: a change may take a moment to show.
        """
        ...

    def plan(self, session: Session) -> list[Action]:
        """Return the writes of a new session."""
        ...

    def call_off(self, room: Room, session: Session) -> list[Action]:
        """Return the writes of a session that is cancelled, the next version of the one that stands, provided that
        nobody has taken or left a seat since the room was read.
        """
        ...

    def take(
        self, session: Session, booking_id: str, numbers: Sequence[int], hold_until: datetime | None, now: datetime
    ) -> list[Action]:
        """Return the writes that give free seats to a booking."""
        ...

    def keep(
        self, session_id: str, booking_id: str, numbers: Sequence[int], hold_until: datetime | None, now: datetime
    ) -> list[Action]:
        """Return the writes that give a booking its own seats anew, or seats that are free again."""
        ...

    def give(self, session_id: str, booking_id: str, numbers: Sequence[int]) -> list[Action]:
        """Return the writes that free seats that are a booking's."""
        ...


class BlockStore(Protocol):
    """Where blocked time and notes are kept."""

    def block(self, block_id: str) -> Block | None:
        """Return a block, read consistently; None where there is none."""
        ...

    def create(self, block: Block) -> Action:
        """Return the write of a new block."""
        ...

    def remove(self, block: Block) -> Action:
        """Return the write that removes a block."""
        ...

    def of_shop(self, shop_id: str, span: Window, limit: int) -> Sequence[Block]:
        """Return a shop's blocks that touch a span, by start. An index: a change may take a moment to show."""
        ...

    def note(self, shop_id: str, day: date) -> Note:
        """Return what was written down for a local date; version 0 and empty where nothing was."""
        ...

    def write_note(self, note: Note) -> Action:
        """Return the write of a note, provided that it follows the one that stands."""
        ...


class Tickets(Protocol):
    """Signs what customers show at the door."""

    def issue(self, booking: Booking) -> str:
        """Return a booking's ticket."""
        ...

    def check(self, ticket: str, booking: Booking, now: datetime) -> None:
        """Let a booking's ticket pass.

        Raises:
            WrongTicket: it is not.
        """
        ...


@dataclass(frozen=True)
class BookingPorts:
    """What the use cases are given."""

    store: BookingStore
    sessions: SessionStore
    blocks: BlockStore
    tickets: Tickets
    clock: Clock
    committer: Committer
    outbox: Outbox
    idempotency: Idempotency
    shops: ShopPorts
    orders: OrdersPorts
