"""One simulation, from the first order to the last movement."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from chalicelib import wiring
from chalicelib.orders import use_cases as orders
from tests.simulation.checks import lost_disputes, violations
from tests.simulation.lives import Lives
from tests.simulation.machinery import Machinery
from tests.simulation.stage import Stage
from tests.simulation.timeline import Timeline

DAYS = 14  # in which orders are placed, where there are many; a handful come in a few days
LAST = 14  # days after which the last service is over, and what the shop gives back, and what banks begin
QUIET = 14  # days in which everything comes to its end: disputes, refunds, periods, reserves
MANY = 500
DEATHS = 0.06  # of all commits


@dataclass
class Outcome:
    """What a simulation was, and what is not as it must be."""

    figures: dict[str, int] = field(default_factory=dict)
    states: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)

    def line(self) -> str:
        """Return the figures in one line."""
        figures = ", ".join(f"{number} {name}" for name, number in self.figures.items())
        return f"{figures}; {len(self.violations)} violations"


def simulate(size: int, seed: int, monkeypatch: Any) -> tuple[Outcome, Stage]:
    """Live so many lives, and look at what came of it."""
    stage = Stage(seed, monkeypatch, DEATHS)
    timeline = Timeline(stage.clock)
    machinery = Machinery(stage)
    days = DAYS if size >= MANY else 3
    lives = Lives(stage, timeline, size, days)
    _schedule(timeline, machinery, days + LAST, 8 if size >= MANY else 2)
    done = 0
    while timeline.step():
        done += 1
        if stage.chance.random() < 0.2:
            machinery.pump()
    _come_to_an_end(stage, machinery, 24 if size >= MANY else 3)
    outcome = Outcome(violations=violations(stage, lives.all))
    outcome.states = Counter(orders.read(wiring.orders(), life.order_id).state.value for life in lives.all)
    account = [one for provider in stage.providers.values() for one in provider.account]
    outcome.figures = {
        "bookings": len(lives.all),
        "movements": len(account),
        "refunds": sum(len(provider.refunds) for provider in stage.providers.values()),
        "disputes": lives.disputes,
        "lost": lost_disputes(stage),
        "transfers": len(stage.providers["stripe"].transfers),
        "reversals": len(stage.providers["stripe"].reversals),
        "events": stage.events,
        "of them twice": stage.twice,
        "messages": machinery.delivered,
        "answers lost": stage.losses.lost,
        "deaths": stage.committer.deaths,
    }
    return outcome, stage


def _schedule(timeline: Timeline, machinery: Machinery, days: int, runs: int) -> None:
    for hour in range(0, days * 24, 6):
        timeline.after(machinery.sweep, hours=hour)
        timeline.after(machinery.refunds, hours=hour)
    for hour in range(0, days * 24, 24 // runs):
        timeline.after(machinery.pay_merchants, hours=hour)
    for day in range(1, days):
        timeline.after(machinery.reconcile, hours=day * 24 + 19.5)


def _come_to_an_end(stage: Stage, machinery: Machinery, hours: int) -> None:
    """Let everything come to its end; runs go on so often a day, each until it dies: many transfers need many."""
    for _ in range(QUIET):
        machinery.refunds(all_well=True)
        machinery.drain()
        machinery.sweep()
        for _ in range(hours):
            machinery.pay_merchants()
            machinery.drain()
            stage.clock.move(hours=24 / hours)
        machinery.reconcile()
    stage.calm()
    for _ in range(4):  # the last days' bills come late
        machinery.reconcile()
        stage.clock.move(days=1)
