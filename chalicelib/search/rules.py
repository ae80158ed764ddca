"""What the index should hold of a shop, and whether that is news. No I/O."""

from collections.abc import Iterable, Sequence

from chalicelib.kit.transaction import MAX_ACTIONS
from chalicelib.reviews.ports import Rating
from chalicelib.search import cover, geohash
from chalicelib.search.opening import short_hours
from chalicelib.search.ports import Card, Entry, Head, Versions
from chalicelib.shops.ports import Listing, Status

LAYOUT = 1  # of the index rows; raise it with every change of `Card`, and index all shops again


def change(head: Head | None, listing: Listing, rating: Rating) -> Entry | None:
    """Return the change that brings the index to where the shop is; None when it is there, or further."""
    versions = Versions(listing.shop.version, rating.version)
    if head is not None:
        known = head.versions
        if versions.shop < known.shop or versions.rating < known.rating:
            return None
        if versions == known and head.layout == LAYOUT:
            return None
    card = card_of(listing, rating) if listing.shop.status is Status.OPEN else None
    place = (cover.partition_of(card.lat, card.lon), geohash.encode(card.lat, card.lon)) if card else None
    after = Head(versions, LAYOUT, place, card.categories if card else ())
    return Entry(listing.shop.id, head, after, card)


def holds(head: Head | None, listing: Listing) -> bool:
    """Tell whether the index has this version of a shop, or a newer one; its rating may have changed since."""
    return head is not None and head.layout == LAYOUT and listing.shop.version <= head.versions.shop


def card_of(listing: Listing, rating: Rating) -> Card:
    """Return what lists show of a shop."""
    shop = listing.shop
    prices = [offering.price.amount for offering in listing.offerings if offering.active]
    return Card(
        shop_id=shop.id,
        name=shop.name,
        lat=shop.position.lat,
        lon=shop.position.lon,
        categories=tuple(dict.fromkeys(shop.categories)),
        name_en=shop.name_en,
        address=shop.address,
        zone=shop.zone,
        hours=short_hours(shop.hours, shop.exceptions),
        rating_sum=rating.sum,
        rating_count=rating.count,
        price_from=min(prices, default=None),
        currency=shop.currency,
    )


def batches(entries: Sequence[Entry]) -> Iterable[list[Entry]]:
    """Yield groups of changes that fit one transaction each."""
    batch: list[Entry] = []
    writes = 0
    for entry in entries:
        if batch and writes + entry.writes > MAX_ACTIONS:
            yield batch
            batch, writes = [], 0
        batch.append(entry)
        writes += entry.writes
    if batch:
        yield batch
