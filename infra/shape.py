"""The data stack's shape, recorded: a change that would replace or remove a table, bucket or key is found beforehand.

    python -m infra.shape       # records what was added; refuses what would be lost

Three guards, the same rules: the tests hold `TABLES` and the template against `infra/data_shape.json`; a deployment
holds the template against the one that is deployed, and CloudFormation's own change set against "nothing is replaced".

CloudFormation replaces a table when its name, keys or the type of a key changes (AWS::DynamoDB::Table), a bucket when
its name does, a vault when its name or key does; a KMS key when what it is for changes. DynamoDB makes or removes one
index in an update, and knows no change of an index.
"""

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from infra.changes import ChangeSet
from infra.preflight_account import AccountFacts
from infra.references import Template
from infra.targets import ROOT, Target
from infra.template_data import data_template

RECORD = ROOT / "infra" / "data_shape.json"

FIXED: dict[str, tuple[str, ...]] = {
    "AWS::DynamoDB::Table": ("TableName", "KeySchema", "LocalSecondaryIndexes", "ImportSourceSpecification"),
    "AWS::S3::Bucket": ("BucketName", "BucketNamePrefix", "BucketNamespace"),
    "AWS::KMS::Key": ("KeySpec", "KeyUsage", "MultiRegion", "Origin"),
    "AWS::KMS::Alias": ("AliasName",),
    "AWS::Backup::BackupVault": ("BackupVaultName", "EncryptionKeyArn"),
}
"""Properties by whose change CloudFormation replaces a resource that holds data."""

GUARDED: dict[str, tuple[str, ...]] = {
    "AWS::DynamoDB::Table": (
        "BillingMode",
        "DeletionProtectionEnabled",
        "PointInTimeRecoverySpecification",
        "SSESpecification",
        "StreamSpecification",
        "TimeToLiveSpecification",
    ),
    "AWS::S3::Bucket": ("BucketEncryption", "ObjectLockEnabled", "PublicAccessBlockConfiguration"),
    "AWS::KMS::Key": ("EnableKeyRotation",),
}
"""Properties that replace nothing, but keep the data safe: they change in the record, by hand, or not at all."""
_POLICIES = ("DeletionPolicy", "UpdateReplacePolicy")

Shape = dict[str, dict[str, Any]]


def shape(template: Template) -> Shape:
    """Return what must not change of a data stack's template, by the resources' ids."""
    return {key: _of(row) for key, row in sorted(template["Resources"].items()) if row["Type"] in FIXED}


def _of(resource: dict[str, Any]) -> dict[str, Any]:
    kind, properties = resource["Type"], resource.get("Properties", {})
    found: dict[str, Any] = {
        "type": kind,
        "fixed": {name: properties[name] for name in FIXED[kind] if name in properties},
        "guarded": {name: properties[name] for name in GUARDED.get(kind, ()) if name in properties}
        | {name: resource[name] for name in _POLICIES if name in resource},
    }
    if kind == "AWS::DynamoDB::Table":
        rows = properties["AttributeDefinitions"]
        found["attributes"] = {row["AttributeName"]: row["AttributeType"] for row in rows}
        found["indexes"] = {
            index["IndexName"]: {name: value for name, value in index.items() if name != "IndexName"}
            for index in properties.get("GlobalSecondaryIndexes", ())
        }
    return found


def losses(before: Shape, after: Shape) -> Iterator[str]:
    """Yield what a change would replace or remove, and what DynamoDB would refuse, one sentence each."""
    for key, old in before.items():
        new = after.get(key)
        if new is None or new["type"] != old["type"]:
            yield f"{key}: would be removed; what holds data stays in the template"
            continue
        for name in sorted(old["fixed"].keys() | new["fixed"].keys()):
            if old["fixed"].get(name) != new["fixed"].get(name):
                yield f"{key}: would be replaced, its {name} differs; what is to be other is another resource"
        yield from _index_losses(key, old, new)


def _index_losses(key: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    attributes = new.get("attributes", {})
    for name, kind in old.get("attributes", {}).items():
        if attributes.get(name, kind) != kind:
            yield f"{key}: would be replaced, its key {name} changes from {kind} to {attributes[name]}"
    before, after = old.get("indexes", {}), new.get("indexes", {})
    for name in sorted(before.keys() & after.keys()):
        if before[name] != after[name]:
            yield f"{key}: an index cannot change: give another than {name} what is to be other"
    moved = sorted(before.keys() ^ after.keys())
    if len(moved) > 1:
        yield f"{key}: makes or removes {len(moved)} indexes ({', '.join(moved)}) in one update; one at a time"


def weakened(before: Shape, after: Shape) -> Iterator[str]:
    """Yield what keeps data safe and would change."""
    for key, old in before.items():
        new = after.get(key, old)["guarded"]
        for name in sorted(old["guarded"].keys() | new.keys()):
            if old["guarded"].get(name) != new.get(name):
                yield f"{key}: its {name} would change; if that is meant, change it in {RECORD.name} by hand"


def nothing_is_lost(data: Template, facts: AccountFacts) -> Iterator[str]:
    """Preflight: the deployed stack keeps what it holds. An unprotected stage may lose it, but not break half-way."""
    found = losses(shape(facts.deployed), shape(data))
    yield from (line for line in found if facts.protected or "would be removed" not in line)


def replaced(change_set: ChangeSet) -> list[str]:
    """Return what CloudFormation itself says that a change set would replace or remove of what holds data."""
    return [
        f"{change.logical_id}: CloudFormation would {'remove' if change.action == 'Remove' else 'replace'} it"
        for change in change_set.changes
        if change.kind in FIXED and (change.action == "Remove" or change.replacement == "True")
    ]


def current() -> Shape:
    """Return the shape of a protected stage as the code makes it now."""
    return shape(data_template(Target.aws(stage="prod", region="ap-southeast-1")))


def recorded(path: Path = RECORD) -> Shape:
    """Return the shape that was recorded last."""
    found: Shape = json.loads(path.read_text(encoding="utf-8"))
    return found


def record(path: Path = RECORD) -> Iterable[str]:
    """Write down what was added, and return why not when something would be lost."""
    before, now = recorded(path), current()
    problems = [*losses(before, now), *weakened(before, now)]
    if not problems:
        rows = [f"{json.dumps(key)}: {json.dumps(row, sort_keys=True)}" for key, row in now.items()]
        path.write_text("{\n" + ",\n".join(rows) + "\n}\n", encoding="utf-8")
    return problems


if __name__ == "__main__":
    refused = list(record())
    if refused:
        sys.exit(f"shape: not recorded: {'; '.join(refused)}")
