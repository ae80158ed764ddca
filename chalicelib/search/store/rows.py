"""The rows of the search table, and which of them a shop has.

| row | pk | sk |
|---|---|---|
| card by place | `G3#<partition>` | `<position>#<shop id>` |
| card by category and place | `C3#<category>#<partition>` | the same |
| card by word and place | `T3#<token>#<partition>` | the same |
| card by service area | `A#<geohash>` | `<shop id>` |
| head: what is indexed of a shop | `S#<shop id>` | `HEAD` |
| change: what a partition's segments do not hold yet | `L3#<partition>` | `<time>#<shop id>` |
| occupied: which partitions of an index hold anything | `P3` or `P3#<category>` | `PARTITIONS` |
| directory of an index's partition | `D#<index>#<partition>` | `DIRECTORY` |
| manifest: a partition's segments | `L3#<partition>` | `~MANIFEST` |
| segment: many cards in one row | `K#<partition>#<version>#<number>` | `SEGMENT` |
| tally: changes since the last packing | `M#<partition>` | `TALLY` |

A partition is a geohash-3 cell or a polar cap, `N` or `S`; a position is one on `curve`, in base 32. Cards hold all
that a list shows, those by word also what the words are looked for in. A closed shop keeps its head, so that nothing
older brings it back. Partitions are added to the occupied ones before a card is written and never taken out.
"""

import json
from collections.abc import Iterable, Iterator

from pynamodb.attributes import BinaryAttribute, NumberAttribute, UnicodeAttribute, UnicodeSetAttribute

from chalicelib.kit.dynamo import Row, TableMeta
from chalicelib.search import cards
from chalicelib.search.index_ports import Head, Shape, Versions
from chalicelib.search.ports import EVERYTHING, Card, category_index, word_index
from chalicelib.shops.ports import Area, Circle, Polygon

Key = tuple[str, str]
_KEYS = 300  # bytes that the keys of a row and the names of its attributes have at most
MANIFEST = "~MANIFEST"  # sorts after every time


class CardRow(Row):
    class Meta(TableMeta):
        table = "search"

    card = UnicodeAttribute(attr_name="d")
    text = UnicodeAttribute(attr_name="t", null=True)
    searched = NumberAttribute(attr_name="n", null=True)
    area = UnicodeAttribute(attr_name="r", null=True)


class ChangeRow(Row):
    class Meta(TableMeta):
        table = "search"

    card = UnicodeAttribute(attr_name="d", null=True)
    stamp = NumberAttribute(attr_name="v", default=0)
    manifest = UnicodeAttribute(attr_name="m", null=True)


class HeadRow(Row):
    class Meta(TableMeta):
        table = "search"

    shop_version = NumberAttribute()
    rating_version = NumberAttribute()
    layout = NumberAttribute()
    shape = UnicodeAttribute(null=True)
    former = UnicodeAttribute(null=True)
    digest = UnicodeAttribute(default="")
    stamp = NumberAttribute(default=0)
    campaigns = UnicodeAttribute(null=True)
    until = NumberAttribute(null=True)


class OccupiedRow(Row):
    class Meta(TableMeta):
        table = "search"

    partitions = UnicodeSetAttribute()


class DirectoryRow(Row):
    class Meta(TableMeta):
        table = "search"

    cells = BinaryAttribute(legacy_encoding=False)
    words = UnicodeAttribute(null=True)


class SegmentRow(Row):
    class Meta(TableMeta):
        table = "search"

    cards = BinaryAttribute(legacy_encoding=False)


class TallyRow(Row):
    class Meta(TableMeta):
        table = "search"

    changes = NumberAttribute(default=0)
    total = NumberAttribute(default=0)
    claimed = NumberAttribute(null=True)  # changes that whoever is packing will have packed
    until = NumberAttribute(null=True)  # when they have done so or died, epoch seconds


def pk(index: str, partition: str) -> str:
    """Return the partition key of an index's rows."""
    return f"{index}#{partition}"


def head_key(shop_id: str) -> Key:
    return f"S#{shop_id}", "HEAD"


def occupied_key(index: str) -> Key:
    return "P3" + index[2:], "PARTITIONS"


def directory_key(index: str, partition: str) -> Key:
    return f"D#{index}#{partition}", "DIRECTORY"


def changes_pk(partition: str) -> str:
    return f"L3#{partition}"


def indexes(shape: Shape) -> tuple[str, ...]:
    """Return the indexes by place that a shop is in, without those by word."""
    return (EVERYTHING, *map(category_index, shape.categories))


def place_keys(shop_id: str, shape: Shape | None) -> list[Key]:
    """Return the keys of a shop's cards by place and category, and by service area."""
    if shape is None:
        return []
    partition, position = shape.place
    by_place = [(pk(index, partition), f"{position}#{shop_id}") for index in indexes(shape)]
    return by_place + [(f"A#{cell}", shop_id) for cell in shape.cells]


def word_keys(shop_id: str, shape: Shape | None) -> dict[str, Key]:
    """Return the key of a shop's card for each of its words."""
    if shape is None:
        return {}
    partition, position = shape.place
    return {word: (pk(word_index(word), partition), f"{position}#{shop_id}") for word in shape.words}


def card_row(key: Key, card: Card, area: Area | None) -> CardRow:
    """Return the row of a card under one of its keys."""
    row = CardRow(*key, card=cards.pack(card))
    if key[0].startswith("T3#"):
        row.text, row.searched = card.text or None, card.searched
    elif key[0].startswith("A#") and area is not None:
        row.area = _area_text(area)
    return row


def weight(card: Card, area: Area | None) -> int:
    """Return how many bytes a row of a card has at most, whatever its key."""
    told = (cards.pack(card), card.text, _area_text(area) if area else "")
    return _KEYS + sum(len(text.encode()) for text in told)


def card_of(row: CardRow) -> Card:
    """Return the card of a row by place."""
    searched = None if row.searched is None else int(row.searched)
    return cards.unpack(row.sk.partition("#")[2], row.card, row.text or "", searched)


def served_card(row: CardRow) -> tuple[Card, Area]:
    """Return the card of a row by service area, and the area."""
    return cards.unpack(row.sk, row.card), _area(row.area or "")


def head_row(shop_id: str, head: Head) -> HeadRow:
    return HeadRow(
        *head_key(shop_id),
        shop_version=head.versions.shop,
        rating_version=head.versions.rating,
        layout=head.layout,
        shape=head.shape and _packed_shape(head.shape),
        former="\n".join(map(_packed_shape, head.former)) or None,
        digest=head.digest,
        stamp=head.stamp,
        campaigns=" ".join(head.campaigns) or None,
        until=head.until or None,
    )


def head_of(row: HeadRow) -> Head:
    return Head(
        versions=Versions(int(row.shop_version), int(row.rating_version)),
        layout=int(row.layout),
        shape=_shape(row.shape) if row.shape else None,
        digest=row.digest,
        stamp=int(row.stamp),
        former=tuple(_shapes(row.former.split("\n"))) if row.former else (),
        campaigns=tuple((row.campaigns or "").split()),
        until=int(row.until or 0),
    )


def _packed_shape(shape: Shape) -> str:
    return json.dumps([*shape.place, *map(list, _parts(shape))], ensure_ascii=False, separators=(",", ":"))


def _parts(shape: Shape) -> tuple[tuple[str, ...], ...]:
    return shape.categories, shape.words, shape.cells


def _shapes(texts: Iterable[str]) -> Iterator[Shape]:
    return map(_shape, texts)


def _shape(text: str) -> Shape:
    partition, position, *parts = json.loads(text)
    return Shape((partition, position), *map(tuple, parts))


def _area_text(area: Area) -> str:
    if isinstance(area, Circle):
        return str(area.radius_m)
    return " ".join(f"{lat!r},{lon!r}" for lat, lon in area.vertices)


def _area(text: str) -> Area:
    if "," not in text:
        return Circle(int(text))
    pairs = (vertex.split(",") for vertex in text.split(" "))
    return Polygon(tuple((float(lat), float(lon)) for lat, lon in pairs))
