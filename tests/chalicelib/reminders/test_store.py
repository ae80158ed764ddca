"""Plans as rows, and many who sweep them at once, on both emulators; capacity is asserted on dynoxide, which tells it."""

import os
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest

from chalicelib import wiring
from chalicelib.kit.dynamo import meter
from chalicelib.kit.transaction import Contention
from chalicelib.reminders import rules, use_cases
from chalicelib.reminders.store import PlanTable
from tests.api import told
from tests.chalicelib.booking.world import NOW, order
from tests.chalicelib.reminders.world import World, line
from tests.emulators import DYNOXIDE
from tests.racing import race

STORE = PlanTable()
START = NOW + timedelta(days=3)
DUE = int(os.environ.get("REMINDED_AT_ONCE", "24"))


def commit(*actions):
    """Write them; return what that costs."""
    with meter.measure() as used:
        wiring.committer().commit(actions)
    return used.write_units


def plan(number=1, days=3):
    start = NOW + timedelta(days=days)
    return rules.planned(order([line(number, start)], id=f"ord_{number}"), "Asia/Shanghai", NOW, None)


def shard_of(made):
    return next(n for n in range(STORE.shards) if made in STORE.due(n, START, 9))


@pytest.mark.store
def test_plans_are_kept_whole_by_version_and_found_when_they_are_due(tables):
    made = plan()
    assert STORE.plan("ord_1") is None
    commit(STORE.put(made))
    assert STORE.plan("ord_1") == made
    with pytest.raises(Contention):
        commit(STORE.put(made))
    shard = shard_of(made)
    first = made.pending[0].at
    assert STORE.due(shard, first - timedelta(microseconds=1), 9) == []
    assert STORE.due(shard, first, 9) == [made]
    over = replace(made, pending=(), version=2)
    commit(STORE.put(over))
    with pytest.raises(Contention):
        commit(STORE.put(replace(made, version=2)))
    assert STORE.due(shard, START, 9) == []
    assert STORE.plan("ord_1") == over


def test_what_it_costs(tables):
    if tables.name != DYNOXIDE:
        pytest.skip("only dynoxide tells capacity right")
    made = plan()
    assert commit(STORE.put(made)) == 3
    rest = replace(made, pending=made.pending[1:], version=2)
    assert commit(STORE.put(rest)) == 4
    assert commit(STORE.put(replace(rest, pending=(), version=3))) == 3
    with meter.measure() as used:
        STORE.plan("ord_1")
        for shard in range(STORE.shards):
            STORE.due(shard, START, 150)
    assert (used.requests, used.read_units) == (1 + 8, 1 + 8 * 0.5)


@pytest.mark.store
def test_whoever_sweeps_at_once_each_visit_is_told_once(tables, record_property):
    world = World()
    ports = replace(
        world.ports,
        store=STORE,
        committer=wiring.committer(),
        outbox=wiring.outbox(),
        clock=SimpleNamespace(now=lambda: NOW),
    )
    for number in range(DUE):
        world.confirmed(line(1, START), order_id=f"ord_{number}")
        use_cases.plan(ports, f"ord_{number}")
    due = rules.reminders(START, "Asia/Shanghai")[0].at
    sweeps = race([lambda: use_cases.sweep(ports, due) for _ in range(4)], ())
    assert sum(one.told for one in sweeps) == DUE
    assert sum(one.failed for one in sweeps) == 0
    assert sorted(one.payload["order_id"] for one in told("visit.day_before")) == sorted(world.orders)
    record_property("reminders", f"{DUE} due at once, 4 sweeps, {len(told())} notices")


@pytest.mark.store
def test_planned_moved_and_swept_at_once_it_is_told_of_one_time(tables):
    world = World()
    ports = replace(world.ports, store=STORE, committer=wiring.committer(), outbox=wiring.outbox())
    world.confirmed(line(1, START))
    use_cases.plan(ports, "ord_1")
    due = rules.reminders(START, "Asia/Shanghai")[0].at
    world.confirmed(line(1, START + timedelta(hours=1)))
    works = [lambda: use_cases.plan(ports, "ord_1"), lambda: use_cases.sweep(ports, due)] * 2
    race(works, ())
    assert told() == []
    assert use_cases.sweep(ports, due + timedelta(hours=1)).told == 1
