"""From a position outward: entries of sorted stretches of the curve in the order of their distance.

A best-first search over the implicit tree of squares. What waits is ordered by a lower bound of its distance,
the haversine of the angle: for a box, hav ≥ sin²(Δφ/2) + cos φ0 · cos φ · sin²(Δλ/2) with the nearest latitude, the
nearest longitude and the least cosine that the box has. That holds across the antimeridian and around the poles.
"""

import math
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from heapq import heappop, heappush
from itertools import count
from typing import Protocol

from chalicelib.search import curve, geohash
from chalicelib.search.curve import Square
from chalicelib.search.distance import RADIUS_M

_LEAF = 6  # entries that are looked at one by one rather than quartered further
_STEP = math.radians(geohash.longitude(1) + 180)  # of a column; a row is half as high
_ROUNDING = 1 - 1e-12


class Shelf(Protocol):
    """A sorted stretch of the curve."""

    @property
    def cells(self) -> Sequence[int]:
        """Positions on the curve, ascending: of squares with so many levels below them."""
        ...

    @property
    def levels(self) -> int: ...

    @property
    def places(self) -> Sequence[tuple[float, float]] | None:
        """Where the entries are, in degrees; None: in the middle of their squares."""
        ...


Found = tuple[float, int, int]
"""Haversine of the angle to an entry, the number of its shelf, its index there."""

_Waiting = tuple[float, int, int, int, int, Square | None]  # bound, tick, shelf, first and last entry, None: an entry


def hav(metres: float) -> float:
    """Return the haversine of the angle that a distance on the sphere spans."""
    return math.sin(min(metres / RADIUS_M, math.pi) / 2) ** 2


def metres(haversine: float) -> float:
    """Return the distance of a haversine: the inverse of `hav`."""
    return 2 * RADIUS_M * math.asin(math.sqrt(min(max(haversine, 0.0), 1.0)))


def outward(lat: float, lon: float, shelves: Sequence[Shelf], beyond: float = -1.0) -> Iterator[Found]:
    """Yield the entries of shelves, nearest first.

    Args:
        lat, lon: from where, degrees.
        shelves: in any order.
        beyond: haversine; nearer entries are left out.
    """
    centre = Centre(lat, lon)
    heap: list[_Waiting] = []
    ticks = count()
    for number, shelf in enumerate(shelves):
        for square, first, last in _roots(shelf.cells):
            heappush(heap, (centre.bound(square), next(ticks), number, first, last, square))
    while heap:
        angle, _, number, first, last, waiting = heappop(heap)
        if waiting is None:
            yield angle, number, first
            continue
        shelf = shelves[number]
        if last - first <= _LEAF or waiting[2] <= shelf.levels:
            for index in range(first, last):
                angle = centre.angle(*_place(shelf, index, waiting))
                if angle >= beyond:
                    heappush(heap, (angle, next(ticks), number, index, index, None))
            continue
        for quarter in curve.quarters(waiting):
            end = bisect_left(shelf.cells, quarter[3] + (2 << 2 * quarter[2]), first, last)
            if first < end:
                heappush(heap, (centre.bound(quarter), next(ticks), number, first, end, quarter))
            first = end


class Centre:
    """Haversines of angles from one position."""

    def __init__(self, lat: float, lon: float) -> None:
        self._phi, self._lam = math.radians(lat), math.radians(lon)
        self._cos = math.cos(self._phi)

    def angle(self, lat: float, lon: float) -> float:
        """Return the haversine of the angle to a place in degrees."""
        phi = math.radians(lat)
        up, across = math.sin((phi - self._phi) / 2), math.sin((math.radians(lon) - self._lam) / 2)
        return up * up + self._cos * math.cos(phi) * across * across

    def bound(self, square: Square) -> float:
        """Return at most the haversine of the angle to any place in a square."""
        x, y, levels = square[:3]
        south, west = y * _STEP / 2 - math.pi / 2, x * _STEP - math.pi
        north = east = _STEP * (1 << levels)
        north, east = south + north, west + east
        phi, lam = self._phi, self._lam
        up = south - phi if phi < south else phi - north if phi > north else 0.0
        across = 0.0 if west <= lam <= east else min((west - lam) % math.tau, (lam - east) % math.tau)
        narrow = math.cos(south if -south > north else north)
        return (math.sin(up / 2) ** 2 + self._cos * narrow * math.sin(across / 2) ** 2) * _ROUNDING


def _roots(cells: Sequence[int]) -> Iterator[tuple[Square, int, int]]:
    """Yield the geohash-3 cells of a shelf: one, or in a polar cap several, with the entries in each."""
    first = 0
    while first < len(cells):
        square = curve.square(cells[first])
        last = bisect_left(cells, square[3] + (2 << 2 * square[2]), first)
        yield square, first, last
        first = last


def _place(shelf: Shelf, index: int, square: Square) -> tuple[float, float]:
    if shelf.places is not None:
        return shelf.places[index]
    column, row = curve.corner(shelf.cells[index], shelf.levels, square)
    half = 1 << shelf.levels
    return geohash.latitude(row + half), geohash.longitude(column) + geohash.longitude(half) / 2 + 90
