"""What a warm function's memory answers with, and what it takes off the hottest partition."""

import random
import statistics
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from benchmarks.search.data import Place
from benchmarks.search.questions import Ranked
from benchmarks.search.table import UNIT, Spent, Table, units
from chalicelib.search import partitions, segment
from chalicelib.search.hot import Hot, Policy
from chalicelib.search.index_ports import Manifest, News
from chalicelib.search.nearest import LOCAL_M, nearest
from chalicelib.search.ports import Card, Query

LIMIT = 3000  # read units a second that DynamoDB gives a partition
RATE = 20  # searches a second that one container serves
_LIFE = 1800  # seconds that a container lives


class Still:
    """Packed partitions that nothing happens to; see `ports.Packs`."""

    def __init__(self, some: Sequence[Card]) -> None:
        self.asked = 0
        self.units = 0.0
        by_partition: dict[str, list[Card]] = {}
        for card in some:
            by_partition.setdefault(partitions.of(card.lat, card.lon), []).append(card)
        self.segments_of = {name: segment.split(cards) for name, cards in by_partition.items()}

    def now(self) -> datetime:
        """Return the moment that it stands still at."""
        return datetime(2030, 5, 1, tzinfo=UTC)

    def news(self, partition: str, _since: datetime) -> News:
        self.asked += 1
        self.units += UNIT
        packed = self.segments_of.get(partition)
        firsts = tuple(first for first, _ in packed or ())
        return News(Manifest("1", self.now() - timedelta(hours=1), firsts) if packed else None, ())

    def segments(self, partition: str, _manifest: Manifest, numbers: Sequence[int]) -> list[segment.Segment]:
        self.asked += 1
        bodies = [self.segments_of[partition][number][1] for number in numbers]
        self.units += sum(units(len(body)) for body in bodies)
        return [segment.unpack(body) for body in bodies]

    def whole(self, _partition: str, _most: int | None = None) -> list[Card]:
        self.asked += 1
        self.units += UNIT
        return []


def warm(some: Sequence[Card], places: Sequence[Place], right: Sequence[Ranked]) -> dict[str, float]:
    """Ask a warm memory for the nearest 20 of each place."""
    packs = Still(some)
    hot = Hot(packs, packs, Policy(worth=1), lambda: 0.0)  # type: ignore[arg-type] # as much of `Packs` as it asks
    began = time.process_time()
    for place in places:
        hot.nearest(Query(place.lat, place.lon, 20, LOCAL_M))
    loading, cold_units, cold_asked = time.process_time() - began, packs.units, packs.asked
    wrong, took = 0, []
    for place, near in zip(places, right, strict=True):
        began = time.process_time()
        found = hot.nearest(Query(place.lat, place.lon, 20, LOCAL_M))
        took.append((time.process_time() - began) * 1000)
        wrong += found is None or [hit.rank for hit in found] != [one[:2] for one in near[:20]]
    return {
        "wrong": wrong,
        "requests": packs.asked - cold_asked,
        "mean_ms": statistics.mean(took),
        "p99_ms": sorted(took)[len(took) * 99 // 100],
        "load_units": cold_units,
        "load_requests": cold_asked,
        "load_ms": loading * 1000 - sum(took),
    }


def simulate(
    table: Table, places: Sequence[Place], searches: int, rates: Sequence[int], load_units: float
) -> list[Mapping[str, float | str]]:
    """Spread searches over places as their density says; return what the hottest partition key has to give each second.

    From rows, every search reads the runs that it reads. From memory, each container asks for the changes of its
    partition once in `Policy.stale` seconds, and reads the segments once in its life.
    """
    chance = random.Random(searches)
    cost: list[dict[str, float]] = []
    for place in places:
        table.spent = Spent()
        nearest(table, Query(place.lat, place.lon, 20, LOCAL_M))
        cost.append(table.spent.by_key)
    keys: dict[str, float] = {}
    at_home: dict[str, int] = {}
    for number, often in Counter(chance.choices(range(len(places)), k=searches)).items():
        for partition, spent in cost[number].items():
            keys[partition] = keys.get(partition, 0.0) + spent * often
        home = partitions.of(places[number].lat, places[number].lon)
        at_home[home] = at_home.get(home, 0) + often
    hottest = max(keys, key=lambda key: keys[key])
    rows = []
    for rate in rates:
        by_rows = keys[hottest] / searches * rate
        local = at_home[hottest] / searches * rate
        containers = max(local / RATE, 1)
        by_memory = containers * (UNIT / Policy().stale + load_units / _LIFE)
        rows.append({"searches_per_second": rate, "hottest": hottest, "by_rows": by_rows, "by_memory": by_memory})
    return rows
