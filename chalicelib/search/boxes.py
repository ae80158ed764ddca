"""Boxes that are drawn on a map of another datum: where to read, and what lies in one.

What is drawn straight there is not straight in WGS-84. Read is the hull of its edges; whether a shop lies in the box is
decided by its position as it is answered, so a map shows what is in its window.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from chalicelib.kit import datum
from chalicelib.kit.datum import Datum, from_wgs84, to_wgs84
from chalicelib.search import geohash
from chalicelib.search.geohash import Bounds
from chalicelib.search.ports import Card

_POINTS = 8  # of an edge that are converted
_BEND = 0.05  # degrees that the shift changes by with each degree along an edge, at most; measured: 0.025
_LEAST = 2e-5  # degrees: what the series does near its middle, where it is steep but small


@dataclass(frozen=True)
class Box:
    """A box as it is asked for.

    Attributes:
        bounds: degrees; its east may be counted on beyond the antimeridian.
        datum: what they refer to.
    """

    bounds: Bounds
    datum: Datum = Datum.WGS84

    def holds(self, card: Card) -> bool:
        """Tell whether a shop lies in it, its edges included."""
        box = self.bounds
        lat, lon = from_wgs84(card.lat, card.lon, self.datum)
        return box.south <= lat <= box.north and (lon - box.west) % 360 <= box.east - box.west

    @cached_property
    def hull(self) -> Bounds:
        """The bounds in WGS-84 of all that lies in it."""
        box = self.bounds
        if self.datum is Datum.WGS84 or not _meets(box, datum.STRIP):
            return box
        if not _lies_within(box, datum.STRIP):
            return _wider(box, datum.STRIP)  # the border of what is shifted: either side may be meant
        points = [to_wgs84(lat, lon, self.datum) for lat, lon in _edges(box)]
        latitudes, longitudes = zip(*points, strict=True)
        hull = Bounds(min(latitudes), min(longitudes), max(latitudes), max(longitudes))
        return _wider(hull, max(box.north - box.south, box.east - box.west) / _POINTS / 2 * _BEND + _LEAST)


def _edges(box: Bounds) -> Iterator[tuple[float, float]]:
    for step in range(_POINTS + 1):
        lat = box.south + (box.north - box.south) * step / _POINTS
        lon = box.west + (box.east - box.west) * step / _POINTS
        yield from ((lat, box.west), (lat, box.east), (box.south, lon), (box.north, lon))


def _meets(box: Bounds, margin: float) -> bool:
    """Tell whether a box has anything in common with what is shifted, and a strip around it."""
    is_beside = box.north < datum.SOUTH - margin or box.south > datum.NORTH + margin
    is_west_or_east = all(
        box.east + turn < datum.WEST - margin or box.west + turn > datum.EAST + margin for turn in (-360, 0)
    )
    return not (is_beside or is_west_or_east)


def _lies_within(box: Bounds, margin: float) -> bool:
    """Tell whether a box lies in what is shifted, and not in a strip along its border."""
    is_between = datum.SOUTH + margin <= box.south and box.north <= datum.NORTH - margin
    return is_between and datum.WEST + margin <= box.west and box.east <= datum.EAST - margin


def _wider(box: Bounds, margin: float) -> Bounds:
    pole = float(geohash.POLE)
    return Bounds(max(box.south - margin, -pole), box.west - margin, min(box.north + margin, pole), box.east + margin)
