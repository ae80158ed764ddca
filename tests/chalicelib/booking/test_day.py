"""The merchant's day: time that is kept free, and notes; over HTTP and real tables."""

from datetime import timedelta

import pytest

from chalicelib import wiring
from chalicelib.booking.rules.blocks import Note
from chalicelib.kit.transaction import Contention
from tests.api import CUSTOMER, MERCHANT, OTHER, call, told
from tests.chalicelib.booking.shop import Town
from tests.chalicelib.booking.test_routes import clock as clock  # noqa: PLC0414 - a fixture
from tests.chalicelib.booking.world import at

BLOCKS, NOTE = "/v1/shops/{shop_id}/blocks", "/v1/shops/{shop_id}/note"


@pytest.fixture
def town(clock):
    return Town(clock, staff=1)


def block(town, start, end, actor=MERCHANT, days=1, to=1, **more):
    body = {"resource_id": town.staff[0].id, "start": at(start, days).isoformat(), "end": at(end, to).isoformat()}
    return call("POST", BLOCKS, actor=actor, body=body | more, shop_id=town.id)


def blocks(town, day="2030-05-02", actor=MERCHANT):
    return call("GET", BLOCKS, actor=actor, query={"date": day}, shop_id=town.id)


@pytest.mark.store
def test_blocked_time_cannot_be_booked_until_it_is_free_again(town):
    cut = town.offer()
    made = block(town, "10:00", "12:00", reason="盘点")
    assert made.status == 201
    assert [one["reason"] for one in blocks(town).json["items"]] == ["盘点"]
    assert town.order(town.wish(cut, "11:30")).json["code"] == "slot-taken"
    assert town.order(town.wish(cut, "12:00")).status == 201
    gone = call("DELETE", "/v1/blocks/{block_id}", actor=MERCHANT, block_id=made.json["id"])
    assert gone.status == 204
    assert call("DELETE", "/v1/blocks/{block_id}", actor=MERCHANT, block_id=made.json["id"]).status == 404
    assert town.order(town.wish(cut, "11:00")).status == 201
    assert blocks(town).json["items"] == []
    freed = [one.payload["freed"] for one in told("booking.time_changed") if one.payload["freed"]]
    assert freed == [[[town.staff[0].id, "2030-05-02T02:00:00.000000Z", "2030-05-02T04:00:00.000000Z"]]]


def test_bookings_come_first(town):
    cut = town.offer()
    (booked,) = town.buy(town.wish(cut, "11:00"))
    refused = block(town, "10:00", "11:30")
    assert (refused.status, refused.json["code"]) == (409, "time-booked")
    assert booked["id"] in refused.json["detail"]
    assert block(town, "10:00", "11:00").status == 201
    held = town.order(town.wish(cut, "14:00"))
    assert held.status == 201
    town.clock.moment += timedelta(minutes=10)
    assert block(town, "14:00", "15:00").status == 201, "a hold that ran out keeps nobody out"


def test_days_on_end(town):
    cut = town.offer()
    assert block(town, "00:00", "00:00", days=2, to=5).status == 201
    assert [town.order(town.wish(cut, "10:00", days=n)).status for n in (1, 2, 4, 5)] == [201, 409, 409, 201]
    assert [len(blocks(town, f"2030-05-0{n}").json["items"]) for n in (2, 3, 5, 6)] == [0, 1, 1, 0]


def test_what_cannot_be_blocked(town):
    assert block(town, "12:00", "10:00").json["errors"][0]["field"] == "end"
    assert block(town, "12:00", "12:01", to=16).json["errors"][0]["field"] == "end"
    assert block(town, "10:00", "11:00", resource_id="stf_other").status == 404
    assert block(town, "10:00", "11:00", OTHER).status == 403
    made = block(town, "10:00", "11:00", resource_id=town.rooms[0].id).json
    assert call("DELETE", "/v1/blocks/{block_id}", actor=OTHER, block_id=made["id"]).status == 403
    assert blocks(town, actor=OTHER).status == 403
    assert blocks(town, actor=CUSTOMER).status == 403


def test_many_blocks_of_the_days_before_hide_none(town, monkeypatch):
    monkeypatch.setattr("chalicelib.booking.use_cases.day._MOST", 2)
    for n in range(3):
        assert block(town, f"0{n + 1}:00", f"0{n + 1}:30").status == 201
    late = block(town, "10:00", "11:00", days=2, to=2).json
    assert [one["id"] for one in blocks(town, "2030-05-03").json["items"]] == [late["id"]]
    assert len(blocks(town).json["items"]) == 2


@pytest.mark.store
def test_notes_of_a_date(town):
    def note(**more):
        return call("GET", NOTE, actor=MERCHANT, query={"date": "2030-05-02"}, shop_id=town.id, **more)

    assert note().json["text"] == ""
    for text in ("下午盘点", "下午不盘点"):
        written = call("PUT", NOTE, actor=MERCHANT, query={"date": "2030-05-02"}, body={"text": text}, shop_id=town.id)
        assert (written.status, note().json["text"]) == (200, text)
    assert call("GET", NOTE, actor=OTHER, query={"date": "2030-05-02"}, shop_id=town.id).status == 403
    old = wiring.booking().blocks.write_note(Note(town.id, at("10:00").date(), "old", 2))
    with pytest.raises(Contention):
        wiring.committer().commit([old])
