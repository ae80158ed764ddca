"""Free maps as rows: one for each shop, local date and category, along the same curve as the cards.

| row | pk | sk | dies |
|---|---|---|---|
| map | `F3#<date>#<category>#<partition>` | `<position>#<shop id>` | two days after its date |
| head: what is kept of a shop on a date | `S#<shop id>` | `FREE#<date>` | likewise |
| how far the round over all shops has come; whether another was asked for | `FREE` | `ROUND`; `ASKED` | |

| what | requests | read units | write units |
|---|---|---|---|
| what is kept of a shop on d dates | 1 BatchGet, consistent | 1 a date | |
| look at a date, nothing new | TransactWrite | | 2: its head |
| change a date | TransactWrite, up to 100 rows each | | 2 for its head and 2 for each row put or removed |
| maps in runs | Query a run, at once | 0.5 per 4 KB begun of each: some 12 maps | |
| the cards of a page | 1 BatchGet | 0.5 a card | |

Maps do not hold the cards. They would spare a page its BatchGet (10 units for 20 shops), but every review and coupon of
a shop would then write 17 rows of each category, which costs as much as showing the shop 300 times. And positions are
those of the cards: a map that is late or wrong is at worst not shown.

The head's stamp is the condition of every write, also where nothing changed: who has read rows before somebody else
found all as it is would else write what is past.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import cached_property

from pynamodb.attributes import BinaryAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import DeleteError

from chalicelib.kit.dynamo import Row, TableMeta, code_of, delete, put
from chalicelib.kit.transaction import MAX_ACTIONS, Action, Committer
from chalicelib.search import free_maps, geohash
from chalicelib.search.cover import Run
from chalicelib.search.directory import Directory
from chalicelib.search.free_maps import MapDirectory
from chalicelib.search.free_ports import MapCard, MapEntry, MapHead, Round
from chalicelib.search.ports import Card, Places, category_index
from chalicelib.search.store import rows
from chalicelib.search.store.rows import CardRow, Key

_AFTER_ALL = "~"  # sorts after every key that starts with the same position
_ROUND, _ASKED = ("FREE", "ROUND"), ("FREE", "ASKED")
_THREADS = 8
_STEERING = 256  # directories in memory


class MapRow(Row):
    class Meta(TableMeta):
        table = "search"

    packed = BinaryAttribute(attr_name="d", legacy_encoding=False)
    stamp = NumberAttribute(attr_name="v")


class MapHeadRow(Row):
    class Meta(TableMeta):
        table = "search"

    version = NumberAttribute(attr_name="s")
    stamp = NumberAttribute(attr_name="v")
    place = UnicodeAttribute(attr_name="p", null=True)
    digest = UnicodeAttribute(attr_name="d", null=True)


class RoundRow(Row):
    class Meta(TableMeta):
        table = "search"

    day = UnicodeAttribute(null=True)
    partition = UnicodeAttribute(null=True)
    after = UnicodeAttribute(null=True)


class FreeStore:
    """See `free_ports.Maps` and `free_ports.MapCards`; also `ports.Places`, of maps.

    Args:
        places: the cards: what is roughly where is steered by their directories.
        committer: commits.
    """

    def __init__(self, places: Places, committer: Committer) -> None:
        self._places, self._committer = places, committer
        self._made: dict[int, tuple[Directory, MapDirectory]] = {}

    def read(self, index: str, runs: Sequence[Run]) -> Sequence[MapCard]:
        """See `ports.Places`."""
        day = date.fromisoformat(index.split("#")[1])

        def query(run: Run) -> list[MapCard]:
            between = MapRow.sk.between(geohash.text(run.low), geohash.text(run.high - 1) + _AFTER_ALL)
            return [
                free_maps.card((run.partition, row.sk), int(row.stamp), day, bytes(row.packed))
                for row in MapRow.query(rows.pk(index, run.partition), between)
            ]

        found = self._threads.map(query, runs) if len(runs) > 1 else map(query, runs)
        return [card for some in found for card in some]

    def directories(self, index: str, partitions: Sequence[str]) -> Mapping[str, Directory]:
        """See `ports.Places`."""
        cards = category_index(free_maps.category_of(index))
        return {name: self._steering(one) for name, one in self._places.directories(cards, partitions).items()}

    def occupied(self, index: str) -> frozenset[str]:
        """See `ports.Places`."""
        return self._places.occupied(category_index(free_maps.category_of(index)))

    def cards(self, index: str, found: Sequence[MapCard]) -> Mapping[str, Card]:
        """See `free_ports.MapCards`."""
        keys = [(rows.pk(index, partition), sk) for partition, sk in (one.key for one in found)]
        return {card.shop_id: card for card in map(rows.card_of, CardRow.batch_get(keys))} if keys else {}

    def heads(self, shop_id: str, days: Iterable[date]) -> Mapping[date, MapHead]:
        """See `free_ports.Maps`."""
        found = MapHeadRow.batch_get([_head_key(shop_id, day) for day in days], consistent_read=True)
        return {date.fromisoformat(row.sk.partition("#")[2]): _head(row) for row in found}

    def write(self, entries: Sequence[MapEntry]) -> None:
        """See `free_ports.Maps`."""
        batch: list[Action] = []
        for entry in entries:
            actions = _actions(entry)
            if len(batch) + len(actions) > MAX_ACTIONS:
                self._committer.commit(batch)
                batch = []
            batch += actions
        self._committer.commit(batch)

    def round(self) -> Round | None:
        """See `free_ports.Maps`."""
        try:
            row = RoundRow.get(*_ROUND, consistent_read=True)
        except RoundRow.DoesNotExist:
            return None
        return Round(date.fromisoformat(row.day or ""), row.partition, row.after or "")

    def keep_round(self, one: Round) -> None:
        """See `free_ports.Maps`."""
        RoundRow(*_ROUND, day=one.day.isoformat(), partition=one.partition, after=one.after or None).save()

    def _steering(self, cards: Directory) -> MapDirectory:
        """Return a directory of cards as one of maps: made once, as long as the cards' is in memory."""
        known = self._made.get(id(cards))
        if known is None or known[0] is not cards:
            if len(self._made) >= _STEERING:
                self._made.clear()
            made = MapDirectory(cards.levels, cards.cells, cards.counts, cards.grains)
            known = self._made[id(cards)] = cards, made
        return known[1]

    def ask_round(self) -> None:
        """See `free_ports.Maps`."""
        RoundRow(*_ASKED).save()

    def asked_round(self) -> bool:
        """See `free_ports.Maps`."""
        try:
            RoundRow(*_ASKED).delete(RoundRow.pk.exists())
        except DeleteError as error:
            if code_of(error) == "ConditionalCheckFailedException":
                return False
            raise
        return True

    @cached_property
    def _threads(self) -> ThreadPoolExecutor:
        MapRow._get_connection()  # noqa: SLF001 - made once here rather than by several threads at a time
        return ThreadPoolExecutor(_THREADS, thread_name_prefix="free")


def _actions(entry: MapEntry) -> list[Action]:
    before, after = entry.before, entry.after
    row = MapHeadRow(
        *_head_key(entry.shop_id, entry.day),
        version=after.version,
        stamp=after.stamp,
        place=_where(after),
        digest=after.digest or None,
        expires_at=entry.dies,
    )
    as_it_was = MapHeadRow.stamp == before.stamp if before else MapHeadRow.pk.does_not_exist()
    actions = [put(row, as_it_was)]
    there, kept = _keys(entry, before), _keys(entry, after)
    if entry.packed is not None and (before is None or before.digest != after.digest or there != kept):
        actions += [put(MapRow(*key, packed=entry.packed, stamp=after.stamp, expires_at=entry.dies)) for key in kept]
    return actions + [delete(MapRow(*key)) for key in there if key not in kept]


def _keys(entry: MapEntry, head: MapHead | None) -> list[Key]:
    """Return the keys of a shop's maps of a date."""
    if head is None or head.place is None:
        return []
    partition, position = head.place
    indexes = [free_maps.map_index(entry.day, category) for category in head.categories]
    return [(rows.pk(index, partition), f"{position}#{entry.shop_id}") for index in indexes]


def _head_key(shop_id: str, day: date) -> Key:
    return f"S#{shop_id}", f"FREE#{day.isoformat()}"


def _where(head: MapHead) -> str | None:
    if head.place is None:
        return None
    return json.dumps([*head.place, *head.categories], ensure_ascii=False, separators=(",", ":"))


def _head(row: MapHeadRow) -> MapHead:
    partition, position, *categories = json.loads(row.place) if row.place else ("", "")
    place = (partition, position) if row.place else None
    return MapHead(int(row.version), int(row.stamp), place, tuple(categories), row.digest or "")
