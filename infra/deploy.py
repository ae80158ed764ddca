"""Deploy a stage: package, check, show what will change, change it, follow it, and say where it is.

The same code serves an operator's account and the emulator behind `make run`; only `Target` differs.
"""

from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.prompt import Confirm
from rich.table import Table

from infra import changes, emulator, preflight, secrets
from infra.changes import ChangeSet, DeployError, Source
from infra.dependencies import PackagingError
from infra.expand import expand
from infra.lint import lint_once
from infra.package import Package, package
from infra.preflight_facts import account_facts
from infra.queues import QUEUES
from infra.steps import step
from infra.targets import Target
from infra.template_app import TemplateError, configured_functions, finish, logical_id
from infra.template_data import data_template

__all__ = ["DeployError", "Outputs", "Plan", "deploy", "plan"]


@dataclass(frozen=True)
class Outputs:
    """Where a deployed stage is.

    Attributes:
        api: base of the API, without `/v1` and without a trailing slash.
        functions: Chalice's name of a function -> its name on Lambda.
        queues: name of a queue (`search`, `search-dlq`) -> its URL.
        data: the data stack's own outputs.
        app: the app stack's own outputs.
    """

    stage: str
    region: str
    api: str
    functions: dict[str, str] = field(default_factory=dict)
    queues: dict[str, str] = field(default_factory=dict)
    data: dict[str, str] = field(default_factory=dict)
    app: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """Everything a deployment has decided before it talks to AWS."""

    package: Package
    data: dict[str, Any]
    app: dict[str, Any]


def plan(target: Target, console: Console) -> Plan:
    """Package the app, expand its template, lint and check both stacks; needs no credentials.

    Raises:
        DeployError: with what is wrong, one line.
    """
    try:
        with step(console, "Package") as say, _bar(console) as bar:
            task = bar.add_task("libraries", total=None, visible=False)
            made = package(target, lambda done, total: bar.update(task, completed=done, total=total, visible=True))
            size = made.zip_path.stat().st_size / 1e6
            say(f"{size:.1f} MB{', unchanged' if made.reused else ''}")
        with step(console, "Check templates"):
            result = Plan(made, data_template(target), _app_template(made, target))
            _refuse(_lint(result, target) + preflight.offline(result.data, result.app, made.zip_path, target))
    except (PackagingError, TemplateError) as error:
        raise DeployError(str(error)) from error
    return result


def _app_template(made: Package, target: Target) -> dict[str, Any]:
    template = expand(finish(made.template, target), target.region)
    return emulator.adapt(template) if target.emulated else template


def _lint(made: Plan, target: Target) -> list[str]:
    cache = target.home / "linted"
    return [line for template in (made.data, made.app) for line in lint_once(template, target.region, cache)]


def _refuse(problems: list[str]) -> None:
    if problems:
        more = f" (and {len(problems) - 8} more)" if len(problems) > 8 else ""  # noqa: PLR2004 - a screenful
        raise DeployError("not deployed, the checks found: " + "; ".join(problems[:8]) + more)


def _bar(console: Console) -> Progress:
    columns = (TextColumn("  {task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console, transient=True)


def deploy(target: Target, console: Console, *, yes: bool = False) -> Outputs:
    """Bring a stage to what lies in the project's folder, and return where it is.

    `yes` answers the question that is otherwise asked on a terminal; an emulated target is never asked.

    Raises:
        DeployError: nothing was changed, or what was has been rolled back; the message says why on one line.
    """
    made = plan(target, console)
    client = target.client("cloudformation")
    with step(console, "Secrets") as say:
        written = secrets.ensure(target)
        say(f"wrote {', '.join(written)}" if written else "all there")
    _change(target, console, target.data_stack, Source(made.data), {}, yes=yes)
    data = changes.outputs(client, target.data_stack)
    with step(console, "Upload"):
        source = _upload(target, made, data["PackagesBucket"])
    facts = account_facts(target, data["PackagesBucket"])
    _refuse(preflight.online(made.data, made.app, made.package.key, facts, target))
    _change(target, console, target.app_stack, source, app_parameters(target, made, data), yes=yes)
    app = changes.outputs(client, target.app_stack)
    if target.emulated:
        with step(console, "Restore what the emulator drops"):
            emulator.restore_tables(target)
            emulator.restore_api(target, app["RestApiId"], made.app["Resources"]["RestAPI"]["Properties"]["Body"])
    return _outputs(target, data, app)


def app_parameters(target: Target, made: Plan, data: dict[str, str]) -> dict[str, str]:
    """Return the app stack's parameters."""
    values = {
        "Stage": target.stage,
        "QueuePrefix": target.prefix,
        "TablePrefix": target.table_prefix,
        "SecretsPath": target.secrets_path,
        "SealKeyArn": data["SealKeyArn"],
        "OutboxStreamArn": _outbox_stream(target, data),
        "MailIdentity": target.mail_identity,
        "CodeBucket": data["PackagesBucket"],
        "CodeKey": made.package.key,
    }
    return {name: values[name] for name in made.app["Parameters"]}


def _outbox_stream(target: Target, data: dict[str, str]) -> str:
    """Return the stream of the outbox that the app reads: the data stack's, or that of a restored table."""
    if target.table_prefix == data["TablePrefix"]:
        return data["OutboxStreamArn"]
    name = f"{target.table_prefix}-outbox"
    description = target.client("dynamodb").describe_table(TableName=name)["Table"]
    arn: str = description.get("LatestStreamArn", "")
    if not arn:
        raise DeployError(f"table {name} has no stream; a restored table needs it switched on again (NEW_IMAGE)")
    return arn


def _upload(target: Target, made: Plan, bucket: str) -> Source:
    """Upload package and template, each under the hash of its content; what is there already stays."""
    client = target.client("s3")
    there = {row["Key"] for row in client.list_objects_v2(Bucket=bucket, Prefix=made.package.key).get("Contents", ())}
    if made.package.key not in there:
        client.upload_file(str(made.package.zip_path), bucket, made.package.key)
    body = Source(made.app).body.encode()
    key = f"templates/{target.app_stack}.json"
    client.put_object(Bucket=bucket, Key=key, Body=body, ContentType="application/json")
    if target.endpoint_url:
        return Source(made.app, f"{target.endpoint_url}/{bucket}/{key}")
    suffix = "amazonaws.com.cn" if target.partition == "aws-cn" else "amazonaws.com"
    return Source(made.app, f"https://{bucket}.s3.{target.region}.{suffix}/{key}")


def _change(
    target: Target, console: Console, stack: str, source: Source, parameters: dict[str, str], *, yes: bool
) -> None:
    client = target.client("cloudformation")
    with step(console, f"Change set of {stack}") as say:
        change_set = changes.prepare(client, stack, source, parameters, changes.capabilities(source.template))
        say(f"{len(change_set.changes)} changes" if change_set.changes else "nothing to change")
    if not change_set.changes:
        return
    if not target.emulated:
        show(console, change_set)
    if not (yes or target.emulated or _agreed(console, stack)):
        changes.discard(client, change_set)
        raise DeployError(f"stopped before {stack}: nothing was changed")
    with step(console, f"Deploy {stack}"), _bar(console) as bar:
        task = bar.add_task("resources", total=len(change_set.changes))
        done: set[str] = set()

        def on_event(resource: str, status: str) -> None:
            if status.endswith("_COMPLETE") and resource != stack:
                done.add(resource)
                bar.update(task, completed=len(done))

        changes.execute(client, change_set, emulated=target.emulated, on_event=on_event)


def show(console: Console, change_set: ChangeSet) -> None:
    """Print what a change set will do; what is replaced or removed stands out."""
    table = Table(title=f"{change_set.stack}: what will change")
    for column in ("action", "resource", "type", "replacement"):
        table.add_column(column)
    for change in sorted(change_set.changes, key=lambda row: (row.action, row.logical_id)):
        loses = change.action == "Remove" or change.replacement in {"True", "Conditional"}
        row = (change.action, change.logical_id, change.kind, change.replacement)
        table.add_row(*row, style="bold red" if loses else None)
    console.print(table)


def _agreed(console: Console, stack: str) -> bool:
    if not console.is_terminal:
        raise DeployError(f"{stack} would change and nobody is here to agree: set YES=1")
    return Confirm.ask(f"Change {stack}?", console=console, default=False)


def _outputs(target: Target, data: dict[str, str], app: dict[str, str]) -> Outputs:
    queues = {}
    for spec in QUEUES:
        queues[spec.name] = app[f"{spec.logical_id}Url"]
        queues[f"{spec.name}-dlq"] = app[f"{spec.dead_letter_id}Url"]
    functions = {
        name: app[f"{logical_id(name)}Function"]
        for name in configured_functions()
        if f"{logical_id(name)}Function" in app
    }
    api = emulator.api_url(target, app["RestApiId"]) if target.emulated else app["EndpointUrl"]
    return Outputs(target.stage, target.region, api, functions, queues, data, app)
