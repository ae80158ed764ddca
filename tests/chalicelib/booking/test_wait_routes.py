"""Asking to wait, looking at it and giving it up, over HTTP; and what is refused."""

from datetime import timedelta

import pytest

from chalicelib.booking.events import work
from chalicelib.kit.ids import new_id
from chalicelib.kit.outbox import BOOKING, Message
from tests.api import call, deliver
from tests.chalicelib.booking.shop import Town
from tests.chalicelib.booking.test_routes import clock as clock  # noqa: PLC0414 - a fixture
from tests.chalicelib.booking.waiters import (
    MINE,
    WAITS,
    A,
    B,
    C,
    at_shop,
    cancel,
    nearby,
    offer,
    pay,
    seen,
    states,
    wait,
)
from tests.chalicelib.booking.world import at


@pytest.fixture
def town(clock):
    return Town(clock, staff=1)


def test_a_wait_is_withdrawn(town):
    cut = town.offer()
    (bought,) = town.buy(town.wish(cut), actor=A)
    made = wait(B, at_shop(town, cut, from_time="10:00", until_time="10:30"))
    assert call("DELETE", f"{WAITS}/{{wait_id}}", actor=C, wait_id=made["id"]).status == 404
    assert call("DELETE", f"{WAITS}/{{wait_id}}", actor=B, wait_id="wai_none").status == 404
    for _ in range(2):
        assert call("DELETE", f"{WAITS}/{{wait_id}}", actor=B, wait_id=made["id"]).status == 204
    cancel(bought["order_id"], A)
    assert (seen(B)["state"], seen(B)["offer"]) == ("withdrawn", None)


def test_what_is_fulfilled_or_over_cannot_be_withdrawn(town, clock):
    cut = town.offer()
    made = wait(B, at_shop(town, cut))
    pay(town, B, offer(B)["order_id"])
    refused = call("DELETE", f"{WAITS}/{{wait_id}}", actor=B, wait_id=made["id"])
    assert (refused.status, refused.json["code"]) == (409, "wait-state")
    assert refused.json["detail"] == "The wait is fulfilled. Possible: -."
    other = wait(C, at_shop(town, cut, from_time="03:00", until_time="04:00"))
    clock.moment = at("00:00", 2)
    assert states(C) == ["over"]
    refused = call("DELETE", f"{WAITS}/{{wait_id}}", actor=C, wait_id=other["id"])
    assert refused.json["detail"] == "The wait is over. Possible: -."


def test_five_waits_and_no_more(town, clock):
    cut = town.offer()
    night = at_shop(town, cut, from_time="03:00", until_time="04:00")
    made = [wait(B, night) for _ in range(5)]
    refused = call("POST", WAITS, actor=B, body=night)
    assert (refused.status, refused.json["code"]) == (409, "too-many-waits")
    call("DELETE", f"{WAITS}/{{wait_id}}", actor=B, wait_id=made[0]["id"])
    wait(B, at_shop(town, cut))
    assert call("POST", WAITS, actor=B, body=night).status == 409
    pay(town, B, offer(B)["order_id"])
    wait(B, night)  # the paid one counts no longer
    assert call("POST", WAITS, actor=B, body=night).status == 409
    clock.moment = at("00:00", 2)
    later = at_shop(town, cut, first_date="2030-05-03", last_date="2030-05-16")
    assert wait(B, later)["ends_at"] == "2030-05-16T16:00:00Z", "those of a past date count no longer either"


def test_my_waits_are_paged_newest_first(town, clock):
    cut = town.offer()
    for hour in range(3):
        clock.moment += timedelta(seconds=1)
        wait(B, at_shop(town, cut, from_time=f"0{hour}:00", until_time=f"0{hour}:30"))
    first = call("GET", MINE, actor=B, query={"limit": 2}).json
    rest = call("GET", MINE, actor=B, query={"limit": 2, "cursor": first["next_cursor"]}).json
    found = [one["at_shop"]["from_time"] for one in first["items"] + rest["items"]]
    assert (found, rest["next_cursor"]) == (["02:00", "01:00", "00:00"], None)
    assert call("GET", MINE, actor=C).json["items"] == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"last_date": "2030-05-16"}, "at_shop"),
        ({"last_date": "2030-05-01"}, "at_shop"),
        ({"from_time": "10:00", "until_time": "10:00"}, "at_shop"),
        ({"until_time": "24:30"}, "at_shop.until_time"),
        ({"first_date": "2030-04-20", "last_date": "2030-04-30"}, "last_date"),
        ({"first_date": "2031-06-01", "last_date": "2031-06-01"}, "first_date"),
    ],
)
def test_what_cannot_be_waited_for(town, change, field):
    refused = call("POST", WAITS, actor=B, body=at_shop(town, town.offer(), **change))
    assert (refused.status, [one["field"] for one in refused.json["errors"]]) == (422, [field])


def test_what_is_not_there_cannot_be_waited_for(town):
    cut = town.offer()
    for change in ({"shop_id": new_id("shp")}, {"offering_id": new_id("off")}, {"staff_id": new_id("stf")}):
        assert call("POST", WAITS, actor=B, body=at_shop(town, cut, **change)).status == 404
    assert call("POST", WAITS, actor=B, body=nearby(date="2030-04-29")).status == 422
    assert call("POST", WAITS, actor=B, body=nearby(date="2032-01-01")).status == 422
    assert call("POST", WAITS, actor=B, body=nearby(position={"lat": 86, "lon": 0})).status == 422
    assert call("POST", WAITS, actor=B, body={}).status == 422
    lesson = call("POST", WAITS, actor=B, body=at_shop(town, town.offer(seats=10)))
    assert [one["field"] for one in lesson.json["errors"]] == ["offering_id"]
    assert call("POST", WAITS, actor=B, body=at_shop(town, cut) | nearby()).status == 422
    assert call("POST", WAITS, body=nearby()).status == 401


def test_a_repeated_request_waits_once(town):
    body = nearby()
    first, again = (call("POST", WAITS, actor=B, body=body, key="the-same-key") for _ in range(2))
    assert first.json == again.json
    assert len(call("GET", MINE, actor=B).json["items"]) == 1
    assert first.json["ends_at"] == "2030-05-03T12:00:00Z", "where no zone is known, when the date is over everywhere"


def test_a_message_of_another_type_is_refused(clock):
    message = Message("booking.unheard_of", (BOOKING,), {}, at("10:00"))
    assert deliver(work, message) == [message.id]
