"""What the index should hold of a shop, whether that is news, and what is packed of a partition. No I/O."""

import hashlib
import math
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from chalicelib.reviews.ports import WEIGHT_UNIT, Rating
from chalicelib.search import areas, cards, curve, directory, geohash, partitions
from chalicelib.search.directory import Directory
from chalicelib.search.index_ports import Entry, Head, Shape, Versions
from chalicelib.search.opening import short_hours
from chalicelib.search.ports import EVERYTHING, Card, category_index, word_index
from chalicelib.search.text import Document, tokens_of
from chalicelib.shops.ports import Listing, Status

LAYOUT = 5  # of the index rows; raise it with every change of `Card` or of tokens, and index all shops again
LISTED = 16  # shops of an index's partition that make a directory worth its read
DENSE = 200  # shops of a partition that make segments worth theirs
COMMON_WORDS = 400  # of a partition that have directories of their own: the commonest
WORD_UNITS = 1200  # write units that a shop's cards by word may cost with each change: see `searchable`
MOST_CHARACTERS = 1000  # of a shop's text, folded, that words are looked for in
_WORD_OVERHEAD = 130  # bytes of a card by word beside the card and its text: keys, names of attributes
_LEAST_CHANGES = 32  # since a partition was packed that make it worth packing again
_CHANGED_PART = 8  # or one of so many shops
_ROW_OVERHEAD = 55  # bytes of a card's keys

Spans = Sequence[tuple[datetime, datetime]]


def change(
    head: Head | None, listing: Listing, rating: Rating, coupons: Spans = (), campaigns: tuple[str, ...] = ()
) -> Entry | None:
    """Return the change that brings the index to where the shop is; None when it is there, or further.

    Args:
        head: what is indexed of the shop.
        listing: what the shop says now.
        rating: what others say of it now.
        coupons: when coupons can be claimed there.
        campaigns: ids of those whose coupons can be.
    """
    versions = Versions(listing.shop.version, rating.version)
    card = card_of(listing, rating, coupons) if listing.shop.status is Status.OPEN else None
    area = listing.shop.service_area if card else None
    digest = _digest(repr((card, area, campaigns)))
    if head is not None:
        known = head.versions
        if versions.shop < known.shop or versions.rating < known.rating:
            return None
        if versions == known and head.layout == LAYOUT and head.digest == digest:
            return None
    shape = _shape(card, areas.cells(area, card.lat, card.lon) if area else ()) if card else None
    after = Head(versions, LAYOUT, shape, digest, head.stamp + 1 if head else 1, campaigns=campaigns)
    return Entry(listing.shop.id, head, after, card, area)


def holds(head: Head | None, listing: Listing) -> bool:
    """Tell whether the index has this version of a shop, or a newer one; its rating may have changed since."""
    return head is not None and head.layout == LAYOUT and listing.shop.version <= head.versions.shop


def card_of(listing: Listing, rating: Rating, coupons: Spans = ()) -> Card:
    """Return what lists show of a shop, and what words are looked for in."""
    shop = listing.shop
    active = [offering for offering in listing.offerings if offering.active]
    card = Card(
        shop_id=shop.id,
        name=shop.name,
        lat=storable(shop.position.lat),
        lon=storable(shop.position.lon),
        categories=tuple(dict.fromkeys(shop.categories)),
        name_en=shop.name_en,
        address=shop.address,
        zone=shop.zone,
        hours=short_hours(shop.hours, shop.exceptions),
        rating_sum=rating.sum,
        rating_count=rating.count,
        recent=rating.recent // WEIGHT_UNIT,
        weight=rating.weight // WEIGHT_UNIT,
        price_from=min((offering.price.amount for offering in active), default=None),
        currency=shop.currency,
        coupons=tuple((int(since.timestamp()), int(until.timestamp())) for since, until in coupons),
        text="\n".join(dict.fromkeys(name for one in active for name in (one.name, one.name_en) if name)),
    )
    return searchable(card)


def searchable(card: Card) -> Card:
    """Return a card with as much text as its words may cost: names and address first, then its offerings in order, each
    whole. It ends where the text would have more than `MOST_CHARACTERS`, or where all cards by word would take more
    than `WORD_UNITS` to write: a transaction takes two units for each KB begun of each.
    """
    bare = replace(card, text="")
    size = _WORD_OVERHEAD + len(cards.pack(card).encode())
    tokens, length = set(tokens_of(document(bare))), len(document(bare).text)
    if length > MOST_CHARACTERS or _units(len(tokens), size) > WORD_UNITS:
        return replace(bare, searched=_affordable(bare, size))
    kept: list[str] = []
    for line in card.text.split("\n") if card.text else ():
        alone = Document("", offerings=(line,))
        tokens |= tokens_of(alone)
        length += len(alone.text)
        size += len(line.encode()) + 1
        if length > MOST_CHARACTERS or _units(len(tokens), size) > WORD_UNITS:
            break
        kept.append(line)
    return replace(bare, text="\n".join(kept))


def _affordable(card: Card, size: int) -> int:
    """Return how many characters of its names and address a shop's cards by word may be made of."""
    return bisect_right(
        range(1, MOST_CHARACTERS + 1),
        WORD_UNITS,
        key=lambda most: _units(len(tokens_of(document(replace(card, searched=most)))), size),
    )


def _units(number: int, size: int) -> int:
    """Return what it costs to write so many rows of so many bytes in a transaction."""
    return number * 2 * math.ceil(size / 1024)


def document(card: Card) -> Document:
    """Return what words are looked for in."""
    offerings = tuple(card.text.split("\n")) if card.text else ()
    return Document(card.name, card.name_en, offerings, card.address, card.searched)


def _shape(card: Card, cells: Iterable[str]) -> Shape:
    return Shape(place_of(card.lat, card.lon), card.categories, tuple(sorted(tokens_of(document(card)))), tuple(cells))


def place_of(lat: float, lon: float) -> tuple[str, str]:
    """Return partition and position, as text, of a place."""
    return partitions.of(lat, lon), geohash.text(curve.position(lat, lon))


def storable(degrees: float) -> float:
    """Return 0 for what is less than a tenth of a millimetre, and for -0: one place, one text."""
    return 0.0 if abs(degrees) < 1e-9 else degrees  # noqa: PLR2004 - see above


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def is_due(changes: int, total: int) -> bool:
    """Tell whether a partition of so many shops is to be packed again after so many changes."""
    return changes >= max(_LEAST_CHANGES, total // _CHANGED_PART)


def directories(some: Sequence[Card], words: Mapping[str, Iterable[str]]) -> dict[str, Directory]:
    """Return the directories of a partition by index: of all its shops, of its larger categories and commoner words.

    Args:
        some: the cards of all its shops.
        words: that each shop is found by.
    """
    by_index: dict[str, list[tuple[int, int]]] = {}
    by_word: dict[str, list[tuple[int, int]]] = {}
    for card in some:
        row = curve.position(card.lat, card.lon), len(cards.pack(card).encode()) + _ROW_OVERHEAD
        for index in (EVERYTHING, *map(category_index, card.categories)):
            by_index.setdefault(index, []).append(row)
        wordy = row[0], row[1] + len(card.text.encode())
        for word in words.get(card.shop_id, ()):
            by_word.setdefault(word, []).append(wordy)
    made = {index: directory.of(shops) for index, shops in by_index.items() if len(shops) >= LISTED}
    if EVERYTHING in made:
        common = sorted(by_word, key=lambda word: (-len(by_word[word]), word))[:COMMON_WORDS]
        counts = {word: len(by_word[word]) for word in common if len(by_word[word]) >= LISTED}
        made[EVERYTHING] = replace(made[EVERYTHING], words=counts)
        made |= {word_index(word): directory.of(by_word[word]) for word in counts}
    return made


def rarest(tokens: Sequence[str], known: Mapping[str, Directory]) -> str:
    """Return which token of a query the fewest shops around have; of those that nobody has counted, the longest.

    Args:
        tokens: each of which every match has.
        known: the directories of all shops around.
    """
    counts = {token: sum((one.words or {}).get(token, 0) for one in known.values()) for token in tokens}
    return min(tokens, key=lambda token: (counts[token], -len(token)))
