"""A box drawn on a map of another datum shows what that map shows in its window, and no more is read than that needs."""

import itertools
import random
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.kit import datum
from chalicelib.kit.datum import Datum, from_wgs84
from chalicelib.kit.errors import Invalid
from chalicelib.search import use_cases
from chalicelib.search.boxes import Box
from chalicelib.search.geohash import Bounds
from chalicelib.search.ports import Card
from chalicelib.search.queries import SearchQuery
from tests.chalicelib.search.shops import search_ports
from tests.fakes.search import FakePlaces

NOW = datetime(2030, 5, 1, tzinfo=UTC)
SHIFTED = [Datum.GCJ02, Datum.BD09]


def card(number, lat, lon):
    return Card(f"shp_{number:05}", "店", lat, lon, ())


def asked(south, west, north, east, which, **more):
    return SearchQuery(south=south, west=west, north=north, east=east, datum=which, **more)


PLACES = [
    (31.2, 121.45),
    (39.9, 116.4),
    (43.8, 87.6),
    (1.0, 105.0),
    (22.3, 114.2),
    (30.0, 137.8),
    (55.8, 73.0),
    (0.83, 72.0),
]


@settings(deadline=None, max_examples=80)
@given(
    st.sampled_from(PLACES), st.sampled_from([0.0, 0.0005, 0.005, 0.05, 0.2]), st.sampled_from(SHIFTED), st.randoms()
)
def test_a_box_holds_what_the_map_shows_in_it(place, half, which, chance):
    lat, lon = place
    box = Box(Bounds(lat - half, lon - half, lat + half, lon + half), which)
    hull = box.hull
    assert hull.east - hull.west < 2 * half + 0.12
    for n in range(100):
        # On its edges most of all: shops anywhere around, and those that the map shows where its corners are.
        at = lat + chance.uniform(-1.1, 1.1) * half, lon + chance.uniform(-1.1, 1.1) * half
        if n % 2:
            shown = lat + chance.choice([-1, 1]) * half, lon + chance.uniform(-1, 1) * half
            at = datum.to_wgs84(*shown, which)
        told = from_wgs84(*at, which)
        inside = lat - half <= told[0] <= lat + half and lon - half <= told[1] <= lon + half
        assert box.holds(card(n, *at)) == inside
        if inside:
            assert hull.south <= at[0] <= hull.north
            assert hull.west <= at[1] <= hull.east


def test_the_hull_is_hardly_larger_than_the_box():
    hull = Box(Bounds(31.2, 121.4, 31.3, 121.5), Datum.GCJ02).hull
    assert hull.north - hull.south < 0.102
    assert hull.east - hull.west < 0.102


@pytest.mark.parametrize("which", list(Datum))
@pytest.mark.parametrize("words", [None, "店"])
def test_the_largest_box_is_found_to_its_corners(which, words):
    south, west, north, east = 31.0, 121.0, 31.61, 121.76
    chance = random.Random(1)
    some = [card(n, chance.uniform(30.9, 31.7), chance.uniform(120.9, 121.9)) for n in range(400)]
    corners = [datum.to_wgs84(lat, lon, which) for lat, lon in itertools.product((south, north), (west, east))]
    some += [card(1000 + n, *corner) for n, corner in enumerate(corners)]
    expected = set()
    for one in some:
        lat, lon = from_wgs84(one.lat, one.lon, which)
        if south <= lat <= north and west <= lon <= east:
            expected.add(one.shop_id)
    wish = asked(south, west, north, east, which, q=words).wish(NOW)
    found = use_cases.find(search_ports(FakePlaces(some, words=True)), wish, 500)
    assert {hit.card.shop_id for hit in found.items} == expected
    assert len(expected) > 100


@pytest.mark.parametrize("which", SHIFTED)
def test_a_box_without_width_is_not_the_world(which):
    for corners in ((31.2, 121.4, 31.3, 121.4), (31.2, 121.4, 31.2, 121.5), (31.2, 121.4, 31.2, 121.4)):
        hull = asked(*corners, which).wish(NOW).box.hull
        assert hull.east - hull.west < 0.11
        assert hull.north - hull.south < 0.11


def test_boxes_elsewhere_are_what_they_are():
    for corners in ((48.8, 2.3, 48.9, 2.4), (-16.6, 179.9, -16.5, -179.9), (60.0, 100.0, 60.1, 100.1)):
        box = asked(*corners, Datum.GCJ02).wish(NOW).box
        assert box.hull == box.bounds
    assert asked(-16.6, 179.9, -16.5, -179.9, Datum.BD09).wish(NOW).box.bounds.east == pytest.approx(180.1)


def test_south_is_south_by_what_was_asked():
    with pytest.raises(Invalid):
        asked(31.3, 121.4, 31.2, 121.5, Datum.GCJ02).wish(NOW)
