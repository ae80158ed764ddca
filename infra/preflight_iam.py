"""Preflight: does every function have the rights that its triggers need, and none that is wider than it has to be?"""

import json
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from infra.references import Template, arns, as_list, of_type, render
from infra.tables import TABLES

POLICY_LIMIT = 10_240
"""Characters, without white space, that a role's inline policies may have together."""
_PSEUDO = {"AWS::Partition": "aws-us-gov", "AWS::Region": "ap-southeast-2", "AWS::AccountId": "0" * 12}
_NAME, _ARN = "n" * 24, "a" * 120  # longer than any name of a stage, and than what another stack's output says
# AWS knows no resource for these.
_WITHOUT_RESOURCE = {
    "comprehend:DetectToxicContent",
    "dynamodb:ListStreams",
    "rekognition:DetectModerationLabels",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
}
# Names that are made up when a function runs: log streams, endpoints of phones, documents of one kind, seals.
_OPEN_NAMES = re.compile(
    r":log-stream:\*$|:endpoint/\$\{Push[A-Za-z]+\}/\*$|:s3:::\$\{(Documents|Audit)Bucket\}/[a-z]+(/[a-z]+)?/\*$"
)
SQS_RIGHTS = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
STREAM_RIGHTS = ("dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:DescribeStream", "dynamodb:ListStreams")


def statements(role: str, template: Template) -> list[dict[str, Any]]:
    """Return the statements of a role's inline policies."""
    policies = template["Resources"].get(role, {}).get("Properties", {}).get("Policies", ())
    return [row for policy in policies for row in as_list(policy["PolicyDocument"]["Statement"])]


def role_of(function: str, template: Template) -> str:
    """Return the id of a function's role; empty when it is not in the template."""
    properties = template["Resources"].get(function, {}).get("Properties", {})
    return str(properties.get("Role", {}).get("Fn::GetAtt", [""])[0])


def allows(role: str, action: str, arn: str, template: Template) -> bool:
    """Whether a role's own statements allow an action on a rendered ARN; conditions are taken as met."""
    for row in statements(role, template):
        if row["Effect"] != "Allow" or "Resource" not in row:
            continue
        if any(fnmatchcase(action, pattern) for pattern in as_list(row["Action"])) and any(
            fnmatchcase(arn, render(resource, template)) for resource in as_list(row["Resource"])
        ):
            return True
    return False


def triggers_are_allowed(template: Template) -> Iterator[str]:
    """Lambda refuses an event source that the function's role may not read, or a destination it may not write."""
    for key, mapping in of_type(template, "AWS::Lambda::EventSourceMapping"):
        function = str(as_list(mapping["FunctionName"])[0].get("Ref", ""))
        role = role_of(function, template)
        arn = render(mapping["EventSourceArn"], template)
        rights = SQS_RIGHTS if ":sqs:" in arn else STREAM_RIGHTS
        yield from (
            f"{key}: {function} may not {action} on its source {arn}"
            for action in rights
            if not allows(role, action, arn, template)
        )
        destination = mapping.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
        if destination is not None and not allows(role, "sqs:SendMessage", render(destination, template), template):
            yield f"{key}: {function} may not send to its failure destination"


def policies_fit(template: Template) -> Iterator[str]:
    """IAM refuses inline policies over its limit; what is counted is what CloudFormation makes of them."""
    for key, role in of_type(template, "AWS::IAM::Role"):
        documents = [_longest(policy["PolicyDocument"]) for policy in role.get("Policies", ())]
        size = sum(len(re.sub(r"\s", "", json.dumps(document))) for document in documents)
        if size > POLICY_LIMIT:
            yield f"{key}: its policies have {size} characters, over {POLICY_LIMIT}"


def _longest(value: Any) -> Any:
    """Return a part of a policy with the longest texts that its parameters can become."""
    match value:
        case {"Fn::Sub": str(text)}:
            return re.sub(r"\$\{([\w:]+)\}", lambda found: _PSEUDO.get(found[1], _NAME), text)
        case {"Fn::GetAtt": _} | {"Ref": _} | {"Fn::ImportValue": _} | {"Fn::Join": _}:
            return _ARN
        case dict():
            return {name: _longest(part) for name, part in value.items()}
        case list():
            return [_longest(part) for part in value]
        case _:
            return value


def policies_are_narrow(template: Template) -> Iterator[str]:
    """No action for everybody, no resource for everything, save where AWS has none."""
    for key, _ in of_type(template, "AWS::IAM::Role"):
        for row in statements(key, template):
            actions = as_list(row["Action"])
            yield from (f"{key}: action {action} has a wildcard" for action in actions if "*" in action)
            for resource in (render(value, template) for value in as_list(row.get("Resource", []))):
                open_name = _OPEN_NAMES.search(resource) is not None
                if "*" in resource and not open_name and not set(actions) <= _WITHOUT_RESOURCE:
                    yield f"{key}: {', '.join(actions)} on {resource}"


def policies_name_what_exists(template: Template) -> Iterator[str]:
    """A policy that names a table or queue which nobody makes is a spelling mistake."""
    queues = arns(template, "AWS::SQS::Queue")
    tables = {spec.name: {"", *(f"/index/{index}" for index in spec.indexes)} for spec in TABLES}
    for spec in TABLES:
        if len(spec.indexes) > 1:
            tables[spec.name].add("/index/gsi?")  # both, where a policy would become too long
    for key, _ in of_type(template, "AWS::IAM::Role"):
        named = {
            render(resource, template)
            for row in statements(key, template)
            for resource in as_list(row.get("Resource", []))
        }
        for arn in sorted(named):
            if ":sqs:" in arn and arn not in queues:
                yield f"{key}: no such queue: {arn}"
            found = re.search(r":table/\$\{TablePrefix\}-([a-z]+)(.*)$", arn)
            if found and found.group(2) not in tables.get(found.group(1), set()):
                yield f"{key}: no such table or index: {arn}"
