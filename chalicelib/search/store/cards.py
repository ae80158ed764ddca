"""Reading and writing the rows by place, by word and by service area; keys and rows stand in `rows`.

| what | requests | read units | write units |
|---|---|---|---|
| what is indexed of up to 100 shops | BatchGet | 1 a shop | |
| index a new shop | TransactWrite | | 2 a row: its head, a change, a card for each index, word and cell |
| the same, first in its partition that this container sees | and up to 2 Get, 2 Update | 1 | and 2 |
| change it in place | TransactWrite | | the same: every card is written anew |
| move it | TransactWrite | | and 2 for each card that it leaves, and 2 where it leaves a partition |
| cards in runs | Query a run, at once | 0.5 per 4 KB begun of each | |
| directories | BatchGet, then none for `DIRECTORY_LIFE` | 0.5 each, per 4 KB | |
| who serves an address, up to 100 shops a cell | 4 Query, at once | 0.5 each, per 4 KB | |
| beyond 50 km | and 1 Get of the occupied partitions | 0.5 per 4 KB (1,000 of them) | |

Reads are eventually consistent but for heads, which decide what is written. A shop with more rows than one transaction
takes is written in several (`_write_long`): cards by place still change all at once.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from functools import cached_property
from typing import TypeVar

from pynamodb.expressions.condition import Condition

from chalicelib.kit.clock import Clock, iso
from chalicelib.kit.dynamo import check, delete, put
from chalicelib.kit.transaction import MAX_ACTIONS, Action, Committer, Contention
from chalicelib.search import areas, cards, geohash
from chalicelib.search.cover import Run
from chalicelib.search.directory import Directory
from chalicelib.search.index_ports import Entry, Head, Shape
from chalicelib.search.ports import EVERYTHING, Card, Positions, Served
from chalicelib.search.store import rows
from chalicelib.search.store.directories import directory_of
from chalicelib.search.store.rows import CardRow, ChangeRow, DirectoryRow, HeadRow, Key, OccupiedRow
from chalicelib.shops.ports import Area

MOST_BYTES = 2_000_000  # of a transaction, which takes 4 MB in its own longer form
LEASE = timedelta(seconds=10)  # that a change of many rows takes at most; whoever takes longer may be overtaken
DIRECTORY_LIFE = 600.0  # seconds that a directory is kept in memory: it only steers
CHANGES_LIFE = timedelta(days=3)  # segments that are older than this are not believed
_KEPT = 4000  # directories in memory; most are a few hundred bytes, a large city's some hundred kilobytes
_THREADS = 8
SERVED = 100  # shops of each cell that one request reads: some 25 read units where areas have many corners
_AFTER_ID = " "  # makes the least text after an id
_AFTER_ALL = "~"  # sorts after every key that starts with the same position
_UNFINISHED = -1  # layout of a head whose rows are being written
_In = TypeVar("_In")
_Out = TypeVar("_Out")


class SearchStore:
    """See `ports.Places`, `ports.Index`, `ports.Areas`."""

    def __init__(self, committer: Committer, clock: Clock, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._committer, self._clock, self._monotonic = committer, clock, monotonic
        self._marked: set[tuple[str, str]] = set()  # occupied for sure: what is in the set stays there
        self._directories: OrderedDict[Key, tuple[float, Directory | None]] = OrderedDict()

    def read(self, index: str, runs: Sequence[Run]) -> Sequence[Card]:
        """See `ports.Places`."""

        def query(run: Run) -> list[Card]:
            between = CardRow.sk.between(geohash.text(run.low), geohash.text(run.high - 1) + _AFTER_ALL)
            return [rows.card_of(row) for row in CardRow.query(rows.pk(index, run.partition), between)]

        return [card for found in self._at_once(query, runs) for card in found]

    def directories(self, index: str, partitions: Sequence[str]) -> Mapping[str, Directory]:
        """See `ports.Places`."""
        if index.startswith("T3#"):
            word, everybody = index.removeprefix("T3#"), self.directories(EVERYTHING, partitions)
            partitions = [name for name in partitions if name in everybody and word in (everybody[name].words or {})]
        now = self._monotonic()
        keys = {rows.directory_key(index, name): name for name in partitions}
        unknown = [key for key in keys if self._directories.get(key, (now, None))[0] <= now]
        if unknown:
            found = {(row.pk, row.sk): directory_of(row) for row in DirectoryRow.batch_get(unknown)}
            for key in unknown:
                self._directories[key] = now + DIRECTORY_LIFE, found.get(key)
        known = {name: self._directories[key][1] for key, name in keys.items()}
        while len(self._directories) > _KEPT:
            self._directories.popitem(last=False)
        return {name: directory for name, directory in known.items() if directory is not None}

    def occupied(self, index: str) -> frozenset[str]:
        """See `ports.Places`."""
        try:
            return frozenset(OccupiedRow.get(*rows.occupied_key(EVERYTHING if index[0] == "T" else index)).partitions)
        except OccupiedRow.DoesNotExist:
            return frozenset()

    def serving(self, lat: float, lon: float, after: Positions, until: Positions | None = None) -> Served:
        """See `ports.Areas`."""

        def query(asked: tuple[str, str, str | None]) -> tuple[list[tuple[Card, Area]], str | None]:
            cell, start, end = asked
            between = CardRow.sk > start if end is None else CardRow.sk.between(start + _AFTER_ID, end)
            found = list(CardRow.query(f"A#{cell}", between if start or end else None, limit=None if until else SERVED))
            is_whole = len(found) < SERVED if until is None else end is None
            return [rows.served_card(row) for row in found], None if is_whole else found[
                -1
            ].sk if until is None else end

        cells = areas.lookups(lat, lon)
        asked = [
            (n, (cells[n], start, until[n] if until else None)) for n, start in enumerate(after) if start is not None
        ]
        last: list[str | None] = [None] * len(cells)
        pairs: list[tuple[Card, Area]] = []
        for (n, _), (some, end) in zip(asked, self._at_once(query, [one for _, one in asked]), strict=True):
            pairs, last[n] = pairs + some, end
        return Served(pairs, tuple(last))

    def heads(self, shop_ids: Collection[str]) -> Mapping[str, Head]:
        """See `ports.Index`."""
        found = HeadRow.batch_get([rows.head_key(shop_id) for shop_id in shop_ids], consistent_read=True)
        return {row.pk.removeprefix("S#"): rows.head_of(row) for row in found}

    def write(self, entries: Sequence[Entry]) -> None:
        """See `ports.Index`."""
        self._mark(entries)
        batch: list[Action] = []
        size = 0
        for entry in entries:
            if entry.before is not None and entry.before.until > self._clock.now().timestamp():
                raise Contention  # somebody writes it: starting over would only undo what is done
            actions = [*self._head_and_places(entry), *self._words(entry)]
            length = _weight(entry) * len(actions)
            if batch and (len(batch) + len(actions) > MAX_ACTIONS or size + length > MOST_BYTES):
                self._committer.commit(batch)
                batch, size = [], 0
            if len(actions) > MAX_ACTIONS or length > MOST_BYTES:
                self._write_long(entry)
            else:
                batch, size = batch + actions, size + length
        if batch:
            self._committer.commit(batch)

    def _head_and_places(self, entry: Entry) -> Iterator[Action]:
        yield put(rows.head_row(entry.shop_id, entry.after), _as_it_was(entry.before))
        yield from self._changes(entry)
        kept = dict.fromkeys(rows.place_keys(entry.shop_id, entry.after.shape))
        for key in kept:
            yield put(rows.card_row(key, _card(entry), entry.area))
        for key in dict.fromkeys(k for shape in _shapes(entry.before) for k in rows.place_keys(entry.shop_id, shape)):
            if key not in kept:
                yield delete(CardRow(*key))

    def _changes(self, entry: Entry) -> Iterator[Action]:
        """Tell who keeps segments in memory: the partition that the shop is in now, and the one that it has left."""
        now = self._clock.now()
        here = entry.after.shape.place[0] if entry.after.shape else None
        for partition in dict.fromkeys([here, *(shape.place[0] for shape in _shapes(entry.before))]):
            if partition is not None:
                row = ChangeRow(
                    rows.changes_pk(partition),
                    f"{iso(now)}#{entry.shop_id}",
                    card=cards.pack(_card(entry)) if partition == here else None,
                    stamp=entry.after.stamp,
                    expires_at=int((now + CHANGES_LIFE * 2).timestamp()),
                )
                yield put(row)

    def _words(self, entry: Entry) -> Iterator[Action]:
        """Yield the writes of the cards by word; those of one word stand together."""
        kept = rows.word_keys(entry.shop_id, entry.after.shape)
        former: dict[str, dict[Key, None]] = {}
        for shape in _shapes(entry.before):
            for word, key in rows.word_keys(entry.shop_id, shape).items():
                former.setdefault(word, {})[key] = None
        for word in dict.fromkeys([*kept, *former]):
            if word in kept:
                yield put(rows.card_row(kept[word], _card(entry), None))
            for key in former.get(word, ()):
                if key != kept.get(word):
                    yield delete(CardRow(*key))

    def _write_long(self, entry: Entry) -> None:
        """Write a change that no single transaction takes. First the head says which rows there may be from now on;
        then the cards by word are written; last the head and all else. Every step is on condition that nobody has
        begun another change since: that one knows of all rows that this one may leave. Nobody does for as long as
        `LEASE`, so that those who hear of the same shop at once do not overtake each other again and again.
        """
        begun = Head(
            entry.before.versions if entry.before else entry.after.versions,
            _UNFINISHED,
            entry.after.shape,
            "",
            entry.after.stamp,
            tuple(dict.fromkeys(shape for shape in _shapes(entry.before) if shape != entry.after.shape)),
            tuple(dict.fromkeys((*(entry.before.campaigns if entry.before else ()), *entry.after.campaigns))),
            int((self._clock.now() + LEASE).timestamp()),
        )
        self._committer.commit([put(rows.head_row(entry.shop_id, begun), _as_it_was(entry.before))])
        mine = check(HeadRow(*rows.head_key(entry.shop_id)), HeadRow.stamp == begun.stamp)
        finished = replace(entry.after, stamp=begun.stamp + 1)
        last = list(self._head_and_places(replace(entry, before=begun, after=finished)))
        # After many that died there may be more to remove than a transaction takes; what is removed stands last.
        first = [*self._words(entry), *last[MAX_ACTIONS:]]
        step = max(1, min(MAX_ACTIONS - 1, MOST_BYTES // _weight(entry)))
        for start in range(0, len(first), step):
            self._committer.commit([mine, *first[start : start + step]])
        self._committer.commit(last[:MAX_ACTIONS])

    def _mark(self, entries: Sequence[Entry]) -> None:
        """Have the partitions of some changes among the occupied ones of their indexes, before they are put there."""
        unmarked: dict[str, set[str]] = {}
        for shape in (entry.after.shape for entry in entries):
            for index in rows.indexes(shape) if shape else ():
                if shape and (index, shape.place[0]) not in self._marked:
                    unmarked.setdefault(index, set()).add(shape.place[0])
        for index, partitions in unmarked.items():
            known = self.occupied(index)
            if not partitions <= known:
                OccupiedRow(*rows.occupied_key(index)).update([OccupiedRow.partitions.add(partitions - known)])
            self._marked.update((index, name) for name in known | partitions)

    def _at_once(self, work: Callable[[_In], _Out], given: Sequence[_In]) -> list[_Out]:
        return list(self._threads.map(work, given)) if len(given) > 1 else [work(one) for one in given]

    @cached_property
    def _threads(self) -> ThreadPoolExecutor:
        CardRow._get_connection()  # noqa: SLF001 - made once here rather than by several threads at a time
        return ThreadPoolExecutor(_THREADS, thread_name_prefix="search")


def _weight(entry: Entry) -> int:
    """Return how many bytes each of a change's rows has at most."""
    return rows.weight(entry.card, entry.area) if entry.card else 1


def _card(entry: Entry) -> Card:
    if entry.card is None:
        raise ValueError("rows without a card")
    return replace(entry.card, stamp=entry.after.stamp)


def _shapes(head: Head | None) -> tuple[Shape, ...]:
    """Return the shapes of all rows that a shop may have."""
    if head is None:
        return ()
    return (*((head.shape,) if head.shape else ()), *head.former)


def _as_it_was(before: Head | None) -> Condition:
    if before is None:
        return HeadRow.pk.does_not_exist()
    return HeadRow.stamp == before.stamp
