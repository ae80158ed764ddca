import math
from decimal import Decimal, getcontext

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.search.distance import FARTHEST_M, RADIUS_M, haversine, to_box
from chalicelib.search.geohash import Bounds

LATITUDES = st.floats(-90, 90)
LONGITUDES = st.floats(-180, 180)


def by_vectors(lat1, lon1, lat2, lon2):
    """Another formula, good at every distance: the angle between two unit vectors as atan2(|a x b|, a . b)."""
    a, b = (
        (
            math.cos(math.radians(lat)) * math.cos(math.radians(lon)),
            math.cos(math.radians(lat)) * math.sin(math.radians(lon)),
            math.sin(math.radians(lat)),
        )
        for lat, lon in ((lat1, lon1), (lat2, lon2))
    )
    cross = (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])
    return RADIUS_M * math.atan2(math.hypot(*cross), sum(p * q for p, q in zip(a, b, strict=True)))


@given(LATITUDES, LONGITUDES, LATITUDES, LONGITUDES)
@example(89.999999, 0, -89.999999, 180)
@example(10, 20, -10, -160)
@example(10, 20, -10.0000001, -160)
def test_it_agrees_with_vectors(lat1, lon1, lat2, lon2):
    assert haversine(lat1, lon1, lat2, lon2) == pytest.approx(by_vectors(lat1, lon1, lat2, lon2), rel=1e-9, abs=1e-6)


@given(LATITUDES, LONGITUDES, LATITUDES, LONGITUDES)
def test_it_is_symmetric_and_on_this_planet(lat1, lon1, lat2, lon2):
    there, back = haversine(lat1, lon1, lat2, lon2), haversine(lat2, lon2, lat1, lon1)
    assert there == pytest.approx(back, rel=1e-12, abs=1e-9)
    assert 0 <= there <= FARTHEST_M * (1 + 1e-15)


def test_known_distances():
    assert haversine(0, 0, 0, 180) == pytest.approx(FARTHEST_M)
    assert haversine(90, 17, -90, 4) == pytest.approx(FARTHEST_M)
    assert haversine(90, 17, 90, -120) == pytest.approx(0, abs=1e-6)
    assert haversine(5, 180, 5, -180) == pytest.approx(0, abs=1e-6)
    assert haversine(0, 0, 1, 0) == pytest.approx(111_195.08, abs=0.01)


def test_a_micrometre_from_the_antipode_is_told():
    getcontext().prec = 30
    step = 1e-9  # degrees: 0.1 mm
    short = FARTHEST_M - haversine(0, 0, step, 180)
    assert short == pytest.approx(float(Decimal(step)) * math.pi / 180 * RADIUS_M, rel=1e-4)


BOXES = st.builds(
    lambda south, west, height, width: Bounds(south, west, min(south + height, 90), west + width),
    st.floats(-90, 89),
    st.floats(-180, 180),
    st.floats(0.01, 60),
    st.floats(0.01, 359),
)


@given(BOXES, LATITUDES, LONGITUDES, st.floats(0, 1), st.floats(0, 1))
def test_no_point_of_a_box_is_nearer_than_the_box(box, lat, lon, up, right):
    inside_lat = min(box.south + up * (box.north - box.south), box.north)
    inside_lon = box.west + right * (box.east - box.west)
    assert to_box(lat, lon, box) <= haversine(lat, lon, inside_lat, inside_lon) * (1 + 1e-9) + 1e-6


@given(BOXES, LATITUDES, LONGITUDES)
def test_the_bound_is_tight(box, lat, lon):
    edges = [
        haversine(lat, lon, box.south + (box.north - box.south) * i / 200, edge)
        for i in range(201)
        for edge in (box.west, box.east)
    ]
    inside = box.south <= lat <= box.north and (lon - box.west) % 360 <= box.east - box.west
    assert to_box(lat, lon, box) >= (0 if inside else -1)
    assert to_box(lat, lon, box) <= min(edges) + 1e-6
    if not inside and (lon - box.west) % 360 > box.east - box.west:
        assert to_box(lat, lon, box) >= min(edges) - 40_000  # a 200th of 60 degrees
