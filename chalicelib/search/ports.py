"""What search needs from outside, and the types that cross its border."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from chalicelib.coupons.ports import ClaimablePorts
from chalicelib.kit.clock import Clock
from chalicelib.reviews.ports import RatingPorts
from chalicelib.search.budget import A_REQUEST, Budget
from chalicelib.search.cover import Run
from chalicelib.search.directory import Directory
from chalicelib.shops.ports import Area, ShopPorts

if TYPE_CHECKING:
    from chalicelib.search.nearest import Query
    from chalicelib.search.segment import Segment


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


@dataclass(frozen=True)
class Versions:
    """How new what was indexed is: neither ever falls."""

    shop: int
    rating: int


@dataclass(frozen=True)
class Shape:
    """Which rows a shop has; their keys follow from it.

    Attributes:
        place: partition and position on the curve, as text.
        categories: that it is found under.
        words: tokens of `text` that it is found by.
        cells: geohashes that its service area touches, see `areas`.
    """

    place: tuple[str, str]
    categories: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    cells: tuple[str, ...] = ()


@dataclass(frozen=True)
class Head:
    """What the index holds of one shop.

    Attributes:
        versions: of what was indexed last.
        layout: of the rows, see `rules.LAYOUT`; another number while a change of many rows is under way.
        shape: of its rows; None when it has none (closed).
        digest: of what the rows say.
        stamp: rises with every write; the rows say it, too.
        former: shapes of rows that a change under way has not removed yet, each once.
        campaigns: ids of the shop's campaigns that could be claimed when it was indexed.
        until: when whoever writes a change of many rows has done so or died, epoch seconds; 0 where nobody does.
    """

    versions: Versions
    layout: int
    shape: Shape | None
    digest: str
    stamp: int
    former: tuple[Shape, ...] = ()
    campaigns: tuple[str, ...] = ()
    until: int = 0


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
class Entry:
    """One change of the index: from what it holds of a shop to what it should.

    Attributes:
        shop_id: the shop.
        before: what is there; None for nothing yet.
        after: what is to be there.
        card: the rows' content; None to remove them.
        area: where the shop comes to, where it does.
    """

    shop_id: str
    before: Head | None
    after: Head
    card: Card | None
    area: Area | None = None


class Index(Protocol):
    """The index, for writing."""

    def heads(self, shop_ids: Collection[str]) -> Mapping[str, Head]:
        """Return what is indexed of some shops; those never indexed are missing."""
        ...

    def write(self, entries: Sequence[Entry]) -> None:
        """Write some changes, as many in a transaction as fit; each of them is all or nothing for whoever searches.

        Raises:
            Contention: the index is no longer what `before` of one entry says, or somebody is about to write that
                shop; what was not written can be repeated.
        """
        ...


@dataclass(frozen=True)
class Manifest:
    """The segments of a partition.

    Attributes:
        version: of this packing.
        since: the segments hold every change before it, and some after it.
        firsts: the first position in each segment; what lies before the first one's belongs to that, too.
    """

    version: str
    since: datetime
    firsts: tuple[int, ...]


@dataclass(frozen=True)
class Change:
    """That a shop's card has changed, or has left the partition (None)."""

    shop_id: str
    stamp: int
    card: Card | None


@dataclass(frozen=True)
class News:
    """A partition's manifest, where it has one, and its changes since some moment, oldest first."""

    manifest: Manifest | None
    changes: tuple[Change, ...]


class Packs(Protocol):
    """What is packed of a partition beside its rows: directories to steer by, segments to answer from."""

    def news(self, partition: str, since: datetime) -> News:
        """Return what has changed in a partition since a moment, and its manifest: one query."""
        ...

    def segments(self, partition: str, manifest: Manifest, numbers: Sequence[int]) -> Sequence["Segment"] | None:
        """Return some segments; None where one of them is gone."""
        ...

    def whole(self, partition: str, most: int | None = None) -> Sequence[Card] | None:
        """Return all cards of a partition; None where they are more than `most`."""
        ...

    def words(self, shop_ids: Sequence[str]) -> Mapping[str, Sequence[str]]:
        """Return the words that some shops are found by."""
        ...

    def tally(self, partition: str, changes: int) -> tuple[int, int]:
        """Count changes of a partition; return how many there were since its packing was claimed, and how many shops it
        had when it was packed. Where whoever claimed it has died, those before count again. They steer: a change that
        is counted twice or never does no harm.
        """
        ...

    def claim(self, partition: str, changes: int = 0) -> bool:
        """Claim the packing of a partition and begin to count its changes anew; False where somebody else is at it.

        Args:
            partition: to be packed.
            changes: that were counted; where they are fewer by now, somebody else has packed it.
        """
        ...

    def pack(
        self,
        partition: str,
        directories: Mapping[str, Directory],
        segments: Sequence[tuple[int, bytes]],
        since: datetime,
    ) -> None:
        """Keep a partition's directories, by index, and its segments with their first positions; the claim ends."""
        ...


class Memory(Protocol):
    """Answers that need no database."""

    def nearest(self, query: "Query") -> Sequence[Hit] | None:
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
class IndexPorts:
    """What keeping the index true is given."""

    places: Places
    index: Index
    packs: Packs
    shops: ShopPorts
    reviews: RatingPorts
    coupons: ClaimablePorts
    clock: Clock


@dataclass(frozen=True)
class SearchPorts:
    """What searching is given; what a search may cost is in it."""

    places: Places
    memory: Memory
    areas: Areas
    clock: Clock
    budget: Budget = A_REQUEST
