"""What the local emulator drops of a deployment and gets back through the APIs: the one place that knows."""

import copy
import hashlib
from typing import Any

from infra import changes
from infra.gateway_responses import ANY_METHOD
from infra.restore.furnish import furnish
from infra.tables import TABLES
from infra.targets import Target

NOT_IMPORTED = frozenset({"AWS::Backup::BackupVault"})
"""Kinds that its CloudFormation does not take into a stack."""


def api_url(target: Target, rest_api_id: str) -> str:
    """Return where the emulator answers for a REST API."""
    return f"{target.endpoint_url}/_aws/execute-api/{rest_api_id}/api"


FIRST_REGION = "ap-southeast-1"
"""Of the stack that `make run` deploys."""


def adapt(template: dict[str, Any], region: str = FIRST_REGION) -> dict[str, Any]:
    """Return the app's template as the emulator needs it.

    It asks for reading secrets by path on every resource, and takes binary types as a property only, written plainly.
    Roles are of all regions, and it gives those of a stack the same names everywhere: in another region than the first
    they are named.
    """
    template = copy.deepcopy(template)
    api = template["Resources"]["RestAPI"]["Properties"]
    api["BinaryMediaTypes"] = api["Body"].get("x-amazon-apigateway-binary-media-types", [])
    for key, resource in template["Resources"].items():
        if resource["Type"] != "AWS::IAM::Role":
            continue
        if region != FIRST_REGION:
            name = f"${{AWS::StackName}}-{hashlib.sha256(key.encode()).hexdigest()[:8]}-{region}"
            resource["Properties"]["RoleName"] = {"Fn::Sub": name}
        for policy in resource["Properties"].get("Policies", ()):
            for statement in policy["PolicyDocument"]["Statement"]:
                if statement["Action"] == ["ssm:GetParametersByPath"]:
                    statement["Resource"] = "*"
                if "sqs:SendMessage" in statement["Action"]:
                    statement["Action"].append("sqs:SendMessageBatch")
    return template


def drop_formulas(resources: dict[str, Any]) -> None:
    """Take out alarms by metric math, which the emulator's CloudFormation refuses; nothing evaluates alarms there."""
    for key in [key for key, one in resources.items() if "Metrics" in one.get("Properties", ())]:
        if resources[key]["Type"] == "AWS::CloudWatch::Alarm":
            del resources[key]


def adapt_data(template: dict[str, Any]) -> dict[str, Any]:
    """Return the data stack's template as the emulator needs it: it speaks plain HTTP, which buckets refuse on AWS, and
    knows plans and vaults of backups but not what they take.
    """
    left_out = {"AWS::S3::BucketPolicy", "AWS::Backup::BackupSelection"}
    kept = {key: one for key, one in template["Resources"].items() if one["Type"] not in left_out}
    return template | {"Resources": kept}


def restore_tables(target: Target) -> None:
    """Switch on what CloudFormation in the emulator leaves off: time to live and point-in-time recovery."""
    for spec in TABLES:
        furnish(target, spec, target.table_prefix)


def restore_api(target: Target, app: dict[str, Any]) -> None:
    """Give the API of the app's template the methods that its paths do not name, and put them into the stage."""
    rest_api_id = changes.outputs(target.client("cloudformation"), target.app_stack)["RestApiId"]
    definition = app["Resources"]["RestAPI"]["Properties"]["Body"]
    client = target.client("apigateway")
    resources = {
        row["path"]: row
        for page in client.get_paginator("get_resources").paginate(restApiId=rest_api_id, limit=500, embed=["methods"])
        for row in page["items"]
    }
    for path, operations in definition["paths"].items():
        if ANY_METHOD in operations and path in resources:
            _restore_any(client, rest_api_id, resources[path])
    client.create_deployment(restApiId=rest_api_id, stageName="api")


def _restore_any(client: Any, rest_api_id: str, resource: dict[str, Any]) -> None:
    methods = resource.get("resourceMethods", {})
    if "ANY" in methods:
        return
    at = {"restApiId": rest_api_id, "resourceId": resource["id"], "httpMethod": "ANY"}
    integration = next(iter(methods.values()))["methodIntegration"]
    client.put_method(**at, authorizationType="NONE")
    client.put_integration(**at, type="AWS_PROXY", integrationHttpMethod="POST", uri=integration["uri"])
