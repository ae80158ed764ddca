"""Many at once at one door, on both emulators: no number twice, no call twice, nobody left out."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from chalicelib import wiring
from chalicelib.kit.errors import Busy
from chalicelib.kit.idempotency import Answer, Once
from chalicelib.kit.ids import new_id
from chalicelib.queueing import use_cases
from chalicelib.queueing.line import LineDraft
from chalicelib.queueing.ports import Happening, State
from chalicelib.queueing.problems import AlreadyInLine, NobodyWaits, NotPossible
from tests.api import MERCHANT, told
from tests.chalicelib.booking.world import shop
from tests.chalicelib.queueing.world import NOW, customer
from tests.fakes.time import FakeClock


def once():
    return Once("scope", new_id("key"), "print", lambda _: Answer(200, "{}"))


class Door:
    """A shop with a line, and what many do there at the same moment."""

    def __init__(self):
        self.shop_id = new_id("shp")
        store = wiring.shops().store
        wiring.committer().commit([store.create(shop(id=self.shop_id, merchant_id=MERCHANT.account_id))])
        self.ports = wiring.queueing()
        draft = LineDraft("2 人桌", "A", 10)
        self.queue = use_cases.create(self.ports, MERCHANT, self.shop_id, draft, once())

    def take(self, number):
        return use_cases.take(self.ports, customer(number), self.shop_id, self.queue.id, 2, once())

    def call(self):
        return use_cases.call_next(self.ports, MERCHANT, self.shop_id, self.queue.id, once())

    def move(self, place, happening, actor=MERCHANT):
        return use_cases.move(self.ports, actor, self.shop_id, place.ticket.id, happening, once())

    def line(self):
        return self.ports.store.line(self.shop_id, self.queue.id)


@pytest.fixture
def door(tables):
    wiring.use_clock(FakeClock(NOW))
    return Door()


def race(*works):
    """Run all at once, each again while it is told that there are too many; what each returned, or its refusal."""
    ready = threading.Barrier(len(works))

    def run(work):
        ready.wait()
        for _ in range(10):
            try:
                return work()
            except Busy:  # an answer: nothing was written, the client repeats
                continue
            except (AlreadyInLine, NobodyWaits, NotPossible) as refused:
                return refused
        raise AssertionError("busy without end")

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


@pytest.mark.store
def test_twenty_who_take_a_number_at_once_get_twenty_numbers(door):
    places = race(*(lambda n=n: door.take(n) for n in range(20)))
    assert sorted(one.ticket.number for one in places) == list(range(1, 21))
    assert all(one.ahead == one.ticket.number - 1 for one in places)
    assert door.line().waiting == sum(1 << number for number in range(1, 21))


@pytest.mark.store
def test_one_who_takes_ten_numbers_at_once_gets_one(door):
    results = race(*(lambda: door.take(1) for _ in range(10)))
    [place] = [one for one in results if not isinstance(one, AlreadyInLine)]
    assert (place.ticket.number, door.line().issued) == (1, 1)


@pytest.mark.store
def test_five_staff_who_call_at_once_call_five_in_order(door):
    for number in range(1, 9):
        door.take(number)
    called = race(*(door.call for _ in range(5)))
    assert sorted(one.ticket.number for one in called) == [1, 2, 3, 4, 5]
    assert sorted(one.payload["number"] for one in told("queue.called")) == [f"A00{n}" for n in range(1, 6)]
    assert sorted(one.payload["number"] for one in told("queue.nearly")) == [f"A00{n}" for n in range(4, 9)]
    results = race(*(door.call for _ in range(5)))
    assert sorted(one.ticket.number for one in results if not isinstance(one, NobodyWaits)) == [6, 7, 8]


@pytest.mark.store
def test_who_leaves_while_they_are_called_is_either(door):
    places = [door.take(number) for number in range(1, 5)]
    leave = [lambda n=n: door.move(places[n - 1], Happening.LEAVE, customer(n)) for n in (1, 2)]
    results = race(door.call, door.call, door.call, *leave)
    called = [one.ticket.number for one in results[:3] if not isinstance(one, Exception)]
    assert len(set(called)) == len(called) >= 2
    standing = door.line()
    for place in places:
        [one] = door.ports.store.tickets(door.queue.id, standing.day, [place.ticket.number])
        assert bool(standing.waiting >> one.number & 1) == (one.state == State.WAITING)
        assert bool(standing.called >> one.number & 1) == (one.state == State.CALLED)


@pytest.mark.store
def test_staff_who_decide_differently_at_once_decide_one_thing(door):
    place = door.take(1)
    door.call()
    results = race(*(lambda h=h: door.move(place, h) for h in (Happening.SEAT, Happening.SKIP)))
    won = [one for one in results if not isinstance(one, NotPossible)]
    assert len(won) == 1
