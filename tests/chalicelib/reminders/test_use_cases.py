"""Planned, moved, called off and told once, with everything around it in memory."""

from datetime import timedelta

import pytest

from chalicelib.booking.rules.booking import State
from chalicelib.kit.clock import iso
from chalicelib.kit.transaction import Contention
from chalicelib.reminders import use_cases
from chalicelib.reminders.use_cases import Swept
from tests.chalicelib.booking.world import NOW, at
from tests.chalicelib.reminders.world import HOUR, World, line

START = at("14:30", days=2)
DAY, SOON = at("14:30", days=1), at("12:30", days=2)
BOTH = [("visit.day_before", iso(START), DAY), ("visit.soon", iso(START), SOON)]


@pytest.fixture
def world():
    return World()


def test_a_visit_is_told_twice_and_then_never_again(world):
    world.confirmed(line(1, START))
    world.plan()
    assert world.sweep(DAY - timedelta(seconds=1)) == Swept(0, 0, 0)
    assert world.sweep(DAY) == Swept(1, 0, 0)
    assert world.sweep(DAY) == Swept(0, 0, 0)
    world.sweep(SOON)
    world.sweep(SOON + 3 * HOUR)
    assert world.told == BOTH
    assert world.plan() == world.plans.plan("ord_1"), "a message that comes again plans nothing"
    assert world.plans.plan("ord_1").pending == ()
    told = next(iter(world.outbox.sent.values())).payload
    assert told == {
        "order_id": "ord_1",
        "line_ids": ["lin_1"],
        "customer_id": "acc_1",
        "shop_id": "shp_1",
        "starts_at": iso(START),
        "until": iso(SOON),
    }


def test_a_message_that_comes_twice_writes_once(world):
    world.confirmed(line(1, START))
    for _ in range(3):
        world.plan()
    assert len(world.ports.committer.committed) == 1


def test_what_is_moved_is_told_of_its_new_time_alone(world):
    world.confirmed(line(1, START))
    world.plan()
    world.confirmed(line(1, START + 3 * HOUR))
    world.plan()
    for hours in range(60):
        world.sweep(NOW + hours * HOUR)
    assert {start for _, start, _ in world.told} == {iso(START + 3 * HOUR)}
    assert len(world.told) == 2


def test_what_was_told_of_is_told_of_again_when_it_is_moved_on(world):
    world.confirmed(line(1, START))
    world.plan()
    world.sweep(DAY)
    world.confirmed(line(1, START + 48 * HOUR))
    world.plan()
    world.sweep(DAY + 48 * HOUR)
    assert [start for _, start, _ in world.told] == [iso(START), iso(START + 48 * HOUR)]
    world.confirmed(line(1, START + 49 * HOUR))
    world.confirmed(line(1, START + 48 * HOUR))
    world.plan()
    world.sweep(DAY + 48.5 * HOUR)
    assert len(world.told) == 2, "there and back again: it was told"


def test_what_is_called_off_is_not_told(world):
    world.confirmed(line(1, START))
    world.plan()
    world.cancelled()
    world.plan()
    assert world.plans.plan("ord_1").next_at is None
    world.sweep(DAY)
    assert world.told == []


def test_an_older_message_that_comes_last_brings_nothing_back(world):
    world.confirmed(line(1, START))
    sold = world.orders["ord_1"]
    world.plan()
    world.cancelled()
    world.plan()
    standing = world.plans.plan("ord_1")
    world.orders["ord_1"] = sold  # whoever works it read the order long ago
    assert world.plan() == standing


def test_who_read_before_and_writes_after_looks_again(world):
    world.confirmed(line(1, START))
    read = world.ports.store.plan

    def behind(order_id):
        world.ports.store.plan = read
        world.plan()  # by another, in between

    world.ports.store.plan = behind
    assert world.plan() == read("ord_1")
    assert read("ord_1").version == 1


def test_nothing_is_told_of_what_is_being_called_off_just_now(world):
    world.confirmed(line(1, START))
    world.plan()
    world.cancelled()  # its message is on its way
    assert world.sweep(DAY) == Swept(0, 1, 0)
    assert world.plans.plan("ord_1").pending == (), "and planned anew at once"
    assert world.told == []


def test_what_is_being_moved_just_now_is_told_when_its_time_comes(world):
    world.confirmed(line(1, START))
    world.plan()
    world.confirmed(line(1, START + 24 * HOUR))
    world.sweep(DAY)
    assert world.told == []
    world.sweep(DAY + 24 * HOUR)
    assert [start for _, start, _ in world.told] == [iso(START + 24 * HOUR)]


@pytest.mark.parametrize("state", sorted(set(State) - {State.CONFIRMED}))
def test_nobody_is_reminded_of_what_was_not_accepted_or_where_they_are_already(world, state):
    world.confirmed(line(1, START), line(2, START + HOUR))
    world.plan()
    world.bookings.states["bkg_1"] = state
    world.sweep(DAY)
    assert [one.payload["line_ids"] for one in world.outbox.sent.values()] == [["lin_2"]]
    world.bookings.states["bkg_2"] = state
    assert world.sweep(SOON) == Swept(0, 1, 0)


def test_after_an_outage_the_last_one_counts_and_none_once_it_has_begun(world):
    world.confirmed(line(1, START))
    world.confirmed(line(2, START - 4 * HOUR), order_id="ord_2")
    for order_id in ("ord_1", "ord_2"):
        world.plan(order_id)
    assert world.sweep(SOON + HOUR) == Swept(1, 3, 0)
    assert world.told == [("visit.soon", iso(START), SOON + HOUR)]


def test_one_that_fails_keeps_no_other_waiting(world):
    for order_id in ("ord_1", "ord_2"):
        world.confirmed(line(1, START), order_id=order_id)
        world.plan(order_id)
    gone = world.orders.pop("ord_1")
    assert world.sweep(DAY) == Swept(1, 0, 1)
    world.orders["ord_1"] = gone
    assert world.sweep(DAY) == Swept(1, 0, 0)


def test_a_run_that_died_is_made_up_for_by_the_next(world):
    for number in range(5):
        world.confirmed(line(1, START), order_id=f"ord_{number}")
        world.plan(f"ord_{number}")
    commit, left = world.ports.committer.commit, [2]

    def dies(actions):
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        commit(actions)

    world.ports.committer.commit = dies
    with pytest.raises(KeyboardInterrupt):
        world.sweep(DAY)
    world.ports.committer.commit = commit
    assert world.sweep(DAY) == Swept(3, 0, 0)
    assert len(world.told) == 5


def test_a_run_does_so_much_and_the_next_goes_on(world, monkeypatch):
    monkeypatch.setattr(use_cases, "BATCH", 3)
    for number in range(5):
        world.confirmed(line(1, START), order_id=f"ord_{number}")
        world.plan(f"ord_{number}")
    assert [world.sweep(DAY).told for _ in range(3)] == [3, 2, 0]


def test_an_index_that_is_behind_tells_nothing_twice(world):
    world.confirmed(line(1, START))
    stale = [world.plan()]
    world.sweep(DAY)
    world.ports.store.due = lambda *_: stale
    assert world.sweep(DAY) == Swept(0, 0, 0)
    assert len(world.told) == 1


def test_what_has_no_time_is_not_even_kept(world):
    world.confirmed(line(1, None))
    assert world.plan() is None
    assert world.plans.rows == {}
    assert world.ports.committer.committed == []


def test_somebody_else_who_writes_all_the_time_is_waited_for(world):
    world.confirmed(line(1, START))
    world.plan()
    commit, turns = world.ports.committer.commit, [3]

    def contended(actions):
        if turns[0]:
            turns[0] -= 1
            raise Contention
        commit(actions)

    world.ports.committer.commit = contended
    assert world.sweep(DAY) == Swept(1, 0, 0)


def test_what_is_due_and_not_told_yet_is_told_although_the_order_moves_on(world):
    """Another line is called off in the very minute, or the sweep was down: the visit's own reminder is still owed."""
    world.confirmed(line(1, START), line(2, None))
    world.plan()
    world.clock.moment = DAY + timedelta(seconds=10)
    world.confirmed(line(1, START))
    world.plan()
    assert world.sweep(DAY + timedelta(seconds=40)) == Swept(1, 0, 0)
    world.confirmed(line(1, START), line(2, None))
    world.plan()
    world.sweep(DAY + timedelta(seconds=90))
    world.sweep(SOON)
    assert [kind for kind, *_ in world.told] == ["visit.day_before", "visit.soon"]


def test_what_is_due_of_a_time_that_is_no_more_is_not_told(world):
    world.confirmed(line(1, START))
    world.plan()
    world.clock.moment = DAY + timedelta(seconds=10)
    world.confirmed(line(1, START + 2 * HOUR))
    world.plan()
    assert world.sweep(DAY + timedelta(seconds=40)).told == 0
