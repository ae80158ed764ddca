"""The search table in memory, with DynamoDB's prices; and the same searches on an emulator, to check them.

A Query costs half a read unit for each 4,096 bytes begun, at least half a one, eventually consistent; an item's size is
that of its attributes' names and values (Amazon DynamoDB developer guide, "Item sizes", "Read consumption").
"""

import bisect
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from chalicelib.search import cards as codec
from chalicelib.search import curve, geohash, partitions, rules
from chalicelib.search.cover import Run
from chalicelib.search.directory import Directory
from chalicelib.search.ports import EVERYTHING, Card, category_index, word_index

BLOCK, UNIT = 4096, 0.5
_NAMES = len("pk") + len("sk") + len("d")
_SK = geohash.LENGTH + 1


def units(size: int) -> float:
    """Return what reading so many bytes in one request costs."""
    return UNIT * max(1, math.ceil(size / BLOCK))


@dataclass
class Spent:
    """What searches have cost."""

    queries: int = 0
    trips: int = 0
    units: float = 0.0
    bytes: int = 0
    seconds: float = 0.0  # of reading, which is DynamoDB's work
    by_key: dict[str, float] = field(default_factory=dict)  # read units of each partition


class Table:
    """See `ports.Places`: rows in memory, directories as the packing makes them."""

    def __init__(self, some: Sequence[Card], *, words: bool = False) -> None:
        self.spent = Spent()
        self._cards = some
        self._rows: dict[tuple[str, str], list[tuple[int, str, int, str, str]]] = {}
        self._tokens = {card.shop_id: rules.tokens_of(rules.document(card)) for card in some} if words else {}
        self._built = {EVERYTHING}
        by_partition: dict[str, list[Card]] = {}
        for card in some:
            by_partition.setdefault(partitions.of(card.lat, card.lon), []).append(card)
            for index in (EVERYTHING, *map(category_index, card.categories)):
                self._put(index, card)
        for rows in self._rows.values():
            rows.sort()
        self._directories: dict[tuple[str, str], Directory] = {}
        for partition, inside in by_partition.items():
            for index, one in rules.directories(inside, self._tokens).items():
                self._directories[index, partition] = one

    @property
    def mean(self) -> float:
        """Bytes of a row by place."""
        sizes = [row[2] for (index, _), rows in self._rows.items() if index == EVERYTHING for row in rows]
        return sum(sizes) / len(sizes)

    def size(self, index: str, card: Card) -> int:
        """Return the bytes of a card's row."""
        partition = partitions.of(card.lat, card.lon)
        key = len(f"{index}#{partition}".encode()) + _SK + len(card.shop_id)
        text = len(card.text.encode()) + 1 if index.startswith("T3#") and card.text else 0
        return _NAMES + key + len(codec.pack(card).encode()) + text

    def _put(self, index: str, card: Card) -> None:
        row = (curve.position(card.lat, card.lon), card.shop_id, self.size(index, card), codec.pack(card), card.text)
        self._rows.setdefault((index, partitions.of(card.lat, card.lon)), []).append(row)

    def _build(self, index: str) -> None:
        self._built.add(index)
        for card in self._cards:
            if word_index("") + index[3:] == index and index[3:] in self._tokens[card.shop_id]:
                self._put(index, card)
        for (name, _), rows in self._rows.items():
            if name == index:
                rows.sort()

    def read(self, index: str, runs: Sequence[Run]) -> Sequence[Card]:
        """See `ports.Places`."""
        if index.startswith("T3#") and index not in self._built:
            self._build(index)
        began = time.process_time()
        self.spent.trips += 1
        found = []
        for run in runs:
            rows = self._rows.get((index, run.partition), [])
            inside = rows[bisect.bisect_left(rows, (run.low,)) : bisect.bisect_left(rows, (run.high,))]
            size = sum(row[2] for row in inside)
            self.spent.queries += 1
            self.spent.units += units(size)
            self.spent.by_key[run.partition] = self.spent.by_key.get(run.partition, 0.0) + units(size)
            self.spent.bytes += size
            found += [codec.unpack(row[1], row[3], row[4] if index[0] == "T" else "") for row in inside]
        self.spent.seconds += time.process_time() - began
        return found

    def directories(self, index: str, names: Sequence[str]) -> Mapping[str, Directory]:
        """See `ports.Places`; warm, as in a container that has served the region for a while."""
        return {name: self._directories[index, name] for name in names if (index, name) in self._directories}

    def occupied(self, index: str) -> frozenset[str]:
        """See `ports.Places`."""
        self.spent.queries += 1
        self.spent.units += UNIT
        return frozenset(partition for known, partition in self._rows if known == index)
