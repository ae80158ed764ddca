"""Waiting for a time, over HTTP and real tables: what comes free is offered to one after the other."""

from datetime import timedelta

import pytest

from chalicelib import wiring
from chalicelib.booking.rules.waits import MOST_PASSED
from chalicelib.kit.money import Money
from chalicelib.orders import use_cases as orders
from tests.api import ADMIN, call, told
from tests.chalicelib.booking.shop import ORDERS, Town
from tests.chalicelib.booking.test_routes import clock as clock  # noqa: PLC0414 - a fixture
from tests.chalicelib.booking.waiters import (
    WAITS,
    A,
    B,
    C,
    D,
    at_shop,
    cancel,
    lapse,
    nearby,
    offer,
    pay,
    run,
    seen,
    states,
    wait,
)
from tests.chalicelib.booking.world import at


@pytest.fixture
def town(clock):
    return Town(clock, staff=1)


def filled(
    town, made, actor=A, clocks=("09:00", "10:00", "11:00", "12:00", "13:00", "14:00", "15:00", "16:00", "17:00")
):
    """Sell all hours of a date to one customer; return the bookings by clock."""
    lines = [town.wish(made, one) for one in clocks]
    bookings = [*town.buy(*lines[:8], actor=actor), *(town.buy(*lines[8:], actor=actor) if lines[8:] else [])]
    run()
    return {one["local_start"][11:16]: one for one in bookings}


def test_one_after_the_other_until_one_pays(town, clock):
    cut = town.offer()
    (bought,) = town.buy(town.wish(cut), actor=A)
    body = at_shop(town, cut, from_time="10:00", until_time="10:30")
    wait(B, body)
    clock.moment += timedelta(seconds=1)
    wait(C, body)
    assert states(B, C) == ["waiting", "waiting"]
    cancel(bought["order_id"], A)
    assert states(B, C) == ["offered", "waiting"]
    held = offer(B)
    assert (held["local_start"], held["until"]) == ("2030-05-02T10:00:00+08:00", "2030-05-01T01:10:01Z")
    assert [one.payload["customer_id"] for one in told("wait.offered")] == [B.account_id]
    lapse(clock)
    assert states(B, C) == ["waiting", "offered"]
    taken = offer(C)
    assert taken["start"] == held["start"]
    pay(town, C, taken["order_id"])
    assert states(B, C) == ["waiting", "fulfilled"]
    (line,) = call("GET", f"{ORDERS}/{{order_id}}", actor=C, order_id=taken["order_id"]).json["lines"]
    assert town.see(line["ref"], C)["state"] == "confirmed"
    cancel(taken["order_id"], C)
    assert states(B, C) == ["waiting", "fulfilled"], "who let it pass is not offered it again, and C has had theirs"


def test_a_cancelled_offer_goes_to_the_next_at_once(town, clock):
    cut = town.offer()
    (bought,) = town.buy(town.wish(cut), actor=A)
    for one in (B, C, D):
        clock.moment += timedelta(seconds=1)
        wait(one, at_shop(town, cut, from_time="10:00", until_time="10:01"))
    cancel(bought["order_id"], A)
    cancel(offer(B)["order_id"], B)
    assert states(B, C, D) == ["waiting", "offered", "waiting"]
    cancel(offer(C)["order_id"], C)
    assert states(B, C, D) == ["waiting", "waiting", "offered"]


def test_what_is_free_when_somebody_asks_is_offered_to_them(town):
    cut = town.offer()
    wait(B, at_shop(town, cut, from_time="17:00"))
    assert offer(B)["local_start"][11:16] == "17:00"


def test_who_comes_back_is_offered_what_came_free_meanwhile(town, clock):
    cut = town.offer()
    bought = filled(town, cut)
    wait(B, at_shop(town, cut))
    for one in ("10:00", "15:00"):
        call("POST", f"{ORDERS}/{{order_id}}/cancel", actor=A, order_id=bought[one]["order_id"],
             body={"line_ids": [bought[one]["line_id"]]})  # fmt: skip
        run()
    assert offer(B)["local_start"][11:16] == "10:00", "one offer at a time"
    lapse(clock)
    assert offer(B)["local_start"][11:16] == "15:00"
    lapse(clock)
    assert states(B) == ["waiting"]


def test_nearby_hears_of_it_when_the_shops_own_line_does_not_want_it(town, clock):
    cut = town.offer()
    (bought,) = town.buy(town.wish(cut), actor=A)
    wait(B, nearby())
    wait(C, nearby(category="spa"))
    wait(D, nearby(radius=1_000))
    clock.moment += timedelta(seconds=1)
    wait(C, at_shop(town, cut, from_time="10:00", until_time="10:30"))
    cancel(bought["order_id"], A)
    assert states(B, C, D) == ["waiting", "offered", "waiting"]
    lapse(clock)
    assert states(B, C, D) == ["offered", "waiting", "waiting"]
    assert offer(B)["shop_id"] == town.id


def test_nearby_takes_up_later_what_it_missed(clock):
    here, there = Town(clock, staff=1), Town(clock, staff=1)
    bought = []
    for one in (here, there):
        made = one.offer(minutes=240)
        bought.append(one.buy(one.wish(made), actor=A)[0])
    run()
    wait(B, nearby(from_time="09:00", until_time="11:00"))
    for one in bought:
        cancel(one["order_id"], A)
    assert offer(B)["shop_id"] == here.id
    clock.moment = at("07:00")
    lapse(clock)
    # The first offer was the earliest start here; what is left to offer are its later ones and those of the other.
    while states(B) == ["offered"]:
        last = offer(B)["shop_id"]
        lapse(clock)
    assert last == there.id


def test_with_one_of_the_staff(clock):
    town = Town(clock, staff=2)
    cut = town.offer()
    first, second = (one.id for one in town.staff)
    bought = [town.buy(town.wish(cut, staff_id=one), actor=A)[0] for one in (first, second)]
    wait(B, at_shop(town, cut, staff_id=second, from_time="10:00", until_time="10:30"))
    cancel(bought[0]["order_id"], A)
    assert states(B) == ["waiting"]
    cancel(bought[1]["order_id"], A)
    assert states(B) == ["offered"]


def test_nothing_to_pay_beforehand_is_theirs_at_once(town):
    later = town.offer(deposit_bps=0)
    (bought,) = town.buy(town.wish(later), actor=A)
    wait(B, at_shop(town, later, from_time="10:00", until_time="10:30"))
    wait(C, nearby(from_time="10:00", until_time="10:30"))
    cancel(bought["order_id"], A)
    assert states(B, C) == ["fulfilled", "waiting"]
    assert told("wait.offered") == []
    cancel(offer(B)["order_id"], B)
    assert states(C) == ["waiting"], "nobody is booked into a shop that they have not chosen"


def test_who_holds_too_much_is_passed_over(town, clock):
    cut = town.offer()
    (bought,) = town.buy(town.wish(cut), actor=A)
    for one in (B, C):
        clock.moment += timedelta(seconds=1)
        wait(one, at_shop(town, cut, from_time="10:00", until_time="10:30"))
    for hour in range(11, 16):
        assert town.order(town.wish(cut, f"{hour}:00"), actor=B).status == 201
    cancel(bought["order_id"], A)
    assert states(B, C) == ["waiting", "offered"]


def test_who_lets_many_pass_waits_no_longer(town, clock):
    cut = town.offer(minutes=30)
    made = wait(B, at_shop(town, cut))
    for _ in range(MOST_PASSED):
        assert states(B) == ["offered"]
        lapse(clock)
    assert states(B) == ["over"]
    assert call("DELETE", f"{WAITS}/{{wait_id}}", actor=B, wait_id=made["id"]).status == 409
    assert list(wiring.waiting().waits.of_shop(town.id)) == []


def test_money_that_comes_late_fulfils_it_too(town, clock):
    cut = town.offer()
    wait(B, at_shop(town, cut, from_time="10:00", until_time="10:30"))
    held = offer(B)
    lapse(clock)
    assert states(B) == ["waiting"]
    paid = orders.paid(wiring.orders(), held["order_id"], "pay_late", Money(12_800, "CNY"), clock.now())
    wiring.committer().commit(paid.actions)
    assert states(B) == ["fulfilled"]
    assert call("DELETE", f"{WAITS}/{{wait_id}}", actor=ADMIN, wait_id=seen(B)["id"]).status == 409
