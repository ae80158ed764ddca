"""What DynamoDB gives no restored table: time to live, recovery, protection, the outbox's stream, encryption, tags."""

import time
from collections.abc import Callable
from typing import Any

from infra.tables import TTL_ATTRIBUTE, TableSpec, tags
from infra.targets import Target

_POLL = 2.0


def active(target: Target, name: str, pause: Callable[[], None] = lambda: time.sleep(_POLL)) -> dict[str, Any]:
    """Wait until a table can be changed; return its description."""
    client = target.client("dynamodb")
    while True:
        description: dict[str, Any] = client.describe_table(TableName=name)["Table"]
        if description["TableStatus"] == "ACTIVE":
            return description
        pause()


def furnish(target: Target, spec: TableSpec, prefix: str) -> list[str]:
    """Give a table that is there what it lacks of all that the data stack gives its own; return what that was. To do
    it again does no harm: each thing is looked at first.
    """
    name = spec.full_name(prefix)
    return [*_updated(target, spec, name), *_life(target, name), *_recovery(target, name), *_tagged(target, spec, name)]


def _updated(target: Target, spec: TableSpec, name: str) -> list[str]:
    """One change at a time, each once the one before is done: DynamoDB takes no two."""
    client, done = target.client("dynamodb"), []
    description = active(target, name)
    wanted: list[tuple[str, bool, dict[str, Any]]] = [
        (
            "stream",
            spec.stream and not description.get("StreamSpecification", {}).get("StreamEnabled"),
            {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}},
        ),
        (
            "encryption",
            description.get("SSEDescription", {}).get("Status") not in {"ENABLED", "ENABLING", "UPDATING"}
            and not target.emulated,
            {"SSESpecification": {"Enabled": True}},
        ),
        (
            "protection",
            target.protect and not description.get("DeletionProtectionEnabled"),
            {"DeletionProtectionEnabled": True},
        ),
    ]
    for what, is_lacking, change in wanted:
        if is_lacking:
            client.update_table(TableName=name, **change)
            active(target, name)
            done.append(what)
    return done


def _life(target: Target, name: str) -> list[str]:
    client = target.client("dynamodb")
    told = client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    if told["TimeToLiveStatus"] in {"ENABLED", "ENABLING"}:
        return []
    client.update_time_to_live(
        TableName=name, TimeToLiveSpecification={"Enabled": True, "AttributeName": TTL_ATTRIBUTE}
    )
    return ["time to live"]


def _recovery(target: Target, name: str) -> list[str]:
    client = target.client("dynamodb")
    told = client.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    if told["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED":
        return []
    client.update_continuous_backups(
        TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    return ["recovery"]


def _tagged(target: Target, spec: TableSpec, name: str) -> list[str]:
    client = target.client("dynamodb")
    arn = active(target, name)["TableArn"]
    wanted = tags(spec, target.stage)
    there = client.list_tags_of_resource(ResourceArn=arn)["Tags"]
    if all(tag in there for tag in wanted):
        return []
    client.tag_resource(ResourceArn=arn, Tags=wanted)
    return ["tags"]
