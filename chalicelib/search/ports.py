"""What search needs from outside, and the types that cross its border."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from chalicelib.kit.clock import Clock
from chalicelib.search.budget import A_REQUEST, Budget
from chalicelib.search.cover import Run
from chalicelib.search.directory import Directory
from chalicelib.search.distance import FARTHEST_M
from chalicelib.search.geohash import Bounds
from chalicelib.shops.ports import Area


@dataclass(frozen=True)
class Card:
    """What a list shows of a shop; the whole of it lies in each index row.

    Attributes:
        shop_id: the shop.
        name, name_en: as its merchant writes it, and in English where there is one.
        lat, lon: degrees, WGS-84.
        categories: all that it is found under.
        address: one line.
        zone: IANA name of the shop's time zone.
        hours: the week and its exceptions in short, as OpenStreetMap's `opening_hours`.
        rating_sum, rating_count: stars given and how often.
        price_from: its cheapest offering in minor units, where it has one.
        currency: ISO 4217.
        coupons: from when until when (epoch seconds) coupons can be claimed there, the platform's own not counted.
        text: what else words are looked for in: the names of its offerings, a line each, as many as
            `rules.searchable` takes.
        searched: how many characters of its names and address, folded, words are looked for in; None for all.
        stamp: how new it is: of two cards of a shop the one with the higher stamp.
        recent, weight: stars given times their weights, and the weights, in thousands of `reviews.rules.rating.weight`;
            0 on a card that was written before cards knew.
    """

    shop_id: str
    name: str
    lat: float
    lon: float
    categories: tuple[str, ...]
    name_en: str | None = None
    address: str = ""
    zone: str = "UTC"
    hours: str = ""
    rating_sum: int = 0
    rating_count: int = 0
    price_from: int | None = None
    currency: str = ""
    coupons: tuple[tuple[int, int], ...] = ()
    text: str = ""
    stamp: int = 0
    searched: int | None = None
    recent: int = 0
    weight: int = 0


@dataclass(frozen=True)
class Hit:
    """A card and how far away it is, in metres."""

    distance: float
    card: Card

    @property
    def rank(self) -> tuple[float, str]:
        """The order of every answer: nearest first, then by id."""
        return self.distance, self.card.shop_id


EVERYTHING = "G3"
"""The index of all shops. That of a category is `category_index`, that of a word `word_index`."""

Accepts = Callable[[Card], bool]
"""Whether a card counts."""


def everything(_card: Card) -> bool:
    """Accept every card."""
    return True


def category_index(category: str) -> str:
    """Return the index of a category's shops."""
    return f"C3#{category}"


def category_of(index: str) -> str | None:
    """Return the category of a category's index, None for any other."""
    return index.removeprefix("C3#") if index.startswith("C3#") else None


def word_index(token: str) -> str:
    """Return the index of the shops that have a token of `text`."""
    return f"T3#{token}"


class Places(Protocol):
    """The rows by place, for reading."""

    def read(self, index: str, runs: Sequence[Run]) -> Sequence[Card]:
        """Return all cards of an index in some runs; several are read at once."""
        ...

    def directories(self, index: str, partitions: Sequence[str]) -> Mapping[str, Directory]:
        """Return what is roughly in some partitions, where anybody has written it down; perhaps as it was some time
        ago. Partitions and words that are not there have few rows.
        """
        ...

    def occupied(self, index: str) -> frozenset[str]:
        """Return the partitions that hold anything, and perhaps some that did or do so in the index of all shops."""
        ...


@dataclass(frozen=True)
class Query:
    """A search around a position.

    Attributes:
        lat, lon: the centre, degrees.
        count: how many; `nearest.ALL` for all in reach, which is then at most
            `nearest.LOCAL_M`, or what a box needs.
        reach: metres, inclusive; nothing beyond is answered.
        index: where to look, see `Places`.
        accepts: which cards count.
        box: where to read instead of the whole disc; what it leaves out is for `accepts` to refuse.
        share: about what part of the directories' shops are in the index and count; 1 where nothing is known.
        after: rank of the last hit of the page before.
    """

    lat: float
    lon: float
    count: int
    reach: float = FARTHEST_M
    index: str = EVERYTHING
    accepts: Accepts = everything
    box: Bounds | None = None
    share: float = 1.0
    after: tuple[float, str] | None = None


class Memory(Protocol):
    """Answers that need no database."""

    def nearest(self, query: Query) -> Sequence[Hit] | None:
        """Return what the rows would answer, at most a stated time ago; None where that is not known."""
        ...


Positions = tuple[str | None, ...]
"""How far the rows of a position's cells have been read, for each of `areas.LEVELS`: up to a shop's id, included; None
where all were.
"""


@dataclass(frozen=True)
class Served:
    """Some of the shops whose service area may hold a position, and the area; some of them several times."""

    pairs: Sequence[tuple[Card, Area]]
    last: Positions


class Areas(Protocol):
    """Who comes to an address."""

    def serving(self, lat: float, lon: float, after: Positions, until: Positions | None = None) -> Served:
        """Return the next shops whose service area may hold a position, as many as one request may read.

        Args:
            lat, lon: degrees.
            after: where the rows before end.
            until: where these end, if that is known.
        """
        ...


@dataclass(frozen=True)
class SearchPorts:
    """What searching is given; what a search may cost is in it."""

    places: Places
    memory: Memory
    areas: Areas
    clock: Clock
    budget: Budget = A_REQUEST
