"""Our cells against geohash2, another implementation; and no place of a circle outside the cells that are named."""

import math

import geohash2
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from chalicelib.kit import cells

LATITUDES = st.floats(-cells.MOST_LAT, cells.MOST_LAT)
LONGITUDES = st.floats(-180, 180, exclude_max=True)
WIDTH, HEIGHT = 360 / 1024, 180 / 1024


@given(LATITUDES, LONGITUDES)
@example(31.2304, 121.4737)
@example(math.nextafter(45, 0), math.nextafter(-90, -91))
def test_it_is_the_geohash_that_others_write(lat, lon):
    assume(not ((lat + 90) / HEIGHT).is_integer())
    assume(not ((lon + 180) / WIDTH).is_integer())
    assert cells.cell(lat, lon) == geohash2.encode(lat, lon, 4)


def test_edges_lie_in_one_cell():
    assert cells.cell(0, 0) == "s000"
    assert cells.cell(12, 180) == cells.cell(12, -180)
    assert cells.cell(math.nextafter(0, -1), math.nextafter(0, -1)) == "7zzz"


@pytest.mark.parametrize(("lat", "lon"), [(85.1, 0), (-90, 0), (0, 181), (math.nan, 0), (0, math.nan)])
def test_what_has_no_cell_is_refused(lat, lon):
    with pytest.raises(ValueError, match="no place"):
        cells.cell(lat, lon)


@given(st.floats(-90, 90), LONGITUDES, st.floats(0, 5_000), st.floats(0, 2 * math.pi))
@example(85.04, 179.99, 5_000, math.pi)
@example(0.0, -180.0, 5_000, 3 * math.pi / 2)
def test_every_place_of_a_circle_lies_in_its_cells(lat, lon, distance, bearing):
    phi, angle = math.radians(lat), distance / 6_371_008.8
    other = math.asin(math.sin(phi) * math.cos(angle) + math.cos(phi) * math.sin(angle) * math.cos(bearing))
    east = math.atan2(
        math.sin(bearing) * math.sin(angle) * math.cos(phi), math.cos(angle) - math.sin(phi) * math.sin(other)
    )
    there = math.degrees(other), (lon + math.degrees(east) + 180) % 360 - 180
    found = cells.cells_within(lat, lon, distance)
    assert len(found) <= 12
    if abs(there[0]) <= cells.MOST_LAT:
        assert cells.cell(*there) in found
        assert cells.metres(lat, lon, *there) == pytest.approx(distance, abs=0.01)


def test_a_city_is_one_cell_or_few():
    assert cells.cells_within(31.2, 121.4, 5_000) == ("wtw3",)
    assert cells.cells_within(31.2, 121.6, 5_000) == ("wtw3", "wtw9")
    assert cells.cells_within(89, 0, 5_000) == ()
