"""The nearest shops, exactly: which stretches of the index to read, and when enough has been read.

First a probe: some shops on either side of the centre along the curve. The k-th of them bounds how far the k nearest
can be, their density says how far they probably are. Then discs of growing radius, each without what is known already,
until the k-th hit lies inside what has been read. With k = 20 that is 4 to 5 queries in 2 steps in a city. Up to
`LOCAL_M` the number of queries is bounded by `MOST_RUNS` a step; beyond, the list of occupied partitions (one more
read) keeps empty seas free, and a step reaches at most `STEP_PARTITIONS` new partitions.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from chalicelib.search import cover, geohash
from chalicelib.search.cover import Disc, Run
from chalicelib.search.distance import FARTHEST_M, RADIUS_M, haversine
from chalicelib.search.ports import Card, Hit, Places

LOCAL_M = 50_000.0
MOST_RUNS = 24  # queries of one step, unless more partitions than that are in reach
STEP_PARTITIONS = 16
PROBE = 1.6  # times k, to either side: measured best between too wide a bound and too much read twice
AMPLE = 1.3  # a disc is made to hold so many times k, so that it seldom falls short
CARDS_A_BLOCK = 16  # of about 250 bytes in 4 KB, what half a read unit buys: the least that a query costs
_FIRST_M = 10_000.0  # a first step where nothing is known
_LEAST_M = 20.0
_LEAST_GROWTH, _MOST_GROWTH = 0.1, 4.0

Rank = tuple[float, str]


@dataclass(frozen=True)
class Query:
    """A search around a position.

    Attributes:
        lat, lon: the centre, degrees.
        count: how many.
        reach: metres, inclusive; nothing beyond is answered.
        category: only this one; None for all.
        after: rank of the last hit of the page before.
        shown: how many hits the pages before had.
    """

    lat: float
    lon: float
    count: int
    reach: float = FARTHEST_M
    category: str | None = None
    after: Rank | None = None
    shown: int = 0


def nearest(places: Places, query: Query) -> list[Hit]:
    """Return the nearest shops by (distance, id), as one that compares all would.

    Raises:
        ValueError: the centre is no position.
    """
    return _Search(places, query).run()


def within(places: Places, lat: float, lon: float, radius: float, category: str | None = None) -> list[Hit]:
    """Return all shops within a radius (metres, inclusive, at most `cover.EXACT_M`) by (distance, id), in one step.

    Raises:
        ValueError: the centre is no position, or the radius too large.
    """
    runs = cover.cover(Disc(lat, lon, radius))
    # With no idea of the density: gaps of up to a twentieth measured best, between too many queries and too much waste.
    runs = cover.merge(runs, gap=sum(run.high - run.low for run in runs) / 20, most=MOST_RUNS)
    hits = (Hit(haversine(lat, lon, card.lat, card.lon), card) for card in places.read(category, runs))
    return sorted((hit for hit in hits if hit.distance <= radius), key=lambda hit: hit.rank)


class _Search:
    """One search: what has been read, and what to read next."""

    def __init__(self, places: Places, query: Query) -> None:
        self._places, self._query = places, query
        self._hits: dict[str, Hit] = {}
        self._known: list[Run] = []  # read completely
        self._radius = 0.0  # all within was read
        self._cards = 0  # in so many positions of the curve: the density
        self._positions = 0.0
        self._occupied: frozenset[str] | None = None

    def run(self) -> list[Hit]:
        """Read until the answer is certain."""
        query = self._query
        if query.after is None:
            self._probe()
        else:
            self._radius = query.after[0]
            self._cards, self._positions = query.shown, self._positions_within(self._radius)
        started = False
        while True:
            found = self._beyond_cursor()
            full = len(found) >= query.count
            if started and full and found[query.count - 1].distance <= self._radius:
                return found[: query.count]
            if started and self._radius >= query.reach:
                return found
            bound = found[query.count - 1].distance if full else math.inf
            self._widen(min(self._next_radius(found, bound), query.reach))
            started = True

    def _beyond_cursor(self) -> list[Hit]:
        query = self._query
        hits = (hit for hit in self._hits.values() if hit.distance <= query.reach)
        return sorted((h for h in hits if query.after is None or h.rank > query.after), key=lambda hit: hit.rank)

    def _probe(self) -> None:
        query = self._query
        partition = cover.partition_of(query.lat, query.lon)
        at = geohash.interleave(*geohash.lattice(query.lat, query.lon))
        self._take(*self._places.near(query.category, partition, at, math.ceil(PROBE * query.count)))

    def _widen(self, radius: float) -> None:
        """Read all within a radius that was not read before."""
        query = self._query
        disc = Disc(query.lat, query.lon, radius, inner=query.after[0] if query.after else 0.0)
        gap = CARDS_A_BLOCK * self._positions / self._cards if self._cards else math.inf
        missing = cover.subtract(cover.cover(disc, self._occupied), self._known)
        runs = cover.merge(missing, gap, MOST_RUNS)
        if runs:
            self._take(self._places.read(query.category, runs), *runs)
        self._radius = radius

    def _take(self, cards: Iterable[Card], *runs: Run) -> None:
        query = self._query
        for card in cards:
            self._hits[card.shop_id] = Hit(haversine(query.lat, query.lon, card.lat, card.lon), card)
        self._known = cover.merge([*self._known, *runs])
        if query.after is None:
            self._cards = len(self._hits)
            self._positions = sum(run.high - run.low for run in self._known)

    def _next_radius(self, found: list[Hit], bound: float) -> float:
        """Return how far to read next: `bound` is surely enough, the density may say that less is."""
        inside = sum(hit.distance <= self._radius for hit in found)
        have, lacking = self._query.shown + inside, AMPLE * max(self._query.count - inside, 1)
        if not self._radius and self._query.after is None:
            density = self._cards / self._positions if self._positions else 0.0
            guess = self._radius_of(lacking / density) if density else _FIRST_M
        else:
            factor = math.sqrt((have + lacking) / have) if have else _MOST_GROWTH
            # Deep in a walk a page is a thin ring: the least step is thin, too.
            least = 1 + _LEAST_GROWTH * self._query.count / (self._query.count + self._query.shown)
            guess = max(self._radius * min(max(factor, least), _MOST_GROWTH), self._radius + _LEAST_M / 4, _LEAST_M)
        if bound == math.inf and not have:
            guess = max(guess, _FIRST_M / 2)
        if self._radius < LOCAL_M:
            return min(guess, bound, LOCAL_M)
        return self._far(bound)

    def _far(self, bound: float) -> float:
        """Return the next radius beyond `LOCAL_M`: twice as far, or up to where something is, in bounded steps."""
        query = self._query
        if self._occupied is None:
            self._occupied = self._places.occupied(query.category)
        edges = sorted(cover.nearest_point(query.lat, query.lon, name) for name in self._occupied)
        ahead = [edge for edge in edges if edge > self._radius]
        radius = self._radius * 2
        if ahead:
            radius = min(max(radius, ahead[0] + _FIRST_M), max(ahead[:STEP_PARTITIONS]) + _FIRST_M)
        return min(radius, bound)

    def _positions_within(self, radius: float) -> float:
        """Return about how many positions of the curve a disc holds."""
        return math.pi * radius**2 / self._area

    def _radius_of(self, positions: float) -> float:
        return math.sqrt(positions * self._area / math.pi)

    @property
    def _area(self) -> float:
        """Square metres of a position at the centre's latitude."""
        side = math.radians(geohash.longitude(1) + 180) * RADIUS_M
        return side * side / 2 * max(math.cos(math.radians(self._query.lat)), 0.01)
