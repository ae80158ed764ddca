"""Plane geometry of doubles that does not round: on which side of a line, whether edges meet; and how to lay longitudes
out in a plane.
"""

from fractions import Fraction

Point = tuple[float, float]

_ROUNDING = 4e-16  # relative, of the two products below: (3 + 16 u) u with u = 2**-53 (Shewchuk 1997, orient2d)
_UNDERFLOW = 1e-300  # absolute: products of very small numbers are not taken at their word


def side(start: Point, end: Point, point: Point) -> int:
    """Return -1, 0 or 1: on which side of the line from `start` to `end` a point lies, 0 on the line itself.

    The sign of the cross product: in doubles where these decide it, else in fractions.
    """
    left = (end[0] - start[0]) * (point[1] - start[1])
    right = (end[1] - start[1]) * (point[0] - start[0])
    if abs(left - right) > _ROUNDING * (abs(left) + abs(right)) + _UNDERFLOW:
        return 1 if left > right else -1
    (x0, y0), (x1, y1), (x, y) = ((Fraction(a), Fraction(b)) for a, b in (start, end, point))
    exact = (x1 - x0) * (y - y0) - (y1 - y0) * (x - x0)
    return (exact > 0) - (exact < 0)


def on_segment(start: Point, end: Point, point: Point) -> bool:
    """Tell whether a point lies on a segment, its ends included."""
    return _boxed(start, end, point) and side(start, end, point) == 0


def cross(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Tell whether segments `a` to `b` and `c` to `d` have a point in common, ends included."""
    if max(a[0], b[0]) < min(c[0], d[0]) or max(c[0], d[0]) < min(a[0], b[0]):
        return False
    if max(a[1], b[1]) < min(c[1], d[1]) or max(c[1], d[1]) < min(a[1], b[1]):
        return False
    return side(a, b, c) * side(a, b, d) <= 0 and side(c, d, a) * side(c, d, b) <= 0


def beside(lon: float, other: float) -> float:
    """Return a longitude, in degrees, as the one of its meridian that is at most 180 from another; it may pass ±180.

    Near the other that does not round: where 360 is added or taken away, both are near the antimeridian, and doubles of
    128 to 256 have one spacing.
    """
    turn = lon - other
    return lon - 360 if turn > 180 else lon + 360 if turn < -180 else lon  # noqa: PLR2004 - degrees


def _boxed(start: Point, end: Point, point: Point) -> bool:
    return all(min(start[axis], end[axis]) <= point[axis] <= max(start[axis], end[axis]) for axis in (0, 1))
