"""Our codec against geohash2, another implementation; they may differ exactly on cell borders and nowhere else."""

import math

import geohash2
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.search import geohash

LATITUDES = st.floats(-90, 90, exclude_max=True)
LONGITUDES = st.floats(-180, 180, exclude_max=True)


def on_border(lat: float, lon: float) -> bool:
    column, row = geohash.lattice(lat, lon)
    return lat == geohash.latitude(row) or lon == geohash.longitude(column)


@given(LATITUDES, LONGITUDES, st.integers(1, 12))
@example(31.2304, 121.4737, 12)
@example(-1e-300, -1e-300, 12)
@example(math.nextafter(45, 0), math.nextafter(-90, -91), 12)
def test_it_is_the_geohash_that_others_write(lat, lon, length):
    if not on_border(lat, lon):
        assert geohash.encode(lat, lon, length) == geohash2.encode(lat, lon, length)


@given(LATITUDES, LONGITUDES, st.integers(1, 12))
def test_a_cell_holds_what_was_encoded_half_open(lat, lon, length):
    cell = geohash.decode(geohash.encode(lat, lon, length))
    assert cell.south <= lat < cell.north
    assert cell.west <= lon < cell.east


@given(st.text(alphabet=geohash.ALPHABET, min_size=1, max_size=12))
def test_decoding_agrees_with_the_oracle(text):
    cell = geohash.decode(text)
    lat, lon, lat_error, lon_error = geohash2.decode_exactly(text)
    assert (cell.south + cell.north) / 2 == pytest.approx(lat, abs=1e-12)
    assert (cell.west + cell.east) / 2 == pytest.approx(lon, abs=1e-12)
    assert (cell.north - cell.south) / 2 == pytest.approx(lat_error)
    assert (cell.east - cell.west) / 2 == pytest.approx(lon_error)
    assert geohash.encode(cell.south, cell.west, len(text)) == text


@given(st.integers(0, geohash.SIDE - 1), st.integers(0, geohash.SIDE - 1))
def test_the_corner_of_a_position_is_where_it_came_from(column, row):
    assert geohash.corner(geohash.interleave(column, row)) == (column, row)


@given(st.integers(0, geohash.SIDE - 1), st.integers(0, geohash.SIDE - 1))
def test_south_and_west_edges_belong_to_the_cell(column, row):
    assert geohash.lattice(geohash.latitude(row), geohash.longitude(column)) == (column, row)


def test_the_origin_lies_north_east_of_its_corner():
    assert geohash.encode(0, 0) == "s00000000000"


def test_the_ends_of_the_world():
    assert geohash.encode(12, 180) == geohash.encode(12, -180)
    assert geohash.decode(geohash.encode(90, 0)).north == 90
    assert geohash.encode(-90, -180) == "0" * 12


def test_keys_sort_as_positions_do():
    texts = [geohash.text(position) for position in (0, 1, 1 << 20, (1 << 59) - 1, 1 << 59, (1 << 60) - 1)]
    assert texts == sorted(texts)
    assert [geohash.first(text) for text in texts] == [0, 1, 1 << 20, (1 << 59) - 1, 1 << 59, (1 << 60) - 1]


@pytest.mark.parametrize(
    ("lat", "lon"),
    [(math.nan, 0), (0, math.nan), (math.inf, 0), (0, -math.inf), (90.1, 0), (-90.1, 0), (0, 180.1), (0, -181)],
)
def test_what_is_no_position_is_refused(lat, lon):
    with pytest.raises(ValueError, match="must be a number from"):
        geohash.encode(lat, lon)


@pytest.mark.parametrize("length", [0, 13])
def test_lengths_that_we_do_not_write(length):
    with pytest.raises(ValueError, match="1 to 12"):
        geohash.encode(0, 0, length)


@pytest.mark.parametrize("text", ["", "a", "WX4", "s" * 13, "s 0"])
def test_what_is_no_geohash_is_refused(text):
    with pytest.raises(ValueError, match="geohash"):
        geohash.decode(text)
