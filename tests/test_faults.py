"""The proof of faults, small: some kinds, and all of them at once. `make prove-faults` runs each for many seeds."""

import os
from collections.abc import Iterator

import pytest

from chalicelib import wiring
from tests.faults.checks import violations
from tests.faults.journey import Journey
from tests.faults.kinds import KINDS, Fault
from tests.faults.machine import Machine
from tests.faults.queues import Entry
from tests.faults.town import PASSING, Town

SMALL = ["killed after a write", "everything at once"]  # what every run of the suite can afford
NAMES = list(KINDS) if os.environ.get("FAULTS") == "all" else SMALL
SEEDS = [int(seed) for seed in os.environ.get("SEEDS", "1").split(",")]


@pytest.fixture
def live(tables, monkeypatch) -> Iterator:
    """Return a function that lives a journey under a fault."""
    before, towns = wiring.clock(), []

    def made(fault: Fault, seed: int) -> Journey:
        towns.append(Town(tables, monkeypatch, seed, fault))
        journey = Journey(towns[0], Machine(towns[0]))
        journey.live()
        return journey

    yield made
    for town in towns:
        town.gone()
    monkeypatch.undo()
    wiring.use_clock(before)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_lost(live, record_property, name, seed):
    fault = KINDS[name](seed)
    journey = live(fault, seed)
    seen = journey.town.seen
    repeated = sum(count for told, count in seen.items() if told.partition(" ")[2] in PASSING | {"function died"})
    told = {"fault": name, "struck": f"{name}={fault.struck}", "asked": sum(seen.values()), "repeated": repeated}
    for key, value in {**told, "died": journey.machine.died + seen["502 function died"]}.items():
        record_property(key, value)
    record_property("seen", f"{name} {seed}: {dict(seen)} {journey.states()}")
    assert fault.struck > 0
    assert not journey.town.wrong, "\n".join(journey.town.wrong)
    wrong = violations(journey)
    assert not wrong, "\n".join(wrong)


class Loses(Fault):
    """A fault that must never be: what a consumer was given is gone, whether it was worked or not."""

    name = "loses"

    def __init__(self, queue: str) -> None:
        super().__init__()
        self.queue = queue

    def strikes(self, town: Town) -> None:
        receive = town.queues.receive

        def lose(name: str, most: int) -> list[Entry]:
            batch = receive(name, most)
            if name == self.queue and batch and not self.struck:
                self.struck += 1
                town.queues.delete(name, {entry.id for entry in batch})
                return []
            return batch

        town.queues.receive = lose  # type: ignore[method-assign] # planted


@pytest.mark.timeout(600)
def test_a_loss_would_be_found(live):
    journey = live(Loses("notifications"), 1)
    assert journey.town.fault.struck == 1
    assert any("nobody was told" in line for line in violations(journey))
