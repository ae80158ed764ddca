"""Rows of waits on real DynamoDB semantics, what they cost, and ten messages at once on both emulators."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta

import pytest

from chalicelib import wiring
from chalicelib.booking.messages import freed
from chalicelib.booking.rules.waits import Entry, Offer, State, Tally
from chalicelib.booking.store import WaitTable
from chalicelib.booking.use_cases import offer
from chalicelib.booking.use_cases import wait as waits
from chalicelib.kit.dynamo import meter
from chalicelib.kit.ids import new_id
from chalicelib.kit.transaction import Contention
from chalicelib.orders import use_cases as orders
from chalicelib.orders.ports import Asked
from tests.api import told
from tests.chalicelib.booking.shop import Town
from tests.chalicelib.booking.test_routes import clock as clock  # noqa: PLC0414 - a fixture
from tests.chalicelib.booking.waiting import at_shop, nearby, once, wait
from tests.chalicelib.booking.world import HOLD, NOW, at, customer
from tests.emulators import DYNOXIDE

STORE = WaitTable()
DAY = date(2030, 5, 2)
TEN = {"since": "10:00", "until": "10:30"}


def commit(*actions):
    wiring.committer().commit(actions)


def units(spent):
    return spent.requests, spent.read_units, spent.write_units


def needs_dynoxide(tables):
    if tables.name != DYNOXIDE:
        pytest.skip("only dynoxide tells consumed capacity right")


@pytest.mark.store
def test_a_wait_is_kept_whole_and_by_version(tables):
    full = wait(
        1,
        ask=at_shop(staff_id="stf_1"),
        state=State.OFFERED,
        turn=3,
        offer=Offer("shp_1", "off_1", at("10:00"), "Asia/Shanghai", "stf_1"),
        lease_until=NOW,
        order_id="ord_1",
        until=NOW + HOLD,
        passed=(("shp_1", at("11:00")),),
        missed=("shp_2",),
    )
    commit(*STORE.create(full))
    assert STORE.wait("wai_1") == replace(full, version=1)
    assert STORE.wait("wai_2") is None
    with pytest.raises(Contention):
        commit(*STORE.create(full))
    commit(STORE.replace(replace(full, version=1, state=State.FULFILLED)))
    with pytest.raises(Contention):
        commit(STORE.replace(replace(full, version=1)))
    assert STORE.wait("wai_1").version == 2


@pytest.mark.store
def test_lines_are_in_the_order_of_asking(tables):
    for number in (2, 1, 3):
        later = NOW + timedelta(seconds=number)
        commit(*STORE.create(wait(number, created_at=later)))
        commit(
            *STORE.create(wait(number + 10, created_at=later, ask=nearby(category="spa" if number == 2 else "barber")))
        )
    assert [one.wait_id for one in STORE.of_shop("shp_1")] == ["wai_1", "wai_2", "wai_3"]
    assert next(iter(STORE.of_shop("shp_1"))) == Entry("wai_1", NOW + timedelta(seconds=1), at_shop())
    assert list(STORE.of_shop("shp_2")) == []
    near = STORE.near(DAY, ["wtw3", "wtw6"], ["barber", "hair", "spa"])
    assert [one.wait_id for one in near] == ["wai_11", "wai_12", "wai_13"]
    assert [one.ask for one in STORE.near(DAY, ["wtw3"], ["spa"])] == [nearby(category="spa")]
    assert list(STORE.near(DAY, ["wtw6"], ["barber"])) == []
    commit(STORE.leave(wait(1, created_at=NOW + timedelta(seconds=1))))
    assert [one.wait_id for one in STORE.of_shop("shp_1")] == ["wai_2", "wai_3"]


@pytest.mark.store
def test_live_waits_are_kept_by_version(tables):
    assert STORE.tally("acc_1") == Tally("acc_1", {})
    commit(STORE.replace_tally(Tally("acc_1", {"wai_1": NOW})))
    with pytest.raises(Contention):
        commit(STORE.replace_tally(Tally("acc_1", {"wai_2": NOW})))
    assert STORE.tally("acc_1") == Tally("acc_1", {"wai_1": NOW}, 1)
    commit(STORE.replace_tally(Tally("acc_1", {}, 1)))
    assert STORE.tally("acc_1") == Tally("acc_1", {}, 2)


class Crowd:
    """Some who wait for ten o'clock in a shop with one person, who is free then."""

    def __init__(self, clock, count):
        self.town, self.ports = Town(clock, staff=1), wiring.waiting()
        self.made = self.town.offer()
        self.waits = []
        for number in range(1, count + 1):
            clock.moment += timedelta(seconds=1)
            ask = at_shop(shop_id=self.town.id, offering_id=self.made.id, **TEN)
            self.waits.append(waits.ask(self.ports, customer(number), ask, once(new_id("key"))).wait.id)

    def free(self):
        """Hold the time and let go of it; return the message."""
        fields = {"shop_id": self.town.id, "offering_id": self.made.id, "start": at("10:00")}
        held = orders.hold(wiring.orders(), customer(99), [Asked("booking", fields)], None, once(new_id("key")))
        orders.cancel(wiring.orders(), customer(99), held.id, None, once(new_id("key")))
        (message,) = [one for one in told("booking.time_changed") if one.payload["freed"]]
        return message

    def work(self, message):
        return offer.time_freed(self.ports, message.payload["shop_id"], freed(message))

    def states(self):
        return [self.ports.waits.wait(one).state for one in self.waits]


def at_once(count, work):
    ready = threading.Barrier(count)

    def run(number):
        ready.wait()
        with suppress(offer.InHand):
            return work(number)
        return 0

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


@pytest.mark.store
def test_ten_messages_at_once_offer_one_time_to_one(tables, clock):
    crowd = Crowd(clock, 4)
    message = crowd.free()
    made = at_once(10, lambda _: crowd.work(message))
    assert sum(made) == 1
    crowd.work(message)
    assert crowd.states() == [State.OFFERED, State.WAITING, State.WAITING, State.WAITING]
    assert len(told("wait.offered")) == 1


@pytest.mark.store
def test_ten_messages_at_once_never_offer_two_times_to_one(tables, clock):
    town, ports = Town(clock, staff=2), wiring.waiting()
    made = town.offer()
    ask = at_shop(shop_id=town.id, offering_id=made.id)
    wait_id = waits.ask(ports, customer(), ask, once(new_id("key"))).wait.id
    counts = at_once(10, lambda _: offer.look(ports, wait_id, [town.id]))
    assert sum(counts) == 1
    standing = ports.waits.wait(wait_id)
    assert (standing.state, standing.turn) == (State.OFFERED, 1)
    held = orders.mine(wiring.orders(), customer(), None, 20).items
    assert [one.id for one in held] == [standing.order_id]


@pytest.mark.store
def test_five_of_ten_waits_at_once(tables, clock):
    ports = wiring.waiting()

    def ask(_):
        try:
            return waits.ask(ports, customer(), nearby(), once(new_id("key"))).wait.id
        except waits.rules.TooManyWaits:
            return None

    made = [one for one in at_once(10, ask) if one]
    assert len(made) == 5
    assert set(STORE.tally("acc_1").live) == set(made)


def test_what_waiting_costs(tables, clock):
    needs_dynoxide(tables)
    crowd = Crowd(clock, 0)
    ports, costs = wiring.waiting(), {}

    def spent(name, work):
        with meter.measure() as usage:
            made = work()
        costs[name] = units(usage)
        return made

    at_the_shop = at_shop(shop_id=crowd.town.id, offering_id=crowd.made.id, **TEN)
    first = spent("ask at a shop", lambda: waits.ask(ports, customer(1), at_the_shop, once("first-key"))).wait
    spent("ask nearby", lambda: waits.ask(ports, customer(2), nearby(), once("second-key")))
    spent("who waits at a shop", lambda: list(STORE.of_shop(crowd.town.id)))
    spent("who waits in a cell", lambda: list(STORE.near(DAY, ["wtw3"], ["barber"])))
    message = crowd.free()
    with meter.measure() as hold:
        fields = {"shop_id": crowd.town.id, "offering_id": crowd.made.id, "start": at("12:00")}
        orders.hold(wiring.orders(), customer(50), [Asked("booking", fields)], None, once("hold-key"))
    spent(
        "nobody waits for it",
        lambda: offer.time_freed(
            ports, crowd.town.id, [replace(one, start=at("20:00"), end=at("21:00")) for one in freed(message)]
        ),
    )
    openings = offer._openings(ports, crowd.town.id, freed(message))
    spent("offer", lambda: offer._offer(ports, openings, first.id))
    costs["offer"] = tuple(all_of - held for all_of, held in zip(costs["offer"], units(hold), strict=True))
    spent("look at one that has an offer", lambda: offer._offer(ports, openings, first.id))
    spent("my waits", lambda: waits.mine(ports, customer(1), None, 20))
    spent("withdraw", lambda: waits.withdraw(ports, customer(1), first.id))
    assert costs == {
        "ask at a shop": (3, 2, 14),
        "ask nearby": (2, 1, 9),
        "who waits at a shop": (1, 1, 0),
        "who waits in a cell": (1, 1, 0),
        "nobody waits for it": (3, 3, 0),
        "offer": (5, 4, 9),
        "look at one that has an offer": (2, 2, 0),
        "my waits": (2, 1.5, 0),
        "withdraw": (4, 3, 7),
    }
