"""See the package."""

import argparse
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from chalicelib.kit.auth import Role
from infra.changes import DeployError
from infra.local.addresses import Ports
from infra.local.processes import LocalError
from infra.local.supervisor import LocalStack
from infra.steps import step
from tests.e2e.town import Json, Town
from tests.load import after
from tests.load.arrivals import PERCENTILES, WHOLE, Sample, figures, schedule, unexpected, weights
from tests.load.generator import Memory, send, watching
from tests.load.visits import CONFIRMED, Visitors

SHOPS = 6
CLIENTS = 8
SLOW_SECONDS = 2.0
"""A rate is more than the stack bears when one in twenty waits longer than this for what was due."""


@dataclass(frozen=True)
class Load:
    """A run and what came of it.

    Attributes:
        offered: arrivals a second that were due; `kept` those that were done with a second.
        samples: of every request.
        told: what the functions logged, by step.
        memory: see `generator.Memory`.
        wrong: what was not as it must be afterwards; nothing in a sound system.
        paid: how many bookings were paid.
    """

    offered: float
    kept: float
    samples: list[Sample]
    told: dict[str, after.Told]
    memory: Memory
    wrong: list[str]
    paid: int

    @property
    def requests(self) -> list[Sample]:
        """The samples without those of several requests together."""
        return [one for one in self.samples if one.step not in {WHOLE, CONFIRMED}]

    @property
    def errors(self) -> Counter[str]:
        """Answers that no sound system gives."""
        return unexpected(self.samples)

    @property
    def is_borne(self) -> bool:
        """Whether the stack kept up."""
        return not self.errors and figures([one.corrected for one in self.requests])[1] <= SLOW_SECONDS


class Field:
    """A town with shops to visit; each run has customers of its own."""

    def __init__(self, town: Town, shops: int = SHOPS) -> None:
        self._town = town
        self._merchant, self._admin = town.person(Role.MERCHANT), town.person(Role.ADMIN)
        self._shops: list[Json] = [town.open_shop(self._merchant) for _ in range(shops)]

    def warm_up(self, clients: int) -> None:
        """Have every function called, and a process ready for each client: the first call of each is slow here, where
        it unpacks the whole package.
        """
        self.run(clients, 1.0, clients=clients, seed=-1)

    def run(self, rate: float, seconds: float, *, clients: int = CLIENTS, seed: int = 1) -> Load:
        """Let people come at a rate, wait until all is done, and count."""
        town, arrivals = self._town, schedule(rate, seconds, weights(), seed)
        buyers = sum(one.kind in {"book", "hold and leave"} for one in arrivals)
        visitors = Visitors(town, self._merchant, self._shops, town.people(buyers))
        before, since = after.standing(town, self._admin), time.time()
        with watching() as memory:
            took = send(arrivals, visitors.come, clients)
        wrong = after.wrong(town, visitors, self._merchant, self._shops, self._admin, before)
        return Load(
            rate, len(arrivals) / took, visitors.samples, after.logged(town, since), memory, wrong, len(visitors.paid)
        )


def table(load: Load) -> Table:
    """Return the latencies of each step, and what it took of the database."""
    marks = (*(f"p{one}" for one in PERCENTILES), "max")
    columns = [
        "step",
        "requests",
        "a second",
        *marks,
        *(f"{mark} un." for mark in marks),
        "in function",
        "db",
        "units r/w",
    ]
    made = Table(
        *columns, title=f"{load.offered:g} arrivals a second; milliseconds from when each was due, and uncorrected"
    )
    by_step = defaultdict[str, list[Sample]](list)
    for one in load.samples:
        by_step[one.step].append(one)
    began, ended = min(one.due for one in load.samples), max(one.done for one in load.samples)
    for name, some in by_step.items():
        right, naive = figures([one.corrected for one in some]), figures([one.uncorrected for one in some])
        times = (f"{one * 1000:,.0f}" for one in (*right, *naive))
        made.add_row(name, str(len(some)), f"{len(some) / (ended - began):.2f}", *times, *_spent(load.told.get(name)))
    for name in load.told.keys() - by_step.keys():  # what others sent
        made.add_row(name, str(load.told[name].count), *[""] * (1 + 2 * len(marks)), *_spent(load.told[name]))
    return made


def _spent(told: after.Told | None) -> tuple[str, ...]:
    if told is None:
        return ()
    return f"{told.milliseconds:.0f}", f"{told.requests:.1f}", f"{told.reads:.1f}/{told.writes:.1f}"


def said(load: Load, console: Console) -> None:
    """Print a run."""
    console.print(table(load))
    answers = Counter(one.answer for one in load.requests)
    console.print("answers: " + ", ".join(f"{answer} x {count}" for answer, count in answers.most_common()))
    parts = (f"{part} {size / 2**20:,.0f} MB in {number}" for part, (size, number) in sorted(load.memory.most.items()))
    console.print("memory at most: " + ", ".join(parts), highlight=False)
    for error, count in load.errors.most_common(20):
        console.print(f"[red]{count} x {error}[/]", highlight=False)
    for one in load.wrong[:20]:
        console.print(f"[red]{one}[/]", highlight=False)


def line(load: Load) -> str:
    """Return a run in one line."""
    asked = load.requests
    right, naive = figures([one.corrected for one in asked]), figures([one.uncorrected for one in asked])
    return (
        f"{load.offered:g}/s offered, {load.kept:.1f}/s kept, {len(asked)} requests, p50 {right[0] * 1000:,.0f} "
        f"p95 {right[1] * 1000:,.0f} p99 {right[2] * 1000:,.0f} ms corrected ({naive[2] * 1000:,.0f} uncorrected), "
        f"{load.paid} bookings paid, {sum(load.errors.values())} errors, {len(load.wrong)} wrong afterwards"
    )


def run(field: Field, rates: Sequence[float], seconds: float, clients: int, console: Console) -> int:
    """Run one rate after the other, up to the first that is not borne; return the exit status."""
    borne: list[float] = []
    for number, rate in enumerate(rates):
        load = field.run(rate, seconds, clients=clients, seed=number)
        said(load, console)
        console.print(f"load: {line(load)}", highlight=False, soft_wrap=True)
        if load.wrong or (load.errors and len(rates) == 1):
            return 1
        if not load.is_borne:
            break
        borne.append(rate)
    if len(rates) > 1:
        most = f"{max(borne):g}/s" if borne else "none of these rates"
        end = "all of them" if len(borne) == len(rates) else f"not {rates[len(borne)]:g}/s"
        within = f"19 of 20 requests within {SLOW_SECONDS:g} s of when they were due"
        console.print(f"load: this machine bears {most}, {end} ({within})", highlight=False, soft_wrap=True)
    return 0


def main(arguments: Sequence[str]) -> int:
    """Start a stack of its own, load it, and stop it; 1 on any error and on anything wrong afterwards."""
    parser = argparse.ArgumentParser(description="Load over HTTP against a local stack of its own.")
    parser.add_argument("--rate", type=float, default=5.0, help="arrivals a second")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--clients", type=int, default=CLIENTS, help="requests at once at most")
    parser.add_argument(
        "--ramp", type=float, nargs="*", help="rates, each for so many seconds, up to what is not borne"
    )
    options = parser.parse_args(arguments)
    console = Console(width=200)
    with tempfile.TemporaryDirectory(prefix="linli-load-") as folder:
        try:
            with LocalStack(Path(folder), Ports.free(), console=console, demo_data=False, persist=False) as stack:
                field = Field(Town(stack))
                with step(console, "Every function called once"):
                    field.warm_up(options.clients)
                return run(field, options.ramp or [options.rate], options.seconds, options.clients, console)
        except (LocalError, DeployError) as problem:
            sys.stderr.write(f"load: {problem}\n")
            return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
