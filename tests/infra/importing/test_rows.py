"""From the cells of a file to a shop: spellings, numbers, categories, zones, currencies, weeks."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.search.opening import short_week
from chalicelib.shops import checks
from chalicelib.shops.currencies import CURRENCIES
from chalicelib.shops.hours import Interval
from chalicelib.shops.rules import Position
from infra.importing import countries
from infra.importing.hours import week
from infra.importing.rows import Defaults, RowError, import_row, slug, source_of

GIVEN = Defaults("list")
ROW = {
    "id": "7", "name": " Blue   Door\n", "category": "Entire home/apt", "lat": "31.2304", "lon": "121.4737",
    "address": "1 Nanjing Road", "city": "Shanghai", "country": "CN",
}  # fmt: skip


def row(**changes):
    return import_row(ROW | changes, GIVEN)


def test_a_row_becomes_a_sound_shop():
    made = row(hours="Mo-Fr 9:00-18:00; Sa 10:00-02:00", phone="+86 21 0000 0001", name_en="Blue Door")
    assert (made.source, made.external_id) == ("list", "7")
    assert checks.shop_faults(made.draft) == []
    assert (made.draft.name, made.draft.name_en) == ("Blue Door", "Blue Door")
    assert made.draft.categories == ("entire-home-apt",)
    assert made.draft.address == "1 Nanjing Road, Shanghai"
    assert (made.draft.zone, made.draft.currency) == ("Asia/Shanghai", "CNY")
    assert made.draft.hours[-1] == Interval(5, "10:00", "02:00")


def test_known_spellings():
    spelt = {
        "Store Number": "7", "店名": "Blue Door", "Type": "Cafe; Tea|cafe", "Latitude": "31.2304", "LNG": "121.4737",
        "street-address": "1 Nanjing Road", "addr:city": "Shanghai", "Country_Code": "cn", "contact:phone": "12345",
        "Opening Hours": "24/7", "colour": "blue",
    }  # fmt: skip
    made = import_row(spelt, GIVEN)
    assert made.external_id == "7"
    assert made.draft.categories == ("cafe", "tea")
    assert made.draft.position == Position(31.2304, 121.4737)
    assert made.draft.phone == "12345"
    assert len(made.draft.hours) == 7


def test_of_two_spellings_the_one_listed_first_counts_wherever_it_stands():
    assert row(title="Other", shop="x").draft == row().draft
    assert import_row({"title": "Other"} | ROW, GIVEN).draft == row().draft
    assert row(name="", title="Other").draft.name == "Other"


def test_without_an_id_a_shop_is_known_by_name_and_place():
    one, again = row(id=""), row(id=" ")
    assert one.external_id == again.external_id
    others = {row(id="", name="x").external_id, row(id="", lat="31").external_id, row(id="").external_id}
    assert len(others) == 3


@pytest.mark.parametrize("text", ["", "x", "31,2", "1_0", "0x1f", "nan", "inf", "--1", "31°14'", "1e"])
def test_what_is_no_number_of_degrees_is_refused(text):
    with pytest.raises(RowError, match="lat: "):
        row(lat=text)


@pytest.mark.parametrize("text", ["1e400", "-1e400", "91", "1" + "0" * 500])
def test_numbers_off_the_earth_are_the_domains_to_refuse(text):
    assert [fault.field for fault in checks.shop_faults(row(lat=text, zone="UTC", currency="EUR").draft)] == [
        "position"
    ]


def test_positions_are_kept_to_a_centimetre_and_zero_has_no_sign():
    assert row(lat="31.242009999999997").draft.position.lat == 31.24201
    assert math.copysign(1, row(lat="-0.0").draft.position.lat) == 1


@pytest.mark.parametrize(
    ("text", "made"),
    [("Starbucks/Licensed", "starbucks-licensed"), ("Café", "cafe"), (" 美发 ", "hair"), ("Ｔｅａ", "tea")],
)
def test_slugs(text, made):
    assert slug(text) == made


def test_a_category_that_cannot_be_a_slug_is_refused():
    with pytest.raises(RowError, match="no Latin letters"):
        row(category="奇怪的东西")


def test_no_category_is_the_domains_to_refuse():
    assert [fault.field for fault in checks.shop_faults(row(category="").draft)] == ["categories"]


def test_addresses():
    assert row(address="").draft.address == "Shanghai"
    assert row(city="").draft.address == "1 Nanjing Road"
    assert row(address="1 Road, SHANGHAI").draft.address == "1 Road, SHANGHAI"


def test_zone_and_currency_from_the_row_the_command_or_the_country():
    assert row(zone="Europe/Berlin", currency="eur").draft.zone == "Europe/Berlin"
    assert row(currency="eur").draft.currency == "EUR"
    over = import_row(ROW | {"zone": "UTC", "currency": "EUR"}, Defaults("list", "Asia/Tokyo", "JPY")).draft
    assert (over.zone, over.currency) == ("Asia/Tokyo", "JPY")
    with pytest.raises(RowError, match="zone: missing"):
        row(country="M")
    with pytest.raises(RowError, match="currency: missing"):
        row(country="", zone="UTC")


@pytest.mark.parametrize(
    ("country", "lat", "lon", "zone"),
    [
        ("US", 37.77, -122.42, "America/Los_Angeles"),
        ("US", 40.71, -74.0, "America/New_York"),
        ("US", 21.3, -157.8, "Pacific/Honolulu"),
        ("CN", 43.8, 87.6, "Asia/Shanghai"),
        ("RU", 66.1, -169.8, "Asia/Anadyr"),
        ("AU", -31.9, 115.8, "Australia/Perth"),
    ],
)
def test_the_zone_of_the_nearest_place_in_the_country(country, lat, lon, zone):
    assert countries.zone(country, Position(lat, lon)) == zone


def test_every_country_of_the_table_has_a_sound_zone_and_currency():
    assert set(countries.CURRENCY.values()) <= CURRENCIES
    uninhabited = {"BV", "HM", "XK"}  # and Kosovo, whose code is not ISO's
    for country in set(countries.CURRENCY) - uninhabited:
        zone = countries.zone(country, Position(0, 0))
        draft = row(zone=zone or "", country="CN").draft
        assert zone
        assert checks.shop_faults(draft) == []
    assert countries.zone("XK", Position(0, 0)) is None
    with pytest.raises(ValueError, match="no position"):
        countries.position_of("here")


def test_a_table_maps_a_country_once():
    listed = [country for codes in countries._CURRENCIES.values() for country in codes.split()]
    assert len(listed) == len(set(listed))


@pytest.mark.parametrize(
    ("name", "source"),
    [("shops.csv.gz", "shops"), ("shops.rejects.csv", "shops"), ("a.b.geojson", "a.b"), (".csv", "file"), ("x", "x")],
)
def test_the_source_that_a_file_name_stands_for(name, source):
    assert source_of(name) == source


clock = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59))


@given(st.lists(st.builds(Interval, st.integers(0, 6), clock, st.one_of(clock, st.just("24:00"))), max_size=9))
def test_weeks_are_read_as_search_writes_them(hours):
    assert sorted(week(short_week(hours)), key=repr) == sorted(hours, key=repr)


def test_later_rules_replace_and_days_go_round():
    assert week("") == ()
    assert week("Sa-Mo 10:00-12:00; Su off") == (Interval(0, "10:00", "12:00"), Interval(5, "10:00", "12:00"))
    assert len(week("10:00-12:00, 13:00-14:00")) == 14
    assert week("Mo,We 10:00-12:00")[1].weekday == 2


@pytest.mark.parametrize(
    "text", ["daily", "Mo 10-12", "Xx 10:00-12:00", "Mo-Xx 10:00-12:00", "Mo 10:00", "sunrise-sunset"]
)
def test_other_weeks_are_refused(text):
    with pytest.raises(RowError, match="hours: "):
        row(hours=text)
