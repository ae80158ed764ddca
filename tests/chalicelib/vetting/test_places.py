"""Countries' outlines, held against the towns that the time zone database says lie in them."""

from importlib import resources

import pytest

from chalicelib.vetting.rules import places
from chalicelib.vetting.rules.places import is_in
from infra import outlines
from infra.importing.countries import position_of

TOWNS = [
    (line.split("\t")[0], position_of(line.split("\t")[1]))
    for line in resources.files("tzdata.zoneinfo").joinpath("zone.tab").read_text("ascii").splitlines()
    if not line.startswith("#")
]
BESIDE = {  # whose towns lie within what is forgiven of which others
    "CN": {"HK", "MO"},
    "JP": set(),
    "DE": {"CH", "LI", "LU"},
    "SG": set(),
    "FJ": set(),
    "RU": {"KZ", "UA"},
}


def test_every_town_lies_in_its_country():
    assert len(TOWNS) > 400
    assert [(code, at) for code, at in TOWNS if not is_in(code, at.lat, at.lon)] == []


@pytest.mark.parametrize("country", BESIDE)
def test_no_town_far_away_lies_in_a_country(country):
    assert {code for code, at in TOWNS if code != country and is_in(country, at.lat, at.lon)} == BESIDE[country]


@pytest.mark.parametrize(
    ("country", "lat", "lon", "lies"),
    [
        ("CN", 31.23, 121.46, True),
        ("CN", 121.46, 31.23, False),  # its axes swapped
        ("CN", -31.23, 121.46, False),
        ("CN", 31.23, -121.46, False),
        ("CN", 0.0, 0.0, False),
        ("FJ", -16.8, 179.99, True),
        ("FJ", -16.8, -179.99, True),
        ("RU", 65.5, -170.5, True),  # beyond the antimeridian
        ("US", 52.9, 172.9, True),
        ("FR", 4.9, -52.3, True),
        ("GF", 2.5, -53.0, True),
        ("XX", 31.23, 121.46, False),
    ],
)
def test_places(country, lat, lon, lies):
    assert is_in(country, lat, lon) is lies


def test_a_ring_is_written_and_read_alike():
    ring = [(31.23, 121.46), (-0.01, 179.99), (0.0, 181.5), (-89.99, -180.0)]
    read = places._decoded(outlines.encoded(ring))
    assert [tuple(round(one, 6) for one in point) for point in read] == ring
