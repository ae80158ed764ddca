"""What profiles need from outside; also the types of this domain that others may use."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from chalicelib.audit.ports import AuditPorts
from chalicelib.kit.clock import Clock
from chalicelib.kit.i18n import Language
from chalicelib.kit.idempotency import Idempotency
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import Action, Committer
from chalicelib.profiles.rules.addresses import Address, AddressDraft, Book
from chalicelib.profiles.rules.blocks import Block, Pair, Side
from chalicelib.profiles.rules.notices import (
    DIGEST_KIND,
    KINDS,
    Channel,
    Choices,
    Digest,
    QuietHours,
    Switch,
    Weight,
    may_gather,
    weight,
)
from chalicelib.shops.ports import Position, ShopPorts

__all__ = [
    "DIGEST_KIND",
    "KINDS",
    "Address",
    "AddressDraft",
    "AddressStore",
    "Block",
    "BlockStore",
    "Book",
    "Channel",
    "ChoicePorts",
    "ChoiceStore",
    "Choices",
    "DealingPorts",
    "Digest",
    "Found",
    "Geocoder",
    "Marked",
    "Pair",
    "Position",
    "ProfilePorts",
    "QuietHours",
    "ShelfStore",
    "Side",
    "Suggestion",
    "Switch",
    "Weight",
    "may_gather",
    "weight",
]


class Standing(Exception):  # noqa: N818 - an answer
    """What was to be written is there already, or what was to go is gone: nothing is left to do."""


@dataclass(frozen=True)
class Found:
    """An address as a provider of maps has it.

    Attributes:
        country: ISO 3166-1 alpha-2.
        lines: without country and postcode.
        postcode: None where the provider knows none.
        position: WGS-84.
    """

    country: str
    lines: tuple[str, ...]
    postcode: str | None
    position: Position


@dataclass(frozen=True)
class Suggestion:
    """What somebody may mean who has typed a few letters; `title` is its name."""

    title: str
    found: Found


class Geocoder(Protocol):
    """Finds addresses at a provider of maps. Each call costs money; what it answers is kept nowhere.

    Raises:
        GeocoderDown: no answer in time, or none that makes sense.
    """

    def suggest(self, text: str, near: Position | None, language: Language, /) -> Sequence[Suggestion]:
        """Return what a text may mean, the likeliest first, ten at most; around a position where one is given."""
        ...

    def resolve(self, position: Position, language: Language, /) -> Found | None:
        """Return the address at a position; None where there is none."""
        ...


@dataclass(frozen=True)
class Marked:
    """A shop that somebody keeps or looked at, and when."""

    shop_id: str
    at: datetime


class AddressStore(Protocol):
    """Where addresses are kept, sealed field by field."""

    def book(self, account_id: str) -> Book:
        """Return somebody's book, read consistently."""
        ...

    def addresses(self, account_id: str) -> tuple[Book, Mapping[str, Address]]:
        """Return somebody's book and the addresses in it by id, read consistently."""
        ...

    def address(self, account_id: str, address_id: str) -> Address | None:
        """Return an address of somebody's, read consistently; None where there is none."""
        ...

    def put_book(self, book: Book) -> Action:
        """Return the write of the next version of a book, provided that it follows the one that stands."""
        ...

    def create(self, account_id: str, address: Address) -> Action:
        """Return the write of a new address."""
        ...

    def replace(self, account_id: str, address: Address) -> Action:
        """Return the write of the next version of an address, provided that it follows the one that stands."""
        ...

    def remove(self, account_id: str, address_id: str) -> Action:
        """Return the removal of an address, provided that it is there."""
        ...


class ShelfStore(Protocol):
    """Where shops are kept that somebody marked or looked at, and what was looked up for them."""

    def keep(self, account_id: str, marked: Marked) -> Sequence[Action]:
        """Return the writes of a favourite. Refused: `Standing` where it is one, `TooManyFavourites`."""
        ...

    def drop(self, account_id: str, shop_id: str) -> Sequence[Action]:
        """Return the removal of a favourite; refused with `Standing` where it is none."""
        ...

    def favourites(self, account_id: str, after: Mapping[str, Any] | None, limit: int) -> Page[Marked]:
        """Return some favourites, newest first; an index: a change may take a moment to show."""
        ...

    def saw(self, account_id: str, marked: Marked) -> Sequence[Action]:
        """Return the writes of a shop that was looked at, once however often; refused with `Standing` where somebody
        keeps no history.
        """
        ...

    def seen(self, account_id: str, after: Mapping[str, Any] | None, limit: int, now: datetime) -> Page[Marked]:
        """Return some of what was looked at, newest first; an index as above. What has run out is left out."""
        ...

    def forget_seen(self, account_id: str) -> None:
        """Remove all that was looked at; harmless to repeat."""
        ...

    def spend(self, account_id: str, now: datetime) -> None:
        """Count one more question to the geocoder.

        Raises:
            AskedEnough: the hour's budget is used up.
        """
        ...


class ChoiceStore(Protocol):
    """Where choices are kept."""

    def choices(self, account_id: str) -> Choices:
        """Return what somebody has chosen, read consistently."""
        ...

    def put_choices(self, account_id: str, choices: Choices) -> Action:
        """Return the write of the next version of choices, provided that it follows the one that stands."""
        ...


class BlockStore(Protocol):
    """Where blocks are kept."""

    def pair(self, one: str, other: str) -> Pair:
        """Return what stands between two accounts, read consistently."""
        ...

    def block(self, block: Block, before: Pair) -> Sequence[Action]:
        """Return the writes of a new block between two accounts that stand so far apart; refused with `TooManyBlocked`
        where its side has as many as it may.
        """
        ...

    def reword(self, block: Block) -> Action:
        """Return the write of a block that stands, with another reason."""
        ...

    def unblock(self, by: str, side: Side, other: str, before: Pair) -> Sequence[Action]:
        """Return the removal of a block."""
        ...

    def blocks(self, by: str, side: Side, after: Mapping[str, Any] | None, limit: int) -> Page[Block]:
        """Return some of whom an account blocks as one side, read consistently, by id."""
        ...

    def against(self, account_id: str) -> Sequence[Block]:
        """Return who blocks an account; an index: a change may take a moment to show."""
        ...

    def free(self, one: str, other: str) -> Action:
        """Return the condition that nothing stands between two accounts; refused with `NotAvailable`."""
        ...


class WholeStore(Protocol):
    """All that is kept of somebody, whatever it is."""

    def forget(self, account_id: str) -> None:
        """Remove all that an account has but its blocks, which do not stand alone; harmless to repeat."""
        ...


@dataclass(frozen=True)
class ChoicePorts:
    """What looking up and changing choices needs."""

    choices: ChoiceStore
    committer: Committer


@dataclass(frozen=True)
class DealingPorts:
    """What saying who may deal with whom needs."""

    blocks: BlockStore


@dataclass(frozen=True)
class ProfilePorts(ChoicePorts, DealingPorts):
    """What the use cases are given.

    Attributes:
        geocoder: makes the one of this deployment; None where it has none.
    """

    addresses: AddressStore
    shelf: ShelfStore
    whole: WholeStore
    geocoder: Callable[[], Geocoder] | None
    clock: Clock
    idempotency: Idempotency
    audit: AuditPorts
    shops: ShopPorts
