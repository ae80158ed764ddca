"""What a deployment decides before it talks to AWS: the package, both templates, and that they are right."""

from dataclasses import dataclass, replace
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from infra import emulator, preflight
from infra.backups import copies_template
from infra.changes import DeployError
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
        return replace(result, data=emulator.adapt_data(result.data), app=emulator.adapt(result.app))
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
