"""Classes: planned by the shop, bought by the seat, called off; over HTTP and real tables."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from chalicelib import wiring
from chalicelib.booking import use_cases
from chalicelib.booking.events import work
from chalicelib.booking.store.sessions import SeatsRow, SessionTable
from chalicelib.kit.dynamo import meter
from chalicelib.kit.ids import new_id
from chalicelib.kit.money import Money
from tests.api import ADMIN, CUSTOMER, MERCHANT, OTHER, call, present, told
from tests.chalicelib.booking.shop import ORDERS, Town
from tests.chalicelib.booking.test_routes import clock as clock  # noqa: PLC0414 - a fixture
from tests.chalicelib.booking.world import ALWAYS, at
from tests.emulators import DYNOXIDE


@pytest.fixture
def town(clock):
    return Town(clock)


@pytest.fixture
def yoga(town):
    return town.offer(name="瑜伽", seats=20, price=Money(8_000, "CNY"), needs=((town.rooms[0].id,),))


def off(town, session, actor=MERCHANT):
    return call("POST", "/v1/sessions/{session_id}/cancel", actor=actor, session_id=session["id"])


@pytest.mark.store
def test_a_session_is_planned_and_its_seats_are_sold(town, yoga):
    session = town.session(yoga).json
    assert (session["seats"], session["free"], session["title"]) == (20, 20, "瑜伽")
    assert session["local_start"] == "2030-05-02T10:00:00+08:00"
    order = town.order(town.seats(session, 3)).json
    assert (order["total"]["amount"], order["lines"][0]["quantity"]) == (24_000, 3)
    assert town.sessions()[0]["free"] == 17
    town.pay(order)
    booking = town.see(order["lines"][0]["ref"])
    assert (booking["state"], len(booking["seats"]), booking["session_id"]) == ("confirmed", 3, session["id"])
    assert booking["seats"] == sorted(booking["seats"]), "side by side"
    town.clock.moment = at("09:50")
    assert town.do("check-in", booking, MERCHANT, {"code": booking["code"]}).json["state"] == "checked_in"


def test_it_takes_staff_and_room(town, yoga):
    staff = town.session(yoga).json["staff_id"]
    cut = town.offer(staff_ids=(staff,))
    assert town.order(town.wish(cut)).json["code"] == "slot-taken"
    room = town.offer(needs=((town.rooms[0].id,),), staffed=False)
    assert town.order(town.wish(room)).json["code"] == "slot-taken"
    assert town.session(yoga, "10:30").json["code"] == "slot-taken"
    assert town.session(yoga, "10:30", days=2, staff_id=staff).status == 201


def test_what_cannot_be_planned(town, yoga):
    cut = town.offer()
    assert town.session(cut).json["code"] == "not-a-class"
    assert town.session(yoga, "17:30").json["code"] == "time-not-offered"
    body = {"offering_id": yoga.id, "start": at("10:00").isoformat()}
    assert call("POST", "/v1/shops/{shop_id}/sessions", actor=OTHER, body=body, shop_id=town.id).status == 403
    assert town.order(town.wish(yoga)).json["code"] == "not-a-class"
    times = call("GET", "/v1/shops/{shop_id}/offerings/{offering_id}/times", query={"date": "2030-05-02"}, shop_id=town.id, offering_id=yoga.id)  # fmt: skip
    assert times.json["times"] == []


def test_no_more_seats_than_there_are(town, yoga):
    session = town.session(yoga).json
    for _ in range(2):
        town.buy(town.seats(session, 9))
    few = town.order(town.seats(session, 3), actor=OTHER)
    assert (few.status, few.json["code"]) == (409, "no-seats")
    assert "2 are free, 3 were asked for" in few.json["detail"]
    assert town.order(town.seats(session, 2), actor=OTHER).status == 201
    assert town.order(town.seats(session, 1), actor=ADMIN).json["code"] == "no-seats"
    town.clock.moment += timedelta(minutes=10)
    assert town.order(town.seats(session, 2), actor=ADMIN).status == 201, "the hold ran out"


def test_late_money_takes_other_seats_where_its_own_are_gone(town):
    duo = town.offer(seats=3)
    session = town.session(duo).json
    late = town.order(town.seats(session, 2)).json
    town.clock.moment += timedelta(minutes=10)
    other = town.order(town.seats(session, 1), actor=OTHER).json
    assert town.pay(late).fulfilled
    mine, theirs = (town.see(one["lines"][0]["ref"], who) for one, who in ((late, CUSTOMER), (other, OTHER)))
    assert not set(mine["seats"]) & set(theirs["seats"])
    third = town.order(town.seats(session, 1), actor=ADMIN)
    assert third.json["code"] == "no-seats"


def test_late_money_for_a_full_session_goes_back(town):
    solo = town.offer(seats=2)
    session = town.session(solo).json
    late = town.order(town.seats(session, 1)).json
    town.clock.moment += timedelta(minutes=10)
    town.buy(town.seats(session, 2), actor=OTHER)
    assert not town.pay(late).fulfilled
    assert [one.payload["reason"] for one in told("order.refund_due")] == ["unfulfilled"]


def test_seats_that_are_given_back_are_free(town, yoga):
    session = town.session(yoga).json
    (booking,) = town.buy(town.seats(session, 5))
    call("POST", f"{ORDERS}/{{order_id}}/cancel", actor=CUSTOMER, body={}, order_id=booking["order_id"])
    assert town.sessions()[0]["free"] == 20
    order = town.order(town.seats(session, 5)).json
    longer = call("POST", f"{ORDERS}/{{order_id}}/extend", actor=CUSTOMER, order_id=order["id"])
    assert longer.json["hold_until"] == "2030-05-01T01:20:00Z"
    town.clock.moment += timedelta(minutes=19)
    assert town.sessions()[0]["free"] == 15


def test_a_session_that_is_called_off_pays_everybody_back(town, yoga):
    session = town.session(yoga).json
    bought = [town.buy(town.seats(session, 2))[0] for _ in range(3)]
    held = town.order(town.seats(session, 1)).json
    assert off(town, session, OTHER).status == 403
    assert off(town, session).json["cancelled"] is True
    assert off(town, session).json["cancelled"] is True
    assert town.order(town.seats(session, 1)).json["code"] == "session-over"
    assert not town.pay(held).fulfilled, "it was not paid for in time"
    (message,) = told("booking.session_called_off")
    event = json.loads(Path("tests/events/booking-work.json").read_text())
    event["Records"][0]["body"] = message.to_text()
    for _ in range(2):
        assert work(event, None) == {"batchItemFailures": []}
    assert {town.see(one["id"])["state"] for one in bought} == {"cancelled"}
    assert sorted(one.payload["amount"] for one in told("order.refund_due")) == [8_000, 16_000, 16_000, 16_000]
    assert town.session(yoga).status == 201, "staff and room are free again"


def test_who_buys_while_it_is_called_off_is_not_forgotten(town, monkeypatch):
    group = town.offer(seats=4, deposit_bps=0)
    session = town.session(group).json
    real, bought = SessionTable.room, []

    def meddled(self, session_id):
        found = real(self, session_id)
        if not bought:
            bought.append(None)
            bought[0] = town.buy(town.seats(session))[0]
        return found

    monkeypatch.setattr(SessionTable, "room", meddled)
    assert off(town, session).json["cancelled"] is True
    (message,) = told("booking.session_called_off")
    assert message.payload["booking_ids"] == [bought[0]["id"]]


def test_a_class_over_midnight_of_utc(clock):
    town = Town(clock, zone="Europe/London", hours=ALWAYS)
    night = town.offer(seats=4, minutes=120)
    body = {"offering_id": night.id, "start": at("00:00", 2).replace(hour=22, minute=30).isoformat()}
    assert call("POST", "/v1/shops/{shop_id}/sessions", actor=MERCHANT, body=body, shop_id=town.id).status == 201


def test_long_after_its_end_a_seat_can_still_be_paid_back(town, yoga):
    session = town.session(yoga).json
    (booking,) = town.buy(town.seats(session))
    for row in SeatsRow.query(f"SES#{session['id']}"):
        row.delete()
    gone = call("POST", f"{ORDERS}/{{order_id}}/cancel", actor=MERCHANT, body={}, order_id=booking["order_id"])
    assert gone.json["state"] == "refunding"


def test_orders_that_make_no_sense(town, yoga):
    session = town.session(yoga).json
    assert town.order(town.seats(session), town.seats(session)).json["errors"][0]["field"] == "lines"
    assert town.order(town.seats({"id": new_id("ses")})).status == 404
    assert town.order(town.seats(session, 11)).status == 422
    (booking,) = town.buy(town.seats(session))
    assert town.do("move", booking, body={"start": at("12:00").isoformat()}).json["code"] == "not-a-class"
    town.clock.moment = at("10:00")
    assert town.order(town.seats(session)).json["code"] == "session-over"
    assert town.sessions()[0]["free"] == 0


def test_a_large_session_is_several_rows(town):
    hall = town.offer(seats=60)
    session = town.session(hall).json
    taken = [town.buy(town.seats(session, 10), actor=who)[0]["seats"] for who in (CUSTOMER, OTHER, ADMIN) * 2]
    assert sorted(number for some in taken for number in some) == list(range(60))
    assert town.sessions()[0]["free"] == 0
    assert town.session(hall, days=2).status == 201
    assert [one["free"] for one in town.sessions(days=2)] == [0, 60]


def test_what_seats_cost(town, yoga, tables):
    if tables.name != DYNOXIDE:
        pytest.skip("only dynoxide tells capacity right")
    session = town.session(yoga).json
    with meter.measure() as spent:
        use_cases.rooms(wiring.booking(), town.id, at("10:00").date(), 1)
    assert (spent.requests, spent.read_units) == (2, 1.5)
    present(CUSTOMER)
    with meter.measure() as spent:
        town.order(town.seats(session, 2))
    # The session, the shop, the terms (once in five minutes), the customer's holds; then one transaction.
    assert (spent.requests, spent.read_units) == (5, 4)
