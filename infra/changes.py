"""Change sets: what a deployment would change, shown before it is done, then done and followed to its end."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError, WaiterError

from infra import canary

_POLL_SECONDS = 2.0
_EMULATED_POLL_SECONDS = 0.05
_NO_CHANGES = ("didn't contain changes", "No updates are to be performed", "no changes")
# Stacks in these states were never created: they are deleted, or created through the change set.
_NEVER_CREATED = {"REVIEW_IN_PROGRESS"}
_FAILED_CREATION = {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED"}
INLINE_LIMIT = 51_200
"""Bytes of a template that CloudFormation takes in the request itself; larger ones are passed by URL."""


class DeployError(Exception):
    """A deployment that cannot go on or has been rolled back; the message is one line."""


@dataclass(frozen=True)
class Change:
    """One line of a change set: `action` is Add, Modify, Remove or Import; `replacement` True, False or Conditional."""

    action: str
    logical_id: str
    kind: str
    replacement: str


@dataclass(frozen=True)
class Source:
    """A template on its way to CloudFormation: inline, or by the URL it was uploaded to."""

    template: dict[str, Any]
    url: str | None = None

    @property
    def body(self) -> str:
        """The template as the JSON that is sent or uploaded."""
        return json.dumps(self.template, separators=(",", ":"))

    def arguments(self) -> dict[str, str]:
        """Return how CreateChangeSet is told of the template."""
        return {"TemplateURL": self.url} if self.url else {"TemplateBody": self.body}


@dataclass(frozen=True)
class ChangeSet:
    """A change set that waits to be executed; without `changes` there is nothing to do."""

    stack: str
    arn: str
    creates: bool
    changes: tuple[Change, ...]


def stack(client: Any, name: str) -> dict[str, Any] | None:
    """Return CloudFormation's description of a stack, None when there is none."""
    try:
        found: list[dict[str, Any]] = client.describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    return found[0]


def exists(client: Any, name: str) -> bool:
    """Return whether a stack is there; one that was only ever planned is not."""
    found = stack(client, name)
    return found is not None and found["StackStatus"] not in _NEVER_CREATED


def outputs(client: Any, name: str) -> dict[str, str]:
    """Return a stack's outputs; empty when there is no such stack."""
    found = stack(client, name) or {}
    return {row["OutputKey"]: row["OutputValue"] for row in found.get("Outputs", ())}


def parameters(client: Any, name: str) -> dict[str, str]:
    """Return what a stack was told last; empty when there is no such stack."""
    found = stack(client, name) or {}
    return {row["ParameterKey"]: row["ParameterValue"] for row in found.get("Parameters", ())}


def _make_way(client: Any, name: str) -> bool:
    """Delete what a failed first creation left; return whether the stack has to be created."""
    found = stack(client, name)
    if found is None or found["StackStatus"] in _NEVER_CREATED:
        return True
    if found["StackStatus"] in _FAILED_CREATION:
        client.delete_stack(StackName=name)
        client.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 600})
        return True
    if found["StackStatus"] == "DELETE_FAILED":
        raise DeployError(
            f"stack {name} is half deleted (DELETE_FAILED): make destroy, or CloudFormation's console, ends that"
        )
    if found["StackStatus"].endswith("_IN_PROGRESS"):
        raise DeployError(f"stack {name} is being changed by somebody else ({found['StackStatus']}); try again later")
    return False


def prepare(client: Any, name: str, source: Source, parameters: dict[str, str], capabilities: list[str]) -> ChangeSet:
    """Make a change set and wait until CloudFormation has worked it out.

    Raises:
        DeployError: CloudFormation refuses the template or the parameters, or somebody else is at work on the stack.
    """
    creates = _make_way(client, name)
    return _prepare(
        client,
        name,
        source,
        creates=creates,
        ChangeSetType="CREATE" if creates else "UPDATE",
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        Capabilities=capabilities,
    )


def prepare_import(client: Any, name: str, source: Source, existing: list[dict[str, Any]]) -> ChangeSet:
    """Make a change set that takes resources which exist already into a new stack; `existing` as ResourcesToImport.

    Raises:
        DeployError: CloudFormation refuses, as it does where one of them is not there.
    """
    return _prepare(client, name, source, creates=True, ChangeSetType="IMPORT", ResourcesToImport=existing)


def _prepare(client: Any, name: str, source: Source, *, creates: bool, **arguments: Any) -> ChangeSet:
    try:
        made = client.create_change_set(
            StackName=name, ChangeSetName=f"deploy-{time.time_ns()}", **arguments, **source.arguments()
        )
    except ClientError as error:
        raise DeployError(f"CloudFormation refuses {name}: {error.response['Error']['Message']}") from error
    arn = made["Id"]
    try:
        client.get_waiter("change_set_create_complete").wait(
            ChangeSetName=arn, StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 300}
        )
    except WaiterError:
        described = client.describe_change_set(ChangeSetName=arn, StackName=name)
        reason = described.get("StatusReason") or described["Status"]
        client.delete_change_set(ChangeSetName=arn, StackName=name)
        if any(words in reason for words in _NO_CHANGES):
            return ChangeSet(name, arn, creates, ())
        raise DeployError(f"CloudFormation refuses {name}: {reason}") from None
    return ChangeSet(name, arn, creates, tuple(_changes(client, name, arn)))


def _changes(client: Any, name: str, arn: str) -> Iterator[Change]:
    token: dict[str, str] = {}
    while True:
        page = client.describe_change_set(ChangeSetName=arn, StackName=name, **token)
        for row in page.get("Changes", ()):
            change = row["ResourceChange"]
            yield Change(
                action=change["Action"],
                logical_id=change["LogicalResourceId"],
                kind=change["ResourceType"],
                replacement=change.get("Replacement", ""),
            )
        if not page.get("NextToken"):
            return
        token = {"NextToken": page["NextToken"]}


def withdraw(client: Any, change_set: ChangeSet) -> None:
    """Take a change set back, for another one of the same stack."""
    if change_set.changes or change_set.creates:
        client.delete_change_set(ChangeSetName=change_set.arn, StackName=change_set.stack)


def discard(client: Any, change_set: ChangeSet) -> None:
    """Take a change set back, and the empty stack that one for a new stack leaves. A stack that somebody else has made
    of its own change set meanwhile is left alone.
    """
    withdraw(client, change_set)
    found = stack(client, change_set.stack) if change_set.creates else None
    if found is not None and found["StackStatus"] in _NEVER_CREATED:
        client.delete_stack(StackName=change_set.stack)


def execute(client: Any, change_set: ChangeSet, *, emulated: bool, on_event: Callable[[str, str], None]) -> None:
    """Execute a change set and follow it; `on_event` is told (resource, status) as resources finish.

    Raises:
        DeployError: it failed; CloudFormation has rolled the stack back, and the message says why.
    """
    seen = {event["EventId"] for event in _events(client, change_set.stack)}
    client.execute_change_set(ChangeSetName=change_set.arn, StackName=change_set.stack)
    reason = ""
    while True:
        # Asked before the events are read, so that the last events are not missed.
        status = str((stack(client, change_set.stack) or {"StackStatus": "DELETE_COMPLETE"})["StackStatus"])
        for event in reversed([row for row in _events(client, change_set.stack) if row["EventId"] not in seen]):
            seen.add(event["EventId"])
            on_event(event["LogicalResourceId"], event["ResourceStatus"])
            if event["ResourceStatus"].endswith("_FAILED") and not reason:
                said = event.get("ResourceStatusReason", "no reason given")
                reason = canary.failure(event["LogicalResourceId"], said)
        if not status.endswith("_IN_PROGRESS") and status not in _NEVER_CREATED:
            break
        time.sleep(_EMULATED_POLL_SECONDS if emulated else _POLL_SECONDS)
    if status not in {"CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"}:
        raise DeployError(
            f"{change_set.stack} was rolled back ({status}): {' '.join(reason.split()) or 'no reason given'}"
        )


def delete(
    client: Any, name: str, *, emulated: bool, on_event: Callable[[str, str], None], stay: Sequence[str] = ()
) -> bool:
    """Delete a stack and follow it to its end; return False when there was none. `stay` are ids of resources that may
    refuse to be deleted: they stay where they are, without a stack.

    Raises:
        DeployError: something else in it could not be deleted; says what, and why.
    """
    if stack(client, name) is None:
        return False
    reason = _deleted(client, name, emulated=emulated, on_event=on_event)
    if reason and stay:
        reason = _deleted(client, name, emulated=emulated, on_event=on_event, RetainResources=list(stay))
    if reason:
        raise DeployError(f"{name} was not deleted: {reason}")
    return True


def _deleted(client: Any, name: str, *, emulated: bool, on_event: Callable[[str, str], None], **arguments: Any) -> str:
    """Delete a stack; return why it was not."""
    seen = {event["EventId"] for event in _events(client, name)}
    client.delete_stack(StackName=name, **arguments)
    reason = ""
    while (there := stack(client, name)) is not None and there["StackStatus"] != "DELETE_COMPLETE":
        for event in reversed([row for row in _events(client, name) if row["EventId"] not in seen]):
            seen.add(event["EventId"])
            on_event(event["LogicalResourceId"], event["ResourceStatus"])
            if event["ResourceStatus"] != "DELETE_FAILED":
                continue
            # The stack's own event comes last.
            if event["LogicalResourceId"] == name:
                return " ".join(reason.split()) or "no reason given"
            reason = reason or f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', 'no reason given')}"
        time.sleep(_EMULATED_POLL_SECONDS if emulated else _POLL_SECONDS)
    return ""


def _events(client: Any, name: str) -> list[dict[str, Any]]:
    """Return the newest hundred events of a stack, newest first."""
    try:
        found: list[dict[str, Any]] = client.describe_stack_events(StackName=name)["StackEvents"]
    except ClientError as error:
        if "does not exist" in str(error):
            return []
        raise
    return found


def capabilities(template: dict[str, Any]) -> list[str]:
    """Return what a template needs to be acknowledged: roles, and roles with names of their own."""
    iam = [row for row in template["Resources"].values() if row["Type"].startswith("AWS::IAM::")]
    named = {"RoleName", "PolicyName", "UserName", "GroupName", "ManagedPolicyName"}
    if any(named & row.get("Properties", {}).keys() for row in iam):
        return ["CAPABILITY_NAMED_IAM"]
    return ["CAPABILITY_IAM"] if iam else []
