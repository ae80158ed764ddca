"""Service areas: an address that is served always finds the shop, and few other cells hold it."""

import math
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from chalicelib.search import areas, geohash
from chalicelib.search.areas import LEVELS, MOST_CELLS, cells, lookups, serves
from chalicelib.search.distance import RADIUS_M, haversine
from chalicelib.shops.areas import area_faults
from chalicelib.shops.ports import Circle, Polygon, Position

BORDERS = [0.0, 1.40625, 84.375, -84.375, 45.0, 0.17578125, 0.0439453125, -0.0054931640625, 31.640625]
LATITUDES = st.one_of(st.floats(-85, 85), st.floats(80, 85), st.floats(-85, -80), st.sampled_from(BORDERS))
LONGITUDES = st.one_of(
    st.floats(-180, 180),
    st.floats(179.5, 180),
    st.floats(-180, -179.5),
    st.sampled_from([-180.0, 180.0, *BORDERS, math.nextafter(180, 0)]),
)
RADII = st.one_of(st.integers(100, 500), st.integers(100, 10_000), st.integers(100, 50_000), st.just(50_000))
SHARES = st.one_of(st.floats(0, 1), st.just(0.0), st.just(1.0))


def beside(lat, lon, metres, bearing):
    """Return about the position that lies so far in a direction."""
    phi, angle = math.radians(lat), metres / RADIUS_M
    sine = math.sin(phi) * math.cos(angle) + math.cos(phi) * math.sin(angle) * math.cos(bearing)
    up = math.asin(max(-1.0, min(1.0, sine)))
    turn = math.atan2(
        math.sin(bearing) * math.sin(angle) * math.cos(phi), math.cos(angle) - math.sin(phi) * math.sin(up)
    )
    return math.degrees(up), wrapped(lon + math.degrees(turn))


def wrapped(lon):
    return (lon + 180) % 360 - 180 if abs(lon) > 180 else lon


def snapped(lat, lon, level):
    """Return the south-west corner of a position's cell: on the borders of four cells."""
    box = geohash.decode(geohash.encode(lat, lon, level))
    return box.south, box.west


@st.composite
def polygons(draw):
    """A polygon without faults and where its shop is; vertices lie on borders of cells often."""
    lat, lon = draw(LATITUDES), draw(LONGITUDES)
    size = draw(st.sampled_from([50, 500, 5000, 50_000, 99_000]))
    count = draw(st.integers(3, 12))
    start = draw(st.floats(0, 6))
    vertices = []
    for index in range(count):
        reach = size * draw(st.floats(0.2, 1))
        at = beside(lat, lon, reach, start - index * 2 * math.pi / count)
        if draw(st.booleans()):
            at = snapped(*at, draw(st.sampled_from(LEVELS)))
        vertices.append((max(-85.0, min(85.0, at[0])), at[1]))
    area = Polygon(tuple(vertices))
    assume(area_faults(area, Position(lat, lon)) == [])
    return area, lat, lon


@st.composite
def rectangles(draw):
    """A polygon whose edges run along the borders of cells."""
    level = draw(st.sampled_from(LEVELS))
    lat, lon = snapped(draw(LATITUDES), draw(LONGITUDES), level)
    box = geohash.decode(geohash.encode(lat, lon, level))
    high = (box.north - box.south) * draw(st.integers(1, 3))
    wide = (box.east - box.west) * draw(st.integers(1, 3))
    lon_east = wrapped(lon + wide)
    area = Polygon(((lat, lon), (lat, lon_east), (lat + high, lon_east), (lat + high, lon)))
    assume(area_faults(area, Position(lat, lon)) == [])
    return area, lat, lon


def finder(area, shop_lat, shop_lon):
    """Return what tells whether an address is served, having made sure that then it finds the shop."""
    known = set(cells(area, shop_lat, shop_lon))

    def found(lat, lon):
        is_served = serves(area, lat, lon, shop_lat, shop_lon)
        assert not is_served or not known.isdisjoint(lookups(lat, lon))
        return is_served

    return found


@settings(max_examples=200, deadline=None)
@given(
    st.one_of(LATITUDES, st.floats(-90, 90), st.sampled_from([90.0, -90.0, 89.9])),
    LONGITUDES,
    RADII,
    st.lists(st.tuples(SHARES, st.one_of(st.floats(0, 7), st.sampled_from([0, 1.5707963, 3.14159265]))), max_size=12),
)
@example(0.0, 180.0, 1000, [(1.0, 1.5707963), (1.0, 4.712389)])
@example(89.99, 10.0, 50_000, [(1.0, 0.0), (0.5, 3.14)])
@example(-84.375, 0.0, 50_000, [(1.0, 0.0), (1.0, 3.14159265)])
def test_whoever_is_within_the_radius_finds_the_shop(lat, lon, radius, ways):
    found = finder(Circle(radius), lat, lon)
    assert found(lat, lon)
    for share, bearing in ways:
        at = beside(lat, lon, share * radius, bearing)
        assert found(*at) or share > 1 - 1e-9
        for level in LEVELS:
            found(*snapped(*at, level))
        found(math.nextafter(at[0], 0), at[1])


@settings(max_examples=150, deadline=None)
@given(LATITUDES, LONGITUDES, RADII, st.floats(0, 7), st.sampled_from(LEVELS), st.floats(-1e-8, 1e-8))
@example(0.0, 180.0, 1000, 4.71238898, 3, 1e-12)
def test_a_circle_that_just_reaches_a_corner_of_a_cell_has_it(lat, lon, radius, bearing, level, share):
    corner = snapped(lat, lon, level)
    shop = beside(*corner, radius * (1 - share), bearing)
    found = finder(Circle(radius), *shop)
    assert found(*corner) or share < 1e-9


@settings(max_examples=200, deadline=None)
@given(st.one_of(polygons(), rectangles()), st.data())
def test_whoever_is_in_the_polygon_finds_the_shop(drawn, data):
    area, lat, lon = drawn
    found = finder(area, lat, lon)
    for vertex in area.vertices:
        assert found(*vertex)
    # A double beside vertices and edges, where cells end and begin.
    points = area.ring(lon)
    for _ in range(8):
        index = data.draw(st.integers(0, len(points) - 1))
        share, other = data.draw(SHARES), data.draw(SHARES)
        one, two, three = points[index - 2], points[index - 1], points[index]
        on = [one[axis] + share * (two[axis] - one[axis]) for axis in (0, 1)]
        at = [on[axis] + other * (three[axis] - on[axis]) for axis in (0, 1)]
        nudged = [math.nextafter(value, data.draw(st.sampled_from([-math.inf, value, math.inf]))) for value in at]
        found(nudged[0], wrapped(nudged[1]))
        found(*snapped(at[0], wrapped(at[1]), data.draw(st.sampled_from(LEVELS))))


@settings(max_examples=120, deadline=None)
@given(polygons(), st.floats(0, 1), st.floats(0, 1))
def test_inside_is_what_winding_says(drawn, up, right):
    """Another rule, in fractions, for points of the box around: the ring turns once around what it holds."""
    area, lat, lon = drawn
    points = area.ring(lon)
    south, north = min(p[0] for p in points), max(p[0] for p in points)
    west, east = min(p[1] for p in points), max(p[1] for p in points)
    at = (south + up * (north - south), wrapped(west + right * (east - west)))
    assert serves(area, *at, lat, lon) == winds(points, (at[0], areas.beside(at[1], lon)))


def winds(points, at):
    at = tuple(map(Fraction, at))
    points = [tuple(map(Fraction, point)) for point in points]
    turns = 0
    for one, two in zip(points, points[1:] + points[:1], strict=True):
        product = (two[0] - one[0]) * (at[1] - one[1]) - (two[1] - one[1]) * (at[0] - one[0])
        inner = (at[0] - one[0]) * (at[0] - two[0]) + (at[1] - one[1]) * (at[1] - two[1])
        if product == 0 and inner <= 0:
            return True
        if one[0] <= at[0] < two[0] and product > 0:
            turns += 1
        if two[0] <= at[0] < one[0] and product < 0:
            turns -= 1
    return turns != 0


def test_the_radius_is_inclusive():
    lat, lon = beside(31.2304, 121.4737, 3000, 1)
    metres = haversine(lat, lon, 31.2304, 121.4737)
    assert serves(Circle(metres), lat, lon, 31.2304, 121.4737)
    assert not serves(Circle(math.nextafter(metres, 0)), lat, lon, 31.2304, 121.4737)


@pytest.mark.parametrize(
    ("lat", "lon", "expected"),
    [
        (-16.8, 180.0, True),
        (-16.8, -180.0, True),
        (-16.8, 179.9, True),
        (-16.8, -179.9, True),
        (-16.7, 180.0, True),
        (-16.8, 179.8999, False),
        (-16.8, -179.8999, False),
        (-16.6999, 180.0, False),
        (-16.8, 0.0, False),
    ],
)
@pytest.mark.parametrize("shop_lon", [179.95, 180.0, -180.0, -179.95])
def test_a_polygon_over_the_antimeridian(lat, lon, shop_lon, expected):
    area = Polygon(((-16.9, 179.9), (-16.9, -179.9), (-16.7, -179.9), (-16.7, 179.9)))
    assert serves(area, lat, lon, -16.8, shop_lon) is expected
    assert {cell[0] for cell in cells(area, -16.8, shop_lon)} == {"r", "2"}


def test_a_hollow_is_not_served():
    horseshoe = Polygon(
        ((0, 0), (0, 0.5), (0.5, 0.5), (0.5, 0.375), (0.125, 0.375), (0.125, 0.125), (0.5, 0.125), (0.5, 0))
    )
    assert area_faults(horseshoe, Position(0.1, 0.1)) == []
    assert not serves(horseshoe, 0.3, 0.25, 0.1, 0.1)
    assert serves(horseshoe, 0.3, 0.125, 0.1, 0.1)
    assert serves(horseshoe, 0.3, 0.05, 0.1, 0.1)
    assert serves(horseshoe, 0.3, 0.45, 0.1, 0.1)


def test_lookups_are_the_cells_of_an_address():
    assert lookups(31.2304, 121.4737) == ("wtw", "wtw3", "wtw3s", "wtw3sj")
    with pytest.raises(ValueError, match="latitude"):
        lookups(91, 0)


@settings(max_examples=120, deadline=None)
@given(st.one_of(polygons(), st.tuples(RADII.map(Circle), LATITUDES, LONGITUDES)))
def test_cells_are_few_of_one_level_and_sorted(drawn):
    area, lat, lon = drawn
    found = cells(area, lat, lon)
    assert list(found) == sorted(set(found))
    (level,) = {len(cell) for cell in found}
    assert level in LEVELS
    if level > LEVELS[0] or isinstance(area, Circle):
        assert 1 <= len(found) <= MOST_CELLS
    else:
        assert len(found) <= 32


@settings(max_examples=100, deadline=None)
@given(st.one_of(polygons(), rectangles()))
@example((Polygon(((0.0, 0.0), (0.0, 1.40625), (1.40625, 1.40625), (1.40625, 0.0))), 0.5, 0.5))
def test_a_cell_of_a_polygon_is_met_by_it(drawn):
    """None is wasted: each holds an address that is served."""
    area, lat, lon = drawn
    for cell in cells(area, lat, lon):
        assert any(serves(area, *at, lat, lon) for at in spots(area, lon, cell)), cell


def spots(area, shop_lon, cell):
    """Yield addresses in a cell: a corner of it, and where edges begin, end, or cross its four sides."""
    box = geohash.decode(cell)
    north, east = math.nextafter(box.north, -91), math.nextafter(box.east, -181)
    yield from ((lat, lon) for lat in (box.south, north) for lon in (box.west, east))
    points = area.ring(shop_lon)
    west, east = areas.beside(box.west, shop_lon), areas.beside(east, shop_lon)
    for one, two in zip(points, (*points[1:], points[0]), strict=True):
        ways = {0.0, 0.5, 1.0}
        for axis, value in ((0, box.south), (0, north), (1, west), (1, east)):
            if one[axis] != two[axis]:
                ways.add((value - one[axis]) / (two[axis] - one[axis]))
        ways = sorted(way for way in ways if 0 <= way <= 1)
        for way in [*ways, *((a + b) / 2 for a, b in pairwise(ways))]:
            # Rounded off the edge: the four doubles around it, one of which is inside.
            at = [one[axis] + way * (two[axis] - one[axis]) for axis in (0, 1)]
            for lat in (at[0], math.nextafter(at[0], -91), math.nextafter(at[0], 91)):
                for lon in (at[1], math.nextafter(at[1], -400), math.nextafter(at[1], 400)):
                    if box.south <= lat <= north and west <= lon <= east:
                        yield lat, wrapped(lon)


@settings(max_examples=100, deadline=None)
@given(st.floats(-85, 85), LONGITUDES, RADII)
def test_a_cell_of_a_circle_is_met_by_it(lat, lon, radius):
    """The nearest of a fine row of points along its borders is served, but for what the row leaves out."""
    for cell in cells(Circle(radius), lat, lon):
        box = geohash.decode(cell)
        ups = [box.south + (box.north - box.south) * step / 200 for step in range(201)]
        rights = [box.west + (box.east - box.west) * step / 200 for step in range(201)]
        if geohash.encode(lat, lon, len(cell)) == cell:
            continue
        border = [(up, side) for up in ups for side in (box.west, box.east)]
        border += [(side, right) for right in rights for side in (box.south, box.north)]
        nearest = min(haversine(lat, lon, *at) for at in border)
        pitch = haversine(box.south, box.west, ups[1], box.west)
        assert nearest <= radius + pitch


@pytest.mark.parametrize("lat", [0.0, 31.2304, -33.9, 60.0, 84.0])
@pytest.mark.parametrize("radius", [100, 1000, 5000, 20_000, 50_000])
def test_a_finer_level_would_need_too_many(lat, radius):
    found = cells(Circle(radius), lat, 121.4737)
    finer = len(found[0]) + 1
    if finer > LEVELS[-1]:
        return
    addresses = (
        beside(lat, 121.4737, radius * share / 60, bearing / 50) for share in range(61) for bearing in range(315)
    )
    assert len({geohash.encode(*at, finer) for at in addresses}) > MOST_CELLS * 0.9


@pytest.mark.parametrize(
    ("radius", "level", "count"),
    [(100, 6, 1), (1000, 6, 11), (5000, 5, 9), (10_000, 4, 2), (20_000, 4, 7), (50_000, 4, 20)],
)
def test_what_an_area_in_shanghai_needs(radius, level, count):
    found = cells(Circle(radius), 31.2304, 121.4737)
    assert (len(found[0]), len(found)) == (level, count)


def test_the_most_that_circles_need():
    """The coarsest cells that a circle of 50 km meets up to the last latitude that a shop with one may have."""
    worst = max(
        len(cells(Circle(50_000), step / 100, shift * 0.07)) for step in range(8300, 8501, 2) for shift in range(10)
    )
    assert worst <= 18
    assert len(cells(Circle(50_000), 90, 0)) == 256
    assert len(cells(Circle(100), -90, 0)) == 256
