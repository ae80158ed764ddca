"""The demo city: the same every time, sound by the domain's own rules, and varied enough to look like a city."""

from collections import Counter
from itertools import islice

from chalicelib.shops import checks
from chalicelib.shops.serving import Staff
from infra import demo_city

CITY = list(demo_city.shops())


def test_the_same_city_every_time():
    assert list(demo_city.shops()) == CITY
    assert demo_city.version() == demo_city.version()
    assert demo_city.version(299) != demo_city.version()
    assert list(islice(demo_city.shops(2000), len(CITY))) == CITY
    assert list(demo_city.shops(3, "another seed")) != CITY[:3]


def test_every_shop_is_sound():
    for row in demo_city.shops(2000):
        assert checks.shop_faults(row.draft) == []
        for offering in row.offerings:
            assert checks.offering_faults(offering, row.draft.currency, ()) == []
        assert row.offerings
        assert row.staff
        assert len(set(row.staff)) == len(row.staff)
        assert not [fault for name in row.staff for fault in checks.staff_faults(Staff("", "", name))]


def test_all_lies_within_the_bounds_and_has_a_name_of_its_own():
    many = list(demo_city.shops(2000))
    assert len({row.draft.name for row in many}) == len({row.draft.name_en for row in many}) == len(many)
    for row in many:
        place = row.draft.position
        assert demo_city.SOUTH_WEST.lat <= place.lat <= demo_city.NORTH_EAST.lat
        assert demo_city.SOUTH_WEST.lon <= place.lon <= demo_city.NORTH_EAST.lon


def test_a_tenth_of_every_twenty_never_closes_and_no_price_is_below_four_yuan():
    always = [row for row in CITY if all(day.opens == "00:00" and day.closes == "24:00" for day in row.draft.hours)]
    assert len(always) == len(CITY) // 10
    assert len({row.draft.categories[0] for row in always}) > 10
    prices = [offering.price for row in CITY for offering in row.offerings]
    assert min(price.amount for price in prices) >= demo_city.LEAST_PRICE
    assert {price.currency for price in prices} == {"CNY"}


def test_many_trades():
    trades = Counter(category for row in CITY for category in row.draft.categories)
    wanted = "hair nails massage restaurant cafe pets repair cleaning fitness photography tutoring car-wash"
    assert set(wanted.split()) <= set(trades)
    assert min(trades[trade] for trade in wanted.split()) >= 15
