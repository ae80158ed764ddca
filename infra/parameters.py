"""What the app's stack is told at a deployment: its parameters, and what is named after them."""

from collections.abc import Mapping
from dataclasses import replace

from infra import canary
from infra.alarms_serving import concurrency_threshold
from infra.changes import DeployError
from infra.plan import Plan
from infra.targets import Target

UNSET = "unset"
PUSHES = {"Apns": "apns", "ApnsSandbox": "apns_sandbox", "Fcm": "fcm"}
"""Last part of a parameter -> platform."""


_TOLD = frozenset({"AuditBucket", "DocumentsBucket", "OutboxStreamArn", "PackagesBucket", "SealKeyArn", "TablePrefix"})


def are_told(data: Mapping[str, str]) -> bool:
    """Whether a data stack's outputs have all that the app is told of it: one that an older version deployed may not,
    until it is deployed anew.
    """
    return data.keys() >= _TOLD


def stamped(target: Target, made: Plan, data: dict[str, str]) -> Plan:
    """Return a plan with the API's version named after all that it is published of; `data` as in `app_parameters`."""
    return replace(made, app=canary.stamped(made.app, app_parameters(target, made, data)))


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
        **{f"Push{part}": _application(target, platform) for part, platform in PUSHES.items()},
        "CodeBucket": data["PackagesBucket"],
        "CodeKey": made.package.key,
        "ConcurrencyThreshold": concurrency_threshold(target),
    }
    return {name: values[name] for name in made.app["Parameters"]}


def _application(target: Target, platform: str) -> str:
    """Return a push application as rights name it: its kind and its name."""
    return f"{target.push.kind(platform)}/{target.push.names().get(platform, UNSET)}"


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
