"""What the index should hold of a shop, whether that is news, and what is packed of a partition. No I/O."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from chalicelib.reviews.ports import Rating
from chalicelib.search import areas, cards, curve, directory, geohash, partitions
from chalicelib.search.directory import Directory
from chalicelib.search.opening import short_hours
from chalicelib.search.ports import EVERYTHING, Card, Entry, Head, Shape, Versions, category_index
from chalicelib.search.text import Document, tokens_of
from chalicelib.shops.ports import Listing, Status

LAYOUT = 2  # of the index rows; raise it with every change of `Card`, and index all shops again
LISTED = 16  # shops of an index's partition that make a directory worth its read
DENSE = 200  # shops of a partition that make segments worth theirs
SAMPLE = 400  # shops whose words are counted for all of a partition
COMMON_WORDS = 300  # that a directory knows of
_LEAST_CHANGES = 32  # since a partition was packed that make it worth packing again
_CHANGED_PART = 8  # or one of so many shops
_LEAST_SAMPLED = 3  # shops of a sample that have a word which is told
_ROW_OVERHEAD = 55  # bytes of a card's keys

Spans = Sequence[tuple[datetime, datetime]]


def change(head: Head | None, listing: Listing, rating: Rating, coupons: Spans = ()) -> Entry | None:
    """Return the change that brings the index to where the shop is; None when it is there, or further.

    Args:
        head: what is indexed of the shop.
        listing: what the shop says now.
        rating: what others say of it now.
        coupons: when coupons can be claimed there.
    """
    versions = Versions(listing.shop.version, rating.version)
    card = card_of(listing, rating, coupons) if listing.shop.status is Status.OPEN else None
    area = listing.shop.service_area if card else None
    digest = _digest(repr((card, area)))
    if head is not None:
        known = head.versions
        if versions.shop < known.shop or versions.rating < known.rating:
            return None
        if versions == known and head.layout == LAYOUT and head.digest == digest:
            return None
    shape = _shape(card, areas.cells(area, card.lat, card.lon) if area else ()) if card else None
    after = Head(versions, LAYOUT, shape, digest, head.stamp + 1 if head else 1)
    return Entry(listing.shop.id, head, after, card, area)


def holds(head: Head | None, listing: Listing) -> bool:
    """Tell whether the index has this version of a shop, or a newer one; its rating may have changed since."""
    return head is not None and head.layout == LAYOUT and listing.shop.version <= head.versions.shop


def card_of(listing: Listing, rating: Rating, coupons: Spans = ()) -> Card:
    """Return what lists show of a shop, and what words are looked for in."""
    shop = listing.shop
    active = [offering for offering in listing.offerings if offering.active]
    return Card(
        shop_id=shop.id,
        name=shop.name,
        lat=_storable(shop.position.lat),
        lon=_storable(shop.position.lon),
        categories=tuple(dict.fromkeys(shop.categories)),
        name_en=shop.name_en,
        address=shop.address,
        zone=shop.zone,
        hours=short_hours(shop.hours, shop.exceptions),
        rating_sum=rating.sum,
        rating_count=rating.count,
        price_from=min((offering.price.amount for offering in active), default=None),
        currency=shop.currency,
        coupons=tuple((int(since.timestamp()), int(until.timestamp())) for since, until in coupons),
        text="\n".join(dict.fromkeys(name for one in active for name in (one.name, one.name_en) if name)),
    )


def document(card: Card) -> Document:
    """Return what words are looked for in."""
    return Document(card.name, card.name_en, tuple(card.text.split("\n")) if card.text else (), card.address)


def _shape(card: Card, cells: Iterable[str]) -> Shape:
    place = partitions.of(card.lat, card.lon), geohash.text(curve.position(card.lat, card.lon))
    return Shape(place, card.categories, tuple(sorted(tokens_of(document(card)))), tuple(cells))


def _storable(degrees: float) -> float:
    """Return 0 for what is less than a tenth of a millimetre, and for -0: one place, one text."""
    return 0.0 if abs(degrees) < 1e-9 else degrees  # noqa: PLR2004 - see above


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def is_due(changes: int, total: int) -> bool:
    """Tell whether a partition of so many shops is to be packed again after so many changes."""
    return changes >= max(_LEAST_CHANGES, total // _CHANGED_PART)


def directories(some: Sequence[Card], sampled: Sequence[Iterable[str]]) -> dict[str, Directory]:
    """Return the directories of a partition by index: of all its shops, and of its larger categories.

    Args:
        some: the cards of all its shops.
        sampled: the words of some of them, at most `SAMPLE`.
    """
    by_index: dict[str, list[int]] = {}
    size = 0
    for card in some:
        at = curve.position(card.lat, card.lon)
        size += len(cards.pack(card).encode()) + _ROW_OVERHEAD
        for index in (EVERYTHING, *map(category_index, card.categories)):
            by_index.setdefault(index, []).append(at)
    mean = size / max(len(some), 1)
    made = {index: directory.of(at, mean) for index, at in by_index.items() if len(at) >= LISTED}
    if EVERYTHING in made:
        everybody = made[EVERYTHING]
        made[EVERYTHING] = Directory(
            everybody.levels, everybody.cells, everybody.counts, mean, _common(sampled, len(some))
        )
    return made


def _common(sampled: Sequence[Iterable[str]], total: int) -> dict[str, int]:
    """Return about how many of all shops have each of the commonest words of a sample."""
    counts = Counter(word for words in sampled for word in set(words))
    scale = total / max(len(sampled), 1)
    return {word: round(n * scale) for word, n in counts.most_common(COMMON_WORDS) if n >= _LEAST_SAMPLED}


def rarest(tokens: Sequence[str], known: Mapping[str, Directory]) -> tuple[str, float]:
    """Return which token of a query the fewest shops around have, and about what part of all shops that is.

    Args:
        tokens: each of which every match has.
        known: the directories of all shops around.
    """
    total = sum(one.total for one in known.values())
    if not total:
        return max(tokens, key=len), 1.0
    counts = {token: sum((one.words or {}).get(token, 0) for one in known.values()) for token in tokens}
    token = min(tokens, key=lambda one: (counts[one], -len(one)))
    least = _LEAST_SAMPLED / SAMPLE / 2  # of a word that no sample has met often
    return token, max(counts[token] / total, least)
