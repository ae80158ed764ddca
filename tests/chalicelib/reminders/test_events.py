"""From what somebody buys over HTTP to what they are told, over real tables and the functions' own handlers."""

import json
from pathlib import Path

import pytest

from chalicelib import settings, wiring
from chalicelib.booking.events import work
from chalicelib.kit.clock import iso
from chalicelib.kit.dynamo import meter
from chalicelib.kit.outbox import REMINDERS
from chalicelib.notifications.events import deliver as notify
from chalicelib.reminders.events import plan, sweep
from tests import racing
from tests.api import CUSTOMER, MERCHANT, call, deliver, told
from tests.chalicelib.booking import waiters
from tests.chalicelib.booking.shop import Town
from tests.chalicelib.booking.test_routes import clock as clock  # noqa: PLC0414 - a fixture
from tests.chalicelib.booking.world import at

EVENT = json.loads(Path("tests/events/reminders-sweep.json").read_text())


@pytest.fixture
def town(clock):
    return Town(clock, staff=1)


def run():
    """Hand every message that reminders hear of to the function, twice."""
    mine = [one for one in told() if REMINDERS in one.queues]
    assert deliver(plan, *reversed(mine), *mine) == []


def strike(town, clock_time, days):
    town.clock.moment = at(clock_time, days)
    return sweep({**EVENT, "as_of": iso(town.clock.moment)}, None)


def near():
    return [(one.type, one.payload["starts_at"]) for one in told() if one.type.startswith("visit.")]


def test_what_is_bought_is_told_of_twice_and_can_be_read(town):
    town.buy(town.wish(town.offer(), "15:00", days=3))
    run()
    assert strike(town, "14:59", 2) == {"told": 0, "dropped": 0, "failed": 0}
    assert strike(town, "15:00", 2)["told"] == 1
    assert strike(town, "13:00", 3)["told"] == 1
    assert strike(town, "13:01", 3)["told"] == 0
    assert near() == [("visit.day_before", iso(at("15:00", 3))), ("visit.soon", iso(at("15:00", 3)))]
    assert deliver(notify, *(one for one in told() if one.type.startswith("visit."))) == []
    texts = [one["body"] for one in call("GET", "/v1/me/notices", actor=CUSTOMER).json["items"]]
    assert len(texts) == 2
    assert all("15:00" in one and "剪发屋" in one for one in texts)


def test_it_follows_its_booking_and_ends_with_it(town):
    (booking,) = town.buy(town.wish(town.offer(), "15:00", days=3))
    run()
    moved = town.do("move", booking, body={"start": at("11:00", 4).isoformat()})
    assert moved.status == 200, moved.text
    run()
    assert strike(town, "15:00", 2)["told"] == 0
    assert strike(town, "11:00", 3)["told"] == 1
    cancelled = call("POST", "/v1/orders/{order_id}/cancel", actor=CUSTOMER, body={}, order_id=booking["order_id"])
    assert cancelled.status == 200
    run()
    assert strike(town, "09:00", 4) == {"told": 0, "dropped": 0, "failed": 0}
    assert near() == [("visit.day_before", iso(at("11:00", 4)))]


def test_seats_are_reminded_and_not_when_the_session_is_called_off(town):
    made = town.offer(seats=5, staffed=False)
    kept, gone = (town.session(made, clock, days=3).json for clock in ("10:00", "15:00"))
    for one in (kept, gone):
        town.buy(town.seats(one, 2))
    called = call("POST", "/v1/sessions/{session_id}/cancel", actor=MERCHANT, session_id=gone["id"])
    assert called.status == 200, called.text
    assert deliver(work, *(one for one in told("booking.session_called_off"))) == []
    run()
    strike(town, "16:00", 2)
    assert near() == [("visit.day_before", iso(at("10:00", 3)))]


def test_what_no_merchant_has_accepted_is_not_told(town):
    made = town.offer(approval=True)
    town.buy(town.wish(made, "15:00", days=1))
    (sure,) = town.buy(town.wish(made, "17:00", days=1))
    run()
    assert town.do("accept", sure, MERCHANT).status == 200
    assert strike(town, "15:00", 1) == {"told": 1, "dropped": 3, "failed": 0}
    assert near() == [("visit.soon", iso(at("17:00", 1)))]


def test_lines_of_a_week_are_each_told(town):
    made = town.offer()
    town.buy(*(town.wish(made, "10:00", days=day) for day in (3, 4, 5)))
    run()
    for day in (2, 3, 4, 5):
        strike(town, "10:00", day)
    assert [start for kind, start in near() if kind == "visit.day_before"] == [
        iso(at("10:00", day)) for day in (3, 4, 5)
    ]


def test_what_a_visit_costs_from_its_message_to_its_reminders(town):
    """See docs/costs.md; the messages' rows, 3 units each, are among them."""
    town.buy(town.wish(town.offer(), "15:00", days=3))
    (sold,) = [one for one in told() if REMINDERS in one.queues]
    costs = []
    for step in (
        lambda: deliver(plan, sold),
        lambda: deliver(plan, sold),
        lambda: strike(town, "15:00", 2),
        lambda: strike(town, "13:00", 3),
        lambda: strike(town, "13:01", 3),
    ):
        with meter.measure() as used:
            step()
        costs.append((used.requests, used.read_units, used.write_units))
    nothing = (8, 4, 0)
    assert costs == [(4, 3, 3), (2, 2, 0), (11, 4 + 2, 4 + 3), (11, 4 + 2, 3 + 3), nothing]


def test_who_cancels_over_http_just_when_it_strikes_is_told_before_or_not_at_all(town):
    (booking,) = town.buy(town.wish(town.offer(), "15:00", days=3))
    run()
    town.clock.moment = at("15:00", 2)

    def cancel():
        return call("POST", "/v1/orders/{order_id}/cancel", actor=CUSTOMER, body={}, order_id=booking["order_id"])

    cancelled, swept = racing.race([cancel, lambda: strike(town, "15:00", 2)], ())
    assert cancelled.status == 200
    assert len(near()) == swept["told"] <= 1
    run()
    assert strike(town, "13:00", 3) == {"told": 0, "dropped": 0, "failed": 0}
    assert len(near()) == swept["told"]


def test_the_functions_open_no_secret(town, monkeypatch):
    town.buy(town.wish(town.offer(), "15:00", days=3))
    with monkeypatch.context() as without:
        without.setattr(settings, "secrets", lambda: pytest.fail("their roles may not read them"))
        wiring.use_clock(town.clock)
        run()
        assert strike(town, "15:00", 2)["told"] == 1


def test_who_waited_and_paid_is_reminded_and_who_gave_it_up_is_not(town):
    made = town.offer()
    (bought,) = town.buy(town.wish(made), actor=waiters.A)
    waiters.wait(waiters.B, waiters.at_shop(town, made, from_time="10:00", until_time="10:30"))
    waiters.cancel(bought["order_id"], waiters.A)
    waiters.pay(town, waiters.B, waiters.offer(waiters.B)["order_id"])
    run()
    strike(town, "10:00", 0)
    strike(town, "08:00", 1)
    whom = [(one.type, one.payload["customer_id"]) for one in told() if one.type.startswith("visit.")]
    assert whom == [("visit.day_before", waiters.B.account_id), ("visit.soon", waiters.B.account_id)]
