"""Deploy a stage: package, check, show what will change, change it, follow it, and say where it is.

The same code serves an operator's account and the emulator behind `make run`; only `Target` differs.

    python -m infra.deploy --stage prod --region ap-southeast-1
"""

from dataclasses import dataclass, field, replace

from rich.console import Console
from rich.prompt import Confirm
from rich.table import Table

from infra import access_logs, canary, changes, domain, emulator, kept_secrets, preflight, secrets, shape
from infra.alarms_serving import concurrency_threshold
from infra.backups import copies_name, copies_template
from infra.changes import ChangeSet, DeployError, Source
from infra.plan import Plan, plan, progress_bar, refuse
from infra.preflight_account import account_facts, code_is_uploaded, copies_can_leave
from infra.preflight_template import delivery
from infra.queues import QUEUES
from infra.steps import step
from infra.targets import Target
from infra.template_app import configured_functions, logical_id

__all__ = ["DeployError", "Outputs", "deploy", "preview"]


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


def deploy(target: Target, console: Console, *, yes: bool = False) -> Outputs:
    """Bring a stage to what lies in the project's folder, and return where it is.

    `yes` answers the questions that are otherwise asked on a terminal; an emulated target is never asked.

    Raises:
        DeployError: the checks refuse, nobody agreed, or a stack was rolled back; the message says why on one line.
    """
    made = plan(target, console)
    client = target.client("cloudformation")
    with step(console, "Check the account") as say:
        refuse(preflight.online(made.data, made.app, account_facts(target)) + list(copies_can_leave(target)))
        missing = secrets.missing(target)
        say(f"secrets to write: {', '.join(sorted(missing))}" if missing else "all secrets are there")
    if target.backup_region:  # before the plan that copies there
        elsewhere = replace(target, region=target.backup_region)
        _change(elsewhere, console, copies_name(target), Source(copies_template(target)), {}, yes=yes)
    _change(target, console, target.data_stack, Source(made.data), {}, yes=yes)
    secrets.write(target, missing)
    data = changes.outputs(client, target.data_stack)
    secrets.ensure_seal_key(target, data["SealKeyArn"])
    if target.backup_region:
        with step(console, f"Keep secrets in {target.backup_region}") as say:
            say(f"{len(kept_secrets.keep(target))} written")
    access_logs.prepare(target, console)
    parameters = app_parameters(target, made, data)
    made = replace(made, app=canary.stamped(made.app, parameters))
    with step(console, "Upload"):
        source, objects = _upload(target, made, data["PackagesBucket"])
        refuse(list(code_is_uploaded(made.package.key, objects)))
    _change(target, console, target.app_stack, source, parameters, yes=yes)
    app = changes.outputs(client, target.app_stack)
    if target.emulated:
        with step(console, "Restore what the emulator drops"):
            emulator.restore_tables(target)
            emulator.restore_api(target, app["RestApiId"], made.app["Resources"]["RestAPI"]["Properties"]["Body"])
    return outputs(target, data, app)


def preview(target: Target, console: Console) -> None:
    """Show what a deployment would change in the account, and change nothing that runs.

    Before the first deployment only the data stack can be shown: the app's template is passed by its bucket.

    Raises:
        DeployError: the checks refuse.
    """
    made = plan(target, console)
    client = target.client("cloudformation")
    refuse(preflight.online(made.data, made.app, account_facts(target)))
    data = changes.outputs(client, target.data_stack)
    _show_and_discard(target, console, target.data_stack, Source(made.data), {})
    if data:
        parameters = app_parameters(target, made, data)
        made = replace(made, app=canary.stamped(made.app, parameters))
        source, _ = _upload(target, made, data["PackagesBucket"])
        _show_and_discard(target, console, target.app_stack, source, parameters)


def app_parameters(target: Target, made: Plan, data: dict[str, str]) -> dict[str, str]:
    """Return the parameters that the app's template asks for; `data` are the data stack's outputs."""
    values = {
        "Stage": target.stage,
        "QueuePrefix": target.prefix,
        "TablePrefix": target.table_prefix,
        "SecretsPath": target.secrets_path,
        "SealKeyArn": data["SealKeyArn"],
        "AuditBucket": data["AuditBucket"],
        "OutboxStreamArn": _outbox_stream(target, data),
        "DocumentsBucket": data["DocumentsBucket"],
        "MailIdentity": target.mail_identity,
        "CodeBucket": data["PackagesBucket"],
        "CodeKey": made.package.key,
        "ConcurrencyThreshold": concurrency_threshold(target),
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


def _upload(target: Target, made: Plan, bucket: str) -> tuple[Source, frozenset[str]]:
    """Upload the template, and the package unless it is there; return where the template is, and the packages."""
    client = target.client("s3")

    def packages() -> frozenset[str]:
        found = client.list_objects_v2(Bucket=bucket, Prefix=made.package.key)
        return frozenset(row["Key"] for row in found.get("Contents", ()))

    if made.package.key not in packages():
        client.upload_file(str(made.package.zip_path), bucket, made.package.key)
    key = f"templates/{target.app_stack}.json"
    client.put_object(Bucket=bucket, Key=key, Body=Source(made.app).body.encode(), ContentType="application/json")
    if target.endpoint_url:
        return Source(made.app, f"{target.endpoint_url}/{bucket}/{key}"), packages()
    suffix = "amazonaws.com.cn" if target.partition == "aws-cn" else "amazonaws.com"
    return Source(made.app, f"https://{bucket}.s3.{target.region}.{suffix}/{key}"), packages()


def _prepare(target: Target, console: Console, stack: str, source: Source, parameters: dict[str, str]) -> ChangeSet:
    acknowledged = changes.capabilities(source.template)
    refuse(list(delivery(source, acknowledged)))
    with step(console, f"Change set of {stack}") as say:
        client = target.client("cloudformation")
        change_set = changes.prepare(client, stack, source, parameters, acknowledged)
        say(f"{len(change_set.changes)} changes" if change_set.changes else "nothing to change")
    if change_set.changes and not target.emulated:
        show(console, change_set)
    lost = shape.replaced(change_set) if target.protect else []
    if lost:
        changes.discard(client, change_set)
        refuse(lost)
    return change_set


def _show_and_discard(target: Target, console: Console, stack: str, source: Source, parameters: dict[str, str]) -> None:
    change_set = _prepare(target, console, stack, source, parameters)
    if change_set.changes:
        changes.discard(target.client("cloudformation"), change_set)


def _change(
    target: Target, console: Console, stack: str, source: Source, parameters: dict[str, str], *, yes: bool
) -> None:
    change_set = _prepare(target, console, stack, source, parameters)
    if not change_set.changes:
        return
    client = target.client("cloudformation")
    if not (yes or target.emulated or _agreed(console, stack)):
        changes.discard(client, change_set)
        raise DeployError(f"stopped: {stack} was not changed; set YES=1 where nobody can be asked")
    with step(console, f"Deploy {stack}"), progress_bar(console) as bar:
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
    return console.is_terminal and Confirm.ask(f"Change {stack}?", console=console, default=False)


def outputs(target: Target, data: dict[str, str], app: dict[str, str]) -> Outputs:
    """Return the two stacks' outputs in the project's own words."""
    queues = {}
    for spec in QUEUES:
        queues[spec.name] = app[f"{spec.logical_id}Url"]
        queues[f"{spec.name}-dlq"] = app[f"{spec.dead_letter_id}Url"]
    functions = {
        name: app[f"{logical_id(name)}Function"]
        for name in configured_functions(target.project)
        if f"{logical_id(name)}Function" in app
    }
    own = target.public_url if domain.leads_here(target) else app["EndpointUrl"]
    api = emulator.api_url(target, app["RestApiId"]) if target.emulated else own
    return Outputs(target.stage, target.region, api, functions, queues, data, app)


if __name__ == "__main__":
    from infra.deploy_command import main

    main()
