"""The index in memory: what `chalicelib.search.ports.Places` and `Index` promise, with the queries counted."""

import bisect
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from chalicelib.kit.transaction import Contention
from chalicelib.search import curve, directory, partitions, rules, segment
from chalicelib.search.index_ports import Change, Manifest, News
from chalicelib.search.ports import EVERYTHING, Card, category_index, word_index
from chalicelib.search.text import Document, tokens_of


class FakePlaces:
    """Rows by place; `directories` are those of all partitions with at least `least` shops unless others are given."""

    def __init__(self, cards: Iterable[Card] = (), least: int = 16, directories=None, *, words=False) -> None:
        self.queries = self.steps = 0
        self.read_cards = []
        self._rows: dict[tuple[str, str], list[tuple[int, str, Card]]] = {}
        for card in cards:
            at = curve.position(card.lat, card.lon)
            tokens = tokens_of(rules.document(card)) if words else ()
            for index in (EVERYTHING, *map(category_index, card.categories), *map(word_index, tokens)):
                key = index, partitions.of(card.lat, card.lon)
                bisect.insort(self._rows.setdefault(key, []), (at, card.shop_id, card))
        self.known = directories
        if directories is None:
            self.known = {
                key: directory.of([(row[0], 240) for row in rows])
                for key, rows in self._rows.items()
                if len(rows) >= least
            }

    def read(self, index, runs):
        self.steps += 1
        self.queries += len(runs)
        cards = []
        for run in runs:
            rows = self._rows.get((index, run.partition), [])
            cards += [
                row[2] for row in rows[bisect.bisect_left(rows, (run.low,)) : bisect.bisect_left(rows, (run.high,))]
            ]
        self.read_cards += cards
        return cards

    def directories(self, index, partitions):
        known = self.known
        return {name: known[index, name] for name in partitions if (index, name) in known}

    def occupied(self, index):
        return frozenset(partition for known, partition in self._rows if known == index)


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


class FakePacks:
    """What is packed, and the shops that it is packed from; every question is counted."""

    def __init__(self, clock, cards=()):
        self.asked = 0
        self.cards = {card.shop_id: card for card in cards}
        self.directories = {}
        self._clock, self._changes, self._manifests, self._segments = clock, {}, {}, {}
        self._stamps = Counter()
        self._tallies, self._claims = {}, {}

    def put(self, card):
        """Add, move or change a shop, as the index does."""
        self.close(card.shop_id, partitions.of(card.lat, card.lon))
        stamp = self._stamp(card.shop_id)
        self.cards[card.shop_id] = replace(card, stamp=stamp)
        self._tell(partitions.of(card.lat, card.lon), card.shop_id, stamp, self.cards[card.shop_id])

    def close(self, shop_id, but=None):
        before = self.cards.pop(shop_id, None)
        if before and partitions.of(before.lat, before.lon) != but:
            self._tell(partitions.of(before.lat, before.lon), shop_id, self._stamp(shop_id), None)

    def _stamp(self, shop_id):
        self._stamps[shop_id] += 1
        return self._stamps[shop_id]

    def _tell(self, partition, shop_id, stamp, card):
        self._changes.setdefault(partition, []).append((self._clock.now(), Change(shop_id, stamp, card)))

    def news(self, partition, since):
        self.asked += 1
        changes = [change for at, change in self._changes.get(partition, ()) if at >= since]
        return News(self._manifests.get(partition), tuple(changes))

    def segments(self, partition, manifest, numbers):
        self.asked += 1
        found = [self._segments.get((manifest.version, number)) for number in numbers]
        return None if None in found else [segment.unpack(one) for one in found]

    def whole(self, partition, most=None):
        self.asked += 1
        cards = [card for card in self.cards.values() if partitions.of(card.lat, card.lon) == partition]
        return None if most is not None and len(cards) > most else cards

    def words(self, shop_ids):
        return {shop_id: sorted(tokens_of(Document(self.cards[shop_id].name))) for shop_id in shop_ids}

    def tally(self, partition, changes):
        before, total = self._tallies.get(partition, (0, 0))
        self._tallies[partition] = before + changes, total
        until, claimed = self._claims.get(partition, (None, 0))
        return before + changes + (claimed if until and until <= self._clock.now() else 0), total

    def claim(self, partition, changes=0):
        before, total = self._tallies.get(partition, (0, 0))
        until, claimed = self._claims.get(partition, (None, 0))
        if until > self._clock.now() if until else before < changes:
            return False
        self._claims[partition] = self._clock.now() + timedelta(minutes=3), claimed + before
        self._tallies[partition] = 0, total
        return True

    def pack(self, partition, directories, segments, since):
        version = f"pck_{len(self._segments)}_{len(self._manifests)}_{self._clock.now()}"
        for number, (_, body) in enumerate(segments):
            self._segments[version, number] = body
        if segments:
            self._manifests[partition] = Manifest(version, since, tuple(first for first, _ in segments))
        self.directories.update({(index, partition): one for index, one in directories.items()})
        total = directories[EVERYTHING].total if EVERYTHING in directories else 0
        self._tallies[partition] = self._tallies.get(partition, (0, 0))[0], total
        self._claims.pop(partition, None)

    def forget_segments(self):
        self._segments.clear()
