"""The search table: the shops' list cards by place.

| row | pk | sk |
|---|---|---|
| card by place | `G3#<partition>` | `<geohash 12>#<shop id>` |
| card by category and place | `C3#<category>#<partition>` | the same |
| head: what is indexed of a shop | `S#<shop id>` | `HEAD` |
| occupied: which partitions of an index hold anything | `P3` or `P3#<category>` | `PARTITIONS` |

A partition is a geohash-3 cell or a polar cap, `N` or `S` (see `cover`). Both cards hold all that a list shows, under
short names: about 250 bytes. A closed shop keeps its head, so that nothing older brings it back. Partitions are added
to the occupied ones before a card is written and never taken out: the set may name too many and never too few.

| what | requests | read units | write units |
|---|---|---|---|
| what is indexed of up to 100 shops | BatchGet | 1 a shop | |
| index a new shop of one category | TransactWrite | | 6: 2 a row |
| the same, first in its partition that this container sees | and up to 2 Get, 2 Update | 1 | and 2 |
| change it in place; move it | TransactWrite | | 6; 10 |
| nearest 20 of 3,000 shops in a city, mean | 2 probes, 2.8 Query | 3.4 | |
| all within 1 km; within 10 km there | 7.7; 7.3 Query | 3.9; 54 | |
| nearest k where the partition holds few | 2 probes | 1 | |
| beyond 50 km | and 1 Get of the occupied partitions | 0.5 for each 4 KB (1,000 of them) | |

Reads are eventually consistent but for heads, which decide what is written.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import TypeVar, cast

from pynamodb.attributes import ListAttribute, NumberAttribute, UnicodeAttribute, UnicodeSetAttribute

from chalicelib.kit.dynamo import Row, TableMeta, delete, put
from chalicelib.kit.transaction import Action, Committer
from chalicelib.search import cover, geohash
from chalicelib.search.cover import Run
from chalicelib.search.ports import Card, Entry, Head, Versions

_THREADS = 8
_In = TypeVar("_In")
_Out = TypeVar("_Out")
_AFTER_ALL = "~"  # sorts after every key that starts with the same geohash


class CardRow(Row):
    class Meta(TableMeta):
        table = "search"

    name = UnicodeAttribute(attr_name="n")
    name_en = UnicodeAttribute(attr_name="e", null=True)
    lat = NumberAttribute(attr_name="y")
    lon = NumberAttribute(attr_name="x")
    categories = ListAttribute(of=UnicodeAttribute, attr_name="c")
    address = UnicodeAttribute(attr_name="a")
    zone = UnicodeAttribute(attr_name="z")
    hours = UnicodeAttribute(attr_name="h", null=True)
    rating_sum = NumberAttribute(attr_name="s", null=True)
    rating_count = NumberAttribute(attr_name="k", null=True)
    price_from = NumberAttribute(attr_name="p", null=True)
    currency = UnicodeAttribute(attr_name="u")


class HeadRow(Row):
    class Meta(TableMeta):
        table = "search"

    shop_version = NumberAttribute()
    rating_version = NumberAttribute()
    layout = NumberAttribute()
    partition = UnicodeAttribute(null=True)
    geohash = UnicodeAttribute(null=True)
    categories = ListAttribute(of=UnicodeAttribute)


class OccupiedRow(Row):
    class Meta(TableMeta):
        table = "search"

    partitions = UnicodeSetAttribute()


class SearchStore:
    """See `ports.Places` and `ports.Index`."""

    def __init__(self, committer: Committer) -> None:
        self._committer = committer
        self._marked: set[tuple[str | None, str]] = set()  # occupied for sure: what is in the set stays there

    def near(self, category: str | None, partition: str, position: int, count: int) -> tuple[Sequence[Card], Run]:
        """See `ports.Places`."""
        key, start = _pk(category, partition), geohash.text(position)

        def half(ahead: bool) -> list[CardRow]:  # noqa: FBT001 - named by both calls
            condition = CardRow.sk >= start if ahead else CardRow.sk < start
            return list(CardRow.query(key, condition, scan_index_forward=ahead, limit=count))

        after, before = self._at_once(half, [True, False])
        whole = cover.whole(partition)
        # A half that is full ends in a cell that may hold more; one that is not goes to the partition's end.
        high = _position(after[-1]) if len(after) == count else whole.high
        low = _position(before[-1]) + 1 if len(before) == count else whole.low
        return [_card(row) for row in (*before, *after)], Run(partition, low, max(low, high))

    def read(self, category: str | None, runs: Sequence[Run]) -> Sequence[Card]:
        """See `ports.Places`."""

        def query(run: Run) -> list[Card]:
            between = CardRow.sk.between(geohash.text(run.low), geohash.text(run.high - 1) + _AFTER_ALL)
            return [_card(row) for row in CardRow.query(_pk(category, run.partition), between)]

        return [card for cards in self._at_once(query, runs) for card in cards]

    def occupied(self, category: str | None) -> frozenset[str]:
        """See `ports.Places`."""
        try:
            return frozenset(OccupiedRow.get(*_occupied_key(category)).partitions)
        except OccupiedRow.DoesNotExist:
            return frozenset()

    def heads(self, shop_ids: Collection[str]) -> Mapping[str, Head]:
        """See `ports.Index`."""
        rows = HeadRow.batch_get([_head_key(shop_id) for shop_id in shop_ids], consistent_read=True)
        return {row.pk.removeprefix("S#"): _head(row) for row in rows}

    def write(self, entries: Sequence[Entry]) -> None:
        """See `ports.Index`."""
        self._mark(entries)
        self._committer.commit([action for entry in entries for action in _actions(entry)])

    def _mark(self, entries: Sequence[Entry]) -> None:
        """Have the partitions of some changes among the occupied ones of their indexes, before they are put there."""
        unmarked: dict[str | None, set[str]] = {}
        for entry in entries:
            for category in _indexes(entry.after):
                partition = cast("tuple[str, str]", entry.after.place)[0]
                if (category, partition) not in self._marked:
                    unmarked.setdefault(category, set()).add(partition)
        for category, partitions in unmarked.items():
            known = self.occupied(category)
            if not partitions <= known:
                OccupiedRow(*_occupied_key(category)).update([OccupiedRow.partitions.add(partitions - known)])
            self._marked.update((category, name) for name in known | partitions)

    def _at_once(self, work: Callable[[_In], _Out], given: Sequence[_In]) -> list[_Out]:
        return list(self._threads.map(work, given)) if len(given) > 1 else [work(one) for one in given]

    @cached_property
    def _threads(self) -> ThreadPoolExecutor:
        CardRow._get_connection()  # noqa: SLF001 - made once here rather than by several threads at a time
        return ThreadPoolExecutor(_THREADS, thread_name_prefix="search")


def _pk(category: str | None, partition: str) -> str:
    return f"G3#{partition}" if category is None else f"C3#{category}#{partition}"


def _head_key(shop_id: str) -> tuple[str, str]:
    return f"S#{shop_id}", "HEAD"


def _occupied_key(category: str | None) -> tuple[str, str]:
    return "P3" if category is None else f"P3#{category}", "PARTITIONS"


def _indexes(head: Head) -> tuple[str | None, ...]:
    """Return the indexes that a shop's rows are in; None is that of all shops."""
    return (None, *head.categories) if head.place else ()


def _keys(shop_id: str, head: Head | None) -> dict[tuple[str, str], None]:
    if head is None or head.place is None:
        return {}
    partition, cell = head.place
    return {(_pk(category, partition), f"{cell}#{shop_id}"): None for category in _indexes(head)}


def _actions(entry: Entry) -> Iterable[Action]:
    before, after = entry.before, entry.after
    head = HeadRow(
        *_head_key(entry.shop_id),
        shop_version=after.versions.shop,
        rating_version=after.versions.rating,
        layout=after.layout,
        partition=after.place and after.place[0],
        geohash=after.place and after.place[1],
        categories=list(after.categories),
    )
    if before is None:
        yield put(head, HeadRow.pk.does_not_exist())
    else:
        # Every write raises one of the three: that they are the same means that nobody has written.
        same = (HeadRow.shop_version == before.versions.shop) & (HeadRow.rating_version == before.versions.rating)
        yield put(head, same & (HeadRow.layout == before.layout))
    kept = _keys(entry.shop_id, after)
    for key in kept:
        yield put(_row(key, cast("Card", entry.card)))
    for key in _keys(entry.shop_id, before):
        if key not in kept:
            yield delete(CardRow(*key))


def _row(key: tuple[str, str], card: Card) -> CardRow:
    """Return the row of a card; what is empty takes no room."""
    return CardRow(
        *key,
        name=card.name,
        name_en=card.name_en or None,
        lat=_storable(card.lat),
        lon=_storable(card.lon),
        categories=list(card.categories),
        address=card.address,
        zone=card.zone,
        hours=card.hours or None,
        rating_sum=card.rating_sum or None,
        rating_count=card.rating_count or None,
        price_from=card.price_from,
        currency=card.currency,
    )


def _storable(degrees: float) -> float:
    """Return 0 for what is less than a tenth of a millimetre: DynamoDB refuses numbers below 1e-130."""
    return 0.0 if abs(degrees) < 1e-9 else degrees  # noqa: PLR2004 - see above


def _card(row: CardRow) -> Card:
    return Card(
        shop_id=row.sk.partition("#")[2],
        name=row.name,
        lat=float(row.lat),
        lon=float(row.lon),
        categories=_texts(row.categories),
        name_en=row.name_en,
        address=row.address,
        zone=row.zone,
        hours=row.hours or "",
        rating_sum=int(row.rating_sum or 0),
        rating_count=int(row.rating_count or 0),
        price_from=None if row.price_from is None else int(row.price_from),
        currency=row.currency,
    )


def _head(row: HeadRow) -> Head:
    return Head(
        versions=Versions(int(row.shop_version), int(row.rating_version)),
        layout=int(row.layout),
        place=(row.partition, row.geohash) if row.partition and row.geohash else None,
        categories=_texts(row.categories),
    )


def _position(row: CardRow) -> int:
    return geohash.first(row.sk.partition("#")[0])


def _texts(elements: Iterable[object]) -> tuple[str, ...]:
    # PynamoDB types a list by its elements' attributes rather than by their values.
    return tuple(str(element) for element in elements)
