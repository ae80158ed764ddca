"""What search needs from outside, and the types that cross its border."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from chalicelib.reviews.ports import RatingPorts
from chalicelib.search.cover import Run
from chalicelib.shops.ports import ShopPorts


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
        text: what else words are looked for in: the names of its offerings, a line each.
        stamp: how new it is: of two cards of a shop the one with the higher stamp.
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
class Head:
    """What the index holds of one shop.

    Attributes:
        versions: of what was indexed last.
        layout: of the rows, see `rules.LAYOUT`.
        place: partition and geohash of its rows; None when it has none (closed).
        categories: of its rows.
    """

    versions: Versions
    layout: int
    place: tuple[str, str] | None
    categories: tuple[str, ...]


class Places(Protocol):
    """The index by place, for reading. `category` None is the index of all shops."""

    def near(self, category: str | None, partition: str, position: int, count: int) -> tuple[Sequence[Card], Run]:
        """Return up to `count` cards on either side of a position on the curve, and the run that they are all of."""
        ...

    def read(self, category: str | None, runs: Sequence[Run]) -> Sequence[Card]:
        """Return all cards in some runs; several are read at once."""
        ...

    def occupied(self, category: str | None) -> frozenset[str]:
        """Return the partitions that hold anything, and perhaps some that did."""
        ...


@dataclass(frozen=True)
class Entry:
    """One change of the index: from what it holds of a shop to what it should.

    Attributes:
        shop_id: the shop.
        before: what is there; None for nothing yet.
        after: what is to be there.
        card: the rows' content; None to remove them.
    """

    shop_id: str
    before: Head | None
    after: Head
    card: Card | None

    @property
    def writes(self) -> int:
        """How many writes it takes at most."""
        rows = [1 + len(head.categories) for head in (self.before, self.after) if head and head.place]
        return 1 + sum(rows)


class Index(Protocol):
    """The index, for writing."""

    def heads(self, shop_ids: Collection[str]) -> Mapping[str, Head]:
        """Return what is indexed of some shops; those never indexed are missing."""
        ...

    def write(self, entries: Sequence[Entry]) -> None:
        """Write some changes, all or none.

        Raises:
            Contention: the index is no longer what `before` of one entry says.
        """
        ...


@dataclass(frozen=True)
class SearchPorts:
    """What the use cases are given."""

    places: Places
    index: Index
    shops: ShopPorts
    reviews: RatingPorts
