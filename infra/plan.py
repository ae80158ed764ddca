"""What a deployment decides before it talks to AWS: the package, both templates, and that they are right; then how
change sets are shown and carried out.
"""

from dataclasses import dataclass, replace
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.prompt import Confirm
from rich.table import Table

from infra import changes, emulator, preflight
from infra.backups import copies_template
from infra.changes import ChangeSet, DeployError
from infra.dependencies import PackagingError
from infra.expand import expand
from infra.lint import lint_once
from infra.package import Package, package
from infra.steps import step
from infra.targets import Target
from infra.template_app import TemplateError, finish
from infra.template_data import data_template

_SHOWN = 8
"""Problems that are named in the one line of a refusal."""


@dataclass(frozen=True)
class Plan:
    """The package, and the two stacks' templates as they will be deployed."""

    package: Package
    data: dict[str, Any]
    app: dict[str, Any]


def progress_bar(console: Console) -> Progress:
    """Return a bar that counts things and goes away when it is done."""
    columns = (TextColumn("  {task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def refuse(problems: list[str]) -> None:
    """Raise a DeployError that names the problems, if there are any."""
    if problems:
        more = f" (and {len(problems) - _SHOWN} more)" if len(problems) > _SHOWN else ""
        raise DeployError("not deployed, the checks found: " + "; ".join(problems[:_SHOWN]) + more)


def plan(target: Target, console: Console) -> Plan:
    """Package the app, expand its template, lint and check both stacks; needs no credentials.

    Raises:
        DeployError: with what is wrong, one line.
    """
    try:
        made = _package(target, console)
        with step(console, "Check templates and package"):
            result = Plan(made, data_template(target), expand(finish(made.template, target), target.region))
            refuse(_lint(result, target) + preflight.offline(result.app, made.zip_path, target))
    except (PackagingError, TemplateError) as error:
        raise DeployError(str(error)) from error
    if target.emulated:
        return replace(result, data=emulator.adapt_data(result.data), app=emulator.adapt(result.app, target.region))
    return result


def _package(target: Target, console: Console) -> Package:
    with step(console, "Package") as say, progress_bar(console) as bar:
        task = bar.add_task("libraries", total=None, visible=False)
        made = package(target, lambda done, total: bar.update(task, completed=done, total=total, visible=True))
        say(f"{made.zip_path.stat().st_size / 1e6:.1f} MB{', unchanged' if made.reused else ''}")
    return made


def _lint(made: Plan, target: Target) -> list[str]:
    cache = target.home / "linted"
    copies = [copies_template(target)] if target.backup_region else []
    return [line for template in (made.data, made.app, *copies) for line in lint_once(template, target.region, cache)]


def show(console: Console, change_set: ChangeSet) -> None:
    """Print what a change set will do; what is replaced or removed stands out."""
    if not change_set.changes:
        console.print(f"{change_set.stack}: nothing to change")
        return
    table = Table(title=f"{change_set.stack}: what will change")
    for column in ("action", "resource", "type", "replacement"):
        table.add_column(column)
    for change in sorted(change_set.changes, key=lambda row: (row.action, row.logical_id)):
        loses = change.action == "Remove" or change.replacement in {"True", "Conditional"}
        row = (change.action, change.logical_id, change.kind, change.replacement)
        table.add_row(*row, style="bold red" if loses else None)
    console.print(table)


def agreed(console: Console, what: str, *change_sets: ChangeSet | None) -> bool:
    """Ask on a terminal whether to go on; True where nothing would change, False where nobody can be asked."""
    if change_sets and all(one is not None and not one.changes for one in change_sets):
        return True
    return console.is_terminal and Confirm.ask(f"Change {what}?", console=console, default=False)


def execute(target: Target, console: Console, change_set: ChangeSet) -> None:
    """Carry a change set out and follow it.

    Raises:
        DeployError: it failed and was rolled back; says why.
    """
    if not change_set.changes:
        return
    client = target.client("cloudformation")
    stack = change_set.stack
    with step(console, f"Deploy {stack}"), progress_bar(console) as bar:
        task = bar.add_task("resources", total=len(change_set.changes))
        done: set[str] = set()

        def on_event(resource: str, status: str) -> None:
            if status.endswith("_COMPLETE") and resource != stack:
                done.add(resource)
                bar.update(task, completed=len(done))

        changes.execute(client, change_set, emulated=target.emulated, on_event=on_event)
