"""What free maps need from outside, and the types that cross that border."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from chalicelib.booking.ports import BookingPorts
from chalicelib.kit.clock import Clock
from chalicelib.search.budget import A_REQUEST, Budget
from chalicelib.search.ports import Card, Places
from chalicelib.shops.ports import ShopPorts


@dataclass(frozen=True)
class Ask:
    """What must be free.

    Attributes:
        day: by each shop's own clock; `begin` and `end` likewise, `HH:MM`, `end` later and at most `24:00`.
        minutes: only what takes so long; None for anything.
    """

    day: date
    begin: str
    end: str
    minutes: int | None = None


@dataclass(frozen=True, order=True)
class FreeStart:
    """Something that can be had: when (UTC), at which price in minor units of the shop's currency, and of which
    offering. In this order they are answered.
    """

    start: datetime
    price: int
    offering_id: str
    minutes: int


@dataclass(frozen=True)
class MapCard(Card):
    """A map as the search reads it: of the card position, id and stamp alone.

    Attributes:
        day: the date of the map.
        key: partition and key of the shop's card there.
        packed: the map, with the place before it.
    """

    day: date = date.min
    key: tuple[str, str] = ("", "")
    packed: bytes = b""


@dataclass(frozen=True)
class MapHead:
    """What is kept of a shop on a date.

    Attributes:
        version: of the shop that it was made of.
        stamp: rises with every look at it, also one that changed nothing.
        place: partition and position of its rows; None where it has none, for nothing is free.
        categories: a row for each.
        digest: of what the rows say.
    """

    version: int
    stamp: int
    place: tuple[str, str] | None = None
    categories: tuple[str, ...] = ()
    digest: str = ""


@dataclass(frozen=True)
class MapEntry:
    """One change: from what is kept of a shop on a date to what should be.

    Attributes:
        before: what is there; None for nothing yet.
        packed: the map; None where nothing is free.
        dies: when nobody can ask for the date any more, epoch seconds.
    """

    shop_id: str
    day: date
    before: MapHead | None
    after: MapHead
    packed: bytes | None
    dies: int


@dataclass(frozen=True)
class Round:
    """How far a round over all shops has come.

    Attributes:
        day: the date of the round (UTC).
        partition: where it goes on; None where it is done.
        after: the last shop that was looked at there.
    """

    day: date
    partition: str | None = ""
    after: str = ""


class Maps(Protocol):
    """The maps, for writing."""

    def heads(self, shop_id: str, days: Iterable[date]) -> Mapping[date, MapHead]:
        """Return what is kept of a shop on some dates, read consistently."""
        ...

    def write(self, entries: Sequence[MapEntry]) -> None:
        """Write some changes of one shop; the rows of each date change at once.

        Raises:
            Contention: a date is no longer what `before` of its entry says; others may be written.
        """
        ...

    def round(self) -> Round | None:
        """Return how far the round has come; None before the first."""
        ...

    def keep_round(self, one: Round) -> None:
        """Remember it."""
        ...

    def ask_round(self) -> None:
        """Have a round begin when the one under way is done, or at once."""
        ...

    def asked_round(self) -> bool:
        """Return whether somebody has asked, and forget it."""
        ...


class MapCards(Protocol):
    """The cards of shops whose maps were found."""

    def cards(self, index: str, found: Sequence[MapCard]) -> Mapping[str, Card]:
        """Return the cards that an index of cards has at the keys of some maps, by shop: one request."""
        ...


@dataclass(frozen=True)
class MapPorts:
    """What keeping maps is given."""

    maps: Maps
    places: Places
    shops: ShopPorts
    booking: BookingPorts
    clock: Clock


@dataclass(frozen=True)
class FreePorts:
    """What searching them is given; `places` reads maps as `MapCard`s."""

    places: Places
    cards: MapCards
    clock: Clock
    budget: Budget = A_REQUEST
