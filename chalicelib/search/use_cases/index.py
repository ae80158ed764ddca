"""Keeping the index true."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from chalicelib.kit.errors import NotFound
from chalicelib.kit.transaction import Contention, retrying
from chalicelib.reviews import use_cases as reviews
from chalicelib.reviews.ports import Rating
from chalicelib.search import rules
from chalicelib.search.ports import Entry, SearchPorts
from chalicelib.shops import use_cases as shops
from chalicelib.shops.ports import Listing

_CHUNK = 99  # shops whose heads one BatchGetItem returns (at most 100), and three full transactions of one category


@dataclass(frozen=True)
class Counts:
    """What `index_many` did: shops whose rows were written or removed, and those that were up to date."""

    written: int
    unchanged: int


def index_shop(ports: SearchPorts, shop_id: str) -> bool:
    """Bring the index to where a shop and its rating are now; True when there was something to write. Shops are
    closed and never removed: of one that is not there, there is nothing to find.

    It reads both anew, so messages may come late, twice or in any order.

    Raises:
        Busy: others indexed the same shop all the while; nothing was written.
    """

    def attempt() -> bool:
        # The head first: what is read after it cannot be older than what it was made of.
        head = ports.index.heads([shop_id]).get(shop_id)
        try:
            listing = shops.listing(ports.shops, shop_id)
        except NotFound:
            return False
        rating = reviews.rating(ports.reviews, shop_id)
        entry = rules.change(head, listing, rating)
        if entry is not None:
            ports.index.write([entry])
        return entry is not None

    return retrying(attempt)


def index_many(ports: SearchPorts, listings: Iterable[Listing], *, unrated: bool = False) -> Counts:
    """Bring the index to where many shops are, some thirty new ones a transaction. Safe to repeat, and beside
    `index_shop`: an older version never overwrites a newer, a moved shop leaves nothing behind. A shop whose
    version is indexed already is left alone: its rating comes by message.

    Args:
        ports: the outside.
        listings: as the shops' domain has them now.
        unrated: those that were never indexed were made a moment ago, so nobody can have rated them: saves the read
            of each one's rating.
    """
    written = unchanged = 0
    source = iter(listings)
    while chunk := {listing.shop.id: listing for listing in islice(source, _CHUNK)}:
        heads = ports.index.heads(chunk)
        entries = []
        for shop_id, listing in chunk.items():
            head = heads.get(shop_id)
            if rules.holds(head, listing):
                continue
            rating = Rating() if unrated and head is None else reviews.rating(ports.reviews, shop_id)
            entry = rules.change(head, listing, rating)
            if entry is not None:
                entries.append(entry)
        for batch in rules.batches(entries):
            _write(ports, batch)
        written += len(entries)
        unchanged += len(chunk) - len(entries)
    return Counts(written, unchanged)


def _write(ports: SearchPorts, batch: Sequence[Entry]) -> None:
    """Write a batch; where somebody came between, shop by shop from fresh rows."""
    try:
        ports.index.write(batch)
    except Contention:
        for entry in batch:
            index_shop(ports, entry.shop_id)
