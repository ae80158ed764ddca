"""Booking as clients see it, with the real shops, orders and ledger beside it."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from chalicelib import wiring
from chalicelib.booking.rules.booking import LOCKED, MOST_TRIES, State
from chalicelib.kit.ids import new_id
from chalicelib.kit.money import Money
from chalicelib.orders import use_cases as orders
from chalicelib.orders.ports import LineState, OrderState
from chalicelib.shops.ports import HoursException, Interval, Staff
from tests.api import ADMIN, CUSTOMER, MERCHANT, OTHER, call
from tests.chalicelib.booking.world import StoppedClock, at, offering, shop

TIMES = "/v1/shops/{shop_id}/offerings/{offering_id}/times"
BOOKING = "/v1/bookings/{booking_id}"
CHECK_IN, COMPLETE, NO_SHOW = (f"{BOOKING}/{verb}" for verb in ("check-in", "complete", "no-show"))
AGENDA = "/v1/shops/{shop_id}/bookings"
TOMORROW = date(2030, 5, 2)


class Shop:
    """A shop with one member of staff, and what its customers do."""

    def __init__(self, clock):
        self.clock = clock
        self.id, self.offering_id, self.staff_id = new_id("shp"), new_id("off"), new_id("stf")
        store = wiring.shops().store
        wiring.committer().commit(
            [
                store.create(shop(id=self.id, merchant_id=MERCHANT.account_id)),
                store.put_offering(offering(id=self.offering_id, shop_id=self.id)),
                store.put_staff(Staff(self.staff_id, self.id, "小王")),
            ]
        )

    def hold(self, clock="10:00", key=None):
        line = {
            "kind": "booking",
            "shop_id": self.id,
            "offering_id": self.offering_id,
            "start": at(clock).isoformat(),
        }
        return call("POST", "/v1/orders", actor=CUSTOMER, body={"lines": [line]}, key=key)

    def pay(self, order):
        money = Money(order["total"]["amount"], order["total"]["currency"])
        paid = orders.paid(wiring.orders(), order["id"], new_id("pay"), money, self.clock.now())
        wiring.committer().commit(paid.actions)

    def sell(self, clock="09:00"):
        """A booking that was paid."""
        order = self.hold(clock).json
        self.pay(order)
        return self.see(order["lines"][0]["ref"])

    def see(self, booking_id, actor=CUSTOMER):
        return call("GET", BOOKING, actor=actor, booking_id=booking_id).json

    def times(self, **query):
        query.setdefault("date", TOMORROW)
        return call("GET", TIMES, query=query, shop_id=self.id, offering_id=self.offering_id)

    def change(self, **other):
        store = wiring.shops().store
        standing = store.shop(self.id)
        wiring.committer().commit([store.replace(replace(standing, version=standing.version + 1, **other))])


@pytest.fixture
def clock(tables):
    stopped = StoppedClock()
    wiring.use_clock(stopped)
    return stopped


@pytest.fixture
def world(clock):
    return Shop(clock)


def come(booking, code=None, actor=MERCHANT, key=None):
    body = {"code": booking["code"] if code is None else code}
    return call("POST", CHECK_IN, actor=actor, body=body, key=key, booking_id=booking["id"])


def test_a_date_with_hours_of_its_own_is_offered_and_held_so(world):
    world.change(exceptions=(HoursException(TOMORROW, (("12:00", "14:00"),)),))
    assert [one["local_start"][11:16] for one in world.times().json["times"]] == ["12:00", "12:30", "13:00"]
    refused = world.hold("10:00")
    assert (refused.status, refused.json["code"]) == (422, "time-not-offered")
    assert world.hold("12:30").status == 201
    world.change(exceptions=(HoursException(TOMORROW),))
    assert world.times().json["times"] == []


def test_free_times_say_the_offset_and_who(world):
    found = world.times()
    assert found.status == 200
    assert (found.json["zone"], found.json["date"]) == ("Asia/Shanghai", "2030-05-02")
    assert len(found.json["times"]) == 17
    assert found.json["times"][0] == {
        "start": "2030-05-02T01:00:00Z",
        "end": "2030-05-02T02:00:00Z",
        "local_start": "2030-05-02T09:00:00+08:00",
        "staff_ids": [world.staff_id],
    }
    assert world.times(staff_id=world.staff_id).json == found.json


def test_what_is_held_is_not_free(world):
    assert world.hold("10:00").status == 201
    free = [one["local_start"][11:16] for one in world.times().json["times"]]
    assert free[:2] == ["09:00", "11:00"]
    taken = world.hold("10:30")
    assert (taken.status, taken.json["code"]) == (409, "slot-taken")
    assert "2030-05-02T11:00:00+08:00" in taken.json["detail"]


def test_a_fold_is_said_once(world):
    always = tuple(Interval(day, "00:00", "24:00") for day in range(7))
    world.change(zone="America/New_York", hours=always)
    world.clock.moment = at("12:00").replace(month=11)
    night = [one["local_start"] for one in world.times(date="2030-11-03").json["times"]][2:5]
    assert [text[11:] for text in night] == ["01:00:00-04:00", "01:30:00-04:00", "02:00:00-05:00"]


def test_dates_without_times(world):
    assert world.times(date="2030-04-30").json["times"] == []
    assert world.times(date="2030-09-01").json["times"] == []


@pytest.mark.parametrize("wrong", ["tomorrow", "0001-01-01", "9999-12-31", "2030-02-30"])
def test_dates_that_are_none(world, wrong):
    refused = world.times(date=wrong)
    assert (refused.status, refused.json["errors"][0]["field"]) == (422, "date")


def test_what_does_not_exist(world):
    assert world.times(staff_id="stf_9").status == 404
    assert call("GET", TIMES, query={"date": TOMORROW}, shop_id="shp_9", offering_id="off_9").status == 404
    assert call("GET", BOOKING, actor=CUSTOMER, booking_id="bkg_9").status == 404


def test_only_the_customer_sees_the_code_and_only_once_it_is_paid(world):
    order = world.hold().json
    booking_id = order["lines"][0]["ref"]
    held = world.see(booking_id)
    assert (held["state"], held["code"], held["hold_until"]) == ("held", None, "2030-05-01T01:10:00Z")
    world.pay(order)
    sold = world.see(booking_id)
    assert (sold["state"], len(sold["code"]), sold["hold_until"]) == ("confirmed", 6, None)
    assert (sold["start"], sold["local_start"]) == ("2030-05-02T02:00:00Z", "2030-05-02T10:00:00+08:00")
    assert world.see(booking_id, MERCHANT) == sold | {"code": None}
    assert world.see(booking_id, ADMIN)["code"] is None
    assert call("GET", BOOKING, actor=OTHER, booking_id=booking_id).status == 404
    assert call("GET", BOOKING, booking_id=booking_id).status == 401


def test_a_hold_that_ran_out_says_so(world):
    booking_id = world.hold().json["lines"][0]["ref"]
    world.clock.moment += timedelta(minutes=10)
    assert world.see(booking_id)["state"] == "expired"


def test_the_agenda_is_the_merchants(world):
    sold = [world.sell(clock)["id"] for clock in ("15:00", "10:00", "12:00")]
    world.hold("09:00")
    query = {"date": TOMORROW, "limit": 2}
    first = call("GET", AGENDA, actor=MERCHANT, query=query, shop_id=world.id).json
    assert [one["id"] for one in first["items"]] == [sold[1], sold[2]]
    assert {one["code"] for one in first["items"]} == {None}
    more = query | {"cursor": first["next_cursor"]}
    rest = call("GET", AGENDA, actor=MERCHANT, query=more, shop_id=world.id).json
    assert ([one["id"] for one in rest["items"]], rest["next_cursor"]) == ([sold[0]], None)
    other_day = more | {"date": "2030-05-03"}
    assert call("GET", AGENDA, actor=MERCHANT, query=other_day, shop_id=world.id).status == 422
    assert call("GET", AGENDA, actor=OTHER, query=query, shop_id=world.id).status == 403
    assert call("GET", AGENDA, actor=CUSTOMER, query=query, shop_id=world.id).status == 403
    assert call("GET", AGENDA, actor=MERCHANT, query=query, shop_id="shp_9").status == 404


def test_from_check_in_to_money_due(world):
    booking = world.sell()
    early = call("POST", COMPLETE, actor=MERCHANT, booking_id=booking["id"])
    assert (early.status, early.json["code"]) == (409, "booking-state")
    came = come(booking, key="came-today-1")
    assert (came.status, came.json["state"], came.json["code"]) == (200, "checked_in", None)
    again = come(booking, key="came-today-1")
    assert (again.json, again.headers["Idempotent-Replayed"]) == (came.json, "true")
    done = call("POST", COMPLETE, actor=MERCHANT, key="done-today-1", booking_id=booking["id"])
    assert (done.status, done.json["state"]) == (200, "completed")
    assert call("POST", COMPLETE, actor=MERCHANT, key="done-today-1", booking_id=booking["id"]).json == done.json
    assert call("POST", COMPLETE, actor=MERCHANT, booking_id=booking["id"]).status == 409
    order = orders.read(wiring.orders(), booking["order_id"])
    assert (order.state, order.lines[0].state) == (OrderState.COMPLETED, LineState.COMPLETED)


def test_nobody_came(world):
    booking = world.sell()
    early = call("POST", NO_SHOW, actor=MERCHANT, booking_id=booking["id"])
    assert (early.status, early.json["code"]) == (409, "too-early")
    world.clock.moment = at("10:01")
    absent = call("POST", NO_SHOW, actor=MERCHANT, booking_id=booking["id"])
    assert (absent.status, absent.json["state"]) == (200, "no_show")
    order = orders.read(wiring.orders(), booking["order_id"])
    assert order.lines[0].state == LineState.NO_SHOW


def test_only_who_runs_the_shop_ends_a_booking(world):
    booking = world.sell()
    for route in (CHECK_IN, COMPLETE, NO_SHOW):
        body = {"code": booking["code"]} if route == CHECK_IN else None
        for actor, status in ((CUSTOMER, 403), (OTHER, 404), (None, 401)):
            assert call("POST", route, actor=actor, body=body, booking_id=booking["id"]).status == status
    assert come(booking, actor=ADMIN).status == 200


def test_a_merchant_who_is_the_customer_may_not_check_in_elsewhere(world):
    wiring_booking = world.sell()
    store = wiring.booking().store
    mine = store.booking(wiring_booking["id"])
    other_shops = replace(mine, customer_id=MERCHANT.account_id, merchant_id="acc_other_merchant", version=3)
    wiring.committer().commit([store.replace(other_shops)])
    assert come(wiring_booking).status == 404


def test_codes_cannot_be_tried_out(world):
    booking = world.sell()
    for _ in range(MOST_TRIES):
        wrong = come(booking, "AAAAAA")
        assert (wrong.status, wrong.json["code"]) == (422, "wrong-code")
    locked = come(booking)
    assert (locked.status, locked.json["code"], locked.headers["Retry-After"]) == (429, "too-many-tries", "901")
    world.clock.moment += LOCKED
    assert come(booking).json["state"] == "checked_in"


def test_a_cancelled_order_frees_its_time(world):
    order = world.hold().json
    cancel = "/v1/orders/{order_id}/cancel"
    assert call("POST", cancel, actor=CUSTOMER, body={}, order_id=order["id"]).status == 200
    assert world.see(order["lines"][0]["ref"])["state"] == State.CANCELLED
    assert world.hold().status == 201


def test_a_repeated_hold_gets_the_first_answer(world):
    first, again = (world.hold(key="one-hold-only") for _ in range(2))
    assert (first.status, again.status) == (201, 201)
    assert first.json == again.json
