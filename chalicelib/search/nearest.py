"""The nearest shops, exactly: how far to look, and when enough has been read.

The directories of the partitions around say at which distance the k-th shop probably is. The disc of that radius is
read in one step; when fewer than k lie in it, a ring around it, and so on, until the k-th hit lies inside what has been
read. Beyond `LOCAL_M` the list of occupied partitions keeps empty seas free, and a step looks at the directories of the
next `STEP_PARTITIONS` of them.

A search may be given a budget. A step that it does not take is made as long as it does, and the search ends there: what
it has found is exact up to the distance that it has reached, and the next search goes on from there.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from chalicelib.search import cover, partitions, plan
from chalicelib.search.budget import UNLIMITED, Budget, Price
from chalicelib.search.cover import Disc, Run
from chalicelib.search.directory import Directory
from chalicelib.search.distance import FARTHEST_M, haversine
from chalicelib.search.outward import hav, metres, outward
from chalicelib.search.ports import Card, Hit, Places, Query

LOCAL_M = 50_000.0
STEP_PARTITIONS = 16
SPARE = 1  # shop more than asked for that a disc is made to hold: one may have closed since
_LEAST_M, _LEAST_GROWTH = 10.0, 1.3
_CELL_M = 0.027  # half the diagonal of the curve's finest square
ALL = 1 << 40  # more than there can be: a search for all in reach
AFTER_ALL = "~"  # comes after every id: the rank of all at a distance
_HALVINGS = 10  # of a step that the budget does not take
_ROW_UNITS = 0.03  # read units of a card: the least that reading has cost, whatever directories have said
_DIRECTORY = 0.5  # read units, at least, where it is not in memory


@dataclass(frozen=True)
class Part:
    """What a search has found, nearest first.

    Attributes:
        hits: found.
        reached: metres, where the budget has ended the search: the hits are all within; None: the answer is whole.
    """

    hits: list[Hit]
    reached: float | None = None


def nearest(places: Places, query: Query) -> list[Hit]:
    """Return the nearest shops by (distance, id), as one that compares all would. For `ALL` in reach that is one step.

    Raises:
        ValueError: the centre is no position.
    """
    return part(places, query, UNLIMITED).hits


def part(places: Places, query: Query, budget: Budget) -> Part:
    """Return as many of the nearest shops as a budget takes. What is read in one go at one place (a house with
    thousands of shops) may cost more.

    Raises:
        ValueError: the centre is no position.
    """
    return _Search(places, query, budget).run()


def is_too_wide(places: Places, query: Query, budget: Budget) -> bool:
    """Tell whether reading all in reach would cost more than a budget takes, by what the directories know of."""
    return not _Search(places, query, budget).takes_all()


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

    def __init__(self, places: Places, query: Query, budget: Budget) -> None:
        self._places, self._query, self._left = places, query, budget
        self._has_read = False
        self._hits: dict[str, Hit] = {}
        self._known: list[Run] = []  # read completely
        self._radius = query.after[0] if query.after else 0.0  # all within was read, or is not asked for
        self._met = 0  # entries of the directories within the radius

    def run(self) -> Part:
        """Read until the answer is certain, or the budget spent."""
        query = self._query
        reach = min(query.reach, FARTHEST_M)
        horizon = self._first(reach if query.box else min(reach, LOCAL_M))
        is_cut, is_begun = False, query.after is not None and query.after[1] == AFTER_ALL
        while True:
            if self._radius < horizon.radius or (self._radius == horizon.radius and not is_begun):
                is_begun = True
                is_cut = self._widen(self._next_radius(horizon), horizon)
            found = self._found()
            if len(found) >= query.count and found[query.count - 1].distance <= self._radius:
                return Part(found[: query.count])
            if self._radius >= reach:
                return Part(found)
            if not is_cut and self._radius >= horizon.radius:
                is_cut = not self._extend(horizon, reach)
            if is_cut:
                return Part([hit for hit in found if hit.distance <= self._radius], self._radius)

    def takes_all(self) -> bool:
        """Tell whether the budget takes all in reach."""
        reach = min(self._query.reach, LOCAL_M) if self._query.box is None else self._query.reach
        horizon = self._first(reach)
        return self._left.takes(self._price(self._runs(reach, horizon), horizon))

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

    def _extend(self, horizon: _Horizon, reach: float) -> bool:
        """Get the directories of the next partitions that hold anything; False where the budget does not take it."""
        query = self._query
        price = Price(1, STEP_PARTITIONS * _DIRECTORY)
        if self._has_read and not self._left.takes(price):
            return False
        self._left = self._left.less(price)
        if horizon.ahead is None:
            horizon.occupied = self._places.occupied(query.index)
            unread = (
                name
                for name in horizon.occupied
                if partitions.farthest_point(query.lat, query.lon, name) >= self._radius
            )
            edges = ((partitions.nearest_point(query.lat, query.lon, name), name) for name in unread)
            horizon.ahead = sorted(edge for edge in edges if edge[1] not in horizon.directories)
        step, horizon.ahead = horizon.ahead[:STEP_PARTITIONS], horizon.ahead[STEP_PARTITIONS:]
        horizon.directories.update(self._places.directories(query.index, [name for _, name in step]))
        horizon.radius = min(reach, max(horizon.ahead[0][0], horizon.radius * 1.01)) if horizon.ahead else reach
        self._look(horizon)
        return True

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

    def _widen(self, radius: float, horizon: _Horizon) -> bool:
        """Read all within a radius that was not read before, or as much of it as the budget takes; True where that is
        not all. Something is read in any case where nothing has been.
        """
        runs = self._runs(radius, horizon)
        price = self._price(runs, horizon)
        is_cut = not self._left.takes(price)
        if is_cut:
            radius, runs = self._shorter(radius, horizon)
            price = self._price(runs, horizon)
        if runs:
            cards = self._places.read(self._query.index, runs)
            self._take(cards, runs)
            self._left = self._left.less(price._replace(units=max(price.units, _ROW_UNITS * len(cards))))
            self._has_read = True
        self._radius = radius
        return is_cut

    def _shorter(self, radius: float, horizon: _Horizon) -> tuple[float, list[Run]]:
        """Return how far the budget takes the next step, and what to read for it. Where nothing has been read and
        nobody is expected that near, it is the least that is more, and as far as that takes it.
        """
        near, runs, beyond = self._farthest(self._radius, radius, horizon, self._left)
        if self._has_read or any(self._weight(run, horizon) for run in runs):
            return near, runs
        least = self._price(self._runs(beyond, horizon), horizon)
        near, runs, _ = self._farthest(beyond, radius, horizon, Budget(*least))
        return (near, runs) if runs else (beyond, self._runs(beyond, horizon))

    def _farthest(self, near: float, far: float, horizon: _Horizon, budget: Budget) -> tuple[float, list[Run], float]:
        """Return about the largest radius between two that a budget takes, what to read for it, and one that it does
        not take.
        """
        runs: list[Run] = []
        for _ in range(_HALVINGS):
            middle = (near + far) / 2
            some = self._runs(middle, horizon)
            if budget.takes(self._price(some, horizon)):
                near, runs = middle, some
            else:
                far = middle
        return near, runs, far

    def _runs(self, radius: float, horizon: _Horizon) -> list[Run]:
        """Return what to read for all within a radius."""
        query = self._query
        if query.box and query.count == ALL:
            wanted = self._box
        else:
            inner = self._radius if horizon.occupied is not None else query.after[0] if query.after else 0.0
            disc = Disc(query.lat, query.lon, radius, inner)
            wanted = cover.cover(disc, horizon.occupied, horizon.directories)
            if query.box:
                wanted = cover.common(wanted, self._box)
        return plan.fetches(cover.subtract(wanted, self._known), horizon.directories, query.share)

    @cached_property
    def _box(self) -> list[Run]:
        return cover.cover_box(self._query.box) if self._query.box else []

    def _price(self, runs: Iterable[Run], horizon: _Horizon) -> Price:
        # What is not accepted is paid, too.
        return plan.price(runs, horizon.directories)

    def _weight(self, run: Run, horizon: _Horizon) -> int:
        known = horizon.directories.get(run.partition)
        return known.weight(run.low, run.high) if known else 0

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
