"""Everybody at the same moment, on both emulators: nobody gets it twice, nor more than a week's, nor after it was stopped."""

import os
from dataclasses import replace

import pytest

from chalicelib import wiring
from chalicelib.kit.auth import Actor, Role
from chalicelib.outreach import use_cases
from chalicelib.outreach.ports import Outcome, State
from chalicelib.outreach.rules.outreach import MOST_STARTED
from chalicelib.outreach.rules.problems import SentEnough
from chalicelib.outreach.rules.wishes import MOST_A_WEEK
from chalicelib.outreach.store import CustomerTable, OutreachTable
from tests import racing
from tests.api import told
from tests.chalicelib.outreach.world import MERCHANT, World

pytestmark = pytest.mark.store
CROWD = int(os.environ.get("WRITTEN_TO", "12"))
RUNS = 3


@pytest.fixture
def world(tables):
    world = World()
    real = {"committer": wiring.committer(), "outbox": wiring.outbox(), "idempotency": wiring.idempotency()}
    world.customers, world.store = CustomerTable(), OutreachTable()
    world.ports = replace(world.ports, customers=world.customers, store=world.store, dealings=wiring.dealings(), **real)
    return world


def race(*works, refusals=()):
    return racing.race(works, refusals)


def got():
    return sorted(one.payload["customer_id"] for one in told("outreach.offer"))


def test_whoever_sends_at_once_everybody_gets_it_once(world, record_property):
    world.crowd(CROWD)
    made = world.begin()
    race(*(lambda: use_cases.run(world.ports, world.clock.moment) for _ in range(RUNS)))
    world.run(2 + CROWD // 50)  # so many get it in a turn
    done = world.stands(made)
    assert (done.state, done.outcomes) == (State.DONE, {Outcome.SENT: CROWD})
    assert got() == sorted(f"acc_{n:05}" for n in range(1, CROWD + 1))
    assert len(world.store.recipients(made.id)) == CROWD
    record_property("outreach", f"{CROWD} written to, {RUNS} runs, {len(got()) - len(set(got()))} twice")


def test_of_merchants_who_write_to_one_customer_at_once_so_many_get_through(world):
    for number in range(4):
        merchant = Actor(f"acc_m{number}", frozenset({Role.MERCHANT}), "ses_1")
        world.shop = replace(world.shop, id=f"shp_{number}", merchant_id=merchant.account_id)
        world.agreed.add("acc_00001")
        world.tag(1, "regular", actor=merchant)
        world.begin(actor=merchant)
    race(*(lambda: use_cases.run(world.ports, world.clock.moment) for _ in range(4)))
    assert len(told("outreach.offer")) == MOST_A_WEEK
    assert len(world.customers.heard("acc_00001").offers) == MOST_A_WEEK


def test_after_it_was_stopped_nobody_gets_it(world):
    world.crowd(CROWD)
    made = world.begin()
    before = []

    def stop():
        use_cases.stop(world.ports, MERCHANT, made.id)
        before.append(len(told("outreach.offer")))

    race(lambda: use_cases.run(world.ports, world.clock.moment), stop)
    world.run(20)
    stands = world.stands(made)
    if stands.state is State.STOPPED:
        assert len(told("outreach.offer")) == before[0], "none after whoever stopped it knew"
    assert stands.sent == len(world.store.recipients(made.id)) == len(set(got())) == len(got())


def test_a_merchant_who_begins_many_at_once_begins_so_many(world):
    results = race(*(world.begin for _ in range(4)), refusals=(SentEnough,))
    assert sum(not isinstance(one, Exception) for one in results) == MOST_STARTED


def test_tags_of_many_at_once_are_all_counted(world):
    works = [lambda n=n, tag=tag: world.tag(n, tag) for n in (1, 2) for tag in ("a", "b", "c")]
    race(*works)
    assert use_cases.tally(world.ports, MERCHANT).counts == {"a": 2, "b": 2, "c": 2}
    assert use_cases.tally(world.ports, MERCHANT).customers == 2
