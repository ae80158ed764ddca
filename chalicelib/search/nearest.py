"""The nearest shops, exactly: how far to look, and when enough has been read.

The directories of the partitions around say at which distance the k-th shop probably is. The disc of that radius is
read in one step; when fewer than k lie in it, a ring around it, and so on, until the k-th hit lies inside what has been
read. Beyond `LOCAL_M` the list of occupied partitions keeps empty seas free, and a step looks at the directories of the
next `STEP_PARTITIONS` of them.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from chalicelib.search import cover, partitions, plan
from chalicelib.search.cover import Disc, Run
from chalicelib.search.directory import Directory
from chalicelib.search.distance import FARTHEST_M, haversine
from chalicelib.search.geohash import Bounds
from chalicelib.search.outward import hav, metres, outward
from chalicelib.search.ports import EVERYTHING, Accepts, Card, Hit, Places, everything

LOCAL_M = 50_000.0
STEP_PARTITIONS = 16
SPARE = 1  # shop more than asked for that a disc is made to hold: one may have closed since
_LEAST_M, _LEAST_GROWTH = 10.0, 1.3
_CELL_M = 0.027  # half the diagonal of the curve's finest square

Rank = tuple[float, str]


@dataclass(frozen=True)
class Query:
    """A search around a position.

    Attributes:
        lat, lon: the centre, degrees.
        count: how many; `ALL` for all in reach, which is then at most `LOCAL_M`, or what a box needs.
        reach: metres, inclusive; nothing beyond is answered.
        index: where to look, see `ports.Places`.
        accepts: which cards count.
        box: where to read instead of the whole disc; what it leaves out is for `accepts` to refuse.
        share: about what part of the directories' shops are in the index and count; 1 where nothing is known.
        after: rank of the last hit of the page before.
    """

    lat: float
    lon: float
    count: int
    reach: float = FARTHEST_M
    index: str = EVERYTHING
    accepts: Accepts = everything
    box: Bounds | None = None
    share: float = 1.0
    after: Rank | None = None


ALL = 1 << 40  # more than there can be: a search for all in reach


def nearest(places: Places, query: Query) -> list[Hit]:
    """Return the nearest shops by (distance, id), as one that compares all would. For `ALL` in reach that is one step.

    Raises:
        ValueError: the centre is no position.
    """
    return _Search(places, query).run()


@dataclass
class _Horizon:
    """How far the directories that are known reach.

    Attributes:
        radius: nothing is known of what lies farther, metres.
        directories: by partition.
        ahead: distances and names of occupied partitions that are farther away; None before anybody asked.
    """

    radius: float
    directories: dict[str, Directory]
    ahead: list[tuple[float, str]] | None = None
    occupied: frozenset[str] | None = None
    expected: Iterator[float] = field(default_factory=lambda: iter(()))


class _Search:
    """One search: what has been read, and what to read next."""

    def __init__(self, places: Places, query: Query) -> None:
        self._places, self._query = places, query
        self._hits: dict[str, Hit] = {}
        self._known: list[Run] = []  # read completely
        self._radius = query.after[0] if query.after else 0.0  # all within was read, or is not asked for
        self._met = 0  # entries of the directories within the radius

    def run(self) -> list[Hit]:
        """Read until the answer is certain."""
        query = self._query
        reach = min(query.reach, FARTHEST_M)
        horizon = self._first(reach if query.box else min(reach, LOCAL_M))
        while True:
            self._widen(self._next_radius(horizon), horizon)
            found = self._found()
            if len(found) >= query.count and found[query.count - 1].distance <= self._radius:
                return found[: query.count]
            if self._radius >= reach:
                return found
            if self._radius >= horizon.radius:
                self._extend(horizon, reach)

    def _found(self) -> list[Hit]:
        query = self._query
        hits = (hit for hit in self._hits.values() if hit.distance <= query.reach)
        return sorted((h for h in hits if query.after is None or h.rank > query.after), key=lambda hit: hit.rank)

    def _first(self, radius: float) -> _Horizon:
        query = self._query
        names = partitions.around(query.lat, query.lon, radius)
        horizon = _Horizon(radius, dict(self._places.directories(query.index, names)))
        self._look(horizon)
        return horizon

    def _extend(self, horizon: _Horizon, reach: float) -> None:
        """Get the directories of the next partitions that hold anything."""
        query = self._query
        if horizon.ahead is None:
            horizon.occupied = self._places.occupied(query.index)
            edges = ((partitions.nearest_point(query.lat, query.lon, name), name) for name in horizon.occupied)
            horizon.ahead = sorted(edge for edge in edges if edge[1] not in horizon.directories)
        step, horizon.ahead = horizon.ahead[:STEP_PARTITIONS], horizon.ahead[STEP_PARTITIONS:]
        horizon.directories.update(self._places.directories(query.index, [name for _, name in step]))
        horizon.radius = min(reach, max(horizon.ahead[0][0], horizon.radius * 1.01)) if horizon.ahead else reach
        self._look(horizon)

    def _look(self, horizon: _Horizon) -> None:
        """Make the distances that the directories expect beyond what has been read."""
        query, shelves = self._query, list(horizon.directories.values())

        def distances() -> Iterator[float]:
            beyond = hav(self._radius) if self._radius else -1.0
            for angle, number, index in outward(query.lat, query.lon, shelves, beyond):
                distance = metres(angle) + _CELL_M * (1 << shelves[number].levels)
                for _ in range(shelves[number].counts[index]):
                    yield distance

        horizon.expected = distances()

    def _next_radius(self, horizon: _Horizon) -> float:
        """Return how far to read next, at most to the horizon."""
        query = self._query
        if query.count == ALL:
            return horizon.radius
        inside = sum(hit.distance <= self._radius for hit in self._found())
        lacking = query.count - inside
        share = query.share if not self._met else min(max(inside / self._met, 0.01), 1.0)
        wanted = math.ceil((lacking + SPARE) / share)
        if not self._met and wanted > sum(one.total for one in horizon.directories.values()):
            return horizon.radius
        distance, least = self._radius, self._radius + _LEAST_M
        if self._met:  # the first guess was short: do not guess many times more
            wanted, least = math.ceil(wanted * 1.3), max(least, self._radius * _LEAST_GROWTH)
        for distance in horizon.expected:  # noqa: B007 - the last one is what is wanted
            self._met += 1
            wanted -= 1
            if not wanted:
                break
        else:
            return horizon.radius
        return min(max(distance, least), horizon.radius)

    def _widen(self, radius: float, horizon: _Horizon) -> None:
        """Read all within a radius that was not read before."""
        query = self._query
        disc = Disc(query.lat, query.lon, radius, inner=query.after[0] if query.after else 0.0)
        wanted = cover.cover_box(query.box) if query.box else cover.cover(disc, horizon.occupied)
        missing = cover.subtract(wanted, self._known)
        runs = plan.fetches(missing, horizon.directories, query.share)
        if runs:
            self._take(self._places.read(query.index, runs), runs)
        self._radius = radius

    def _take(self, cards: Iterable[Card], runs: Iterable[Run]) -> None:
        query = self._query
        for card in cards:
            known = self._hits.get(card.shop_id)
            if known is not None and known.card.stamp > card.stamp:
                continue
            self._hits.pop(card.shop_id, None)
            if query.accepts(card):
                self._hits[card.shop_id] = Hit(haversine(query.lat, query.lon, card.lat, card.lon), card)
        self._known = cover.merge([*self._known, *runs])
