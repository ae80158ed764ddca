"""All tables of a stage at one moment, made anew under another prefix; goes on where it was interrupted."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rich.console import Console

from infra.plan import progress_bar
from infra.restore import payouts
from infra.restore.furnish import furnish
from infra.restore.sources import RestoreError, Source
from infra.steps import step
from infra.tables import TABLES, TableSpec
from infra.targets import Target

POLL_SECONDS = 5.0
_MADE = {"ACTIVE", "UPDATING"}


@dataclass(frozen=True)
class Restored:
    """What was done: tables that were begun in this run, that were there from an earlier one, and things given to them
    that a restored table lacks.
    """

    begun: int
    found: int
    furnished: int


def restore(
    target: Target,
    source: Source,
    moment: datetime,
    prefix: str,
    console: Console,
    pause: Callable[[], None] = lambda: time.sleep(POLL_SECONDS),
    *,
    rehearsed: bool = False,
) -> Restored:
    """Bring every table to what it was, under `prefix`. Each step looks at what is there, so that a repeat goes on.
    `rehearsed`: no app is to read them, so that nothing has to stand still.

    Raises:
        RestoreError: it cannot be done, or a table of that name is something else. Nothing is undone: a repeat goes on.
    """
    with step(console, "Look what can be had") as say:
        say(source.check(moment))
        there = _there(target, source, moment, prefix)
    if not rehearsed:
        with step(console, "Stop payouts") as say:
            say(", ".join(payouts.stop(target)) or "they stand still already")
    with step(console, "Begin to restore") as say:
        lacking = [spec for spec in TABLES if spec.name not in there]
        for spec in lacking:
            source.start(spec, spec.full_name(prefix), moment)
        say(f"{len(lacking)} tables, {len(there)} begun before")
    with step(console, "Wait until they are there"):
        _wait(target, source, prefix, console, pause)
    with step(console, "Furnish them") as say:
        given = [what for spec in TABLES for what in furnish(target, spec, prefix)]
        say(", ".join(f"{what} {given.count(what)}" for what in sorted(set(given))) or "nothing was lacking")
    return Restored(len(lacking), len(there), len(given))


def _there(target: Target, source: Source, moment: datetime, prefix: str) -> set[str]:
    """Return the tables that an earlier run has begun."""
    found = set()
    for spec in TABLES:
        description = described(target, spec, prefix)
        if description is None:
            continue
        if not source.came_from_here(spec, description, moment):
            raise RestoreError(
                f"{spec.full_name(prefix)} is there already and is no restore of that moment: another PREFIX"
            )
        found.add(spec.name)
    return found


def described(target: Target, spec: TableSpec, prefix: str) -> dict[str, Any] | None:
    """Return what DynamoDB says of a table; None where there is none."""
    client = target.client("dynamodb")
    try:
        description: dict[str, Any] = client.describe_table(TableName=spec.full_name(prefix))["Table"]
    except client.exceptions.ResourceNotFoundException:
        return None
    return description


def _wait(target: Target, source: Source, prefix: str, console: Console, pause: Callable[[], None]) -> None:
    with progress_bar(console) as bar:
        task = bar.add_task("tables", total=len(TABLES))
        while True:
            lacking = [spec for spec in TABLES if not _is_made(target, spec, prefix)]
            bar.update(task, completed=len(TABLES) - len(lacking))
            if not lacking:
                return
            for spec in lacking:
                reason = source.refused(spec)
                if reason:
                    raise RestoreError(f"{spec.full_name(prefix)} was not restored: {reason}")
            pause()


def _is_made(target: Target, spec: TableSpec, prefix: str) -> bool:
    description = described(target, spec, prefix)
    return description is not None and description["TableStatus"] in _MADE
