"""Entries come nearest first, from everywhere to everywhere."""

import random
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.search import curve, directory, geohash
from chalicelib.search.distance import FARTHEST_M, haversine
from chalicelib.search.outward import Centre, hav, metres, outward

HARD = [(0, 0), (0, 180), (52, -180), (90, 0), (-90, 77), (84.375, 0), (31.2304, 121.4737), (84.2, -179.9)]


@dataclass
class Exact:
    cells: list
    places: list
    levels = 0


def shelves_of(places):
    by_partition = {}
    for place in places:
        at = curve.position(*place)
        by_partition.setdefault(at >> 45, []).append((at, place))
    return [
        Exact([at for at, _ in sorted(some)], [place for _, place in sorted(some)]) for some in by_partition.values()
    ]


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(HARD), st.sampled_from([1e-7, 0.01, 1.0, 40.0]), st.integers(0, 2**32), st.integers(0, 80))
def test_the_order_is_that_of_distance(around, spread, seed, number):
    chance = random.Random(seed)

    def place():
        lat, lon = around[0] + chance.gauss(0, spread), around[1] + chance.gauss(0, spread)
        return max(-90, min(90, lat)), (lon + 180) % 360 - 180

    places, centre = [place() for _ in range(number)], place()
    shelves = shelves_of(places)
    found = [shelves[shelf].places[index] for _, shelf, index in outward(*centre, shelves)]
    assert sorted(found) == sorted(places)
    distances = [haversine(*centre, *one) for one in found]
    assert distances == pytest.approx(sorted(distances), rel=1e-9, abs=1e-6)
    if distances:
        half = distances[len(distances) // 2]
        beyond = [angle for angle, _, _ in outward(*centre, shelves, hav(half))]
        assert len(beyond) == len([angle for angle, _, _ in outward(*centre, shelves) if angle >= hav(half)])


@settings(max_examples=300)
@given(st.floats(-90, 90), st.floats(-180, 180), st.floats(-90, 90), st.floats(-180, 180), st.integers(0, 22))
def test_a_bound_is_never_more_than_the_angle(lat, lon, there_lat, there_lon, levels):
    centre, at = Centre(lat, lon), curve.position(there_lat, there_lon)
    square = curve.square(at)
    while square[2] > levels:
        square = next(one for one in curve.quarters(square) if one[3] <= at < one[3] + (2 << 2 * one[2]))
    assert centre.bound(square) <= centre.angle(there_lat, there_lon) + 1e-15


@given(st.floats(0, FARTHEST_M))
def test_metres_and_haversines(distance):
    assert metres(hav(distance)) == pytest.approx(distance, rel=1e-6, abs=1e-3)


def test_the_cells_of_a_directory_are_met_at_their_middles():
    made = directory.of([(curve.position(31.2 + n / 1000, 121.4), 200) for n in range(30)])
    found = [metres(angle) for angle, _, _ in outward(31.2, 121.4, [made])]
    expected = [haversine(31.2, 121.4, 31.2 + n / 1000, 121.4) for n in range(30)]
    assert found == pytest.approx(expected, abs=2)
    assert geohash.BITS == 30


def test_nothing_comes_of_nothing():
    assert list(outward(0, 0, [])) == list(outward(0, 0, [Exact([], [])])) == []
