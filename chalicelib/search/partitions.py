"""Partitions of the index: geohash-3 cells (1.40625 degrees square), named by their geohash.

Towards the poles these cells become slivers, so the four rows next to each pole (84.375 degrees and beyond) are folded
into one partition each, `N` and `S`; a search that reaches into one reads all of it: hardly anybody has a shop there.
"""

import math

from chalicelib.search import curve, geohash
from chalicelib.search.curve import COLUMN_BITS, ROW_BITS
from chalicelib.search.distance import FARTHEST_M, RADIUS_M, to_box
from chalicelib.search.geohash import Bounds

CAP = 84.375  # degrees: 60 partitions from the equator
NORTH, SOUTH = "N", "S"
COLUMNS = 256
_BANDS = 128
_CAP_BANDS = 4
_SLACK = 1e-9  # relative: rounding may make a distance a hair shorter, never longer
_LEAST_M = 1e-3  # metres: more than rounding may make one of the farthest point shorter


def of(lat: float, lon: float) -> str:
    """Return the partition that a position lies in.

    Raises:
        ValueError: not a position.
    """
    column, row = geohash.lattice(lat, lon)
    return name(column >> COLUMN_BITS, row >> ROW_BITS)


def name(column: int, band: int) -> str:
    """Return the partition of a geohash-3 cell, by its column and row among those."""
    if band >= _BANDS - _CAP_BANDS:
        return NORTH
    if band < _CAP_BANDS:
        return SOUTH
    return geohash.text(curve.cell(column, band), 3)


def nearest_point(lat: float, lon: float, partition: str) -> float:
    """Return the distance in metres from a position to the nearest point of a partition; never more than that."""
    if partition == NORTH:
        bounds = Bounds(CAP, -180, 90, 180)
    elif partition == SOUTH:
        bounds = Bounds(-90, -180, -CAP, 180)
    else:
        bounds = geohash.decode(partition)
    # Beside its edge the slack alone is less than what rounding makes of nothing.
    return max(0.0, to_box(lat, lon, bounds) * (1 - _SLACK) - _LEAST_M)


def farthest_point(lat: float, lon: float, partition: str) -> float:
    """Return the distance in metres from a position to the farthest point of a partition; never less than that."""
    opposite = lon - geohash.MERIDIAN if lon > 0 else lon + geohash.MERIDIAN
    return FARTHEST_M - nearest_point(-lat, opposite, partition) + _LEAST_M


def around(lat: float, lon: float, radius: float) -> list[str]:
    """Return the partitions within a radius (metres) of a position, the nearest first; for small discs: it looks at
    every cell of a box around it.

    Raises:
        ValueError: not a position.
    """
    geohash.check(lat, lon)
    reach = math.degrees(radius / RADIUS_M) + _SLACK
    edge = min(abs(lat) + reach, float(geohash.POLE))
    sine, cosine = math.sin(math.radians(reach)), math.cos(math.radians(edge))
    half = math.degrees(math.asin(sine / cosine)) + _SLACK if sine < cosine else float(geohash.MERIDIAN)
    size = geohash.longitude(1 << COLUMN_BITS) + geohash.MERIDIAN
    bottom, top = (math.floor((lat + geohash.POLE + turn * reach) / size) for turn in (-1, 1))
    west, east = (math.floor((lon + geohash.MERIDIAN + turn * half) / size) for turn in (-1, 1))
    columns = range(west, min(east, west + COLUMNS - 1) + 1)
    names = {
        name(column % COLUMNS, band): None
        for band in range(max(bottom, 0), min(top, _BANDS - 1) + 1)
        for column in (columns if _CAP_BANDS <= band < _BANDS - _CAP_BANDS else columns[:1])
    }
    ranked = sorted((nearest_point(lat, lon, name), name) for name in names)
    return [name for distance, name in ranked if distance <= radius]
