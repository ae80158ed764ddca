"""What keeping the index true needs from outside, and the types that cross that border: what is indexed of a shop, one
change of that, and what is packed of a partition.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from chalicelib.coupons.ports import ClaimablePorts
from chalicelib.kit.clock import Clock
from chalicelib.reviews.ports import RatingPorts
from chalicelib.search.directory import Directory
from chalicelib.search.ports import Card, Places
from chalicelib.search.segment import Segment
from chalicelib.shops.ports import Area, ShopPorts


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

    def segments(self, partition: str, manifest: Manifest, numbers: Sequence[int]) -> Sequence[Segment] | None:
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
