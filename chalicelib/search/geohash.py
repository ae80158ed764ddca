"""Geohash (Z-order on longitude and latitude, base 32): the key of every place in the index.

Cells are half-open, south and west edge inside. The two edges of the world have no cell beyond them: the north pole
lies in the northernmost cell, and longitude 180 is longitude -180, the same meridian. Never mix this encoder with
another one in keys: they differ on cell borders.
"""

import math
from dataclasses import dataclass

ALPHABET = "0123456789bcdefghjkmnpqrstuvwxyz"
LENGTH = 12  # characters of a full key: 60 bits, 30 of longitude and 30 of latitude; 37 by 19 mm at the equator
BITS = 30  # of each axis
SIDE = 1 << BITS
POLE, MERIDIAN = 90, 180  # degrees: the ends of both axes

_VALUES = {character: value for value, character in enumerate(ALPHABET)}
# 45 * 2**-27 degrees of longitude a cell: k * 45 fits a double exactly, so the borders below have no rounding at all.
_LON_STEP = 45 / (1 << 27)
_LAT_STEP = _LON_STEP / 2


@dataclass(frozen=True)
class Bounds:
    """A cell's edges in degrees; south and west belong to it."""

    south: float
    west: float
    north: float
    east: float


def check(lat: float, lon: float) -> None:
    """Let a position on Earth pass, in degrees, WGS-84.

    Raises:
        ValueError: not a number, infinite, or out of range.
    """
    if not (math.isfinite(lat) and -POLE <= lat <= POLE):
        raise ValueError("latitude must be a number from -90 to 90")
    if not (math.isfinite(lon) and -MERIDIAN <= lon <= MERIDIAN):
        raise ValueError("longitude must be a number from -180 to 180")


def lattice(lat: float, lon: float) -> tuple[int, int]:
    """Return the column and row of the finest cell that holds a position.

    Raises:
        ValueError: not a position.
    """
    check(lat, lon)
    column = 0 if lon == MERIDIAN else _index(lon, -180.0, _LON_STEP)
    return column, min(_index(lat, -90.0, _LAT_STEP), SIDE - 1)


def _index(value: float, origin: float, step: float) -> int:
    """Return the cell on one axis. The subtraction may round up to a border, never below one (borders are exact and
    rounding is monotonic); comparing with the border itself does not round.
    """
    index = int((value - origin) / step)
    return index - 1 if value < origin + index * step else index


def interleave(column: int, row: int) -> int:
    """Return the 60-bit position on the Z-order curve, longitude's bit first."""
    return _spread(column) << 1 | _spread(row)


def _spread(number: int) -> int:
    """Put a zero before each of 30 bits."""
    number = (number | number << 16) & 0x0000FFFF0000FFFF
    number = (number | number << 8) & 0x00FF00FF00FF00FF
    number = (number | number << 4) & 0x0F0F0F0F0F0F0F0F
    number = (number | number << 2) & 0x3333333333333333
    return (number | number << 1) & 0x5555555555555555


def text(position: int, length: int = LENGTH) -> str:
    """Write a 60-bit position in base 32, its first `length` characters."""
    return "".join(ALPHABET[position >> (5 * (LENGTH - 1 - place)) & 31] for place in range(length))


def encode(lat: float, lon: float, length: int = LENGTH) -> str:
    """Return the geohash of a position.

    Raises:
        ValueError: not a position, or a length outside 1 to 12.
    """
    if not 1 <= length <= LENGTH:
        raise ValueError(f"a geohash here has 1 to {LENGTH} characters")
    return text(interleave(*lattice(lat, lon)), length)


def first(geohash: str) -> int:
    """Return the 60-bit position of the first finest cell inside a geohash.

    Raises:
        ValueError: a character that geohash does not use, none, or more than 12.
    """
    if not 1 <= len(geohash) <= LENGTH:
        raise ValueError(f"a geohash here has 1 to {LENGTH} characters")
    number = 0
    for character in geohash:
        value = _VALUES.get(character)
        if value is None:
            raise ValueError(f"{character!r} is no character of a geohash")
        number = number << 5 | value
    return number << 5 * (LENGTH - len(geohash))


def corner(position: int) -> tuple[int, int]:
    """Return column and row of a 60-bit position: the inverse of `interleave`."""
    return _gather(position >> 1), _gather(position)


def _gather(number: int) -> int:
    """Take every other of 60 bits: the inverse of `_spread`."""
    number &= 0x0555555555555555
    number = (number | number >> 1) & 0x3333333333333333
    number = (number | number >> 2) & 0x0F0F0F0F0F0F0F0F
    number = (number | number >> 4) & 0x00FF00FF00FF00FF
    number = (number | number >> 8) & 0x0000FFFF0000FFFF
    return (number | number >> 16) & 0x3FFFFFFF


def decode(geohash: str) -> Bounds:
    """Return a cell's bounds.

    Raises:
        ValueError: not a geohash.
    """
    column, row = corner(first(geohash))
    bits = 5 * len(geohash)
    width, height = 1 << BITS - (bits + 1) // 2, 1 << BITS - bits // 2
    return Bounds(
        south=latitude(row), west=longitude(column), north=latitude(row + height), east=longitude(column + width)
    )


def longitude(column: int) -> float:
    """Return the west edge of a column in degrees; exact."""
    return -180.0 + column * _LON_STEP


def latitude(row: int) -> float:
    """Return the south edge of a row in degrees; exact."""
    return -90.0 + row * _LAT_STEP
