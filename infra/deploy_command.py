"""`make deploy STAGE=prod REGION=ap-southeast-1`: the operator's command.

STAGE=local is the stack that `make run` keeps up.
"""

import argparse
import os
from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table

from infra import costs
from infra.changes import DeployError
from infra.command import LOCAL, run, running, target_of
from infra.command_line import parser
from infra.credentials import caller
from infra.deploy import Outputs, preview
from infra.domain import POINT_AT
from infra.emulator import FIRST_REGION
from infra.plan import plan
from infra.ship import ship
from infra.wallets import given


def _run(options: argparse.Namespace, console: Console, environ: Mapping[str, str]) -> int:
    target = target_of(options)
    given(environ)
    lose = [name.strip() for name in (options.lose or "").split(",") if name.strip()]
    try:
        who = caller(target)
    except DeployError as error:
        if not options.plan:
            raise
        made = plan(target, console)
        costs.show(console, costs.of(target, made.data, made.app))
        console.print(f"[yellow]Lint and preflight are clean; what would change is not known: {error}[/yellow]")
        return 0
    console.print(f"Stage {target.stage} in {target.region}, {who}", highlight=False)
    if options.plan:
        preview(target, console, lose=lose)
        return 0
    found = ship(target, console, yes=options.yes or environ.get("YES") == "1", lose=lose)
    _show(console, found)
    if options.stage == LOCAL and target.region == FIRST_REGION and found.api != running().api:
        console.print("[yellow]The API has moved, and the sandboxes know its old address: `make run` anew[/yellow]")
    return 0


def _show(console: Console, outputs: Outputs) -> None:
    table = Table(title=f"linli {outputs.stage} in {outputs.region}", show_header=False)
    table.add_column()
    table.add_column(overflow="fold")
    table.add_row("API", f"{outputs.api}/v1")
    table.add_row("API page", f"{outputs.api}/v1/docs")
    if POINT_AT in outputs.app:
        table.add_row("own name leads to", outputs.app[POINT_AT])
    table.add_row("Alarms", outputs.app["AlarmsTopicArn"])
    for name, url in outputs.queues.items():
        table.add_row(f"queue {name}", url)
    console.print(table)
    release = outputs.release.effective if outputs.release else ""
    console.print(f"{outputs.api}/v1 answers, release {release}", highlight=False, soft_wrap=True)


def main(arguments: Sequence[str] | None = None, environ: Mapping[str, str] = os.environ) -> int:
    """Run the command; 1 with one line where it cannot be done."""
    options = parser().parse_args(arguments)
    return run("deploy", lambda: _run(options, Console(), environ))
