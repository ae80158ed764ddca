"""People who wait, over HTTP, and the machinery that works their messages."""

from datetime import timedelta

from chalicelib import wiring
from chalicelib.booking.events import work
from chalicelib.kit.auth import Actor, Role
from chalicelib.orders import use_cases as orders
from tests.api import call, deliver, told
from tests.chalicelib.booking.shop import ORDERS

WAITS, MINE = "/v1/waits", "/v1/me/waits"
A, B, C, D = (Actor(f"acc_{name}", frozenset({Role.CUSTOMER}), f"ses_{name}") for name in "abcd")
HOLD = timedelta(minutes=10)


def at_shop(town, made, **more):
    told = {"shop_id": town.id, "offering_id": made.id, "first_date": "2030-05-02", "last_date": "2030-05-02"}
    return {"at_shop": told | more}


def nearby(**more):
    place = {"position": {"lat": 31.21, "lon": 121.41}, "radius": 3_000, "category": "barber", "date": "2030-05-02"}
    return {"nearby": place | more}


def wait(actor, body):
    made = call("POST", WAITS, actor=actor, body=body)
    assert made.status == 201, made.text
    run()
    return made.json


def seen(actor, number=0):
    return call("GET", MINE, actor=actor).json["items"][number]


def offer(actor):
    return seen(actor)["offer"]


def states(*actors):
    return [seen(one)["state"] for one in actors]


def run():
    """Work all messages for booking, those too that come of it."""
    while waiting := [one for one in told() if "booking" in one.queues]:
        assert deliver(work, *waiting) == []
        wiring.outbox().remove([one.id for one in waiting])


def cancel(order_id, actor):
    answer = call("POST", f"{ORDERS}/{{order_id}}/cancel", actor=actor, body={}, order_id=order_id)
    assert answer.status == 200, answer.text
    run()


def lapse(clock):
    """Let what is held run out, and the sweep write so."""
    clock.moment += HOLD + timedelta(seconds=1)
    orders.expire_holds(wiring.orders(), clock.now())
    run()


def pay(town, actor, order_id):
    town.pay(call("GET", f"{ORDERS}/{{order_id}}", actor=actor, order_id=order_id).json)
    run()
