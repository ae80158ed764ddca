"""Keeping the index true."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from chalicelib.coupons import use_cases as coupons
from chalicelib.kit.errors import NotFound
from chalicelib.kit.transaction import Contention, retrying
from chalicelib.reviews import use_cases as reviews
from chalicelib.reviews.ports import Rating
from chalicelib.search import rules
from chalicelib.search.index_ports import Entry, Head, IndexPorts
from chalicelib.search.use_cases.pack import pack_due
from chalicelib.shops import use_cases as shops
from chalicelib.shops.ports import Listing

_CHUNK = 99  # shops whose heads one BatchGetItem returns (at most 100)


@dataclass(frozen=True)
class Counts:
    """What `index_many` did.

    Attributes:
        written: shops whose rows were written or removed.
        unchanged: those that were up to date.
        partitions: that something was written in; to be packed when the caller has written all.
    """

    written: int
    unchanged: int
    partitions: frozenset[str] = frozenset()


def index_shop(ports: IndexPorts, shop_id: str, campaign_id: str | None = None) -> bool:
    """Bring the index to where a shop, its rating and its coupons are now; True when there was something to write.
    Shops are closed and never removed: of one that is not there, there is nothing to find.

    It reads all anew, so messages may come late, twice or in any order. Where that is due, the shop's partition is
    packed anew.

    Args:
        ports: what searching needs.
        shop_id: the shop.
        campaign_id: one of its campaigns, which the index of campaigns may not show yet.

    Raises:
        Busy: others indexed the same shop all the while; nothing was written.
    """

    def attempt() -> Entry | None:
        # The head first: what is read after it cannot be older than what it was made of.
        head = ports.index.heads([shop_id]).get(shop_id)
        try:
            listing = shops.listing(ports.shops, shop_id)
        except NotFound:
            return None
        entry = _entry(ports, head, listing, campaign_id)
        if entry is not None:
            ports.index.write([entry])
        return entry

    written = retrying(attempt)
    if written is None:
        return False
    pack_due(ports, Counter(_partitions(written)))
    return True


def index_many(ports: IndexPorts, listings: Iterable[Listing], *, unrated: bool = False) -> Counts:
    """Bring the index to where many shops are, as many in a transaction as fit. Safe to repeat, and beside
    `index_shop`: an older version never overwrites a newer, a moved shop leaves nothing behind. A shop whose
    version is indexed already is left alone: its rating comes by message. Nothing is packed: that is best done when
    all is written.

    Args:
        ports: what searching needs.
        listings: as the shops' domain has them now.
        unrated: those that were never indexed were made a moment ago, so nobody can have rated them or opened a
            campaign: saves the reads of each one's rating and coupons.
    """
    written = unchanged = 0
    changes: Counter[str] = Counter()
    source = iter(listings)
    while chunk := {listing.shop.id: listing for listing in islice(source, _CHUNK)}:
        heads = ports.index.heads(chunk)
        entries = []
        for shop_id, listing in chunk.items():
            head = heads.get(shop_id)
            if rules.holds(head, listing):
                continue
            entry = rules.change(None, listing, Rating()) if unrated and head is None else _entry(ports, head, listing)
            if entry is not None:
                entries.append(entry)
                changes.update(_partitions(entry))
        _write(ports, entries)
        written += len(entries)
        unchanged += len(chunk) - len(entries)
    for partition, number in changes.items():
        ports.packs.tally(partition, number)
    return Counts(written, unchanged, frozenset(changes))


def _entry(ports: IndexPorts, head: Head | None, listing: Listing, campaign_id: str | None = None) -> Entry | None:
    shop_id = listing.shop.id
    # What an earlier run was told of by id counts until it is over, whether the list of campaigns shows it or not.
    known = [*(head.campaigns if head else ()), *([campaign_id] if campaign_id else ())]
    found = coupons.claimable(ports.coupons, shop_id, ports.clock.now(), known)
    return rules.change(head, listing, reviews.rating(ports.reviews, shop_id), found.spans, found.campaigns)


def _write(ports: IndexPorts, entries: Sequence[Entry]) -> None:
    """Write some changes; where somebody came between, shop by shop from fresh rows."""
    try:
        ports.index.write(entries)
    except Contention:
        for entry in entries:
            index_shop(ports, entry.shop_id)


def _partitions(entry: Entry) -> set[str]:
    shapes = (entry.before and entry.before.shape, entry.after.shape)
    return {shape.place[0] for shape in shapes if shape}
