"""Whether a place lies in a country, near enough: the outlines are coarse, so what lies `FORGIVEN_M` outside of one is
still taken to be in it. That catches what is wrong (axes swapped, another country), not who lives beside a border.
"""

from collections.abc import Iterator
from functools import cache, lru_cache
from math import cos, hypot, radians
from pathlib import Path

from chalicelib.kit.plane import beside

OUTLINES = Path(__file__).with_name("outlines.txt")
"""Derived by `infra.outlines` from Natural Earth 1:50 million (naturalearthdata.com, public domain): a line a country,
its letters and rings, in the encoded polyline form, hundredths of a degree. Whose land is whose is what that map shows,
and nobody's decision here.
"""
FORGIVEN_M = 50_000
UNIT = 0.01  # degrees
_DEGREE_M = 111_195  # of latitude, on a sphere of WGS-84's mean radius
Ring = list[tuple[float, float]]
"""Latitudes and longitudes, these on beyond 180 degrees where need be; the last is joined to the first. A single one is
a town.
"""


def is_in(country: str, lat: float, lon: float) -> bool:
    """Tell whether a place lies in a country (ISO 3166-1 letters), or near it; never in one that is not known."""
    return any(holds(ring, lat, lon) or near(ring, lat, lon) for ring in _rings(country))


def holds(ring: Ring, lat: float, lon: float) -> bool:
    """Tell whether a place lies within a ring: a line from it to the east crosses the ring an odd number of times."""
    return any(_crossed(ring, lat, turned) for turned in (lon, lon + 360, lon - 360))


def _crossed(ring: Ring, lat: float, lon: float) -> bool:
    inside = False
    for (lat0, lon0), (lat1, lon1) in _edges(ring):
        if (lat0 > lat) != (lat1 > lat) and lon < lon0 + (lat - lat0) * (lon1 - lon0) / (lat1 - lat0):
            inside = not inside
    return inside


def near(ring: Ring, lat: float, lon: float) -> bool:
    """Tell whether a place is near an edge: in a plane that touches the earth there, true for so small a way."""
    width = _DEGREE_M * cos(radians(lat))
    margin = FORGIVEN_M / _DEGREE_M
    if not min(ring)[0] - margin <= lat <= max(ring)[0] + margin:
        return False
    for (lat0, lon0), (lat1, lon1) in _edges(ring):
        y0, x0 = (lat0 - lat) * _DEGREE_M, (beside(lon0, lon) - lon) * width
        y1, x1 = y0 + (lat1 - lat0) * _DEGREE_M, x0 + (lon1 - lon0) * width
        length = hypot(y1 - y0, x1 - x0)
        along = 0.0 if length == 0 else max(0.0, min(1.0, -(y0 * (y1 - y0) + x0 * (x1 - x0)) / length**2))
        if hypot(y0 + along * (y1 - y0), x0 + along * (x1 - x0)) <= FORGIVEN_M:
            return True
    return False


def _edges(ring: Ring) -> Iterator[tuple[tuple[float, float], tuple[float, float]]]:
    return zip(ring, [*ring[1:], ring[0]], strict=True)


@lru_cache(8)
def _rings(country: str) -> tuple[Ring, ...]:
    return tuple(_decoded(text) for text in _outlines().get(country, ()))


@cache
def _outlines() -> dict[str, list[str]]:
    lines = (line.split(" ") for line in OUTLINES.read_text("ascii").splitlines())
    return {country: rings for country, *rings in lines}


def _decoded(text: str) -> Ring:
    steps = list(_steps(text))
    ring, lat, lon = [], 0, 0
    for up, across in zip(steps[::2], steps[1::2], strict=True):
        lat, lon = lat + up, lon + across
        ring.append((lat * UNIT, lon * UNIT))
    return ring


def _steps(text: str) -> Iterator[int]:
    number = shift = 0
    for character in text:
        bits = ord(character) - 63
        number |= (bits & 0x1F) << shift
        shift += 5
        if bits < 0x20:  # noqa: PLR2004 - the last five bits of a number
            yield ~(number >> 1) if number & 1 else number >> 1
            number = shift = 0
