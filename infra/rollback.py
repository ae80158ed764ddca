"""`make rollback STAGE=prod REGION=...`: the package and the template that ran before, without packaging anything.

    python -m infra.rollback --stage prod --region ap-southeast-1 [--release 20261127T101500.123Z]

Only the app goes back; the data stack never does. Of the parameters only the package is the old one's: the tables, the
key and the buckets are those that the stage uses now.
"""

import argparse
import os
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from infra import canary, changes, emulator, going_back, releases, smoke
from infra.changes import DeployError
from infra.command import common, run, target_of
from infra.credentials import caller
from infra.deploy import Outputs, outputs
from infra.losses import refuse_lines, refuse_losses
from infra.plan import agreed, execute, show
from infra.releases import Release, Releases, previous
from infra.steps import step
from infra.targets import Target
from infra.upload import put_template


def records_of(target: Target) -> tuple[Releases, dict[str, str]]:
    """Return a stage's records, and its data stack's outputs.

    Raises:
        DeployError: there is no data stack.
    """
    data = changes.outputs(target.client("cloudformation"), target.data_stack)
    if not data:
        raise DeployError(f"{target.prefix} is not deployed in {target.region}")
    return Releases(target.client("s3"), data["PackagesBucket"]), data


def roll_back(
    target: Target, console: Console, *, wanted: str = "", yes: bool = False, lose: Collection[str] = ()
) -> Outputs:
    """Deploy the release again that ran before this one, or the one called `wanted`, and try it; `lose` as in
    `return_to`.

    Raises:
        DeployError: there is none, nobody agreed, CloudFormation rolled back, or it does not answer either.
    """
    release = wanted_release(target, records_of(target)[0].all(), wanted)
    found = return_to(target, console, release, yes=yes, lose=lose)
    wrong = prove(target, console, found, release.package)
    if wrong:
        raise DeployError(f"rolled back to {release.id}, and it does not answer as it should: {wrong[0]}")
    return found


def wanted_release(target: Target, there: Sequence[Release], wanted: str) -> Release:
    """Return the release to go back to. Where a deployment ended before it was recorded, the newest record is what ran
    before it, and not what runs.

    Raises:
        DeployError: there is none, or it is what runs.
    """
    code = deployed_parameters(target).get("CodeKey", "")
    return previous(there, wanted, unrecorded=bool(there and code and code != there[0].package))


def return_to(target: Target, console: Console, release: Release, *, yes: bool, lose: Collection[str] = ()) -> Outputs:
    """Deploy a release again and record that. `lose` names what may be lost by it, see `infra.going_back`.

    Raises:
        DeployError: something would be lost, nobody agreed, or CloudFormation rolled back; what ran goes on running.
    """
    client = target.client("cloudformation")
    records, data = records_of(target)
    template = canary.at_once(records.template(release))
    source = put_template(target, template, data["PackagesBucket"])
    parameters = _parameters(target, release, template["Parameters"])
    console.print(f"Back to {release.id}, {said(release)}")
    with step(console, f"Change set of {target.app_stack}") as say:
        change_set = changes.prepare(client, target.app_stack, source, parameters, changes.capabilities(template))
        say(f"{len(change_set.changes)} changes" if change_set.changes else "nothing to change")
    try:
        refuse_losses(change_set, ())
        prefix = parameters.get("TablePrefix", target.table_prefix)
        refuse_lines(change_set.stack, going_back.problems(target, change_set, release, prefix), lose)
    except DeployError:
        changes.discard(client, change_set)
        raise
    if not target.emulated:
        show(console, change_set)
    if not (yes or target.emulated or agreed(console, target.app_stack, change_set)):
        changes.discard(client, change_set)
        raise DeployError(f"stopped: {target.app_stack} was not changed; set YES=1 where nobody can be asked")
    runs = records.all()[0].effective
    execute(target, console, change_set)
    if target.emulated:
        emulator.restore_api(target, template)
    record = records.write(_record(target, release, parameters, runs))
    return replace(outputs(target, data, changes.outputs(client, target.app_stack)), release=record)


def _record(target: Target, release: Release, parameters: dict[str, str], replaced: str) -> Release:
    """Return what is written down of going back to a release, in the place of the one that ran."""
    return replace(
        release,
        id=releases.moment(datetime.now(UTC)),
        parameters=parameters,
        by=caller(target).arn,
        replaced=replaced,
        returned_to=release.id,
        state="deployed",
    )


def _parameters(target: Target, release: Release, asked: Mapping[str, object]) -> dict[str, str]:
    """Return what the old template is told: what the stack is told today, but for the package."""
    today = deployed_parameters(target)
    if not today:
        raise DeployError(f"there is no {target.app_stack} to go back in; deploy it")
    return {name: value for name, value in (release.parameters | today).items() if name in asked} | {
        "CodeKey": release.package
    }


def deployed_parameters(target: Target) -> dict[str, str]:
    """Return what the app's stack was told last; empty where there is none."""
    return changes.parameters(target.client("cloudformation"), target.app_stack)


def prove(target: Target, console: Console, found: Outputs, package: str) -> list[str]:
    """Run the smoke test of what was just deployed and note how it turned out; return what is wrong. What is wrong with
    the stage's public name alone is printed: another release would not mend it.
    """
    api = smoke.own_address(target, found.api, found.app.get("EndpointUrl", found.api))
    with step(console, "Smoke test") as say:
        wrong = smoke.problems(target, api, found.functions, package)
        say("; ".join(wrong) if wrong else f"{len(smoke.PROBES)} requests and {len(found.functions)} functions")
    for remark in () if wrong else smoke.through_name(target, api):
        console.print(f"[yellow]The public name:[/yellow] {escape(remark)}", highlight=False, soft_wrap=True)
    if found.release is not None:
        records, _ = records_of(target)
        records.mark(found.release, "failed" if wrong else "proved")
    return wrong


def said(release: Release) -> str:
    """Return a release in words: its commit, and its package."""
    digest = release.package.removeprefix("packages/")[:12]
    return f"commit {release.commit or 'unknown'}, package {digest}"


def listed(console: Console, there: Sequence[Release]) -> None:
    """Print what can be gone back to, newest first."""
    table = Table(title="releases, newest first")
    for column in ("release", "commit", "package", "state", "by"):
        table.add_column(column)
    for number, one in enumerate(there):
        state = f"{one.state}{f', back to {one.returned_to}' if one.returned_to else ''}"
        row = (one.id, one.commit, one.package.removeprefix("packages/")[:12], state, one.by.rpartition(":")[2])
        table.add_row(*row, style="bold" if number == 0 else None)
    console.print(table)


def main(arguments: Sequence[str] | None = None, environ: Mapping[str, str] = os.environ) -> int:
    """Run the command; 1 with one line where it cannot be done."""
    parser = common(argparse.ArgumentParser(prog="rollback", description="Deploys the previous package again."))
    parser.add_argument("--release", default="", help="which one; left out: what ran before")
    parser.add_argument("--lose", default="", help="queues with messages, the domain, migrations: by what it refused")
    parser.add_argument("--list", action="store_true", help="only show which there are")
    parser.add_argument("--yes", action="store_true", help="do not ask (also: YES=1)")
    options = parser.parse_args(arguments)
    console = Console(width=140)

    def work() -> int:
        target = target_of(options)
        who = caller(target)
        if options.list:
            listed(console, records_of(target)[0].all())
            return 0
        console.print(f"Stage {target.stage} in {target.region}, {who}", highlight=False, soft_wrap=True)
        yes = options.yes or environ.get("YES") == "1"
        lose = [name.strip() for name in options.lose.split(",") if name.strip()]
        found = roll_back(target, console, wanted=options.release, yes=yes, lose=lose)
        console.print(f"{found.api}/v1 runs release {found.release.effective if found.release else ''} again")
        return 0

    return run("rollback", work)


if __name__ == "__main__":
    sys.exit(main())
