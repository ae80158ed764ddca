"""What it costs DynamoDB to settle what merchants are owed, and to reconcile a day: requests and units.

    make bench-settlement

The real code on dynoxide, which counts units as DynamoDB documents them. A due is one line of an order, sold under a
commission of 8 %; an order of the day that is reconciled is one line, paid by card, of which the provider kept a fee.
Every run prints the same, but for a read unit or two of the reconciliation: orders lie in shards by their ids, which
chance makes. Writes `.local/bench-settlement.json`.
"""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.search.emulated import emulator
from chalicelib import settings, wiring
from chalicelib.kit.auth import Actor, Role
from chalicelib.kit.dynamo import Usage, meter
from chalicelib.kit.ids import derived_id
from chalicelib.reconciliation import use_cases as reconciliation
from chalicelib.settlement import use_cases as settlement
from chalicelib.settlement.ports import Due, DueKind, Share
from infra.local.environments import ROOT
from tests.chalicelib.payments import flow
from tests.emulators import SECRETS
from tests.fakes.provider import FakeProvider
from tests.fakes.time import FakeClock
from tests.world import hold, open_shop

NOW = datetime(2030, 5, 1, 9, 30, tzinfo=UTC)
SETTLED = NOW + timedelta(days=2)
NIGHT = datetime(2030, 5, 2, 20, 30, tzinfo=UTC)
ORDERS, A_DAY = 200, 40  # so many orders, of so many hours of a staff of five
EIGHT = Share(commission_bps=800)


def owe(merchants: int, dues: int) -> None:
    """Let so many merchants have so many dues each."""
    ports, lines = wiring.settlement(), range(dues)
    for merchant in range(merchants):
        made = [_due(f"{merchants} {merchant} {line}", derived_id("acc", f"{merchants} {merchant}")) for line in lines]
        actions = [action for due in made for action in settlement.accrue(ports, due, EIGHT)]
        for start in range(0, len(actions), 100):
            ports.committer.commit(actions[start : start + 100])


def _due(name: str, merchant: str) -> Due:
    line, order, payment = (derived_id(prefix, name) for prefix in ("lin", "ord", "pay"))
    return Due(line, DueKind.SERVICE, merchant, "CNY", NOW, order, line, payment, gross=128_00)


def settled(lines: int) -> None:
    """Run the settlement, and insist on what it settled."""
    run = settlement.settle(wiring.settlement(), SETTLED)
    if run.lines != lines:
        raise AssertionError(run)


@contextmanager
def sold(orders: int) -> Iterator[None]:
    """Have so many orders paid on one day, at a provider in memory."""
    clock = FakeClock(NOW)
    wiring.use_clock(clock)
    provider = FakeProvider(fee_bps=60, now=clock.now)
    ports, before = replace(wiring.payments(), providers={"stripe": provider}, disputes={}), wiring.payments
    wiring.payments = lambda: ports
    try:
        shop = open_shop(staff=orders // A_DAY)
        for number in range(orders):
            customer = Actor(f"acc_{number}", frozenset({Role.CUSTOMER}), f"ses_{number}")
            charge = flow.row(flow.pay(hold(shop, 24 + number % A_DAY, customer), actor=customer)).charge_ref
            provider.customer_pays(charge)
            flow.notice(charge)
        clock.move(seconds=(NIGHT - clock.now()).total_seconds())
        yield
    finally:
        wiring.payments = before


def reconciled(orders: int) -> None:
    """Run the day, and insist on having found every order and no difference."""
    report = reconciliation.run(wiring.reconciliation(), NOW.date())
    figures = report.parts["stripe"].figures["CNY"], report.parts["orders"].figures["CNY"]
    if not report.done or [one.matched for one in figures] != [orders, orders]:
        raise AssertionError(report)


def measured() -> Iterator[tuple[str, Usage]]:
    """Yield what is done and what it consumed."""
    for what, merchants, dues in (("one merchant, 1,000 dues", 1, 1000), ("100 merchants, 10 dues each", 100, 10)):
        owe(merchants, dues)
        yield f"settle {what}", _spent(partial(settled, merchants * dues))
    yield "settle where nothing is due", _spent(partial(settled, 0))
    with sold(ORDERS):
        yield f"reconcile a day of {ORDERS} orders", _spent(partial(reconciled, ORDERS))
        yield "reconcile it again", _spent(partial(reconciled, ORDERS))


def _spent(work: Callable[[], None]) -> Usage:
    with meter.measure() as used:
        work()
    return used


def main() -> None:
    """Print the table and write the figures."""
    table = Table("", "requests", "read units", "write units")
    figures: dict[str, Any] = {}
    with emulator(), Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):
        settings.secrets = cache(lambda: SECRETS)  # SSM is not what is measured
        for what, used in measured():
            figures[what] = vars(used)
            table.add_row(what, *(f"{one:,g}" for one in (used.requests, used.read_units, used.write_units)))
    Console().print(table)
    (ROOT / ".local").mkdir(exist_ok=True)
    (ROOT / ".local" / "bench-settlement.json").write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
