"""Deploy a stage: package, check, show what will change, change it, follow it, and say where it is.

The same code serves an operator's account and the emulator behind `make run`; only `Target` differs.

    python -m infra.deploy --stage prod --region ap-southeast-1
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import NamedTuple

from rich.console import Console

from infra import (
    access_logs,
    canary,
    changes,
    costs,
    domain,
    emulator,
    kept,
    kept_secrets,
    preflight,
    releases,
    secrets,
)
from infra.backups import copies_name, copies_template
from infra.changes import ChangeSet, DeployError, Source
from infra.credentials import caller
from infra.forgotten import forgotten
from infra.losses import ANYTHING, refuse_losses, still_refused
from infra.migrations import migrations
from infra.parameters import app_parameters, are_told, stamped
from infra.plan import Plan, agreed, execute, plan, refuse, show
from infra.preflight_account import account_facts, code_is_uploaded, copies_can_leave
from infra.preflight_template import delivery
from infra.queues import QUEUES
from infra.releases import Release, Releases
from infra.steps import step
from infra.targets import Target
from infra.template_app import configured_functions, logical_id
from infra.upload import put_template, template_key, upload

__all__ = ["ANYTHING", "DeployError", "Outputs", "deploy", "preview"]


@dataclass(frozen=True)
class Outputs:
    """Where a deployed stage is.

    Attributes:
        api: base of the API, without `/v1` and without a trailing slash.
        functions: Chalice's name of a function -> its name on Lambda.
        queues: name of a queue (`search`, `search-dlq`) -> its URL.
        data: the data stack's own outputs.
        app: the app stack's own outputs.
        release: the record of what runs.
        changed: the deployment that returned this made that release.
    """

    stage: str
    region: str
    api: str
    functions: dict[str, str] = field(default_factory=dict)
    queues: dict[str, str] = field(default_factory=dict)
    data: dict[str, str] = field(default_factory=dict)
    app: dict[str, str] = field(default_factory=dict)
    release: Release | None = field(default=None, compare=False)
    changed: bool = field(default=False, compare=False)


def deploy(target: Target, console: Console, *, yes: bool = False, lose: Collection[str] = ()) -> Outputs:
    """Bring a stage to what lies in the project's folder, and return where it is.

    `yes` answers the question that is otherwise asked on a terminal; an emulated target is never asked. `lose` names
    the tables, buckets and keys that may be replaced or removed, by their ids in the template.

    Raises:
        DeployError: the checks refuse, nobody agreed, or a stack was rolled back; the message says why on one line.
    """
    made = plan(target, console)
    _adopt(target, console, made, yes=yes)
    with step(console, "Check the account") as say:
        _check(target, made, lose)
        missing = secrets.missing(target)
        say(f"secrets to write: {', '.join(sorted(missing))}" if missing else "all secrets are there")
    prepared = _planned(target, console, made, lose)
    if not (yes or target.emulated or agreed(console, target.prefix, *prepared)):
        _discard(target, prepared)
        raise DeployError(f"stopped: {target.prefix} was not changed; set YES=1 where nobody can be asked")
    data = _lay_data(target, console, prepared, missing)
    made = stamped(target, made, data)
    changed = _lay_app(target, console, made, prepared, data, lose)
    found = outputs(target, data, changes.outputs(target.client("cloudformation"), target.app_stack))
    release, new = _recorded(target, made, found, changed=changed)
    return replace(found, release=release, changed=new)


def _lay_data(target: Target, console: Console, prepared: "_Prepared", missing: Mapping[str, str]) -> dict[str, str]:
    """Bring out what lasts: the data stack, the copies elsewhere, the secrets; return the data stack's outputs."""
    if prepared.copies is not None:  # before the plan that copies there
        execute(_elsewhere(target), console, prepared.copies)
    execute(target, console, prepared.data)
    secrets.write(target, missing)
    data = changes.outputs(target.client("cloudformation"), target.data_stack)
    kept.remember(target)
    secrets.ensure_seal_key(target, data["SealKeyArn"])
    if target.backup_region:
        with step(console, f"Keep secrets in {target.backup_region}") as say:
            say(f"{len(kept_secrets.keep(target))} written")
    access_logs.prepare(target, console)
    return data


def _lay_app(
    target: Target, console: Console, made: Plan, prepared: "_Prepared", data: dict[str, str], lose: Collection[str]
) -> bool:
    """Bring out the app stack; return whether anything of it changed."""
    app_changes = prepared.app
    if app_changes is None or prepared.data.changes:
        # Made before the data stack's outputs were what they are now.
        if app_changes is not None:
            changes.withdraw(target.client("cloudformation"), app_changes)
        app_changes = _app_changes(target, console, made, data, lose)
    execute(target, console, app_changes)
    if target.emulated:
        with step(console, "Restore what the emulator drops"):
            emulator.restore_tables(target)
            emulator.restore_api(target, made.app)
    return bool(app_changes.changes)


class _Prepared(NamedTuple):
    """The change sets of a deployment. There is none of copies where none go elsewhere, and none of the app's while
    there is no data stack that tells of its bucket, by which its template is passed, and of all else.
    """

    copies: ChangeSet | None
    data: ChangeSet
    app: ChangeSet | None


def _planned(target: Target, console: Console, made: Plan, lose: Collection[str]) -> _Prepared:
    """Return the change sets, shown with what the stage will cost."""
    data = changes.outputs(target.client("cloudformation"), target.data_stack)
    copies = None
    if target.backup_region:
        source = Source(copies_template(target))
        copies = _prepare(_elsewhere(target), console, copies_name(target), source, {}, lose)
    data_changes = _prepare(target, console, target.data_stack, Source(made.data), {}, lose)
    known = are_told(data)
    app_changes = _app_changes(target, console, stamped(target, made, data), data, lose) if known else None
    prepared = _Prepared(copies, data_changes, app_changes)
    if not target.emulated:
        _show(target, console, made, prepared)
    return prepared


def _show(target: Target, console: Console, made: Plan, prepared: _Prepared) -> None:
    for change_set in prepared:
        if change_set is not None:
            show(console, change_set)
    if prepared.app is None:
        console.print(f"{target.app_stack}: new, {len(made.app['Resources'])} resources")
    costs.show(console, costs.of(target, made.data, made.app))


def _discard(target: Target, prepared: _Prepared) -> None:
    for one in (prepared.data, prepared.app):
        if one is not None:
            changes.discard(target.client("cloudformation"), one)
    if prepared.copies is not None:
        changes.discard(_elsewhere(target).client("cloudformation"), prepared.copies)


def _check(target: Target, made: Plan, lose: Collection[str]) -> None:
    client = target.client("cloudformation")
    today = changes.parameters(client, target.app_stack)
    refuse(forgotten(target, today, changes.outputs(client, target.data_stack)))
    found = preflight.online(made.data, made.app, account_facts(target)) + list(copies_can_leave(target))
    refuse(still_refused(found, lose))


def _elsewhere(target: Target) -> Target:
    """Return the target in the region where copies of backups go."""
    return replace(target, region=target.backup_region)


def _app_changes(
    target: Target, console: Console, made: Plan, data: dict[str, str], lose: Collection[str]
) -> ChangeSet:
    with step(console, "Upload"):
        source, objects = upload(target, made, data["PackagesBucket"])
        refuse(list(code_is_uploaded(made.package.key, objects)))
    parameters = app_parameters(target, made, data)
    today = changes.parameters(target.client("cloudformation"), target.app_stack)
    moved = canary.moved_policies(made.app, parameters, today)
    if moved and canary.at_once(made.app) != made.app:
        console.print(f"Without a trial: {', '.join(moved)} changes, and the old version may not use what it used")
        source = put_template(target, canary.at_once(made.app), data["PackagesBucket"])
    return _prepare(target, console, target.app_stack, source, parameters, lose)


def _adopt(target: Target, console: Console, made: Plan, *, yes: bool) -> None:
    """Take data that was kept when its stack was deleted into one again."""
    there = kept.find(target, made.data)
    if not there:
        return
    console.print(f"{target.data_stack} is gone, and {len(there)} of its tables, buckets and keys are there")
    if not (yes or target.emulated or agreed(console, target.data_stack)):
        raise DeployError(f"stopped: what was kept of {target.data_stack} was left as it is; set YES=1 to take it back")
    kept.adopt(target, console, made.data, there)


def _recorded(target: Target, made: Plan, found: Outputs, *, changed: bool) -> tuple[Release, bool]:
    """Return the record of what runs now, and whether it is new: it is where the app changed, or the newest is of
    something else, as after a deployment that was stopped between the app and its record.
    """
    records = Releases(target.client("s3"), found.data["PackagesBucket"])
    there = records.all()
    template, parameters = template_key(Source(made.app)), app_parameters(target, made, found.data)
    told = (there[0].package, there[0].template, there[0].parameters) if there else None
    if not changed and told == (made.package.key, template, parameters):
        return there[0], False
    release = Release(
        id=releases.moment(datetime.now(UTC)),
        package=made.package.key,
        template=template,
        parameters=parameters,
        commit=releases.commit(target.project),
        by=caller(target).arn,
        replaced=there[0].effective if there else "",
        migration=len(migrations()),
    )
    records.write(release)
    records.prune(datetime.now(UTC))
    return release, True


def preview(target: Target, console: Console, *, lose: Collection[str] = ()) -> None:
    """Show what a deployment would change in the account and cost, and change nothing that runs.

    Before the first deployment the app's part is not known in detail: its template is passed by the data's bucket.

    Raises:
        DeployError: the checks refuse.
    """
    made = plan(target, console)
    there = kept.find(target, made.data)
    if there:
        console.print(f"{target.data_stack} is gone; {len(there)} of its tables, buckets and keys would be taken back")
        return
    _check(target, made, lose)
    prepared = _planned(target, console, made, lose)
    if target.emulated:
        _show(target, console, made, prepared)
    _discard(target, prepared)


def _prepare(
    target: Target, console: Console, stack: str, source: Source, parameters: dict[str, str], lose: Collection[str]
) -> ChangeSet:
    acknowledged = changes.capabilities(source.template)
    refuse(list(delivery(source, acknowledged)))
    client = target.client("cloudformation")
    with step(console, f"Change set of {stack}") as say:
        change_set = changes.prepare(client, stack, source, parameters, acknowledged)
        say(f"{len(change_set.changes)} changes" if change_set.changes else "nothing to change")
    try:
        refuse_losses(change_set, lose)
    except DeployError:
        changes.discard(client, change_set)
        raise
    return change_set


def outputs(target: Target, data: dict[str, str], app: dict[str, str]) -> Outputs:
    """Return the two stacks' outputs in the project's own words."""
    names = {spec.name: spec.logical_id for spec in QUEUES} | {f"{one.name}-dlq": one.dead_letter_id for one in QUEUES}
    # An older version that was rolled back to may lack a queue.
    queues = {name: app[f"{key}Url"] for name, key in names.items() if f"{key}Url" in app}
    functions = {
        name: app[f"{logical_id(name)}Function"]
        for name in configured_functions(target.project)
        if f"{logical_id(name)}Function" in app
    }
    own = target.public_url if domain.leads_here(target) else app["EndpointUrl"]
    api = emulator.api_url(target, app["RestApiId"]) if target.emulated else own
    return Outputs(target.stage, target.region, api, functions, queues, data, app)


if __name__ == "__main__":
    import sys

    from infra.deploy_command import main

    sys.exit(main())
