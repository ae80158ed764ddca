"""The covering of discs: nothing that lies in one is ever missed, and little else is read."""

import itertools
import math

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from chalicelib.search import cover, curve, geohash, partitions
from chalicelib.search.cover import Disc, Run
from chalicelib.search.distance import FARTHEST_M, RADIUS_M, haversine
from chalicelib.search.geohash import Bounds

LATITUDES = st.one_of(st.floats(-90, 90), st.sampled_from([-90.0, 90.0, 0.0, 84.375, -84.375, 84.3, -84.3]))
LONGITUDES = st.one_of(st.floats(-180, 180), st.sampled_from([-180.0, 180.0, 0.0, 179.9999999, -179.9999999, 1.40625]))
RADII = st.one_of(st.floats(0, 1000), st.floats(0, 50_000), st.floats(50_000, cover.EXACT_M))


def beside(lat, lon, metres, bearing):
    """Return about the position that lies so far in a direction."""
    phi, angle = math.radians(lat), metres / RADIUS_M
    up = math.asin(
        max(-1, min(1, math.sin(phi) * math.cos(angle) + math.cos(phi) * math.sin(angle) * math.cos(bearing)))
    )
    turn = math.atan2(
        math.sin(bearing) * math.sin(angle) * math.cos(phi), math.cos(angle) - math.sin(phi) * math.sin(up)
    )
    return math.degrees(up), (lon + math.degrees(turn) + 180) % 360 - 180


def held(runs, lat, lon):
    name, position = partitions.of(lat, lon), curve.position(lat, lon)
    return any(run.partition == name and run.low <= position < run.high for run in runs)


@settings(max_examples=400, deadline=None)
@given(LATITUDES, LONGITUDES, RADII, st.lists(st.tuples(st.floats(0, 1), st.floats(0, 7)), max_size=20))
@example(0.0, 180.0, 1000.0, [(1.0, 1.57), (1.0, 4.71)])
@example(84.3, 0.0, 40_000.0, [(1.0, 0.0), (1.0, 3.14)])
@example(89.9, 10.0, 50_000.0, [(1.0, 0.0)])
@example(0.0, 0.0, 0.0, [(0.0, 0.0)])
def test_every_point_of_a_disc_is_held(lat, lon, radius, points):
    runs = cover.cover(Disc(lat, lon, radius))
    assert held(runs, lat, lon)
    for share, bearing in points:
        at = beside(lat, lon, share * radius, bearing)
        if haversine(lat, lon, *at) <= radius:
            assert held(runs, *at)


@settings(max_examples=200, deadline=None)
@given(LATITUDES, LONGITUDES, st.floats(0, 100_000), st.floats(0, 1.2), st.floats(0, 1), st.floats(0, 7))
def test_a_hole_leaves_out_nothing_beyond_it(lat, lon, radius, hole, share, bearing):
    disc = Disc(lat, lon, radius, inner=hole * radius)
    at = beside(lat, lon, share * radius, bearing)
    if disc.inner <= haversine(lat, lon, *at) <= radius:
        assert held(cover.cover(disc), *at)


@pytest.mark.parametrize(("lat", "lon"), [(31.23, 121.47), (0, 0), (-33.9, 151.2), (78.2, 15.6), (-16.5, 179.99)])
@pytest.mark.parametrize("radius", [100, 1000, 10_000, 50_000])
def test_little_else_is_read(lat, lon, radius):
    runs = cover.cover(Disc(lat, lon, radius))
    side = math.radians(geohash.longitude(1) + 180) * RADIUS_M
    area = sum(run.high - run.low for run in runs) * side * side / 2 * math.cos(math.radians(lat))
    assert area < 1.25 * math.pi * radius**2
    ring = cover.cover(Disc(lat, lon, radius, inner=radius * 0.9))
    assert sum(run.high - run.low for run in ring) < 0.6 * sum(run.high - run.low for run in runs)


def test_a_disc_over_the_antimeridian_reads_both_sides():
    assert {run.partition[0] for run in cover.cover(Disc(10, 179.999, 5000))} == {"x", "8"}


def test_caps_are_read_whole():
    assert cover.cover(Disc(88, 33, 1000)) == [Run("N", 0, 1 << 60)]
    assert cover.cover(Disc(-90, 0, 50_000)) == [cover.whole("S")]
    assert partitions.of(84.375, 5) == "N"
    assert partitions.of(-84.3751, 5) == "S"
    assert len(partitions.of(84.37, 5)) == 3


def test_only_occupied_partitions_are_read():
    here = partitions.of(31.2, 121.5)
    everywhere = cover.cover(Disc(31.2, 121.5, 200_000))
    assert len({run.partition for run in everywhere}) > 4
    assert {run.partition for run in cover.cover(Disc(31.2, 121.5, 200_000), {here, "N", "S"})} == {here}
    assert cover.cover(Disc(88, 0, 1000), {here}) == []
    assert cover.cover(Disc(-88, 0, 1000), {here}) == []


def test_far_away_whole_partitions_are_read_where_they_are_not_dense():
    names = {"wtw", "N", "S", "9q8"}
    disc = Disc(40, 150, 3_000_000)
    assert cover.cover(disc, names) == [cover.whole("wtw")]
    with pytest.raises(ValueError, match="200 km"):
        cover.cover(disc)


FAR = st.one_of(st.floats(cover.EXACT_M, FARTHEST_M), st.sampled_from([FARTHEST_M / 2, FARTHEST_M]))


@settings(max_examples=600, deadline=None)
@given(LATITUDES, LONGITUDES, FAR, st.floats(0, 1), st.floats(0, 1), st.floats(0, 7))
@example(0.0, 0.0, FARTHEST_M / 2, 1.0, 1.0, 1.5)
@example(31.2, 121.5, FARTHEST_M, 0.9999, 1.0, 0.3)
def test_far_rings_hold_what_lies_in_them(lat, lon, radius, hole, share, bearing):
    disc = Disc(lat, lon, radius, inner=hole * radius)
    at = beside(lat, lon, disc.inner + share * (radius - disc.inner), bearing)
    assume(disc.inner <= haversine(lat, lon, *at) <= radius)
    name = partitions.of(*at)
    for dense in ((), {name}):
        runs = cover.cover(disc, {name}, dense)
        assert runs == cover.merge(runs)
        assert held(runs, *at)


@pytest.mark.parametrize("centre", [(31.2, 135.0), (-31.2, -58.5), (31.0, 121.5 - 111), (-31.2, -45.0)])
def test_of_a_city_far_away_a_strip_is_read(centre):
    city = [(31.2 + n / 50, 121.4 + m / 50) for n in range(-10, 11) for m in range(-10, 11)]
    distances = sorted(haversine(*centre, *at) for at in city)
    disc = Disc(*centre, distances[40], inner=distances[20])
    names = {partitions.of(*at) for at in city}
    runs = cover.cover(disc, names, names)
    assert 21 <= sum(held(runs, *at) for at in city) <= 150


@given(LATITUDES, LONGITUDES, LATITUDES, LONGITUDES)
def test_a_partition_is_never_nearer_or_farther_than_told(lat, lon, other_lat, other_lon):
    name = partitions.of(other_lat, other_lon)
    distance = haversine(lat, lon, other_lat, other_lon)
    assert partitions.nearest_point(lat, lon, name) <= distance <= partitions.farthest_point(lat, lon, name)


RUNS = st.lists(
    st.builds(
        lambda name, low, size: Run(name, low, low + size),
        st.sampled_from("ab"),
        st.integers(0, 60),
        st.integers(1, 12),
    ),
    max_size=12,
)


def points(runs):
    return {(run.partition, at) for run in runs for at in range(run.low, run.high)}


@given(RUNS)
def test_merging_keeps_all(runs):
    merged = cover.merge(runs)
    assert points(merged) == points(runs)
    for one, other in itertools.pairwise(merged):
        assert one.partition < other.partition or one.high < other.low


BOXES = st.tuples(
    LATITUDES, LONGITUDES, st.sampled_from([0.0, 1e-6, 0.01, 0.9]), st.sampled_from([0.0, 1e-6, 0.3, 20.0])
)


@settings(max_examples=300, deadline=None)
@given(BOXES, st.floats(0, 1), st.floats(0, 1))
def test_every_point_of_a_box_is_held(box, up, right):
    south, west, height, width = box
    bounds = Bounds(south, west, min(south + height, 90.0), west + width)
    lat = min(south + up * height, bounds.north)
    lon = (min(west + right * width, bounds.east) + 180) % 360 - 180 if right * width else west
    assert held(cover.cover_box(bounds), lat, lon)


def test_a_box_reads_little_else():
    runs = cover.cover_box(Bounds(31.0, 121.0, 31.2, 121.3))
    side = math.radians(geohash.longitude(1) + 180)
    area = sum(run.high - run.low for run in runs) * side * side / 2
    assert area < 1.1 * math.radians(0.2) * math.radians(0.3)


@settings(max_examples=300, deadline=None)
@given(LATITUDES, LONGITUDES, st.floats(0, 50_000), st.floats(0, 1), st.floats(0, 7))
def test_all_partitions_around_are_named_nearest_first(lat, lon, radius, share, bearing):
    around = partitions.around(lat, lon, radius)
    distances = [partitions.nearest_point(lat, lon, name) for name in around]
    assert distances == sorted(distances)
    assert all(distance <= radius for distance in distances)
    assert partitions.of(lat, lon) in around
    at = beside(lat, lon, share * radius, bearing)
    if haversine(lat, lon, *at) <= radius * (1 - 1e-9):
        assert partitions.of(*at) in around


@given(RUNS, RUNS)
def test_subtracting_is_the_difference(runs, known):
    runs = cover.merge(runs)
    assert points(cover.subtract(runs, known)) == points(runs) - points(known)


@given(RUNS, RUNS)
def test_what_is_common_is_the_intersection(runs, others):
    runs, others = cover.merge(runs), cover.merge(others)
    assert points(cover.common(runs, others)) == points(runs) & points(others)


@given(st.floats(-80, 80), LONGITUDES, st.floats(1, 50_000))
def test_runs_are_sorted_and_apart(lat, lon, radius):
    assume(abs(lat) < 80)
    runs = cover.cover(Disc(lat, lon, radius))
    assert runs == cover.merge(runs)
