"""The datums that clients in China hand out positions in. Inside, the platform knows WGS-84 only.

GCJ-02 (AMap, Tencent) shifts WGS-84 by up to 740 m; BD-09 (Baidu) shifts GCJ-02 again, together up to 1.6 km. Nobody
has published either officially. GCJ-02's series, ellipsoid and rectangle came with ChinaMapShift (project on4wp7 on
CodePlex), BD-09's formula with a post by coolypf (CSDN 8686588). PRCoords (CC0) and coordtransform (MIT) have the same;
so has eviltransform (BSD), but for its ellipsoid (WGS-84's: 1 cm) and a factor of `_WAVE` (4 m). Three recorded answers
of AMap's service are met within 12 cm. Baidu's service answers one question in several ways, metres apart; they are met
within 1.3 m. The way there and back is exact to 1e-6 m.

Shifted is what lies in a rectangle, 0.8293 to 55.8271 degrees north and 72.004 to 137.8347 degrees east, borders
inside. It holds Hong Kong, Taiwan and much of the neighbours: clients that go by a finer border differ there. The shift
begins at that border with its full size, so a strip along it, as wide as the shift, is hit twice or not at all:

- What a position inside is shifted to is taken for that one, so that the way there and back is right from all of the
  rectangle. A position outside that is written alike comes back wrong by the shift there.
- What nothing is shifted to is left as it is: wrong by the shift as well, if it was meant to lie inside.

No package is used: the permissive ones for Python are as small as this, and without a release in years (eviltransform,
coord-convert, prcoords), want pydantic for it (prcoords-typed) or a compiled wheel (geocoordinates-rs).
"""

import math
from enum import StrEnum

SOUTH, NORTH, WEST, EAST = 0.8293, 55.8271, 72.004, 137.8347  # degrees: the rectangle, borders inside
STRIP = 0.05  # degrees: more than any shift

_AXIS_M = 6_378_245.0  # Krasovsky 1940: semi-major axis
_ECCENTRICITY2 = 0.00669342162296594323  # its first eccentricity, squared
_LAT0, _LON0 = 35.0, 105.0  # degrees: the middle of the series
_WAVE = math.pi * 3000 / 180
_BD_LAT, _BD_LON = 0.006, 0.0065  # degrees
_ROUNDS = 9  # each shrinks an error thirtyfold at least: 0.05 degrees end below the spacing of doubles
_BLUR = 1e-9  # degrees: what a solution may miss the rectangle by


class Datum(StrEnum):
    """What latitudes and longitudes refer to."""

    WGS84 = "wgs84"
    GCJ02 = "gcj02"
    BD09 = "bd09"


def from_wgs84(lat: float, lon: float, datum: Datum) -> tuple[float, float]:
    """Return latitude and longitude in a datum of a position in WGS-84, degrees.

    Raises:
        ValueError: not a position.
    """
    _check(lat, lon)
    if datum is Datum.WGS84 or not _is_shifted(lat, lon):
        return lat, lon
    return _shift(lat, lon, datum)


def to_wgs84(lat: float, lon: float, datum: Datum) -> tuple[float, float]:
    """Return latitude and longitude in WGS-84 of a position in a datum, degrees; within 1e-9 of the exact inverse.

    Solved by fixed-point iteration, a fixed number of rounds: the shift changes little from place to place.

    Raises:
        ValueError: not a position.
    """
    _check(lat, lon)
    if datum is Datum.WGS84 or not _is_shifted(lat, lon, STRIP):
        return lat, lon
    wgs_lat, wgs_lon = lat, lon
    for _ in range(_ROUNDS):
        there_lat, there_lon = _shift(wgs_lat, wgs_lon, datum)
        wgs_lat, wgs_lon = wgs_lat + (lat - there_lat), wgs_lon + (lon - there_lon)
    if not _is_shifted(wgs_lat, wgs_lon, _BLUR):
        return lat, lon
    return min(max(wgs_lat, SOUTH), NORTH), min(max(wgs_lon, WEST), EAST)


def _check(lat: float, lon: float) -> None:
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):  # noqa: PLR2004 - the ends of the earth; NaN is not between
        raise ValueError("a latitude must be a number from -90 to 90, a longitude from -180 to 180")


def _is_shifted(lat: float, lon: float, margin: float = 0.0) -> bool:
    return SOUTH - margin <= lat <= NORTH + margin and WEST - margin <= lon <= EAST + margin


def _shift(lat: float, lon: float, datum: Datum) -> tuple[float, float]:
    lat, lon = _to_gcj(lat, lon)
    return _to_bd(lat, lon) if datum is Datum.BD09 else (lat, lon)


def _to_gcj(lat: float, lon: float) -> tuple[float, float]:
    """Return GCJ-02 of WGS-84: a shift in metres along the axes, laid on the ellipsoid."""
    x, y = lon - _LON0, lat - _LAT0
    both = 0.1 * x * y + 20 * (_sine(6 * x) + _sine(2 * x)) * 2 / 3
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.2 * math.sqrt(abs(x)) + both
    north += (20 * _sine(y) + 40 * _sine(y / 3) + 160 * _sine(y / 12) + 320 * _sine(y / 30)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * math.sqrt(abs(x)) + both
    east += (20 * _sine(x) + 40 * _sine(x / 3) + 150 * _sine(x / 12) + 300 * _sine(x / 30)) * 2 / 3
    phi = math.radians(lat)
    bulge = 1 - _ECCENTRICITY2 * math.sin(phi) ** 2
    along_meridian = _AXIS_M * (1 - _ECCENTRICITY2) / bulge**1.5
    along_parallel = _AXIS_M / math.sqrt(bulge) * math.cos(phi)
    return lat + math.degrees(north / along_meridian), lon + math.degrees(east / along_parallel)


def _sine(half_turns: float) -> float:
    return math.sin(half_turns * math.pi)


def _to_bd(lat: float, lon: float) -> tuple[float, float]:
    """Return BD-09 of GCJ-02: a wave in polar coordinates of the plane of degrees, and a constant."""
    radius = math.hypot(lon, lat) + 0.00002 * math.sin(lat * _WAVE)
    angle = math.atan2(lat, lon) + 0.000003 * math.cos(lon * _WAVE)
    return radius * math.sin(angle) + _BD_LAT, radius * math.cos(angle) + _BD_LON
