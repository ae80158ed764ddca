"""Rows on real DynamoDB semantics: requests and capacity are asserted on dynoxide, which tells them right."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from chalicelib import wiring
from chalicelib.booking import use_cases
from chalicelib.booking.rules.booking import confirmed
from chalicelib.booking.rules.days import Day, Taken
from chalicelib.booking.store import BookingRow, BookingTable, DayRow
from chalicelib.kit.dynamo import meter
from chalicelib.kit.transaction import Contention
from chalicelib.kit.wall import Window
from chalicelib.orders.ports import LineState
from tests.chalicelib.booking.rules.test_booking import HELD, SOLD
from tests.chalicelib.booking.world import HOLD, NOW, StoppedClock, at, customer, lines_of, listing, order, wish
from tests.emulators import DYNOXIDE

TODAY = date(2030, 5, 2)
SPAN = Window(at("00:00"), at("00:00", days=2))
STORE = BookingTable()


def commit(*actions):
    wiring.committer().commit(actions)


def rows(*keys, consistent=True):
    return list(STORE.days(keys, consistent=consistent))


@pytest.mark.store
def test_a_booking_is_kept_whole(tables):
    full = replace(
        HELD, staff_id="stf_1", tries=2, locked_until=NOW, version=1, hold_until=NOW + timedelta(seconds=1.5)
    )
    commit(STORE.create(full))
    assert STORE.booking("bkg_1") == full
    assert STORE.booking("bkg_2") is None
    assert STORE.bookings(["bkg_1", "bkg_2"]) == {"bkg_1": full}
    assert STORE.bookings([]) == {}
    with pytest.raises(Contention):
        commit(STORE.create(full))


@pytest.mark.store
def test_only_the_next_version_replaces(tables):
    commit(STORE.create(HELD))
    sold = confirmed(HELD, NOW)
    commit(STORE.replace(sold))
    with pytest.raises(Contention):
        commit(STORE.replace(sold))
    with pytest.raises(Contention):
        commit(STORE.replace(replace(sold, id="bkg_none")))
    assert STORE.booking("bkg_1") == sold


@pytest.mark.store
def test_days_are_kept_whole_and_by_version(tables):
    until = datetime(2030, 5, 1, 1, 2, 3, 456789, tzinfo=UTC)
    entries = (Taken(at("09:00"), at("10:00"), "bkg_1"), Taken(at("10:00"), at("11:00"), "bkg_2", until))
    day = Day("stf_1", TODAY, 0, entries)
    assert rows(day.key) == [Day("stf_1", TODAY)]
    commit(STORE.replace_day(day))
    with pytest.raises(Contention):
        commit(STORE.replace_day(day))
    assert rows(day.key, ("stf_2", TODAY)) == [replace(day, version=1), Day("stf_2", TODAY)]
    commit(STORE.replace_day(replace(day, version=1, taken=())))
    assert rows(day.key, consistent=False) == [Day("stf_1", TODAY, 2, ())]
    assert rows() == []


@pytest.mark.store
def test_the_agenda_lists_what_was_sold_by_start(tables):
    for number, clock in enumerate(["11:00", "09:00", "10:00"]):
        commit(STORE.create(replace(SOLD, id=f"bkg_{number}", starts_at=at(clock))))
    commit(STORE.create(replace(HELD, id="bkg_held")))
    commit(STORE.create(replace(SOLD, id="bkg_other_day", starts_at=at("00:00", days=2))))
    commit(STORE.create(replace(SOLD, id="bkg_other_shop", shop_id="shp_2")))
    first = STORE.agenda("shp_1", SPAN, None, 2)
    assert [one.id for one in first.items] == ["bkg_1", "bkg_2"]
    rest = STORE.agenda("shp_1", SPAN, first.next, 2)
    assert ([one.id for one in rest.items], rest.next) == (["bkg_0"], None)
    assert STORE.agenda("shp_1", Window(at("00:00", days=9), at("00:00", days=10)), None, 2).items == ()


@pytest.mark.store
def test_a_customers_bookings_of_all_shops_by_start(tables):
    for number, clock in enumerate(["11:00", "09:00"]):
        commit(STORE.create(replace(SOLD, id=f"bkg_{number}", shop_id=f"shp_{number}", starts_at=at(clock))))
    commit(STORE.create(replace(SOLD, id="bkg_other", customer_id="acc_9")))
    found = STORE.of_customer(SOLD.customer_id, SPAN, None, 20)
    assert ([one.id for one in found.items], found.next) == (["bkg_1", "bkg_0"], None)


def test_what_nobody_needs_any_more_dies(tables):
    commit(STORE.create(HELD), STORE.replace_day(Day("stf_1", TODAY)))
    assert DayRow.get("DAY#stf_1", "2030-05-02").expires_at == datetime(2030, 6, 1, tzinfo=UTC).timestamp()
    assert BookingRow.get("BKG#bkg_1", "BKG").expires_at == (NOW + HOLD + timedelta(days=30)).timestamp()
    commit(STORE.replace(confirmed(HELD, NOW)))
    assert BookingRow.get("BKG#bkg_1", "BKG").expires_at is None


def units(usage):
    return usage.requests, usage.read_units, usage.write_units


def needs_dynoxide(tables):
    if tables.name != DYNOXIDE:
        pytest.skip("only dynoxide tells capacity right")


def test_a_hold_is_one_read_and_one_transaction(tables):
    needs_dynoxide(tables)
    lines = lines_of(listing(20), STORE)
    with meter.measure() as read:
        found = lines.reserve(customer(), "ord_1", [wish(at("10:00"))], NOW + HOLD, NOW)
    assert read.requests == 1
    assert read.read_units <= 40  # 20 staff, a local date is two of UTC, consistent
    with meter.measure() as written:
        commit(*found.actions)
    assert units(written) == (1, 0, 7)  # booking and day twice in a transaction, and the message
    with meter.measure() as named:
        lines.reserve(customer(), "ord_2", [wish(at("12:00"), "stf_1")], NOW + HOLD, NOW)
    assert (named.requests, named.read_units <= 2) == (1, True)


def test_confirm_and_release_are_two_reads_and_one_transaction(tables):
    needs_dynoxide(tables)
    lines = lines_of(listing(1), STORE)
    found = lines.reserve(customer(), "ord_1", [wish(at("10:00"))], NOW + HOLD, NOW)
    commit(*found.actions)
    with meter.measure() as read:
        actions = lines.confirm(found.lines, order(found.lines), NOW)
    assert units(read) == (2, 2, 0)
    with meter.measure() as written:
        commit(*actions)
    assert units(written) == (1, 0, 6)  # booking and day twice in a transaction, and the booking in both indexes
    with meter.measure() as read:
        actions = lines.release(found.lines, order(found.lines), LineState.CANCELLED, NOW)
    assert units(read) == (2, 2, 0)
    with meter.measure() as written:
        commit(*actions)
    assert units(written) == (1, 0, 9)
    with meter.measure() as read:
        STORE.booking(found.lines[0].ref)
    assert units(read) == (1, 1, 0)
    with meter.measure() as read:
        STORE.agenda("shp_1", SPAN, None, 20)
    assert units(read) == (1, 0.5, 0)


def test_free_times_of_twenty_staff_are_two_requests(tables):
    """With the shop's partition as it stands in its own table."""
    needs_dynoxide(tables)
    standing = listing(20)
    shops = wiring.shops().store
    commit(shops.create(standing.shop), *(shops.put_offering(one) for one in standing.offerings))
    commit(*(shops.put_staff(one) for one in standing.staff))
    full = tuple(
        Taken(at("09:00") + timedelta(minutes=15 * n), at("09:00") + timedelta(minutes=15 * n + 15), f"bkg_{n:026d}")
        for n in range(34)
    )
    for number in range(1, 21):
        commit(STORE.replace_day(Day(f"stf_{number}", TODAY, 0, full)))
    ports = replace(wiring.booking(), clock=StoppedClock())
    with meter.measure() as spent:
        found = use_cases.times(ports, "shp_1", "off_1", TODAY)
    assert [one.start for one in found.times] == []
    assert spent.requests == 2
    assert spent.write_units == 0
    # 20 rows of 4 KB at most, not consistent; 20 more keys without a row; the shop's 22 rows in one consistent query.
    assert spent.read_units <= 20 * 0.5 + 20 * 0.5 + 2


def test_a_month_of_one_person_is_two_requests(tables):
    needs_dynoxide(tables)
    standing = listing(20)
    shops = wiring.shops().store
    commit(shops.create(standing.shop), *(shops.put_offering(one) for one in standing.offerings))
    commit(*(shops.put_staff(one) for one in standing.staff))
    commit(STORE.replace_day(Day("stf_1", TODAY, 0, (Taken(at("09:00"), at("18:00"), "bkg_1"),))))
    ports = replace(wiring.booking(), clock=StoppedClock())
    with meter.measure() as spent:
        found = use_cases.times(ports, "shp_1", "off_1", TODAY, "stf_1", 31)
    assert (found.through, len(found.times)) == (date(2030, 6, 1), 30 * 17)
    assert spent.requests == 2
    assert spent.read_units <= 32 * 0.5 + 2  # the rows that there are; keys without one are paid too on AWS
    with meter.measure() as spent:
        all_of_them = use_cases.times(ports, "shp_1", "off_1", TODAY, days=31)
    assert spent.requests == 2
    assert all_of_them.through == date(2030, 5, 5), "20 people, five dates of UTC: a hundred rows"
    with meter.measure() as spent:
        earliest = use_cases.times(ports, "shp_1", "off_1", TODAY, "stf_1", 31, first=1)
    assert [one.start for one in earliest.times] == [at("09:00", 2)]
    assert spent.requests == 2


def test_the_sweep_of_a_hold_leaves_the_day_alone(tables):
    needs_dynoxide(tables)
    lines = lines_of(listing(1), STORE)
    found = lines.reserve(customer(), "ord_1", [wish(at("10:00"))], NOW + HOLD, NOW)
    commit(*found.actions)
    with meter.measure() as spent:
        commit(*lines.release(found.lines, order(found.lines), LineState.EXPIRED, NOW + HOLD))
    assert units(spent) == (2, 1, 5)
