"""Queues as clients see them, with the real shops and notifications beside them."""

from dataclasses import replace

import pytest

from chalicelib import wiring
from chalicelib.kit.ids import new_id
from chalicelib.shops.ports import Status
from tests.api import ADMIN, CUSTOMER, MERCHANT, OTHER, call, told
from tests.chalicelib.booking.world import shop
from tests.chalicelib.queueing.world import NOW, customer
from tests.fakes.time import FakeClock

QUEUES = "/v1/shops/{shop_id}/queues"
QUEUE = f"{QUEUES}/{{queue_id}}"
TICKETS = f"{QUEUE}/tickets"
TICKET = "/v1/shops/{shop_id}/tickets/{ticket_id}"
SMALL = {"name": "2 人桌", "prefix": "A", "minutes": 10, "max_party": 2}


class Door:
    """A shop with a queue for two, and what people do there."""

    def __init__(self, clock):
        self.clock, self.id = clock, new_id("shp")
        wiring.committer().commit([wiring.shops().store.create(shop(id=self.id, merchant_id=MERCHANT.account_id))])
        self.queue = self.open().json

    def open(self, actor=MERCHANT, key=None, **fields):
        return call("POST", QUEUES, actor=actor, body=SMALL | fields, key=key, shop_id=self.id)

    def change(self, actor=MERCHANT, **fields):
        return call("PATCH", QUEUE, actor=actor, body=fields, shop_id=self.id, queue_id=self.queue["id"])

    def shown(self):
        return call("GET", QUEUES, shop_id=self.id).json["items"]

    def take(self, actor=CUSTOMER, party=2, key=None, queue=None):
        at = {"shop_id": self.id, "queue_id": (queue or self.queue)["id"]}
        return call("POST", TICKETS, actor=actor, body={"party": party}, key=key, **at)

    def call_next(self, actor=MERCHANT, key=None):
        return call("POST", f"{QUEUE}/call", actor=actor, key=key, shop_id=self.id, queue_id=self.queue["id"])

    def move(self, ticket, verb, actor=MERCHANT, key=None):
        at = {"shop_id": self.id, "ticket_id": ticket["id"]}
        return call("POST", f"{TICKET}/{verb}", actor=actor, key=key, **at)

    def see(self, ticket, actor=CUSTOMER):
        return call("GET", TICKET, actor=actor, shop_id=self.id, ticket_id=ticket["id"])

    def listed(self, actor=MERCHANT, **query):
        return call("GET", TICKETS, actor=actor, query=query, shop_id=self.id, queue_id=self.queue["id"])


@pytest.fixture
def clock(tables):
    standing = FakeClock(NOW)
    wiring.use_clock(standing)
    return standing


@pytest.fixture
def door(clock):
    return Door(clock)


def refusal(answer):
    return answer.status, answer.json["code"]


def test_everybody_sees_a_shops_queues(door):
    assert door.open(prefix="B", name="4 人桌", min_party=3, max_party=4, minutes=20).status == 201
    small, large = door.shown()
    assert small == {
        "id": door.queue["id"],
        "shop_id": door.id,
        "name": "2 人桌",
        "prefix": "A",
        "minutes": 10,
        "min_party": 1,
        "max_party": 2,
        "open": True,
        "date": "2030-05-01",
        "waiting": 0,
        "last_called": None,
        "estimated_minutes": 10,
    }
    assert (large["prefix"], large["estimated_minutes"]) == ("B", 20)
    door.take()
    door.take(OTHER)
    door.call_next()
    small, _ = door.shown()
    assert (small["waiting"], small["last_called"], small["estimated_minutes"]) == (1, "A001", 20)
    assert call("GET", QUEUES, shop_id="shp_none").status == 404


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"prefix": "a"}, "prefix"),
        ({"prefix": "AB"}, "prefix"),
        ({"name": ""}, "name"),
        ({"name": "好" * 41}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"minutes": 0}, "minutes"),
        ({"minutes": 241}, "minutes"),
        ({"minutes": "10"}, "minutes"),
        ({"min_party": 0}, "min_party"),
        ({"min_party": 3}, "min_party"),
        ({"max_party": 100}, "max_party"),
        ({"open": True}, "open"),
    ],
)
def test_what_is_no_queue_is_refused(door, change, field):
    answer = door.open(**{"prefix": "B", **change})
    assert (answer.status, answer.json["errors"][0]["field"]) == (422, field)
    assert len(door.shown()) == 1


def test_queues_have_letters_of_their_own_and_are_few(door):
    assert refusal(door.open()) == (409, "prefix-taken")
    for letter in "BCDEFGHIJ":
        assert door.open(prefix=letter).status == 201
    assert refusal(door.open(prefix="K")) == (409, "too-many-queues")
    assert refusal(door.open(OTHER, prefix="K")) == (403, "forbidden")
    assert door.open(customer(1), prefix="K").status == 403
    assert door.open(None, prefix="K").status == 401


def test_a_queue_is_opened_once_for_one_key(door):
    first, again = (door.open(prefix="B", key="key-of-mine") for _ in range(2))
    assert (again.status, again.text) == (201, first.text)
    assert again.headers["Idempotent-Replayed"] == "true"


def test_closing_keeps_who_waits(door):
    ticket = door.take().json
    closed = door.change(open=False)
    assert (closed.status, closed.json["open"], closed.json["waiting"]) == (200, False, 1)
    assert refusal(door.take(OTHER)) == (409, "queue-closed")
    assert door.call_next().json["id"] == ticket["id"]
    changed = door.change(name="双人桌", minutes=5, open=True).json
    assert (changed["name"], changed["minutes"], changed["open"]) == ("双人桌", 5, True)
    assert door.change(max_party=2, min_party=3).status == 422
    assert door.change(name=None).status == 422
    assert door.change(prefix="C").status == 422
    assert door.change(OTHER, open=False).status == 403
    store = wiring.shops().store
    wiring.committer().commit([store.replace(replace(store.shop(door.id), status=Status.CLOSED, version=2))])
    assert refusal(door.take(OTHER)) == (409, "queue-closed")
    assert door.shown()[0]["open"] is False


def test_a_customer_takes_a_number_and_sees_it_come(door):
    door.take(OTHER)
    taken = door.take()
    assert taken.status == 201
    ticket = taken.json
    assert ticket == {
        "id": f"tkt_{door.queue['id'][4:]}_20300501_2",
        "shop_id": door.id,
        "queue_id": door.queue["id"],
        "customer_id": CUSTOMER.account_id,
        "number": "A002",
        "date": "2030-05-01",
        "party": 2,
        "state": "waiting",
        "ahead": 1,
        "estimated_minutes": 20,
        "taken_at": "2030-05-01T04:00:00Z",
        "called_at": None,
        "recalls": 0,
    }
    door.call_next()
    door.clock.move(minutes=4)
    assert (door.see(ticket).json["ahead"], door.see(ticket).json["estimated_minutes"]) == (0, 10)
    called = door.call_next().json
    assert (called["id"], called["state"], called["ahead"], called["estimated_minutes"]) == (
        ticket["id"],
        "called",
        None,
        None,
    )
    assert door.see(ticket).json == called
    assert called["called_at"] == "2030-05-01T04:04:00Z"
    assert [one.payload["number"] for one in told("queue.called")] == ["A001", "A002"]
    assert door.move(ticket, "seat").json["state"] == "served"


def test_a_number_is_taken_once_for_one_key_and_once_in_a_shop(door):
    first, again = (door.take(key="key-of-mine") for _ in range(2))
    assert (again.status, again.text) == (201, first.text)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert refusal(door.take(party=1, key="key-of-mine")) == (422, "idempotency-key-reused")
    other = door.open(prefix="B").json
    refused = door.take(queue=other)
    assert refusal(refused) == (409, "already-in-queue")
    assert first.json["id"] in refused.json["detail"]
    assert door.move(first.json, "leave", CUSTOMER).json["state"] == "left"
    assert door.take(queue=other).json["number"] == "B001"
    assert door.queue["id"] != other["id"]


@pytest.mark.parametrize(("party", "status"), [(0, 422), (100, 422), ("2", 422), (3, 422), (1, 201), (2, 201)])
def test_the_party_must_fit(door, party, status):
    answer = door.take(party=party)
    assert answer.status == status
    if party == 3:
        assert answer.json["code"] == "party-does-not-fit"


def test_staff_recall_skip_reinstate_and_what_is_not_possible_is_told(door):
    ticket = door.take().json
    refused = door.move(ticket, "seat")
    assert refusal(refused) == (409, "ticket-state")
    assert "waiting" in refused.json["detail"]
    assert "call, leave" in refused.json["detail"]
    assert door.move(ticket, "call").json["state"] == "called"
    assert [door.move(ticket, "recall").json["recalls"] for _ in range(3)] == [1, 2, 3]
    assert refusal(door.move(ticket, "recall")) == (409, "called-enough")
    assert len(told("queue.called")) == 4
    assert door.move(ticket, "skip").json["state"] == "skipped"
    assert [one["number"] for one in door.listed(state="skipped").json["items"]] == ["A001"]
    assert door.move(ticket, "reinstate").json["ahead"] == 0
    assert door.call_next().json["number"] == "A001"
    assert refusal(door.call_next()) == (409, "nobody-waits")
    assert door.move(ticket, "seat").json["state"] == "served"
    assert refusal(door.move(ticket, "leave", CUSTOMER)) == (409, "ticket-state")


def test_a_call_that_is_repeated_calls_nobody_else(door):
    door.take()
    door.take(OTHER)
    first, again = (door.call_next(key="key-of-staff") for _ in range(2))
    assert first.json["number"] == "A001"
    assert again.text == first.text
    assert len(told("queue.called")) == 1


def test_other_peoples_tickets_are_not_there(door):
    ticket = door.take().json
    assert door.see(ticket, OTHER).status == 404
    assert door.see(ticket, None).status == 401
    assert door.see(ticket, MERCHANT).json == door.see(ticket, ADMIN).json == ticket
    assert door.see({"id": "tkt_1"}).status == 404
    assert door.move(ticket, "leave", OTHER).status == 404
    assert door.move(ticket, "leave", MERCHANT).status == 404
    assert door.move(ticket, "skip", OTHER).status == 404
    assert door.move(ticket, "call", CUSTOMER).status == 403
    assert door.call_next(OTHER).status == 403
    assert door.listed(OTHER).status == 403


def test_the_list_comes_in_pages_of_its_own(door):
    for number in range(3):
        door.take(customer(number))
    first = door.listed(limit=2).json
    cursor = first["next_cursor"]
    rest = door.listed(limit=2, cursor=cursor).json
    numbers = [one["number"] for one in (*first["items"], *rest["items"])]
    assert (numbers, rest["next_cursor"]) == (["A001", "A002", "A003"], None)
    assert door.listed(state="called", cursor=cursor).status == 422
    assert door.listed(state="served").status == 422
    door.clock.move(hours=12)
    assert door.listed(limit=2, cursor=cursor).json == {"items": [], "next_cursor": None}


def test_a_past_number_is_expired_and_the_next_date_begins_with_one(door):
    ticket = door.take().json
    door.clock.move(hours=12)
    assert door.see(ticket).json["state"] == "expired"
    refused = door.move(ticket, "leave", CUSTOMER)
    assert refusal(refused) == (409, "ticket-state")
    assert "expired" in refused.json["detail"]
    assert (door.take().json["number"], door.shown()[0]["date"]) == ("A001", "2030-05-02")


def test_refusals_are_said_in_chinese_too(door):
    at = {"shop_id": door.id, "queue_id": door.queue["id"]}
    refused = call("POST", f"{QUEUE}/call", actor=MERCHANT, headers={"Accept-Language": "zh-CN"}, **at)
    assert refused.json["title"] == "当前无人排队"
