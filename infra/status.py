"""`make status STAGE=prod REGION=...`: whether a stage is up, what runs, and what wants a look.

    python -m infra.status --stage prod --region ap-southeast-1

Reads only. Ends with 0 where all is well, 1 where something wants a look: a stack that is not there or was rolled back,
an alarm, a dead letter, an API that does not answer.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table

from infra import changes, smoke
from infra.changes import DeployError
from infra.command import common, run, target_of
from infra.credentials import caller
from infra.deploy import Outputs, outputs
from infra.queues import QUEUES
from infra.releases import Release
from infra.rollback import records_of
from infra.targets import Target

_GOOD = {"CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"}


@dataclass(frozen=True)
class StackState:
    """A stack: its state, and when it changed last; `missing` where it is not there."""

    name: str
    state: str
    changed: str = ""


@dataclass(frozen=True)
class Status:
    """A stage as it is.

    Attributes:
        stacks: both, the data's first.
        release: what runs; None where no deployment is recorded.
        alarms: names of those that are in ALARM, with the reason.
        queues: name -> (waiting, in hand, dead).
        outputs: where it is; None where there is no app.
        wrong: what wants a look, one sentence each.
    """

    stacks: tuple[StackState, ...]
    release: Release | None = None
    alarms: dict[str, str] = field(default_factory=dict)
    queues: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    outputs: Outputs | None = None
    wrong: tuple[str, ...] = ()


def look(target: Target) -> Status:
    """Read how a stage is."""
    stacks = tuple(_stack(target, name) for name in (target.data_stack, target.app_stack))
    wrong = [f"{one.name} is {one.state}" for one in stacks if one.state not in _GOOD]
    client = target.client("cloudformation")
    data, app = (changes.outputs(client, one.name) for one in stacks)
    found = outputs(target, data, app) if data and app else None
    there = records_of(target)[0].all() if data else []
    release = next((one for one in there if one.id == there[0].effective), there[0]) if there else None
    ringing = alarms(target)
    wrong += [f"alarm {name}" for name in ringing]
    depths = depth(target, found) if found else {}
    wrong += [f"{dead} dead letters of {name}" for name, (_, _, dead) in depths.items() if dead]
    if found:
        answer = smoke.fetch(f"{smoke.address(target, found.api)}/v1/health")
        if isinstance(answer, str):
            wrong.append(f"the API {answer}")
        elif answer.status != 200:  # noqa: PLR2004 (HTTP OK)
            wrong.append(f"the API answers {answer.status}")
    return Status(stacks, release, ringing, depths, found, tuple(wrong))


def _stack(target: Target, name: str) -> StackState:
    found: dict[str, Any] | None = changes.stack(target.client("cloudformation"), name)
    if found is None:
        return StackState(name, "missing")
    moment = found.get("LastUpdatedTime") or found["CreationTime"]
    return StackState(name, found["StackStatus"], f"{moment:%Y-%m-%d %H:%M:%S %Z}")


def alarms(target: Target) -> dict[str, str]:
    """Return the stage's alarms that ring, by name, with what CloudWatch says of each."""
    pages = target.client("cloudwatch").get_paginator("describe_alarms")
    rows = [
        row
        for page in pages.paginate(AlarmNamePrefix=f"{target.prefix}-", StateValue="ALARM")
        for kind in ("MetricAlarms", "CompositeAlarms")
        for row in page.get(kind, ())
    ]
    return {row["AlarmName"]: row.get("AlarmDescription") or row.get("StateReason", "") for row in rows}


def depth(target: Target, found: Outputs) -> dict[str, tuple[int, int, int]]:
    """Return how many messages wait, are in hand and are dead, by queue."""
    sqs = target.client("sqs")
    names = [f"ApproximateNumberOfMessages{which}" for which in ("", "NotVisible", "Delayed")]

    def counts(queue: str) -> list[int]:
        said = sqs.get_queue_attributes(QueueUrl=found.queues[queue], AttributeNames=names)["Attributes"]
        return [int(said[name]) for name in names]

    made = {}
    for spec in (one for one in QUEUES if one.name in found.queues):
        waiting, in_hand, delayed = counts(spec.name)
        made[spec.name] = (waiting + delayed, in_hand, sum(counts(f"{spec.name}-dlq")))
    return made


def show(console: Console, target: Target, status: Status) -> None:
    """Print it."""
    table = Table(title=f"{target.prefix} in {target.region}", show_header=False)
    table.add_column()
    table.add_column(overflow="fold")
    for one in status.stacks:
        style = None if one.state in _GOOD else "bold red"
        table.add_row(one.name, f"{one.state}{f', changed {one.changed}' if one.changed else ''}", style=style)
    if runs := status.release:
        table.add_row("release", f"{runs.id} ({runs.state})")
        table.add_row("commit", runs.commit or "unknown")
        table.add_row("package", runs.package)
        table.add_row("deployed by", runs.by)
    if status.outputs:
        table.add_row("API", f"{status.outputs.api}/v1")
        if target.public_url:
            table.add_row("public address", f"{target.public_url}/v1")
    for name, about in status.alarms.items():
        table.add_row("ALARM", f"{name}: {about}", style="bold red")
    for name, (waiting, in_hand, dead) in status.queues.items():
        style = "bold red" if dead else None
        table.add_row(f"queue {name}", f"{waiting} waiting, {in_hand} in hand, {dead} dead", style=style)
    console.print(table)
    said = "; ".join(status.wrong) if status.wrong else "nothing wants a look"
    console.print(f"{target.region}: {said}", style="bold red" if status.wrong else None, highlight=False)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 1 where something wants a look, or with one line where it cannot be done."""
    parser = common(argparse.ArgumentParser(prog="status", description="Says how a stage is."))
    options = parser.parse_args(arguments)

    def work() -> int:
        target = target_of(options)
        caller(target)
        status = look(target)
        if status.outputs is None and all(one.state == "missing" for one in status.stacks):
            raise DeployError(f"{target.prefix} is not deployed in {target.region}")
        show(Console(width=140), target, status)
        return int(bool(status.wrong))

    return run("status", work)


if __name__ == "__main__":
    sys.exit(main())
