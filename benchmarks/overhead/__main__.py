"""See the package."""

import argparse
import gc
import importlib
import json
import os
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.mix import PER_BOOKING
from benchmarks.overhead.bare import Working, repeating
from benchmarks.overhead.requests import REMEMBERED, SHOPS, World, journey, town
from benchmarks.overhead.twin import Calls, ServerCall, Twin, listening
from benchmarks.search.emulated import PREFIX, emulator
from chalicelib import settings
from chalicelib.kit.auth import Actor
from infra.local.environments import ROOT
from infra.tables import create_tables
from tests.chalicelib.payments.notices import secrets
from tests.emulators import SECRETS
from tests.fakes.provider import FakeProvider

TWIN = "twin"
ROUNDS, JOURNEYS = 21, 8
WARM_UP = 12
LIMIT = 1.3
BAD = 300  # statuses from here on


Step = tuple[str, Actor, dict[str, Any]]


@dataclass(frozen=True)
class Sample:
    """CPU milliseconds of one request: ours, bare, and its calls alone; and how many calls it made."""

    ours: float
    bare: float
    calls: float
    count: int


class Sides:
    """The three, asked one after the other."""

    def __init__(self, world: World, heard: Calls, warm_up: int) -> None:
        from app import app

        self._world, self._heard, self._ours = world, heard, app
        self._twin = Twin(PREFIX, TWIN)
        self._bare = Working()
        self._calls, self._calls_next = repeating(self._twin)
        self._answers: dict[str, dict[str, Any]] = {}
        self._turn, self._warm_up = -1, warm_up

    def walk(self) -> Iterator[tuple[str, Sample]]:
        """Yield the requests of one visit, by two people who do alike."""
        self._turn += 1
        visit = self._world.visit()
        ours, bare = journey(self._world, visit), journey(self._world, visit)
        one, other = next(ours), next(bare)
        while True:
            self._world.search = one[0] if one[0] == REMEMBERED else "search"
            sample, answer, made = self._ask(one, other)
            yield one[0], sample
            try:
                one, other = ours.send(answer), bare.send(made)
            except StopIteration:
                return

    def _ask(self, ours: Step, bare: Step) -> tuple[Sample, dict[str, Any], dict[str, Any]]:
        """Ask all three, ours and bare first by turns; the bare one answers what ours did when it was last asked."""
        name = ours[0]
        if self._turn % 2:
            plain, made, theirs = self._ask_bare(bare)
        took, answer, calls = self._ask_ours(ours)
        alone = self._ask_calls(ours, answer, calls)
        self._answers[name] = answer
        if not self._turn % 2:
            plain, made, theirs = self._ask_bare(bare)
        if self._turn >= self._warm_up and name != REMEMBERED and _lasting(name, theirs) != _lasting(name, calls):
            raise AssertionError((name, calls, theirs))
        return Sample(took, plain, alone, len(calls)), answer, made

    def _ask_ours(self, step: Step) -> tuple[float, dict[str, Any], list[ServerCall]]:
        self._follow()
        took, told = _timed(self._ours, step[2])
        if told["statusCode"] >= BAD:
            raise AssertionError(told)
        return took, json.loads(told["body"]), self._heard.take()

    def _ask_calls(self, step: Step, answer: dict[str, Any], calls: list[ServerCall]) -> float:
        self._calls_next.answer, self._calls_next.calls = answer, [self._twin.of(call) for call in calls]
        return _well(*_timed(self._calls, step[2]))[0]

    def _ask_bare(self, step: Step) -> tuple[float, dict[str, Any], list[ServerCall]]:
        self._follow()
        self._bare.next.answer, self._bare.next.actor = self._answers.get(step[0], {}), step[1]
        took, told = _well(*_timed(self._bare.app, step[2]))
        return took, json.loads(told["body"]), list(self._heard.made)

    def _follow(self) -> None:
        """Do to the twin, unmeasured, what has been done to ours beside the requests of ours."""
        for call in self._heard.take():
            self._twin.make(self._twin.of(call))


def _timed(app: Any, event: dict[str, Any]) -> tuple[float, dict[str, Any]]:
    started = time.process_time()
    told = app(event, None)
    return (time.process_time() - started) * 1000, told


def _lasting(name: str, calls: list[ServerCall]) -> list[str]:
    """Return the operations of a request without the directories of a search, which who comes first reads for both."""
    return [operation for operation, _ in calls if (name, operation) != ("search", "BatchGetItem")]


def _well(took: float, told: dict[str, Any]) -> tuple[float, dict[str, Any]]:
    if told["statusCode"] != 200:
        raise AssertionError(told)
    return took, told


def measured(
    rounds: int, journeys: int, *, shops: int = SHOPS, warm_up: int = WARM_UP
) -> dict[str, list[list[Sample]]]:
    """Return the samples of each request, by round."""
    told, found = SECRETS | secrets(), defaultdict[str, list[list[Sample]]](list)
    # Chalice takes a logger of its app's name for its own where nothing of it goes to standard output.
    importlib.import_module("app")
    # The line that each request logs is part of its cost, but nobody wants to read it.
    with emulator() as running, Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):
        list(create_tables(running.dynamodb, TWIN))
        settings.secrets = cache(lambda: told)  # type: ignore[assignment] # SSM is not what is measured
        with listening() as heard:
            sides = Sides(town(FakeProvider(), shops), heard, warm_up)
            for _ in range(warm_up):
                list(sides.walk())
            gc.collect()
            gc.freeze()  # what the benchmark itself holds is not to be looked through again and again
            for number in range(rounds):
                for name, sample in (step for _ in range(journeys) for step in sides.walk()):
                    if len(found[name]) == number:
                        found[name].append([])
                    found[name][number].append(sample)
            gc.unfreeze()
    return found


def medians(rounds: list[list[Sample]]) -> Sample:
    """Return the medians over the rounds of their means."""
    sides = ("ours", "bare", "calls")
    times = [
        statistics.median(statistics.mean(getattr(one, side) for one in some) for some in rounds) for side in sides
    ]
    return Sample(*times, round(statistics.mean(one.count for some in rounds for one in some)))


def overall(found: dict[str, Sample]) -> Sample:
    """Return what a booking's requests take, weighted by how often each comes for one booking."""
    counted = {name: PER_BOOKING[name] for name in found if name != REMEMBERED}
    total = lambda side: sum(weight * getattr(found[name], side) for name, weight in counted.items())  # noqa: E731
    return Sample(total("ours"), total("bare"), total("calls"), round(total("count")))


def shown(found: dict[str, Sample], whole: Sample) -> Table:
    """Return the table."""
    table = Table("request", "calls", "ours ms", "bare ms", "calls alone ms", "ours/bare", "ours/calls")
    for name, one in {**found, "a booking's requests": whole}.items():
        ratios = [f"{one.ours / side:.2f}" for side in (one.bare, one.calls)]
        table.add_row(name, str(one.count), *(f"{took:.2f}" for took in (one.ours, one.bare, one.calls)), *ratios)
    return table


def main(arguments: Sequence[str]) -> int:
    """Print the table and the verdict, write the figures; 1 where ours is dearer than `LIMIT`."""
    parser = argparse.ArgumentParser(description="CPU of our handler beside a bare one.")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--journeys", type=int, default=JOURNEYS)
    options = parser.parse_args(arguments)
    found = {name: medians(rounds) for name, rounds in measured(options.rounds, options.journeys).items()}
    whole = overall(found)
    ratio = whole.ours / whole.bare
    Console(width=120).print(shown(found, whole))
    figures = {"limit": LIMIT, "requests": {name: vars(one) for name, one in found.items()}, "overall": vars(whole)}
    (ROOT / ".local").mkdir(exist_ok=True)
    (ROOT / ".local" / "bench-overhead.json").write_text(json.dumps(figures, indent=2) + "\n")
    verdict = "at most" if ratio <= LIMIT else "MORE THAN"
    alone = f"{whole.ours / whole.calls:.2f} of the database calls alone"
    print(f"bench-overhead: {ratio:.2f} of a bare handler's CPU, {verdict} {LIMIT}; {alone} ({options.rounds} rounds)")
    return 0 if ratio <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
