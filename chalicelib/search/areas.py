"""Who serves an address: a shop's area against a position, and the cells under which the two meet in the index.

An area is written under each of its `cells`, all of one level; an address looks up `lookups`, one cell of each level.
Where `serves` says yes, they have a cell in common; the rest of what is found is sorted out by `serves`.
"""

import math
from collections.abc import Callable, Iterable
from itertools import islice, product

from chalicelib.kit.plane import Point, beside, on_segment, side
from chalicelib.search import geohash
from chalicelib.search.distance import RADIUS_M, haversine, to_box
from chalicelib.search.geohash import Bounds
from chalicelib.shops.ports import Area, Circle

LEVELS = (3, 4, 5, 6)  # characters of a geohash: cells of 156 km to 1.2 by 0.6 km at the equator
MOST_CELLS = 24  # a finer level that needs more is not taken; the coarsest is, whatever it needs

_SLACK_M = 1e-3  # more than haversine and to_box round; a circle may get a cell that it misses by so little
_SLACK = 1e-9  # degrees
_STEP = 180 / 128  # degrees: the side of a geohash-3 cell

_Cell = tuple[int, int]  # column, counted on beyond the antimeridian, and row, at one level
_Meets = Callable[[Bounds], bool]


def serves(area: Area, at_lat: float, at_lon: float, shop_lat: float, shop_lon: float) -> bool:
    """Tell whether an address lies in the service area of a shop, its border included; degrees, WGS-84."""
    if isinstance(area, Circle):
        return haversine(at_lat, at_lon, shop_lat, shop_lon) <= area.radius_m
    return _holds(area.ring(shop_lon), (at_lat, beside(at_lon, shop_lon)))


def lookups(lat: float, lon: float) -> tuple[str, ...]:
    """Return the cell of a position at each level, coarsest first: what a search for who serves it looks up.

    Raises:
        ValueError: not a position.
    """
    finest = geohash.encode(lat, lon, LEVELS[-1])
    return tuple(finest[:level] for level in LEVELS)


def cells(area: Area, shop_lat: float, shop_lon: float) -> tuple[str, ...]:
    """Return the geohash cells that an area meets, sorted, at the finest level where these are at most `MOST_CELLS`.

    Where an area meets more of the coarsest: of those without faults (`shops.areas.area_faults`) polygons from 82
    degrees on, up to 31 cells as measured; circles end at 16. Beyond 85 degrees, which that refuses, it is up to 256.
    """
    meets = _circle(area, shop_lat, shop_lon) if isinstance(area, Circle) else _polygon(area.ring(shop_lon))
    level = LEVELS[0]
    found = [cell for cell in _coarsest(area, shop_lat, shop_lon) if meets(_bounds(cell, level))]
    for finer in LEVELS[1:]:
        inner = (child for cell in found for child in _children(cell, level) if meets(_bounds(child, finer)))
        inside = list(islice(inner, MOST_CELLS + 1))
        if len(inside) > MOST_CELLS:
            break
        level, found = finer, inside
    return tuple(sorted({_name(cell, level) for cell in found}))


def _circle(area: Circle, lat: float, lon: float) -> _Meets:
    return lambda box: to_box(lat, lon, box) <= area.radius_m + _SLACK_M


def _polygon(points: tuple[Point, ...]) -> _Meets:
    edges = [(points[index - 1], points[index]) for index in range(len(points))]

    def meets(box: Bounds) -> bool:
        # The addresses in a half-open cell are those of a closed one that ends a double earlier: what touches the north
        # or the east edge alone is the neighbour's.
        north, east = math.nextafter(box.north, -math.inf), math.nextafter(box.east, -math.inf)
        corners = ((box.south, box.west), (box.south, east), (north, east), (north, box.west))
        return any(_meets_box(*edge, corners) for edge in edges) or _holds(points, corners[0])

    return meets


def _meets_box(start: Point, end: Point, corners: tuple[Point, Point, Point, Point]) -> bool:
    """Tell whether a segment has a point in common with a box: else a line along a side of the box, or the segment's
    own, parts them.
    """
    (south, west), _, (north, east), _ = corners
    if max(start[0], end[0]) < south or min(start[0], end[0]) > north:
        return False
    if max(start[1], end[1]) < west or min(start[1], end[1]) > east:
        return False
    return abs(sum(side(start, end, corner) for corner in corners)) < len(corners)


def _holds(points: tuple[Point, ...], point: Point) -> bool:
    """Tell whether a ring holds a point or has it on an edge: a ray to the east crosses an odd number of edges."""
    inside = False
    for index in range(len(points)):
        start, end = points[index - 1], points[index]
        if on_segment(start, end, point):
            return True
        if (start[0] > point[0]) != (end[0] > point[0]):
            south, north = (start, end) if start[0] < end[0] else (end, start)
            inside ^= side(south, north, point) < 0
    return inside


def _coarsest(area: Area, lat: float, lon: float) -> Iterable[_Cell]:
    """Return the cells of the coarsest level that a box around the area meets, and some next to it."""
    if isinstance(area, Circle):
        reach = math.degrees(area.radius_m / RADIUS_M) + _SLACK
        south, north = lat - reach, lat + reach
        if south <= -geohash.POLE or north >= geohash.POLE:
            west, east = -180.0, 180.0
        else:
            half = math.degrees(math.asin(min(math.sin(math.radians(reach)) / math.cos(math.radians(lat)), 1.0)))
            west, east = lon - half - _SLACK, lon + half + _SLACK
    else:
        points = area.ring(lon)
        south, north = min(point[0] for point in points), max(point[0] for point in points)
        west, east = min(point[1] for point in points), max(point[1] for point in points)
    rows = range(max(_index(south, -90) - 1, 0), min(_index(north, -90) + 2, 1 << _row_bits(LEVELS[0])))
    # All around a pole some columns come twice; their names do not.
    return product(range(_index(west, -180) - 1, _index(east, -180) + 2), rows)


def _index(degrees: float, origin: int) -> int:
    return math.floor((degrees - origin) / _STEP)


def _children(cell: _Cell, level: int) -> Iterable[_Cell]:
    wide, high = (8, 4) if level % 2 == 0 else (4, 8)
    column, row = cell[0] * wide, cell[1] * high
    return ((column + x, row + y) for x in range(wide) for y in range(high))


def _bounds(cell: _Cell, level: int) -> Bounds:
    column, row = cell
    wide, high = geohash.BITS - _column_bits(level), geohash.BITS - _row_bits(level)
    return Bounds(
        south=geohash.latitude(row << high),
        west=geohash.longitude(column << wide),
        north=geohash.latitude(row + 1 << high),
        east=geohash.longitude(column + 1 << wide),
    )


def _name(cell: _Cell, level: int) -> str:
    column, row = cell
    wide, high = geohash.BITS - _column_bits(level), geohash.BITS - _row_bits(level)
    return geohash.text(geohash.interleave((column << wide) % geohash.SIDE, row << high), level)


def _column_bits(level: int) -> int:
    return (5 * level + 1) // 2


def _row_bits(level: int) -> int:
    return 5 * level // 2
