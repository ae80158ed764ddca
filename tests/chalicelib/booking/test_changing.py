"""What becomes of bookings: moved, accepted, declined, late; visits, weeks and walk-ins; over HTTP and real tables."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from chalicelib import wiring
from chalicelib.booking.events import answers
from chalicelib.booking.use_cases import answer as answering
from chalicelib.kit.dynamo import meter
from chalicelib.kit.money import Money
from chalicelib.shops.ports import BookingTerms, Choice
from tests.api import CUSTOMER, MERCHANT, OTHER, call, told
from tests.chalicelib.booking.shop import Town
from tests.chalicelib.booking.test_routes import clock as clock  # noqa: PLC0414 - a fixture
from tests.chalicelib.booking.world import ALWAYS, at
from tests.emulators import DYNOXIDE


@pytest.fixture
def town(clock):
    return Town(clock)


def refunds():
    return sorted((one.payload["amount"], one.payload["reason"]) for one in told("order.refund_due"))


def starts(bookings):
    return [one["local_start"][11:16] for one in bookings]


def test_a_customer_moves_a_booking_to_another_time(town):
    cut = town.offer()
    (booked,) = town.buy(town.wish(cut))
    moved = town.do("move", booked, body={"start": at("14:00").isoformat()})
    assert (moved.status, moved.json["local_start"][11:16], moved.json["state"]) == (200, "14:00", "confirmed")
    assert moved.json["code"] == booked["code"]
    assert town.line(booked)["starts_at"] == "2030-05-02T06:00:00Z"
    assert town.line(booked)["paid"] == town.line(booked)["net"]
    assert len(town.buy(town.wish(cut), town.wish(cut))) == 2, "the old time is free for both"
    assert [one.payload["order_id"] for one in told("order.changed")] == [booked["order_id"]]


def test_a_time_that_is_taken_or_not_offered_moves_nothing(town):
    cut = town.offer()
    (booked,) = town.buy(town.wish(cut))
    town.buy(town.wish(cut, "14:00"), town.wish(cut, "14:00"))
    taken = town.do("move", booked, body={"start": at("14:00").isoformat()})
    assert (taken.status, taken.json["code"]) == (409, "slot-taken")
    odd = town.do("move", booked, body={"start": at("14:07").isoformat()})
    assert (odd.status, odd.json["code"]) == (422, "time-not-offered")
    assert town.see(booked["id"]) == booked
    assert town.do("move", booked, body={}).status == 422
    assert town.do("move", booked, OTHER, {"start": at("15:00").isoformat()}).status == 404


def test_it_moves_within_its_own_time(town):
    cut = town.offer(staff_ids=(town.staff[0].id,))
    (booked,) = town.buy(town.wish(cut))
    moved = town.do("move", booked, body={"start": at("10:30").isoformat()})
    assert (moved.status, moved.json["local_start"][11:16]) == (200, "10:30")


def test_a_customer_cannot_move_it_when_it_is_too_late(town):
    cut = town.offer()
    (booked,) = town.buy(town.wish(cut))
    town.clock.moment = at("08:01")
    late = town.do("move", booked, body={"start": at("14:00").isoformat()})
    assert (late.status, late.json["code"]) == (409, "too-late-to-change")
    assert town.do("move", booked, MERCHANT, {"start": at("14:07").isoformat()}).status == 200, "the shop can, any time"


def test_the_merchant_moves_it_between_people(town):
    cut = town.offer()
    first, second = (one.id for one in town.staff)
    (booked,) = town.buy(town.wish(cut, staff_id=first))
    town.buy(town.wish(cut, "11:00", staff_id=second))
    moved = town.do("move", booked, MERCHANT, {"staff_id": second})
    assert (moved.json["staff_id"], moved.json["start"]) == (second, booked["start"])
    busy = town.do("move", booked, MERCHANT, {"start": at("11:00").isoformat(), "staff_id": second})
    assert busy.json["code"] == "slot-taken"


def test_another_offering_changes_what_is_paid(town):
    cut, wash, colour = town.offer(), town.offer(price=Money(5_000, "CNY")), town.offer(price=Money(30_000, "CNY"))
    (booked,) = town.buy(town.wish(cut))
    assert town.do("move", booked, body={"offering_id": wash.id}).status == 200
    assert refunds() == [(7_800, "changed")]
    assert town.do("move", booked, body={"offering_id": colour.id}).status == 200
    line = town.line(booked)
    assert (line["net"]["amount"], line["paid"]["amount"]) == (30_000, 5_000)


def test_rooms_move_with_it(town):
    room = town.offer(needs=((town.rooms[0].id,),))
    (booked,) = town.buy(town.wish(room))
    assert booked["resource_ids"] == [town.rooms[0].id]
    assert town.order(town.wish(room)).json["code"] == "slot-taken"
    town.do("move", booked, body={"start": at("12:00").isoformat()})
    assert town.order(town.wish(room)).status == 201
    assert town.order(town.wish(room, "12:00")).json["code"] == "slot-taken"


def test_a_booking_that_asks_for_it_is_accepted(town):
    survey = town.offer(approval=True)
    (asked,) = town.buy(town.wish(survey))
    assert (asked["state"], asked["answer_by"]) == ("requested", "2030-05-02T01:00:00Z")
    assert town.do("check-in", asked, MERCHANT, {"code": "AAAAAA"}).json["code"] == "booking-state"
    assert town.do("accept", asked, OTHER).status == 404
    accepted = town.do("accept", asked, MERCHANT)
    assert (accepted.json["state"], accepted.json["answer_by"]) == ("confirmed", None)
    assert town.do("accept", asked, MERCHANT).json["code"] == "booking-state"
    assert town.do("decline", asked, MERCHANT, {}).json["code"] == "booking-state"


def test_a_booking_that_is_declined_frees_its_time_and_its_money(town):
    survey = town.offer(approval=True, staff_ids=(town.staff[0].id,))
    (asked,) = town.buy(town.wish(survey))
    declined = town.do("decline", asked, MERCHANT, {"reason": "当天已约满"})
    assert (declined.status, declined.json["state"]) == (200, "cancelled")
    assert refunds() == [(12_800, "cancelled")]
    assert town.see(asked["id"])["state"] == "cancelled"
    assert town.order(town.wish(survey)).status == 201


def test_one_that_nobody_answers_is_declined_by_the_clock(town):
    survey = town.offer(approval=True)
    asked, other, third = (town.buy(town.wish(survey, at_))[0] for at_ in ("10:00", "11:00", "12:00"))
    town.do("accept", other, MERCHANT)
    moved = town.do("move", third, MERCHANT, {"start": at("13:00", 3).isoformat()})
    assert moved.json["state"] == "requested"
    town.clock.moment += timedelta(hours=24)
    late = town.do("accept", asked, MERCHANT)
    assert (late.status, late.json["code"]) == (409, "answer-too-late")
    event = json.loads(Path("tests/events/booking-answers.json").read_text()) | {"as_of": "2030-05-02T01:00:01Z"}
    assert answers(event, None) == {"declined": 2, "failed": 0}
    assert [town.see(one["id"])["state"] for one in (asked, other, third)] == ["cancelled", "confirmed", "cancelled"]
    assert answering.decline_unanswered(wiring.booking(), town.clock.now()) == answering.Swept(0, 0)


def test_what_a_customer_moves_is_answered_anew(town):
    survey = town.offer(approval=True)
    (asked,) = town.buy(town.wish(survey, days=3))
    town.do("accept", asked, MERCHANT)
    moved = town.do("move", asked, body={"start": at("14:00", 3).isoformat()})
    assert (moved.json["state"], moved.json["answer_by"]) == ("requested", "2030-05-02T01:00:00Z")
    assert answering.decline_unanswered(wiring.booking(), at("09:00") + timedelta(seconds=1)).declined == 1


def test_one_that_cannot_be_declined_keeps_nobody_waiting(town, monkeypatch):
    survey = town.offer(approval=True)
    town.buy(town.wish(survey))

    def broken(*_args, **_more):
        raise RuntimeError("broken")

    monkeypatch.setattr(answering.orders, "line_declined", broken)
    assert answering.decline_unanswered(wiring.booking(), at("09:00", 2)) == answering.Swept(0, 1)
    monkeypatch.undo()
    assert answering.decline_unanswered(wiring.booking(), at("09:00", 2)) == answering.Swept(1, 0)


def test_who_comes_late_is_no_no_show_yet(town):
    cut = town.offer()
    (booked,) = town.buy(town.wish(cut))
    assert town.do("late", booked, MERCHANT, {"minutes": 15}).status == 404
    assert town.do("late", booked, body={"minutes": 121}).status == 422
    assert town.do("late", booked, body={"minutes": 15}).json["late_minutes"] == 15
    town.clock.moment = at("10:10")
    assert town.do("no-show", booked, MERCHANT).json["code"] == "too-early"
    town.clock.moment = at("10:15")
    assert town.do("no-show", booked, MERCHANT).json["state"] == "no_show"
    assert town.do("late", booked, body={"minutes": 15}).json["code"] == "booking-state"


def test_a_visit_of_several_steps_is_one_order(town):
    cut, colour = town.offer(minutes=45, buffer_after_minutes=15), town.offer(minutes=90)
    steps = town.wish(cut, "10:00", then=[{"offering_id": colour.id}, {"offering_id": cut.id}])
    assert starts(town.buy(steps)) == ["10:00", "11:00", "12:30"]
    too_late = town.order(town.wish(cut, "16:30", then=[{"offering_id": colour.id}]))
    assert (too_late.status, too_late.json["errors"][0]["field"]) == (422, "lines.1.start")


def test_every_week_or_which_dates_cannot(town):
    cut = town.offer(staff_ids=(town.staff[0].id,))
    town.buy(town.wish(cut, "10:00", days=15))
    refused = town.order(town.wish(cut, weeks=8))
    assert (refused.status, refused.json["code"]) == (409, "slot-taken")
    assert [fault["field"] for fault in refused.json["errors"]] == ["lines.2.start"]
    booked = town.buy(town.wish(cut, "11:00", weeks=8))
    assert [one["local_start"][:10] for one in booked[:3]] == ["2030-05-02", "2030-05-09", "2030-05-16"]
    body = {"line_ids": [booked[1]["line_id"]]}
    call("POST", "/v1/orders/{order_id}/cancel", actor=CUSTOMER, body=body, order_id=booked[0]["order_id"])
    assert [town.see(one["id"])["state"] for one in booked[:3]] == ["confirmed", "cancelled", "confirmed"]
    assert refunds() == [(12_800, "cancelled")]
    many = town.order(town.wish(cut, "13:00", weeks=5, then=[{"offering_id": cut.id}]))
    assert (many.status, many.json["errors"][0]["field"]) == (422, "lines")


def test_a_walk_in_is_booked_by_the_shop_at_any_time(town):
    cut = town.offer()
    town.clock.moment = at("10:04")
    (booked,) = town.buy(town.wish(cut, "10:04", walk_in=True), actor=MERCHANT)
    assert (booked["state"], booked["local_start"][11:16]) == ("confirmed", "10:04")
    assert town.order(town.wish(cut, "10:04", walk_in=True)).status == 403
    shut = town.order(town.wish(cut, "17:30", walk_in=True), actor=MERCHANT)
    assert shut.json["code"] == "time-not-offered"
    noon = [town.order(town.wish(cut, "12:00", walk_in=True), actor=MERCHANT) for _ in range(3)]
    assert [one.status for one in noon] == [201, 201, 409]


def test_terms_of_the_shop_are_kept(clock):
    town = Town(clock, terms=BookingTerms(lead_minutes=60, horizon_days=7))
    cut = town.offer()
    town.clock.moment = at("09:15")
    assert town.order(town.wish(cut, "10:00")).json["code"] == "time-not-offered"
    assert town.order(town.wish(cut, "10:30")).status == 201
    assert town.order(town.wish(cut, "10:00", days=9)).json["code"] == "time-not-offered"


def test_a_deposit_and_payment_at_the_shop(town):
    deposit, later = town.offer(deposit_bps=3_000), town.offer(deposit_bps=0)
    order = town.order(town.wish(deposit)).json
    assert (order["state"], order["total"]["amount"]) == ("held", 3_840)
    (booked,) = town.buy(town.wish(later, "12:00"))
    assert booked["state"] == "confirmed"
    assert town.line(booked)["paid"]["amount"] == 0


def test_customers_get_whom_they_had_the_last_time(clock):
    town = Town(clock, staff=4, terms=BookingTerms(choice=Choice.LAST))
    cut = town.offer()
    (first,) = town.buy(town.wish(cut, staff_id=town.staff[2].id))
    again = town.buy(*(town.wish(cut, f"{hour}:00") for hour in range(11, 15)))
    assert {one["staff_id"] for one in again} == {first["staff_id"]}
    busy = town.buy(town.wish(cut, "12:00"))[0]["staff_id"]
    assert busy != first["staff_id"], "they cannot be in two places"
    strangers = {town.buy(town.wish(cut, "16:00", days=n), actor=OTHER)[0]["staff_id"] for n in (2, 3)}
    assert len(strangers) == 1


def test_a_moved_booking_stays_with_its_person(town):
    cut = town.offer()
    booked = town.buy(*(town.wish(cut, staff_id=one.id) for one in town.staff))
    for one in booked:
        assert town.do("move", one, body={"start": at("15:00").isoformat()}).json["staff_id"] == one["staff_id"]


def test_the_shop_moves_nothing_into_the_past(town):
    cut = town.offer()
    (booked,) = town.buy(town.wish(cut))
    town.clock.moment = at("09:40")
    past = town.do("move", booked, MERCHANT, {"start": at("09:30").isoformat()})
    assert (past.status, past.json["code"]) == (422, "time-not-offered")


def test_another_offering_brings_its_own_approval(town):
    cut, survey = town.offer(), town.offer(approval=True)
    (booked,) = town.buy(town.wish(cut))
    asked = town.do("move", booked, body={"offering_id": survey.id}).json
    assert asked["state"] == "requested"
    back = town.do("move", booked, body={"offering_id": cut.id}).json
    assert (back["state"], back["answer_by"]) == ("confirmed", None)
    by_shop = town.do("move", booked, MERCHANT, {"offering_id": survey.id}).json
    assert by_shop["state"] == "confirmed", "the shop said so itself"


def test_what_is_not_accepted_yet_is_cancelled_for_nothing(town):
    (asked,) = town.buy(town.wish(town.offer(approval=True)))
    town.clock.moment = at("08:30")
    call("POST", "/v1/orders/{order_id}/cancel", actor=CUSTOMER, body={}, order_id=asked["order_id"])
    assert refunds() == [(12_800, "cancelled")]


def test_a_walk_in_that_was_a_mistake_is_cancelled(town):
    town.clock.moment = at("10:04")
    (booked,) = town.buy(town.wish(town.offer(), "10:04", walk_in=True), actor=MERCHANT)
    gone = call("POST", "/v1/orders/{order_id}/cancel", actor=MERCHANT, body={}, order_id=booked["order_id"])
    assert gone.json["state"] == "cancelled"


def test_steps_that_run_over_midnight_of_utc(clock):
    town = Town(clock, zone="Atlantic/Reykjavik", hours=ALWAYS)
    first, second = town.offer(minutes=45), town.offer(minutes=60)
    start = at("00:00").replace(hour=23).isoformat()
    line = {"kind": "booking", "shop_id": town.id, "offering_id": first.id, "start": start}
    assert town.order(line | {"then": [{"offering_id": second.id}]}).status == 201


def test_what_a_move_costs(town, tables):
    if tables.name != DYNOXIDE:
        pytest.skip("only dynoxide tells capacity right")
    (booked,) = town.buy(town.wish(town.offer()))
    with meter.measure() as spent:
        assert town.do("move", booked, body={"start": at("14:00").isoformat()}).status == 200
    # The booking, the shop, all rows of old and new time, the order; then one transaction.
    assert (spent.requests, spent.read_units) == (5, 7)
