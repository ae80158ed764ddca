"""What is asked, what the right answer is, and what ours costs."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from benchmarks.search.data import Place
from benchmarks.search.table import Spent, Table, units
from chalicelib.kit.clock import SystemClock
from chalicelib.search import text, use_cases
from chalicelib.search.budget import UNLIMITED
from chalicelib.search.distance import RADIUS_M, haversine
from chalicelib.search.filters import Filters
from chalicelib.search.nearest import LOCAL_M
from chalicelib.search.ports import EVERYTHING, Card, Hit, SearchPorts, category_index
from chalicelib.search.use_cases import Wish

_EVERYBODY = 1_000_000
Ranked = list[tuple[float, str, Card]]


@dataclass(frozen=True)
class Question:
    """A kind of search.

    Attributes:
        name: as the table says it.
        radius: metres.
        most: the k nearest; None for all.
        category, words: that are asked for.
    """

    name: str
    radius: float
    most: int | None = None
    category: str | None = None
    words: str | None = None

    def wish(self, place: Place) -> Wish:
        """Return it as a search from a place."""
        words = text.wanted(self.words) if self.words else None
        filters = Filters(category=self.category)
        return Wish(place.lat, place.lon, self.radius, self.most, filters=filters, words=words)

    def answer(self, ranked: Ranked) -> Ranked:
        """Return the right answer, from all that is within 50 km by distance."""
        words = text.wanted(self.words) if self.words else None
        right = [
            one
            for one in ranked
            if one[0] <= self.radius
            and (self.category is None or self.category in one[2].categories)
            and (words is None or words.matches(_document(one[2])))
        ]
        return right[: self.most]

    @property
    def index(self) -> str:
        """The index whose rows are the least that must be read."""
        return category_index(self.category) if self.category else EVERYTHING


_texts: dict[str, str] = {}


def _document(card: Card) -> str:
    if card.shop_id not in _texts:
        from chalicelib.search import rules

        _texts[card.shop_id] = rules.document(card).text
    return _texts[card.shop_id]


def ranked(some: Sequence[Card], places: Sequence[Place]) -> list[Ranked]:
    """Return for each place all within 50 km, by distance and id: compared one by one."""
    by_lat: dict[int, list[Card]] = {}
    for card in some:
        by_lat.setdefault(int(card.lat // 1), []).append(card)
    reach = LOCAL_M / RADIUS_M * 57.3 * 1.01
    answers = []
    for place in places:
        rows = range(int((place.lat - reach) // 1), int((place.lat + reach) // 1) + 1)
        near = (card for row in rows for card in by_lat.get(row, ()) if abs(card.lat - place.lat) <= reach)
        distances = ((haversine(place.lat, place.lon, card.lat, card.lon), card.shop_id, card) for card in near)
        answers.append(sorted(one for one in distances if one[0] <= LOCAL_M))
    return answers


@dataclass
class Figures:
    """What searches of one kind cost on average.

    Attributes:
        wrong: answers that differ from the right one.
        units, least: read units, and the lower bound: one request that reads only the results.
        most_trips: of any search.
        planning_ms, total_ms: CPU of a search without and with reading rows.
    """

    searches: int = 0
    wrong: int = 0
    results: float = 0.0
    queries: float = 0.0
    trips: float = 0.0
    most_trips: int = 0
    units: float = 0.0
    least: float = 0.0
    bytes: float = 0.0
    least_bytes: float = 0.0
    planning_ms: float = 0.0
    total_ms: float = 0.0
    spread: list[float] = field(default_factory=list, repr=False)

    @property
    def ratio(self) -> float:
        """Read units against the lower bound."""
        return self.units / self.least if self.least else 0.0


class Rows:
    """A memory that never knows: what is measured are rows."""

    def nearest(self, _query: object) -> None:
        """See `ports.Memory`."""
        return


def ours(table: Table, question: Question, places: Sequence[Place], right: Sequence[Ranked]) -> Figures:
    """Ask ours from all places."""
    ports = SearchPorts(table, Rows(), table, SystemClock(), UNLIMITED)  # type: ignore[arg-type] # nobody asks for areas
    figures = Figures(searches=len(places))
    for place, all_near in zip(places, right, strict=True):
        table.spent = spent = Spent()
        began = time.process_time()
        found = use_cases.find(ports, question.wish(place), _EVERYBODY).items
        took = time.process_time() - began
        expected = question.answer(all_near)
        sizes = sum(table.size(question.index, one[2]) for one in expected)
        add(figures, found, expected, spent, sizes, took)
    return mean(figures)


def add(figures: Figures, found: Sequence[Hit], expected: Ranked, spent: Spent, sizes: int, took: float) -> None:
    """Add one search to the sums."""
    figures.wrong += [hit.rank for hit in found] != [one[:2] for one in expected]
    figures.results += len(expected)
    figures.queries += spent.queries
    figures.trips += spent.trips
    figures.most_trips = max(figures.most_trips, spent.trips)
    figures.units += spent.units
    figures.bytes += spent.bytes
    figures.least += units(sizes)
    figures.least_bytes += sizes
    figures.planning_ms += (took - spent.seconds) * 1000
    figures.total_ms += took * 1000
    figures.spread.append(took * 1000)


def mean(figures: Figures) -> Figures:
    """Turn sums into means."""
    names = ("results", "queries", "trips", "units", "least", "bytes", "least_bytes", "planning_ms", "total_ms")
    for name in names:
        setattr(figures, name, getattr(figures, name) / max(figures.searches, 1))
    return figures


def timed(search: Callable[[Place], Sequence[tuple[float, str]]], question: Question, places: Sequence[Place],
          right: Sequence[Ranked]) -> tuple[int, float]:  # fmt: skip
    """Return how many answers of another engine are wrong, and its median milliseconds by the clock on the wall."""
    wrong, took = 0, []
    for place, all_near in zip(places, right, strict=True):
        began = time.perf_counter()
        found = search(place)
        took.append((time.perf_counter() - began) * 1000)
        wrong += [shop_id for _, shop_id in found] != [one[1] for one in question.answer(all_near)]
    return wrong, statistics.median(took)
