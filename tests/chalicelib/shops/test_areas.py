import math

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from chalicelib.kit.errors import FieldError
from chalicelib.search.distance import RADIUS_M, haversine
from chalicelib.shops.areas import Circle, Polygon, area_faults
from chalicelib.shops.ports import Position

SHANGHAI = Position(31.2304, 121.4737)
TAVEUNI = Position(-16.85, 179.98)  # Fiji, at the antimeridian


def around(position, *offsets):
    return Polygon(
        tuple((position.lat + up, (position.lon + right + 180) % 360 - 180) for up, right in offsets),
    )


SQUARE = ((-0.1, -0.1), (-0.1, 0.1), (0.1, 0.1), (0.1, -0.1))


def fields(faults):
    return [fault.field for fault in faults]


@pytest.mark.parametrize("radius", [100, 101, 49_999, 50_000])
def test_a_radius_in_its_limits(radius):
    assert area_faults(Circle(radius), SHANGHAI) == []


@pytest.mark.parametrize("radius", [-1, 0, 99, 50_001])
def test_a_radius_beyond_its_limits(radius):
    assert area_faults(Circle(radius), SHANGHAI) == [FieldError("service_area.radius_m", "100 to 50000 metres")]


@pytest.mark.parametrize(("lat", "count"), [(85, 0), (85.01, 1), (-85, 0), (-90, 1)])
def test_a_circle_far_north_or_south(lat, count):
    assert fields(area_faults(Circle(1000), Position(lat, 10))) == ["service_area"] * count


@pytest.mark.parametrize("position", [SHANGHAI, TAVEUNI, Position(0, 0), Position(-0.05, -180), Position(84.8, 180)])
@pytest.mark.parametrize("turn", [1, -1])
def test_a_square_in_either_direction(position, turn):
    assert area_faults(around(position, *SQUARE[::turn]), position) == []


def test_a_star_of_fifty_vertices():
    star = [
        ((0.3 + 0.4 * (index % 2)) * math.cos(index * math.pi / 25), 0.5 * math.sin(index * math.pi / 25))
        for index in range(50)
    ]
    assert area_faults(around(SHANGHAI, *star), SHANGHAI) == []
    one_more = [*star, (0.69, -0.01)]
    assert area_faults(around(SHANGHAI, *one_more), SHANGHAI) == [
        FieldError("service_area.vertices", "3 to 50 vertices")
    ]


@pytest.mark.parametrize("count", [0, 1, 2])
def test_too_few_vertices(count):
    faults = area_faults(around(SHANGHAI, *SQUARE[:count]), SHANGHAI)
    assert fields(faults) == ["service_area.vertices"]


def test_a_polygon_need_not_hold_the_shop():
    assert area_faults(around(SHANGHAI, *((up + 0.4, right) for up, right in SQUARE)), SHANGHAI) == []


def test_vertices_that_are_too_far_are_named():
    faults = area_faults(around(SHANGHAI, (0, 0), (0.91, 0), (0, 0.5), (-0.2, -1.1)), SHANGHAI)
    assert fields(faults) == ["service_area.vertices.1", "service_area.vertices.3"]
    assert faults[0].message == "at most 100 km from the shop"


@pytest.mark.parametrize(("metres", "count"), [(99_999, 0), (100_001, 1)])
@pytest.mark.parametrize("position", [SHANGHAI, TAVEUNI, Position(84, 0)])
def test_the_limit_is_a_hundred_kilometres(position, metres, count):
    lat = position.lat - math.degrees(metres / RADIUS_M)
    area = Polygon(((position.lat, position.lon), (lat, position.lon), (position.lat + 0.1, position.lon - 0.1)))
    assert fields(area_faults(area, position)) == ["service_area.vertices.1"] * count


@settings(max_examples=300)
@given(st.floats(-84.9, 84.9), st.floats(-180, 180), st.floats(-1.5, 1.5), st.floats(-10, 10))
def test_the_limit_is_a_great_circle(lat, lon, up, right):
    at_lat, at_lon = lat + up, (lon + right + 180) % 360 - 180
    metres = haversine(lat, lon, at_lat, at_lon)
    assume(abs(at_lat) <= 85 and abs(metres - 100_000) > 1e-3)
    near = (lat + (-0.01 if lat > 0 else 0.01), lon)
    faults = area_faults(Polygon(((lat, lon), (at_lat, at_lon), near)), Position(lat, lon))
    assert ("service_area.vertices.1" in fields(faults) and "km" in faults[0].message) == (metres > 100_000)


@pytest.mark.parametrize(
    "vertex",
    [
        (85.01, 0.0),
        (-85.01, 0.0),
        (90.0, 0.0),
        (84.9, 180.1),
        (84.9, -180.1),
        (math.nan, 0.0),
        (84.9, math.nan),
        (84.9, math.inf),
    ],
)
def test_vertices_that_are_none(vertex):
    faults = area_faults(Polygon(((84.9, 0.0), (84.9, 0.1), vertex)), Position(84.9, 0))
    assert faults == [FieldError("service_area.vertices.2", "lat is -85 to 85, lon -180 to 180")]


@pytest.mark.parametrize(
    ("offsets", "at"),
    [
        (((0, 0), (0, 0), (0, 0.1), (0.1, 0)), [1]),
        (((0, 0), (0, 0.1), (0.1, 0), (0, 0)), [0]),
        (((0, 0), (0, 0), (0, 0)), [0, 1, 2]),
    ],
)
def test_the_same_vertex_twice_in_a_row(offsets, at):
    faults = area_faults(around(SHANGHAI, *offsets), SHANGHAI)
    assert fields(faults) == [f"service_area.vertices.{index}" for index in at]
    assert "closes by itself" in faults[0].message


def test_both_names_of_the_antimeridian_are_one():
    twice = Polygon(((1.0, 180.0), (1.0, -180.0), (1.1, 179.9)))
    assert fields(area_faults(twice, Position(1.0, 179.95))) == ["service_area.vertices.1"]


@pytest.mark.parametrize(
    "offsets", [((0, 0), (0, 0.1), (0, 0.2)), ((0, 0), (0.25, 0.25), (-0.5, -0.5), (0.125, 0.125))]
)
def test_nothing_inside(offsets):
    origin = Position(0, 0)
    faults = area_faults(around(origin, *offsets), origin)
    assert faults == [FieldError("service_area.vertices", "all on one line: there is nothing inside")]


@pytest.mark.parametrize(
    "offsets",
    [
        ((0, 0), (0.25, 0.25), (0, 0.25), (0.25, 0)),  # a bow
        ((0, 0), (0, 0.5), (0.25, 0.25), (0, 0.25), (0.25, 0)),  # a vertex on an edge
        ((0, 0), (0, 0.5), (0.25, 0.5), (0, 0.25), (0.25, 0)),  # the same
        ((0, 0), (0, 0.5), (0, 0.25), (0.25, 0.25)),  # a spike along an edge
        ((0, 0), (0, 0.25), (0, -0.25), (0.25, -0.25)),  # back beyond where it came from
        ((0, 0), (0, 0.25), (0, 0), (0.25, -0.25)),  # there and back
        ((0, 0), (0.5, 0), (0.25, 0.25), (0.5, 0.5), (0, 0.5), (0.25, 0.25)),  # a vertex twice, not in a row
    ],
)
@pytest.mark.parametrize("turn", [1, -1])
@pytest.mark.parametrize("position", [Position(0, 0), Position(0.125, -179.875)])
def test_edges_that_meet(offsets, turn, position):
    faults = area_faults(around(position, *offsets[::turn]), position)
    assert faults == [FieldError("service_area.vertices", "edges touch or cross each other")]


@settings(max_examples=300)
@given(
    st.lists(
        st.tuples(st.floats(0, 6.28), st.floats(0.05, 0.5)), min_size=3, max_size=50, unique_by=lambda way: way[0]
    ),
    st.sampled_from([SHANGHAI, TAVEUNI, Position(0, 0), Position(65, -180)]),
)
def test_what_is_seen_from_its_middle_is_sound_and_swapping_two_of_it_is_not(ways, position):
    """Vertices in the order of their bearings, none half a turn after the one before, are a star-shaped ring."""
    ways = sorted(ways)
    bearings = [angle for angle, _ in ways]
    gaps = [
        (after - before) % (2 * math.pi) for before, after in zip(bearings, bearings[1:] + bearings[:1], strict=True)
    ]
    assume(max(gaps) < 3.1 and min(gaps) > 1e-3)
    offsets = [(reach * math.cos(angle), reach * math.sin(angle)) for angle, reach in ways]
    assert area_faults(around(position, *offsets), position) == []
    if len(ways) > 3 and max(gaps) < 1.5:
        even = [(0.3 * math.cos(angle), 0.3 * math.sin(angle)) for angle, _ in ways]
        even[0], even[1] = even[1], even[0]
        assert fields(area_faults(around(position, *even), position)) == ["service_area.vertices"]
