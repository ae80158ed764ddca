"""The index in memory: what `chalicelib.search.ports.Places` and `Index` promise, with the queries counted."""

import bisect
from collections.abc import Iterable

from chalicelib.kit.transaction import Contention
from chalicelib.search import cover, geohash
from chalicelib.search.cover import Run
from chalicelib.search.ports import Card


class FakePlaces:
    def __init__(self, cards: Iterable[Card] = ()) -> None:
        self.queries = self.steps = 0
        self._rows: dict[tuple[str | None, str], list[tuple[int, str, Card]]] = {}
        for card in cards:
            at = geohash.interleave(*geohash.lattice(card.lat, card.lon))
            for category in (None, *card.categories):
                key = category, cover.partition_of(card.lat, card.lon)
                bisect.insort(self._rows.setdefault(key, []), (at, card.shop_id, card))

    def near(self, category, partition, position, count):
        self._count(2)
        rows, whole = self._rows.get((category, partition), []), cover.whole(partition)
        middle = bisect.bisect_left(rows, (position,))
        before, after = rows[max(middle - count, 0) : middle], rows[middle : middle + count]
        low = before[0][0] + 1 if len(before) == count else whole.low
        high = after[-1][0] if len(after) == count else whole.high
        return [row[2] for row in (*before, *after)], Run(partition, low, max(low, high))

    def read(self, category, runs):
        self._count(len(runs))
        cards = []
        for run in runs:
            rows = self._rows.get((category, run.partition), [])
            cards += [
                row[2] for row in rows[bisect.bisect_left(rows, (run.low,)) : bisect.bisect_left(rows, (run.high,))]
            ]
        return cards

    def occupied(self, category):
        self._count(1)
        return frozenset(partition for known, partition in self._rows if known == category)

    def _count(self, queries):
        self.steps += 1
        self.queries += queries


class FakeIndex:
    """Heads and the cards now listed; `meddle` runs once before the next write, as a competitor would."""

    def __init__(self) -> None:
        self.known = {}
        self.cards = {}
        self.writes = []
        self.meddle = None

    def heads(self, shop_ids):
        return {shop_id: self.known[shop_id] for shop_id in shop_ids if shop_id in self.known}

    def write(self, entries):
        if self.meddle:
            meddle, self.meddle = self.meddle, None
            meddle()
        if any(self.known.get(entry.shop_id) != entry.before for entry in entries):
            raise Contention
        self.writes.append(len(entries))
        for entry in entries:
            self.known[entry.shop_id] = entry.after
            self.cards.pop(entry.shop_id, None)
            if entry.card:
                self.cards[entry.shop_id] = entry.card
