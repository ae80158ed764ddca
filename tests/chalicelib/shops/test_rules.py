from dataclasses import replace
from zoneinfo import available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kit.money import Money
from chalicelib.shops import checks, rules
from chalicelib.shops.currencies import CURRENCIES
from chalicelib.shops.rules import WEEK, CancellationPolicy, Interval, Position
from tests.chalicelib.shops.examples import BARBER, CUT

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
    start, end = rules.span(interval)
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
    ],
)
def test_each_fault_of_an_offering_is_named(change, field):
    assert [fault.field for fault in checks.offering_faults(replace(CUT, **change), "CNY", {"stf_1"})] == [field]


@pytest.mark.parametrize(("amount", "faults"), [(5_000, []), (5_005, ["price.amount"])])
def test_a_price_must_be_one_that_people_can_pay(amount, faults):
    cut = replace(CUT, price=Money(amount, "KWD"), staff_ids=())
    assert [fault.field for fault in checks.offering_faults(cut, "KWD", ())] == faults


def test_a_sound_offering_has_no_faults():
    assert not checks.offering_faults(replace(CUT, staff_ids=("stf_1",), minutes=720), "CNY", {"stf_1", "stf_2"})
    assert not checks.staff_faults("阿玲")
