"""Data whose stack is gone, taken back into one.

Tables, key and buckets of a protected stage outlive their stack. CloudFormation takes them into a new one by a change
set of type IMPORT, which names each by what AWS knows it by. Tables have names of their own; what CloudFormation named
(the key and the buckets) is written down at each deployment, in one parameter beside the secrets.
"""

import json
from typing import Any

from botocore.exceptions import ClientError
from rich.console import Console

from infra import changes, emulator, secrets
from infra.changes import DeployError, Source
from infra.steps import step
from infra.targets import Target

IDENTIFIERS = {
    "AWS::Backup::BackupVault": "BackupVaultName",
    "AWS::DynamoDB::Table": "TableName",
    "AWS::KMS::Key": "KeyId",
    "AWS::S3::Bucket": "BucketName",
}
"""Kind of what lasts -> what AWS knows one of it by."""
_GONE = {"ResourceNotFoundException", "NotFoundException", "NoSuchBucket", "404"}


def _record(target: Target) -> str:
    # One level deeper than the secrets, so that functions do not read it with them.
    return f"{target.secrets_path}kept/data-stack"


def remember(target: Target) -> dict[str, str]:
    """Write down what AWS calls the lasting resources of the data stack; return that, by id in the template."""
    pages = target.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=target.data_stack)
    rows = [row for page in pages for row in page["StackResourceSummaries"]]
    # The tables' names are the template's own.
    known = {
        row["LogicalResourceId"]: row["PhysicalResourceId"]
        for row in rows
        if row["ResourceType"] in IDENTIFIERS and row["ResourceType"] != "AWS::DynamoDB::Table"
    }
    write(target, known)
    return known


def write(target: Target, named: dict[str, str]) -> None:
    """Write down what AWS calls resources, by id in the template; nothing to write removes what is there."""
    ssm = target.client("ssm")
    value = json.dumps(named, sort_keys=True)
    if not named:
        ssm.delete_parameters(Names=[_record(target)])
    elif value != _read(target):
        about = "What AWS calls the data stack's keys and buckets, for when the stack is gone."
        ssm.put_parameter(Name=_record(target), Value=value, Type="String", Overwrite=True, Description=about)


def named(target: Target) -> dict[str, str]:
    """Return what was written down; nothing where no data was ever deployed, or all of it is destroyed."""
    found: dict[str, str] = json.loads(_read(target) or "{}")
    return found


def _read(target: Target) -> str:
    found = target.client("ssm").get_parameters(Names=[_record(target)])["Parameters"]
    return str(found[0]["Value"]) if found else ""


def find(target: Target, template: dict[str, Any]) -> dict[str, str]:
    """Return what of a data template's lasting resources is there without a stack: id -> what AWS knows it by.

    Empty where the stack is there, or where nothing was written down when there was one.

    Raises:
        DeployError: a key of what is there is about to be deleted.
    """
    if changes.exists(target.client("cloudformation"), target.data_stack):
        return {}
    names = named(target)
    if not names:
        return {}
    there = {}
    for key, resource in template["Resources"].items():
        kind = resource["Type"]
        if kind not in IDENTIFIERS or (target.emulated and kind in emulator.NOT_IMPORTED):
            continue
        name = resource["Properties"].get(IDENTIFIERS[kind]) or names.get(key)
        if name and _exists(target, kind, name):
            there[key] = name
    return there


def _exists(target: Target, kind: str, name: str) -> bool:
    try:
        if kind == "AWS::DynamoDB::Table":
            target.client("dynamodb").describe_table(TableName=name)
        elif kind == "AWS::S3::Bucket":
            target.client("s3").head_bucket(Bucket=name)
        elif kind == "AWS::Backup::BackupVault":
            # Asked for by its name, one that is not there is an AccessDenied.
            vaults = target.client("backup").get_paginator("list_backup_vaults").paginate()
            return any(row["BackupVaultName"] == name for page in vaults for row in page["BackupVaultList"])
        else:
            return _is_usable(target, name)
    except ClientError as error:
        if error.response["Error"]["Code"] in _GONE:
            return False
        raise
    return True


def _is_usable(target: Target, key: str) -> bool:
    """Return whether a key is there and on.

    Raises:
        DeployError: it is not, and secrets are there that it has wrapped.
    """
    state = target.client("kms").describe_key(KeyId=key)["KeyMetadata"]["KeyState"]
    if state == "Enabled":
        return True
    if not any(name.startswith("seal-key-") for name in secrets.read(target)):
        return False
    raise DeployError(
        f"the key {key} of the stage's data is {state}: 'aws kms cancel-key-deletion' and 'aws kms enable-key', "
        "or what is sealed with it is lost"
    )


def adopt(target: Target, console: Console, template: dict[str, Any], there: dict[str, str]) -> None:
    """Make the data stack of what is there; the deployment that follows adds the rest.

    Raises:
        DeployError: CloudFormation refuses, with its reason.
    """
    resources = {key: template["Resources"][key] for key in there}
    # An import may bring nothing else: neither outputs nor resources that do not exist.
    body = {name: value for name, value in template.items() if name != "Outputs"} | {"Resources": resources}
    kinds = {key: resources[key]["Type"] for key in there}
    client = target.client("cloudformation")
    with step(console, f"Take what was kept into {target.data_stack}") as say:
        change_set = changes.prepare_import(
            client,
            target.data_stack,
            Source(body),
            [
                {
                    "ResourceType": kinds[key],
                    "LogicalResourceId": key,
                    "ResourceIdentifier": {IDENTIFIERS[kinds[key]]: name},
                }
                for key, name in there.items()
            ],
        )
        changes.execute(client, change_set, emulated=target.emulated, on_event=lambda _resource, _status: None)
        say(f"{len(there)} resources")
