"""The usual way: a cell and its eight neighbours, cells of a fixed size, widened until the answer is certain."""

import math
from collections.abc import Sequence

from benchmarks.search.data import Place
from benchmarks.search.questions import Figures, Question, Ranked, add, mean
from benchmarks.search.table import Spent, Table, units
from chalicelib.search import geohash
from chalicelib.search.distance import haversine
from chalicelib.search.ports import EVERYTHING, Card, Hit

_LENGTHS = range(7, 2, -1)


class Neighbours:
    """Rows under geohashes of 3 to 7 characters, each length an index of its own."""

    def __init__(self, table: Table, some: Sequence[Card]) -> None:
        self._cells: dict[str, list[tuple[Card, int]]] = {}
        for card in some:
            size = table.size(EVERYTHING, card)
            key = geohash.encode(card.lat, card.lon, max(_LENGTHS))
            for length in _LENGTHS:
                self._cells.setdefault(key[:length], []).append((card, size))

    def search(self, place: Place, question: Question) -> tuple[list[Hit], Spent]:
        """Return an answer that is right where no antimeridian and no pole is near."""
        spent, hits = Spent(), []
        for length in _LENGTHS:
            bounds = geohash.decode(geohash.encode(place.lat, place.lon, length))
            height, width = bounds.north - bounds.south, bounds.east - bounds.west
            certain = min(height, width * math.cos(math.radians(abs(place.lat) + height))) * 111_000
            if question.most is None and certain < question.radius and length > min(_LENGTHS):
                continue
            hits = []
            spent.trips += 1
            for dy in (-1, 0, 1):
                for dx in (-1, 0, 1):
                    lat, lon = place.lat + dy * height, place.lon + dx * width
                    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
                        continue
                    rows = self._cells.get(geohash.encode(lat, lon, length), [])
                    size = sum(size for _, size in rows)
                    spent.queries += 1
                    spent.units += units(size)
                    spent.bytes += size
                    hits += [Hit(haversine(place.lat, place.lon, card.lat, card.lon), card) for card, _ in rows]
            hits = sorted((hit for hit in hits if hit.distance <= question.radius), key=lambda hit: hit.rank)
            if question.most is None or certain >= question.radius:
                break
            if len(hits) >= question.most and hits[question.most - 1].distance <= certain:
                break
        return hits[: question.most], spent


def neighbours(
    engine: Neighbours, table: Table, question: Question, places: Sequence[Place], right: Sequence[Ranked]
) -> Figures:
    """Ask from all places."""
    figures = Figures(searches=len(places))
    for place, all_near in zip(places, right, strict=True):
        found, spent = engine.search(place, question)
        expected = question.answer(all_near)
        add(figures, found, expected, spent, sum(table.size(EVERYTHING, one[2]) for one in expected), 0.0)
    return mean(figures)
