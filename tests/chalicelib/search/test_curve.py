"""The curve visits every square once, neighbours follow each other, and texts sort as positions do."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.search import curve, geohash

LATITUDES, LONGITUDES = st.floats(-90, 90), st.floats(-180, 180)


@given(LATITUDES, LONGITUDES)
def test_a_position_begins_with_its_geohash(lat, lon):
    at = curve.position(lat, lon)
    assert 0 <= at < 1 << curve.BITS
    assert geohash.text(at)[:3] == geohash.encode(lat, lon, 3)


@given(LATITUDES, LONGITUDES, st.integers(0, curve.LEVELS))
def test_a_square_holds_what_lies_on_its_stretch(lat, lon, levels):
    at, square = curve.position(lat, lon), curve.square(curve.position(lat, lon))
    while square[2] > levels:
        square = next(one for one in curve.quarters(square) if one[3] <= at < one[3] + (2 << 2 * one[2]))
    column, row = geohash.lattice(lat, lon)
    assert square[0] <= column < square[0] + (1 << square[2])
    assert square[1] <= row < square[1] + (2 << square[2])
    assert curve.corner(square[3], levels, curve.square(at)) == square[:2]


def test_squares_that_follow_each_other_are_neighbours():
    squares = [curve.square(curve.position(31.2, 121.4))]
    for _ in range(6):
        squares = [quarter for square in squares for quarter in curve.quarters(square)]
    width = 1 << squares[0][2]
    for one, other in itertools.pairwise(squares):
        assert other[3] - one[3] == 2 << 2 * one[2]
        assert abs(one[0] - other[0]) // width + abs(one[1] - other[1]) // (2 * width) == 1
    assert len({square[:2] for square in squares}) == 4**6


@given(LATITUDES, LONGITUDES, LATITUDES, LONGITUDES)
def test_texts_sort_as_positions_do(lat1, lon1, lat2, lon2):
    one, other = curve.position(lat1, lon1), curve.position(lat2, lon2)
    assert (one < other) == (geohash.text(one) < geohash.text(other))


@given(LATITUDES, LONGITUDES, st.integers(0, (1 << 44) - 1), st.integers(0, (1 << 44) - 1), st.integers(0, 4))
def test_an_outline_holds_its_stretch_and_where_it_ends(lat, lon, some, other, finer):
    first = curve.square(curve.position(lat, lon))[3]
    low, high = sorted((first + 2 * some, first + 2 * other))
    squares = curve.outline(first, low, high, finer)
    for at in (low, (low + high) // 4 * 2, high):
        assert any(square[3] <= at < square[3] + (2 << 2 * square[2]) for square in squares)
    assert len(squares) <= 4 * 4**finer + 1
    (point,) = curve.outline(first, low, low, finer)
    assert point[2:4] == (0, low)
    assert curve.corner(low, 0, curve.square(low)) == point[:2]


@pytest.mark.parametrize("at", [(float("nan"), 0), (91, 0), (0, float("inf"))])
def test_what_is_no_position_is_refused(at):
    with pytest.raises(ValueError, match="must be a number"):
        curve.position(*at)
