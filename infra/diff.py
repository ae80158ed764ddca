"""`make diff STAGE=prod REGION=...`: what a deployment of this folder would change, resource by resource.

    python -m infra.diff --stage prod --region ap-southeast-1

Reads both stacks' templates and parameters as they are deployed and changes nothing, not even by a change set; what
CloudFormation itself makes of it, `make deploy ... ARGS=--plan` shows. Ends with 0 where nothing differs, 1 where
something does, 2 where it cannot be said.
"""

import sys
from collections.abc import Sequence
from typing import Any

from rich.console import Console

from infra import changes, kept
from infra.command import run, target_of
from infra.command_line import parser
from infra.credentials import caller
from infra.difference import differences, lines
from infra.parameters import app_parameters, are_told, stamped
from infra.plan import Plan, plan
from infra.preflight_account import deployed
from infra.targets import Target


def compare(target: Target, console: Console, made: Plan) -> int:
    """Print how both stacks differ from what would be deployed; return in how many places."""
    found = 0
    data = changes.outputs(target.client("cloudformation"), target.data_stack)
    if are_told(data):
        made = stamped(target, made, data)
    for stack, template in ((target.data_stack, made.data), (target.app_stack, made.app)):
        rows = list(lines(differences(deployed(target, stack), template, target.region)))
        found += sum(not row.startswith(" ") for row in rows)
        console.print(f"{stack}: {'differs' if rows else 'is as it would be deployed'}", style="bold")
        for row in rows:
            style = "bold red" if row.startswith(("-", "!")) else None
            console.print(f"  {row}", style=style, highlight=False, markup=False, soft_wrap=True)
    return found + _parameters(target, console, made)


def _parameters(target: Target, console: Console, made: Plan) -> int:
    """Print the parameters of the app's stack that would be others; CodeKey is the package."""
    client = target.client("cloudformation")
    data = changes.outputs(client, target.data_stack)
    described: dict[str, Any] = changes.stack(client, target.app_stack) or {}
    if not are_told(data) or not described:
        return 0
    today = {row["ParameterKey"]: row["ParameterValue"] for row in described.get("Parameters", ())}
    wanted = app_parameters(target, made, data)
    rows = [name for name in sorted(today.keys() | wanted.keys()) if today.get(name) != wanted.get(name)]
    for name in rows:
        was, will = today.get(name, "nothing"), wanted.get(name, "nothing")
        console.print(f"  ~ parameter {name}: {was} -> {will}", highlight=False, markup=False, soft_wrap=True)
    return len(rows)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command."""
    options = parser("diff", "Says what a deployment would change.").parse_args(arguments)
    console = Console()

    def work() -> int:
        target = target_of(options)
        caller(target)
        made = plan(target, console)
        there = kept.find(target, made.data)
        if there:
            console.print(
                f"{target.data_stack} is gone; {len(there)} of its resources are there and would be taken back"
            )
        found = compare(target, console, made)
        console.print(f"{found} differences" if found else "nothing to deploy")
        return int(bool(found))

    return run("diff", work, failed=2)


if __name__ == "__main__":
    sys.exit(main())
