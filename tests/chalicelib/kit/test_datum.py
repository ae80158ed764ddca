"""The datums of Chinese maps against answers of the services themselves, and against their own inverse everywhere."""

import math

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from chalicelib.kit import datum
from chalicelib.kit.datum import EAST, NORTH, SOUTH, WEST, Datum, from_wgs84, to_wgs84
from chalicelib.search.distance import haversine

SHIFTED = st.sampled_from([Datum.GCJ02, Datum.BD09])
ALL = st.sampled_from(Datum)
MOST_SHIFT_M = {Datum.WGS84: 0, Datum.GCJ02: 740, Datum.BD09: 1600}
HERE_LATITUDES = st.one_of(st.floats(SOUTH, NORTH), st.sampled_from([SOUTH, NORTH, 35.0]))
# 105 east is where the series has the root of a distance: its slope is infinite there.
HERE_LONGITUDES = st.one_of(
    st.floats(WEST, EAST), st.sampled_from([WEST, EAST, 105.0]), st.floats(-1e-9, 1e-9).map(lambda turn: 105 + turn)
)
LATITUDES = st.one_of(
    st.floats(-90, 90), st.floats(SOUTH - 0.1, SOUTH + 0.1), st.floats(NORTH - 0.1, NORTH + 0.1), HERE_LATITUDES
)
LONGITUDES = st.one_of(
    st.floats(-180, 180), st.floats(WEST - 0.1, WEST + 0.1), st.floats(EAST - 0.1, EAST + 0.1), HERE_LONGITUDES
)

# https://restapi.amap.com/v3/assistant/coordinate/convert, coordsys=gps: the first two stand in AMap's documentation
# ("坐标转换") and in the README of the R package amapGeocode; the third was recorded by a user of that service.
AMAP = [
    ((39.990475, 116.481499), (39.991754014757, 116.487585177952)),
    ((39.990375, 116.481499), (39.991653917101, 116.487585177952)),
    ((22.62, 114.07), (22.61731092, 114.07513075)),
]
# https://api.map.baidu.com/geoconv/v1, from=1, to=5: Baidu's documentation ("坐标转换") asks about this one position;
# these answers were recorded at different times, the first in copies of that documentation.
BAIDU_ASKED = (29.575429778924, 114.21892734521)
BAIDU = [
    (29.57908428837437, 114.2307519546763),
    (29.579083538934, 114.23075682165),
    (29.5790859441, 114.23075411589),
    (29.579087871023, 114.23075627686),
]
# https://github.com/googollee/eviltransform, go/transform_test.go: Shanghai, Shenzhen, Beijing.
EVILTRANSFORM = [
    ((31.1774276, 121.5272106), (31.17530398364597, 121.531541859215)),
    ((22.543847, 113.912316), (22.540796131694766, 113.9171764808363)),
    ((39.911954, 116.377817), (39.91334545536069, 116.38404722455657)),
]


@pytest.mark.parametrize(("wgs", "gcj"), AMAP)
def test_it_is_what_amap_answers(wgs, gcj):
    assert haversine(*from_wgs84(*wgs, Datum.GCJ02), *gcj) < 0.12
    assert haversine(*to_wgs84(*gcj, Datum.GCJ02), *wgs) < 0.12


@pytest.mark.parametrize("answer", BAIDU)
def test_it_is_what_baidu_answers(answer):
    assert haversine(*from_wgs84(*BAIDU_ASKED, Datum.BD09), *answer) < 1.3
    assert haversine(*to_wgs84(*answer, Datum.BD09), *BAIDU_ASKED) < 1.3


def test_baidu_does_not_agree_with_itself():
    assert 0.5 < max(haversine(*one, *other) for one in BAIDU for other in BAIDU) < 1.3


@pytest.mark.parametrize(("wgs", "gcj"), EVILTRANSFORM)
def test_it_is_what_others_compute(wgs, gcj):
    assert from_wgs84(*wgs, Datum.GCJ02) == pytest.approx(gcj, abs=1e-12)


def test_beijings_station():
    """As in the manual of the R package geoChina, wgs2gcj: five digits."""
    assert from_wgs84(39.90105, 116.42079, Datum.GCJ02) == pytest.approx((39.90245, 116.42703), abs=1e-5)


def test_gcj_to_bd():
    """As in https://help.aliyun.com/zh/address-purification, TransferCoord (six digits), and in coordtransform's test."""
    for gcj, bd in (
        ((30.279164, 120.026268), (30.285238, 120.032768)),
        ((39.915, 116.404), (39.92133699351021, 116.41036949371029)),
    ):
        assert from_wgs84(*to_wgs84(*gcj, Datum.GCJ02), Datum.BD09) == pytest.approx(bd, abs=5.1e-7)


@settings(max_examples=1000, deadline=None)
@given(HERE_LATITUDES, HERE_LONGITUDES, ALL)
@example(SOUTH, WEST, Datum.BD09)
@example(NORTH, EAST, Datum.BD09)
@example(SOUTH, 105.0, Datum.GCJ02)
def test_there_and_back_is_the_same_everywhere_in_the_rectangle(lat, lon, which):
    there = from_wgs84(lat, lon, which)
    back = to_wgs84(*there, which)
    assert back == pytest.approx((lat, lon), abs=1e-9, rel=0)
    assert haversine(lat, lon, *back) < 1e-6
    assert from_wgs84(*back, which) == pytest.approx(there, abs=1e-9, rel=0)  # on the border, too


@settings(max_examples=1000, deadline=None)
@given(LATITUDES, LONGITUDES, ALL)
@example(NORTH, math.nextafter(EAST, 180), Datum.GCJ02)
@example(math.nextafter(SOUTH, 0), WEST, Datum.BD09)
@example(SOUTH + 0.004, WEST + 0.004, Datum.BD09)
def test_it_is_a_position_near_by_whatever_comes(lat, lon, which):
    for turn in (from_wgs84, to_wgs84):
        to_lat, to_lon = turn(lat, lon, which)
        assert -90 <= to_lat <= 90
        assert -180 <= to_lon <= 180
        assert haversine(lat, lon, to_lat, to_lon) <= MOST_SHIFT_M[which]
        assert turn(lat, lon, which) == (to_lat, to_lon)


@settings(max_examples=500, deadline=None)
@given(LATITUDES, LONGITUDES, SHIFTED)
def test_what_is_read_as_shifted_is_written_so_again(lat, lon, which):
    """Either it is the exact inverse, or it is what came: then nothing in the rectangle is written so."""
    wgs = to_wgs84(lat, lon, which)
    if wgs != (lat, lon):
        assert from_wgs84(*wgs, which) == pytest.approx((lat, lon), abs=1.1e-9, rel=0)


@settings(max_examples=500, deadline=None)
@given(LATITUDES, LONGITUDES, SHIFTED)
def test_outside_nothing_moves_but_for_a_strip_along_the_border(lat, lon, which):
    assume(not (SOUTH <= lat <= NORTH and WEST <= lon <= EAST))
    assert from_wgs84(lat, lon, which) == (lat, lon)
    back = to_wgs84(lat, lon, which)
    strip = datum.STRIP
    if not (SOUTH - strip <= lat <= NORTH + strip and WEST - strip <= lon <= EAST + strip):
        assert back == (lat, lon)
    assert haversine(lat, lon, *back) <= MOST_SHIFT_M[which]


def test_the_shift_ends_at_the_border_at_once():
    inside, outside = (30.0, EAST), (30.0, math.nextafter(EAST, 180))
    assert from_wgs84(*outside, Datum.GCJ02) == outside
    assert haversine(*from_wgs84(*inside, Datum.GCJ02), *inside) > 300
    # Met twice: the one outside is taken for the one inside.
    twice = from_wgs84(30.0, EAST - 1e-4, Datum.GCJ02)
    assert from_wgs84(*twice, Datum.GCJ02) == twice
    assert to_wgs84(*twice, Datum.GCJ02) == pytest.approx((30.0, EAST - 1e-4), abs=1e-9, rel=0)
    # Met by nothing: the one that would be shifted to it lies outside.
    assert to_wgs84(30.0, WEST + 1e-4, Datum.GCJ02) == (30.0, WEST + 1e-4)


@given(st.floats(-90, 90), st.floats(-180, 180))
def test_wgs84_is_wgs84(lat, lon):
    assert from_wgs84(lat, lon, Datum.WGS84) == to_wgs84(lat, lon, Datum.WGS84) == (lat, lon)


@pytest.mark.parametrize(("lat", "lon"), [(math.nan, 0), (0, math.inf), (90.1, 0), (0, -180.1)])
@pytest.mark.parametrize("turn", [from_wgs84, to_wgs84])
@pytest.mark.parametrize("which", list(Datum))
def test_what_is_no_position_is_refused(turn, which, lat, lon):
    with pytest.raises(ValueError, match="must be a number from"):
        turn(lat, lon, which)
