import math
from fractions import Fraction

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from chalicelib.kit.plane import beside, cross, on_segment, side

# Few numbers, so that points meet and lie on one line often; and all sorts, the tiny ones too.
NUMBERS = st.one_of(
    st.integers(-3, 3).map(float), st.floats(-180, 180), st.sampled_from([0.1, 0.2, 0.3, 5e-324, 1e-300])
)
POINTS = st.tuples(NUMBERS, NUMBERS)


def exact(a, b, c):
    (ax, ay), (bx, by), (cx, cy) = ((Fraction(x), Fraction(y)) for x, y in (a, b, c))
    product = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
    return (product > 0) - (product < 0)


@settings(max_examples=500)
@given(POINTS, POINTS, POINTS)
@example((0.0, 0.0), (1e-300, 1e-300), (5e-324, 1e-323))
@example((0.1, 0.1), (0.3, 0.3), (0.2, math.nextafter(0.2, 1)))
def test_the_side_is_never_mistaken(a, b, c):
    assert side(a, b, c) == exact(a, b, c)
    assert side(b, a, c) == -side(a, b, c)


@given(st.integers(-8, 8), st.integers(-8, 8), st.integers(0, 16))
def test_a_hair_beside_a_line_is_seen(right, up, sixteenths):
    assume((right, up) != (0, 0))
    start, end = (0.0, 0.0), (float(16 * right), float(16 * up))
    on = (float(sixteenths * right), float(sixteenths * up))
    assert on_segment(start, end, on)
    for towards in (-math.inf, math.inf):
        beside_it = (on[0], math.nextafter(on[1], towards)) if right else (math.nextafter(on[0], towards), on[1])
        assert not on_segment(start, end, beside_it)


@settings(max_examples=500)
@given(POINTS, POINTS, POINTS, POINTS)
def test_segments_that_cross_have_a_point_in_common(a, b, c, d):
    assert cross(a, b, c, d) == in_common(a, b, c, d)
    assert cross(a, b, c, d) == cross(d, c, a, b)


def in_common(a, b, c, d):
    """Solve for the point, in fractions."""
    a, b, c, d = ((Fraction(x), Fraction(y)) for x, y in (a, b, c, d))
    along, across = (b[0] - a[0], b[1] - a[1]), (d[0] - c[0], d[1] - c[1])
    gap = (c[0] - a[0], c[1] - a[1])
    bottom = along[0] * across[1] - along[1] * across[0]
    if bottom:
        s = (gap[0] * across[1] - gap[1] * across[0]) / bottom
        t = (gap[0] * along[1] - gap[1] * along[0]) / bottom
        return 0 <= s <= 1 and 0 <= t <= 1
    return any(between(*ends, point) for ends, point in (((a, b), c), ((a, b), d), ((c, d), a), ((c, d), b)))


def between(start, end, point):
    product = (end[0] - start[0]) * (point[1] - start[1]) - (end[1] - start[1]) * (point[0] - start[0])
    inner = (point[0] - start[0]) * (point[0] - end[0]) + (point[1] - start[1]) * (point[1] - end[1])
    return product == 0 and inner <= 0


@given(st.floats(-180, 180), st.floats(-180, 180))
@example(-180.0, 180.0)
@example(0.0, 180.0)
def test_longitudes_side_by_side(lon, other):
    there = beside(lon, other)
    assert abs(there - other) <= 180
    assert there in (lon, lon - 360, lon + 360)


@given(st.floats(128, 180), st.floats(128, 180))
def test_near_the_antimeridian_nothing_rounds(east, west):
    assume(east + west > 180)
    assert Fraction(beside(-west, east)) == 360 - Fraction(west)
    assert Fraction(beside(east, -west)) == Fraction(east) - 360
