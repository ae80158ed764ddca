"""What can be done with the index: search it, and keep it true."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from chalicelib.kit.errors import NotFound
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import Contention, retrying
from chalicelib.reviews import use_cases as reviews
from chalicelib.reviews.ports import Rating
from chalicelib.search import rules
from chalicelib.search.nearest import Query, nearest
from chalicelib.search.ports import Entry, Hit, SearchPorts
from chalicelib.shops import use_cases as shops
from chalicelib.shops.ports import Listing

_CHUNK = 99  # shops whose heads one BatchGetItem returns (at most 100), and three full transactions of one category


@dataclass(frozen=True)
class Counts:
    """What `index_many` did: shops whose rows were written or removed, and those that were up to date."""

    written: int
    unchanged: int


def nearby(ports: SearchPorts, query: Query, limit: int, total: int | None = None) -> Page[Hit]:
    """Return one page of the shops around a position, nearest first.

    Every page is exact at the moment it is read (eventually consistent, normally within a second of the index); a
    shop that stays where it is comes exactly once in a walk, whatever others do.

    Args:
        ports: the outside.
        query: the search; its `count` is set here.
        limit: of the page.
        total: of all pages together (the k nearest); None for no bound.

    Raises:
        ValueError: the centre is no position.
    """
    wanted = limit if total is None else min(limit, total - query.shown)
    more = total is None or query.shown + wanted < total
    found = nearest(ports.places, replace(query, count=wanted + more))
    items = tuple(found[:wanted])
    if len(found) <= wanted:
        return Page(items, None)
    distance, shop_id = items[-1].rank
    return Page(items, {"distance": distance, "id": shop_id, "shown": query.shown + len(items)})


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
