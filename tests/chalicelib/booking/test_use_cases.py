"""What the routes' tests cannot reach: others who write at the same time."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from chalicelib.booking import use_cases
from chalicelib.booking.ports import BookingPorts
from chalicelib.booking.rules.booking import State
from chalicelib.booking.rules.days import Day, Taken
from chalicelib.booking.rules.problems import WrongCode
from chalicelib.kit.auth import Actor, Role
from chalicelib.kit.errors import NotFound
from chalicelib.kit.idempotency import Answer, Once
from chalicelib.kit.transaction import Action
from chalicelib.shops.ports import Status
from tests.chalicelib.booking.rules.test_booking import SOLD
from tests.chalicelib.booking.world import (
    FakeCommitter,
    FakeOutbox,
    FakeStore,
    StoppedClock,
    at,
    customer,
    listing,
    shop_ports,
)

MERCHANT = Actor("acc_merchant", frozenset({Role.MERCHANT}), "ses_1")
DAY = Day("stf_1", date(2030, 5, 2), 1, (Taken(at("10:00"), at("11:00"), "bkg_1"),))
ONCE = Once("acc_merchant|POST", "key-number-1", "sha", lambda _: Answer(200, "{}"))


class FakeIdempotency:
    def __init__(self):
        self.rows = {}

    def remember(self, once, result):
        return Action((self.rows, once.key, 0, replace(SOLD, version=1)))


class Meddled(FakeStore):
    """Somebody else writes the booking after it was read, once."""

    def __init__(self, *rows, meddle):
        super().__init__({one.id: one for one in rows})
        self.meddle = meddle

    def booking(self, booking_id):
        found = super().booking(booking_id)
        if self.meddle and found:
            self.rows[booking_id], self.meddle = self.meddle, None
        return found


def ports(store, clock=None):
    shops = shop_ports(listing(1))
    clock = clock or StoppedClock(at("09:00"))
    return BookingPorts(store, None, None, None, clock, FakeCommitter(), FakeOutbox(), FakeIdempotency(), shops, None)


def test_check_in_is_decided_again_from_fresh_rows():
    store = Meddled(SOLD, meddle=replace(SOLD, version=2, tries=1))
    after = use_cases.check_in(ports(store), MERCHANT, "bkg_1", SOLD.code, ONCE)
    assert (after.state, after.version) == (State.CHECKED_IN, 3)


def test_a_wrong_code_counts_though_others_write_too():
    store = Meddled(SOLD, meddle=replace(SOLD, version=2, tries=1))
    with pytest.raises(WrongCode):
        use_cases.check_in(ports(store), MERCHANT, "bkg_1", "AAAAAA", ONCE)
    assert (store.rows["bkg_1"].tries, store.rows["bkg_1"].version) == (2, 3)


def test_the_agenda_and_the_booking_are_not_for_everybody():
    store = FakeStore({"bkg_1": SOLD})
    page = use_cases.agenda(ports(store), MERCHANT, "shp_1", date(2030, 5, 2), None, 10)
    assert page.items == (SOLD,)
    assert use_cases.get(ports(store), customer(1), "bkg_1") == SOLD
    with pytest.raises(NotFound):
        use_cases.get(ports(store), customer(2), "bkg_1")


def test_beyond_the_horizon_nothing_is_read():
    store = FakeStore()
    store.days = None
    clock = StoppedClock(at("09:00") - timedelta(days=200))
    assert use_cases.times(ports(store, clock), "shp_1", "off_1", date(2030, 5, 2)).times == ()


class CountingStore(FakeStore):
    """Counts the reads of days."""

    reads = 0

    def days(self, keys, *, consistent):
        assert not consistent
        self.reads += bool(keys)
        return super().days(keys, consistent=consistent)


def test_the_next_times_take_one_read_and_none_of_a_closed_shop():
    store = CountingStore({}, {("stf_1", date(2030, 5, 2)): DAY})
    given = BookingPorts(store, *[None] * 9)
    found = use_cases.next_times(given, listing(1), at("08:00"))
    assert found.offerings["off_1"].times == (at("09:00"), at("11:00"), at("11:30"))
    assert found.until == at("08:00", days=15)
    assert store.reads == 1
    closed = use_cases.next_times(given, listing(1, status=Status.CLOSED), at("08:00"))
    assert (closed.offerings, store.reads) == ({}, 1)
