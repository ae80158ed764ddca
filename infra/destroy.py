"""`make destroy STAGE=dev REGION=...`: take the app of a stage away, and with DATA=1 the data too.

    python -m infra.destroy --stage dev --region ap-southeast-1 [--data] [--confirm dev] [--unprotect dev]

Without `--data` tables, key, buckets and secrets stay, and a later deployment finds them. Messages that wait in queues
would go with the app, so a stage with any is refused. The stage's name is asked for on a terminal, or given by
`--confirm`. A protected stage's data goes only where `--unprotect` names the stage once more. Seals of the audit log
that are still locked stay in every case, and a protected stage's backups until they have run out.
"""

import argparse
import copy
import sys
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.prompt import Prompt

from infra import changes, kept
from infra.changes import DeployError, Source
from infra.command import common, run, target_of
from infra.credentials import caller
from infra.deploy import outputs
from infra.kept import IDENTIFIERS
from infra.leftovers import elsewhere, restored_tables
from infra.plan import execute, progress_bar
from infra.preflight_account import deployed
from infra.references import Template, of_type
from infra.status import depth
from infra.steps import step
from infra.targets import Target

_AT_ONCE = 1000  # versions of objects in a request; S3's own limit
_PARAMETERS_AT_ONCE = 10  # SSM's own limit
SEALS = "AuditBucket"
BACKUPS = ("BackupVault", "BackupKey")
"""What goes when the last backup has run out: AWS deletes no vault with something in it."""


def destroy(
    target: Target, console: Console, *, data: bool = False, unprotect: str = "", lose_messages: bool = False
) -> None:
    """Delete the app's stack, and with `data` what it keeps as well.

    Raises:
        DeployError: messages wait and may not be lost; the stage is protected, or has tables outside of its stack; or
            something could not be deleted.
    """
    client = target.client("cloudformation")
    template = deployed(target, target.data_stack)
    if data:
        _refuse_to_lose_data(target, template, unprotect)
    if not lose_messages:
        _refuse_to_lose_messages(target)
    there = changes.exists(client, target.data_stack)
    copied_to = changes.outputs(client, target.data_stack).get("BackupRegion", "")
    backups = []
    if data and there and is_protected(template):
        # While the app is there: where it is refused, the stage goes on as it was.
        backups = [key for key in BACKUPS if key in template["Resources"]]
        _lift(target, console, template)
    _delete(target, console, target.app_stack)
    if not data:
        rest = "its data stays" if there else "there is no data stack"
        console.print(f"{target.app_stack} is gone; {rest}")
        return
    if there:
        locked = _empty_buckets(target, console, template)
        _delete(target, console, target.data_stack, locked)
    with step(console, "Delete the stage's secrets") as say:
        names = kept.named(target)
        say(f"{_forget_secrets(target)} parameters")
        # A later deployment has to find the vault again, whose name is taken.
        kept.write(target, {key: names[key] for key in backups if key in names})
    for line in elsewhere(target, copied_to):
        console.print(line, highlight=False, markup=False, soft_wrap=True)


def _refuse_to_lose_data(target: Target, template: Template, unprotect: str) -> None:
    if is_protected(template) and unprotect != target.stage:
        raise DeployError(
            f"stage {target.stage} is protected; where its data is to go for ever, say UNPROTECT={target.stage} too"
        )
    there = changes.exists(target.client("cloudformation"), target.data_stack)
    if not there and kept.named(target):
        raise DeployError(f"{target.data_stack} is gone and may have left data: deploy first, which takes it back in")
    restored = restored_tables(target, template)
    if restored:
        more = f" and {len(restored) - 1} more" if restored[1:] else ""
        raise DeployError(
            f"tables of {target.stage} would stay without a stack, a key and secrets: {restored[0]}{more}; take away "
            "the app alone, delete them, then say DATA=1 again"
        )


def is_protected(template: Template) -> bool:
    """Return whether any of a data stack's resources outlives its stack."""
    return any(
        row.get("DeletionPolicy", "Delete") != "Delete"
        for row in template["Resources"].values()
        if row["Type"] in IDENTIFIERS
    )


def _refuse_to_lose_messages(target: Target) -> None:
    client = target.client("cloudformation")
    data, app = changes.outputs(client, target.data_stack), changes.outputs(client, target.app_stack)
    if not (data and app):
        return
    waiting = {name: sum(counts) for name, counts in depth(target, outputs(target, data, app)).items() if sum(counts)}
    if waiting:
        said = ", ".join(f"{count} in {name}" for name, count in waiting.items())
        raise DeployError(f"messages would be lost: {said}; see 'make queues', or say ARGS=--lose-messages")


def _delete(target: Target, console: Console, stack: str, stay: Sequence[str] = ()) -> None:
    with step(console, f"Delete {stack}"), progress_bar(console) as bar:
        task = bar.add_task("resources", total=None)

        def on_event(_resource: str, status: str) -> None:
            if status == "DELETE_COMPLETE":
                bar.advance(task)

        changes.delete(target.client("cloudformation"), stack, emulated=target.emulated, on_event=on_event, stay=stay)


def unprotected(template: Template) -> Template:
    """Return a data stack's template with everything in it deleted with the stack, but for backups and their key."""
    made = copy.deepcopy(template)
    for key, row in made["Resources"].items():
        if row["Type"] not in IDENTIFIERS or key in BACKUPS:
            continue
        row["DeletionPolicy"] = row["UpdateReplacePolicy"] = "Delete"
        if row["Type"] == "AWS::DynamoDB::Table":
            row["Properties"]["DeletionProtectionEnabled"] = False
    return made


def _lift(target: Target, console: Console, template: Template) -> None:
    """Take the protection off: policies are changed only together with properties, which the tables' are."""
    client = target.client("cloudformation")
    bare = unprotected(template)
    change_set = changes.prepare(client, target.data_stack, Source(bare), {}, changes.capabilities(bare))
    execute(target, console, change_set)


def _empty_buckets(target: Target, console: Console, template: Template) -> list[str]:
    """Empty what CloudFormation deletes only when it is empty; return the ids of buckets with something that is locked.

    Raises:
        DeployError: S3 refuses to delete something that is no seal.
    """
    client = target.client("cloudformation")
    locked = []
    for key, _ in of_type(template, "AWS::S3::Bucket"):
        described = client.describe_stack_resource(StackName=target.data_stack, LogicalResourceId=key)
        bucket = described["StackResourceDetail"]["PhysicalResourceId"]
        with step(console, f"Empty {bucket}") as say:
            count, refused = _empty(target.client("s3"), bucket, seals=key == SEALS)
            say(f"{count} objects{f'; {refused}' if refused else ''}")
        if refused and key != SEALS:
            raise DeployError(f"{bucket} cannot be emptied: {refused}")
        locked += [key] if refused else []
    return locked


def _empty(s3: Any, bucket: str, *, seals: bool) -> tuple[int, str]:
    """Delete every version of every object; return how many, and why something could not be deleted."""
    if seals and _versions(s3, bucket):
        # The policy denies deleting to everybody; the lock of each seal stays.
        s3.delete_bucket_policy(Bucket=bucket)
    count = 0
    while rows := _versions(s3, bucket):
        refused = s3.delete_objects(Bucket=bucket, Delete={"Objects": rows, "Quiet": True}).get("Errors", ())
        count += len(rows) - len(refused)
        if refused:
            return count, f"{len(refused)} objects stay ({refused[0]['Code']}: {refused[0].get('Message', '')})"
    return count, ""


def _versions(s3: Any, bucket: str) -> list[dict[str, str]]:
    page = s3.list_object_versions(Bucket=bucket, MaxKeys=_AT_ONCE)
    rows = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
    return [{"Key": row["Key"], "VersionId": row["VersionId"]} for row in rows]


def _forget_secrets(target: Target) -> int:
    """Delete the stage's parameters: sealed with a key that is gone, they would only break a later deployment."""
    ssm = target.client("ssm")
    pages = ssm.get_paginator("get_parameters_by_path").paginate(Path=target.secrets_path, Recursive=True)
    names = [row["Name"] for page in pages for row in page["Parameters"]]
    for start in range(0, len(names), _PARAMETERS_AT_ONCE):
        ssm.delete_parameters(Names=names[start : start + _PARAMETERS_AT_ONCE])
    return len(names)


def _confirm(target: Target, console: Console, given: str, *, data: bool) -> None:
    who = caller(target)
    what = f"the app AND THE DATA of {target.stage}" if data else f"the app of {target.stage}"
    console.print(f"This deletes {what} in {target.region}, {who}", highlight=False, soft_wrap=True)
    if not given and console.is_terminal:
        given = Prompt.ask("Type the stage's name", console=console)
    if given != target.stage:
        raise DeployError(f"stopped: nothing was deleted; type '{target.stage}', or say CONFIRM={target.stage}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 1 with one line where it cannot be done."""
    parser = common(argparse.ArgumentParser(prog="destroy", description="Deletes a stage's app."))
    parser.add_argument("--data", action="store_true", help="delete the data and the secrets too")
    parser.add_argument("--confirm", default="", help="the stage's name, where nobody can be asked")
    parser.add_argument("--unprotect", default="", help="the stage's name once more, where it is protected")
    parser.add_argument("--lose-messages", action="store_true", help="though messages wait in queues")
    options = parser.parse_args(arguments)
    console = Console(width=140)

    def work() -> int:
        target = target_of(options)
        _confirm(target, console, options.confirm, data=options.data)
        destroy(target, console, data=options.data, unprotect=options.unprotect, lose_messages=options.lose_messages)
        return 0

    return run("destroy", work)


if __name__ == "__main__":
    sys.exit(main())
