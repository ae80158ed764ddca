from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kit.money import Money
from chalicelib.shops import checks
from chalicelib.shops.areas import Circle, Polygon
from chalicelib.shops.currencies import CURRENCIES
from chalicelib.shops.hours import WEEK, HoursException, Interval, Schedule, span
from chalicelib.shops.rules import BookingTerms, CancellationPolicy, Media, Position
from chalicelib.shops.serving import Spec, Staff
from tests.chalicelib.shops.examples import BARBER, CUT, SQUARE, TOLD, most, most_offering

CHRISTMAS = date(2030, 12, 25)
PHOTO = "https://media.example.com/front.jpg"

CLOCKS = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59))
INTERVALS = st.builds(Interval, st.integers(0, 6), CLOCKS, CLOCKS | st.just("24:00"))


def minutes_of(interval):
    """Every minute of the week that an interval covers, minute by minute from its opening to its closing."""
    hours, minutes = map(int, interval.opens.split(":"))
    minute, covered = interval.weekday * 1440 + hours * 60 + minutes, set()
    closes = "00:00" if interval.closes == "24:00" else interval.closes
    while True:
        covered.add(minute % WEEK)
        minute += 1
        of_day = minute % 1440
        if f"{of_day // 60:02}:{of_day % 60:02}" == closes:
            return covered


@given(st.lists(INTERVALS, max_size=6))
def test_hours_overlap_exactly_when_a_minute_is_covered_twice(hours):
    covered = [minute for interval in hours for minute in minutes_of(interval)]
    assert bool(checks.hours_faults(hours)) == (len(covered) > len(set(covered)))


@given(INTERVALS)
def test_a_span_covers_the_minutes_of_its_interval(interval):
    start, end = span(interval)
    assert {minute % WEEK for minute in range(start, end)} == minutes_of(interval)


def test_a_week_round_the_clock_is_sound():
    assert not checks.hours_faults(Interval(day, "00:00", "24:00") for day in range(7))
    assert not checks.hours_faults(Interval(day, "00:00", "00:00") for day in range(7))


def test_sunday_night_meets_monday_morning():
    late, early = Interval(6, "22:00", "03:00"), Interval(0, "02:00", "09:00")
    assert [fault.field for fault in checks.hours_faults([early, late])] == ["hours.0"]
    assert not checks.hours_faults([replace(early, opens="03:00"), late])


@pytest.mark.parametrize(
    "interval",
    [
        Interval(7, "09:00", "18:00"), Interval(-1, "09:00", "18:00"), Interval(0, "9:00", "18:00"),
        Interval(0, "24:00", "18:00"), Interval(0, "09:00", "25:00"), Interval(0, "09:60", "18:00"),
        Interval(0, "09:00", "18:00\n"), Interval(0, "", ""),
    ],
)  # fmt: skip
def test_malformed_intervals_are_named(interval):
    faults = checks.hours_faults([Interval(1, "09:00", "10:00"), interval])
    assert [fault.field for fault in faults] == ["hours.1"]


def test_a_week_has_an_end():
    assert checks.hours_faults([Interval(0, "09:00", "10:00")] * 43)[0].field == "hours"


def test_a_sound_shop_has_no_faults():
    assert not checks.shop_faults(BARBER)
    assert not checks.shop_faults(replace(BARBER, hours=(), phone="+86 21 5555 0100", name_en="Xiaoman"))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"name": " a"}, "name"),
        ({"name": "a" * 101}, "name"),
        ({"name_en": ""}, "name_en"),
        ({"address": ""}, "address"),
        ({"categories": ()}, "categories"),
        ({"categories": ("a", "a")}, "categories"),
        ({"categories": tuple("abcdef")}, "categories"),
        ({"categories": ("Hair Care",)}, "categories.0"),
        ({"categories": ("a", "b-")}, "categories.1"),
        ({"categories": ("a" * 41,)}, "categories.0"),
        ({"name": "sppa\u202e"}, "name"),
        ({"position": Position(90.1, 0)}, "position"),
        ({"position": Position(0, -180.1)}, "position"),
        ({"position": Position(float("nan"), 0)}, "position"),
        ({"zone": "Mars/Olympus"}, "zone"),
        ({"zone": "America"}, "zone"),
        ({"zone": "../../etc/passwd"}, "zone"),
        ({"zone": ""}, "zone"),
        ({"currency": "XYZ"}, "currency"),
        ({"currency": "cny"}, "currency"),
        ({"phone": "call me"}, "phone"),
        ({"policy": CancellationPolicy(-1, 0)}, "policy.free_until_minutes_before"),
        ({"policy": CancellationPolicy(0, 10_001)}, "policy.late_fee_bps"),
        ({"hours": (Interval(9, "", ""),)}, "hours.0"),
    ],
)
def test_each_fault_is_named(change, field):
    assert [fault.field for fault in checks.shop_faults(replace(BARBER, **change))] == [field]


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"exceptions": tuple(HoursException(CHRISTMAS + timedelta(days=n)) for n in range(41))}, ["exceptions"]),
        ({"exceptions": (HoursException(CHRISTMAS), HoursException(CHRISTMAS))}, ["exceptions.1.date"]),
        ({"exceptions": (HoursException(date(1999, 12, 31)),)}, ["exceptions.0.date"]),
        ({"exceptions": (HoursException(CHRISTMAS, (("9:00", "10:00"),)),)}, ["exceptions.0.intervals.0"]),
        ({"exceptions": (HoursException(CHRISTMAS, (("09:00", "10:00"), ("24:00", "10:00"))),)}, ["exceptions.0.intervals.1"]),
        ({"exceptions": (HoursException(CHRISTMAS, (("09:00", "10:00"), ("09:59", "11:00"))),)}, ["exceptions.0.intervals.1"]),
        ({"exceptions": (HoursException(CHRISTMAS, (("22:00", "23:00"), ("10:00", "09:00"))),)}, ["exceptions.0.intervals.0"]),
        ({"exceptions": (HoursException(CHRISTMAS, tuple((f"0{n}:00", f"0{n}:30") for n in range(7))),)}, ["exceptions.0.intervals"]),
        ({"media": (Media("photo", PHOTO),) * 21}, ["media"]),
        ({"media": (Media("sound", PHOTO),)}, ["media.0.kind"]),
        ({"media": (Media("photo", PHOTO), Media("photo", "", ""))}, ["media.1.url", "media.1.caption"]),
        ({"media": (Media("photo", PHOTO, "a\nb"),)}, ["media.0.caption"]),
        ({"media": (Media("photo", PHOTO, "a" * 101),)}, ["media.0.caption"]),
        ({"specs": (Spec("wifi", "yes"),) * 31}, ["specs"]),
        ({"specs": (Spec("", "yes"), Spec("wifi", ""))}, ["specs.0.name", "specs.1.value"]),
        ({"specs": (Spec("a" * 61, "a" * 201),)}, ["specs.0.name", "specs.0.value"]),
        ({"specs": (Spec("wifi", "y\u202es"),)}, ["specs.0.value"]),
        ({"service_area": Circle(1)}, ["service_area.radius_m"]),
        ({"service_area": Polygon(((0.0, 0.0),) * 3)}, [f"service_area.polygon.{n}" for n in range(3)]),
        ({"service_area": Polygon(SQUARE.vertices[:2])}, ["service_area.polygon"]),
        ({"service_area": Circle(1), "position": Position(float("nan"), 0)}, ["position"]),
    ],
)  # fmt: skip
def test_each_fault_of_what_is_told_of_a_shop_is_named(change, fields):
    assert [fault.field for fault in checks.shop_faults(replace(BARBER, **change))] == fields


def test_all_that_can_be_told_is_sound():
    assert not checks.shop_faults(TOLD)
    assert not checks.shop_faults(replace(TOLD, service_area=SQUARE))
    assert not checks.shop_faults(most())
    assert not checks.offering_faults(most_offering(), "CNY", most_offering().staff_ids)


@given(st.lists(st.tuples(CLOCKS, CLOCKS | st.just("24:00")), max_size=6))
def test_intervals_of_a_date_overlap_exactly_when_one_minute_is_covered_twice(clocks):
    spans = [span(Interval(0, *one)) for one in clocks]
    covered = [minute for start, end in spans for minute in range(start, end)]
    faults = checks.shop_faults(replace(BARBER, exceptions=(HoursException(CHRISTMAS, tuple(clocks)),)))
    assert bool(faults) == (len(covered) > len(set(covered)))
    assert all(fault.field.startswith("exceptions.0.intervals.") for fault in faults)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com", "https://example.com/", "https://a/b", "https://192.0.2.1/x", "https://example.com?x=[1]",
        "https://example.com#x", "https://xn--fiqs8s.example:65535/%E5%BA%97/a@b;c,d", "https://example.com/" + "x" * 480,
    ],
)  # fmt: skip
def test_addresses_of_media(url):
    assert not checks.shop_faults(replace(BARBER, media=(Media("photo", url),)))


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/x", "HTTPS://example.com/x", "ftp://example.com", "javascript:alert(1)", "//example.com/x",
        "data:image/png;base64,AAAA", "https:", "https://", "https:///x", "https://?x", "https://:443/x", "https:example.com",
        "https://me@example.com/x", "https://me:secret@example.com/x", "https://:secret@example.com/", "https://@example.com",
        "https://example.com:/x", "https://example.com:0/x", "https://example.com:65536/x", "https://example.com:443x/",
        "https://example.com/\n", "https://example.com/a b", "https://exa\tmple.com/", "https://example.com/\x00",
        "https://example.com/\x7f", "https://example.com\\@evil.example/x", "https://example.com/店", "https://店.example/",
        "https://-a.example/", "https://a..b/", "https://.a/", "https://" + "a" * 64 + ".example/", 'https://example.com/"x',
        "https://example.com/<x>", "https://example.com/" + "x" * 481, " https://example.com/x", "https://[::1]/x",
    ],
)  # fmt: skip
def test_what_is_no_address_of_media(url):
    assert [fault.field for fault in checks.shop_faults(replace(BARBER, media=(Media("photo", url),)))] == [
        "media.0.url"
    ]


def test_an_exception_replaces_what_begins_on_its_date():
    weekly = (Interval(2, "18:00", "02:00"), Interval(2, "09:00", "12:00"), Interval(3, "09:00", "12:00"))
    standing = Schedule(weekly, (HoursException(CHRISTMAS, (("10:00", "11:00"),)), HoursException(date(2030, 12, 26))))
    assert CHRISTMAS.weekday() == 2
    assert standing.of(CHRISTMAS) == (("10:00", "11:00"),)
    assert standing.of(date(2030, 12, 26)) == ()
    assert standing.of(date(2031, 1, 1)) == (("18:00", "02:00"), ("09:00", "12:00"))
    assert standing.of(date(2031, 1, 2)) == (("09:00", "12:00"),)
    assert replace(BARBER, hours=weekly, exceptions=standing.exceptions).schedule == standing


def test_every_place_name_of_the_database_is_a_zone():
    folders = {"Africa", "America", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"}
    places = [name for name in available_timezones() if name.partition("/")[0] in folders]
    assert len(places) > 300
    assert not [name for name in places if checks.shop_faults(replace(BARBER, zone=name))]


def test_the_list_of_currencies_holds_no_units_of_account():
    assert {"CNY", "EUR", "JPY", "USD", "KWD"} <= CURRENCIES
    assert not {"XAU", "XDR", "XTS", "XXX", "CLF"} & CURRENCIES
    assert all(len(code) == 3 and code.isalpha() and code.isupper() for code in CURRENCIES)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"minutes": 0}, "minutes"),
        ({"minutes": 44}, "minutes"),
        ({"minutes": 725}, "minutes"),
        ({"buffer_after_minutes": -5}, "buffer_after_minutes"),
        ({"buffer_after_minutes": 245}, "buffer_after_minutes"),
        ({"slot_minutes": 0}, "slot_minutes"),
        ({"slot_minutes": 7}, "slot_minutes"),
        ({"price": Money(12800, "EUR")}, "price.currency"),
        ({"price": Money(0, "CNY")}, "price.amount"),
        ({"price": Money(100_000_000, "CNY")}, "price.amount"),
        ({"staff_ids": ("stf_1", "stf_1")}, "staff_ids"),
        ({"staff_ids": ("stf_2",)}, "staff_ids"),
        ({"buffer_before_minutes": 245}, "buffer_before_minutes"),
        ({"skills": ("cut", "cut")}, "skills"),
        ({"skills": ("Cut",)}, "skills.0"),
        ({"needs": (("res_1",),) * 4}, "needs"),
        ({"needs": ((),)}, "needs.0"),
        ({"needs": (("res_1", "res_1"),)}, "needs.0"),
        ({"needs": (("res_2",),)}, "needs.0"),
        ({"seats": 0}, "seats"),
        ({"seats": 1001}, "seats"),
        ({"seats": 2, "approval": True}, "approval"),
        ({"deposit_bps": 10_001}, "deposit_bps"),
        ({"staffed": False}, "staffed"),
        ({"staffed": False, "needs": (("res_1",),), "staff_ids": ("stf_1",)}, "staffed"),
        ({"specs": (Spec("wifi", "yes"),) * 21}, "specs"),
        ({"specs": (Spec("room size", "45 m2\n"),)}, "specs.0.value"),
    ],
)
def test_each_fault_of_an_offering_is_named(change, field):
    faults = checks.offering_faults(replace(CUT, **change), "CNY", {"stf_1"}, {"res_1"})
    assert [fault.field for fault in faults] == [field]


@pytest.mark.parametrize(("amount", "faults"), [(5_000, []), (5_005, ["price.amount"])])
def test_a_price_must_be_one_that_people_can_pay(amount, faults):
    cut = replace(CUT, price=Money(amount, "KWD"), staff_ids=())
    assert [fault.field for fault in checks.offering_faults(cut, "KWD", ())] == faults


def test_a_sound_offering_has_no_faults():
    assert not checks.offering_faults(replace(CUT, staff_ids=("stf_1",), minutes=720), "CNY", {"stf_1", "stf_2"})
    assert not checks.staff_faults(Staff("stf_1", "shp_1", "阿玲"))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"skills": ("a b",)}, "skills.0"),
        ({"hours": (Interval(7, "09:00", "10:00"),)}, "hours.0"),
        ({"exceptions": (HoursException(date(2030, 5, 1)),) * 2}, "exceptions.1.date"),
    ],
)
def test_each_fault_of_somebody_is_named(change, field):
    staff = replace(Staff("stf_1", "shp_1", "阿玲"), **change)
    assert [fault.field for fault in checks.staff_faults(staff)] == [field]


@pytest.mark.parametrize(
    ("terms", "field"),
    [({"lead_minutes": -1}, "lead_minutes"), ({"horizon_days": 0}, "horizon_days"), ({"horizon_days": 367}, "horizon_days")],
)  # fmt: skip
def test_each_fault_of_the_terms_is_named(terms, field):
    shop = replace(BARBER, terms=BookingTerms(**terms))
    assert [fault.field for fault in checks.shop_faults(shop)] == [f"terms.{field}"]
