"""Measures the operations of docs/costs.md anew: `measured.json`."""

import json
import os
import platform
import secrets
import statistics
import time
from collections import defaultdict
from contextlib import redirect_stdout
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import app
from benchmarks.capacity.measurements import MEASURED
from benchmarks.overhead.requests import SEARCH, town
from benchmarks.search.emulated import emulator
from chalicelib import settings, wiring
from chalicelib.kit.seal import Sealer
from tests import api, openapi, test_costs
from tests.api import MERCHANT
from tests.chalicelib.payments import notices
from tests.chalicelib.payments.conftest import NOW
from tests.emulators import SECRETS
from tests.fakes.provider import FakeProvider
from tests.fakes.time import FakeClock

ROUNDS, SEARCHES = 9, 150


class TimedWalk(test_costs.Walk):
    """The walk of tests/test_costs.py, with the CPU of each operation."""

    def __init__(self, takes_money: FakeProvider) -> None:
        super().__init__(takes_money)
        self.milliseconds: dict[str, float] = {}

    def __call__(self, name: str, work: Any) -> Any:
        started = time.process_time()
        made = super().__call__(name, work)
        self.milliseconds[name] = (time.process_time() - started) * 1000
        return made


def walked() -> TimedWalk:
    """Return a walk through everything in tables of its own, with a provider in memory."""
    api._present.clear()  # noqa: SLF001 - the tables are new
    with emulator():
        clock, before = FakeClock(NOW), (wiring.clock(), wiring.sealer, wiring.payments, wiring.sending)
        wiring.use_clock(clock)
        settings.secrets = cache(lambda: SECRETS)  # type: ignore[assignment] # SSM is not what is measured
        sealer = Sealer({1: secrets.token_bytes(32)}, 1, b"pepper")
        wiring.sealer = lambda: sealer
        try:
            provider = FakeProvider(now=clock.now)
            ports = replace(before[2](), providers={"stripe": provider}, disputes={"stripe": provider})
            wiring.payments = lambda: ports
            sending = replace(before[3](), payments=ports, transfers=provider)
            wiring.sending = lambda: sending
            wiring.committer().commit([wiring.settlement().store.put_terms(MERCHANT.account_id, test_costs.CONNECT)])
            walk = TimedWalk(provider)
            test_costs.go(walk, clock)
            return walk
        finally:
            _, wiring.sealer, wiring.payments, wiring.sending = before
            wiring.use_clock(before[0])


def searched() -> float:
    """Return the milliseconds of CPU of a search that reads rows, the median of what `benchmarks.overhead` asks."""
    told, took = SECRETS | notices.secrets(), []
    before = wiring.search, wiring.sealer
    api._present.clear()  # noqa: SLF001 - the tables are new
    with emulator():
        settings.secrets = cache(lambda: told)  # type: ignore[assignment] # SSM is not what is measured
        world = town(FakeProvider())
        world.search = "search"
        try:
            for _ in range(SEARCHES):
                started = time.process_time()
                answer = app.app(api.event("GET", SEARCH, query={**world.position(), "nearest": 20}), None)
                took.append((time.process_time() - started) * 1000)
                if answer["statusCode"] != 200:
                    raise AssertionError(answer)
        finally:
            wiring.search, wiring.sealer = before
    return statistics.median(took)


def measure() -> None:
    """Walk some times, and write what was found; the CPU is the median, without checks of the API document."""
    openapi.check = lambda *_: None
    times, walk = defaultdict[str, list[float]](list), None
    with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):
        for number in range(ROUNDS + 1):
            walk = walked()
            for name, one in walk.milliseconds.items() if number else ():  # the first is cold
                times[name].append(one)
        search = round(searched(), 1)
    if walk is None:
        raise AssertionError
    found = {
        name: {**one, "milliseconds": round(statistics.median(times[name]), 1)} for name, one in walk.details.items()
    }
    machine = {"at": f"{datetime.now(UTC):%Y-%m}", "python": platform.python_version(), "cpus": os.cpu_count()}
    text = json.dumps(
        {"machine": machine, "search_milliseconds": search, "operations": found},
        indent=1,
        sort_keys=True,
        ensure_ascii=False,
    )
    MEASURED.write_text(text + "\n", encoding="utf-8")
