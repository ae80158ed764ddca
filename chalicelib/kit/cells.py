"""Cells of the earth to find things near each other by: geohashes of four characters, about 39 by 20 km at the equator,
and the distance of two places. Search has cells of its own, down to centimetres.

Cells are half-open, south and west edge inside. They become slivers towards the poles, so no place beyond `MOST_LAT`
has one.
"""

import math

MOST_LAT = 85  # degrees
_ALPHABET = "0123456789bcdefghjkmnpqrstuvwxyz"
_SIDE = 1 << 10  # cells on each axis
_WIDTH, _HEIGHT = 360 / _SIDE, 180 / _SIDE  # degrees; exact in binary
_EARTH_M = 6_371_008.8  # mean radius of WGS-84
_SLACK = 1e-9  # relative: a circle's box is taken a little too large rather than too small


def cell(lat: float, lon: float) -> str:
    """Return the cell that a position lies in, such as `wtw3`.

    Raises:
        ValueError: beyond `MOST_LAT`, or no position.
    """
    if not (abs(lat) <= MOST_LAT and abs(lon) <= 180):  # noqa: PLR2004 - degrees; false for NaN as well
        raise ValueError("no place that has a cell")
    return _text(_index(lon, -180, _WIDTH) % _SIDE, _index(lat, -90, _HEIGHT))


def cells_within(lat: float, lon: float, metres: float) -> tuple[str, ...]:
    """Return every cell with a place that is at most so many metres away, 50,000 at most; one or two mostly, where the
    circle is much smaller than a cell. None for a position so far beyond `MOST_LAT` that no such place has a cell.
    """
    reach = math.degrees(metres / _EARTH_M) * (1 + _SLACK) + _SLACK
    south, north = max(lat - reach, -MOST_LAT), min(lat + reach, MOST_LAT)
    if south > north:
        return ()
    # The meridians that a circle touches (Bronstein, "Taschenbuch der Mathematik", spherical triangles).
    spread = math.degrees(math.asin(min(1.0, math.sin(math.radians(reach)) / math.cos(math.radians(lat))))) + _SLACK
    columns = range(_index(lon - spread, -180, _WIDTH), _index(lon + spread, -180, _WIDTH) + 1)
    rows = range(_index(south, -90, _HEIGHT), _index(north, -90, _HEIGHT) + 1)
    return tuple(sorted({_text(column % _SIDE, row) for column in columns for row in rows}))


def metres(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """Return the great-circle distance by the haversine: good where it is short, which is what is asked here."""
    phi, other_phi = math.radians(lat), math.radians(other_lat)
    across = math.radians(other_lon - lon) / 2
    hav = math.sin((other_phi - phi) / 2) ** 2 + math.cos(phi) * math.cos(other_phi) * math.sin(across) ** 2
    return 2 * _EARTH_M * math.asin(math.sqrt(min(hav, 1.0)))


def _index(value: float, origin: int, step: float) -> int:
    """Return the cell on one axis. The subtraction may round up to a border, never below one (borders are exact and
    rounding is monotonic); comparing with the border itself does not round.
    """
    index = math.floor((value - origin) / step)
    return index - 1 if value < origin + index * step else index


def _text(column: int, row: int) -> str:
    """Write a cell: the bits of both axes in turn, longitude's first, five to a character."""
    bits = 0
    for place in reversed(range(10)):
        bits = bits << 2 | (column >> place & 1) << 1 | row >> place & 1
    return "".join(_ALPHABET[bits >> shift & 31] for shift in (15, 10, 5, 0))
