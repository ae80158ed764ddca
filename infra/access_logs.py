"""API Gateway's log of accesses: one JSON line a request, also of those that never reach a function.

API Gateway writes no log at all until the account has a role for it, one for every API of the account in the region.
A stack that owned it would take it from the others when it goes, so none does: `ensure_role` makes it where there is
none, and nobody removes it. A role that the account has already is left as it is.
"""

import json
import time
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError
from rich.console import Console

from infra.steps import step
from infra.targets import APP, Target
from infra.trust import trust

GROUP = "ApiAccessLogGroup"
NAMESPACE = "Linli/${Stage}"
"""Of metrics that are counted in this log: a filter knows no fixed dimension."""
ROLE = "linli-api-gateway-logs"
_ATTEMPTS, _PAUSE = 10, 3.0  # seconds between them
_POLICY = "service-role/AmazonAPIGatewayPushToCloudWatchLogs"
FIELDS = {
    "requestId": "$context.requestId",
    "at": "$context.requestTimeEpoch",
    "method": "$context.httpMethod",
    # The path as it is declared: ids and tokens of the path itself are not everybody's to read.
    "path": "$context.resourcePath",
    "status": "$context.status",
    "ms": "$context.responseLatency",
    "integration_ms": "$context.integrationLatency",
    "integration_status": "$context.integration.status",
    "integration_error": "$context.integration.error",
    "refused": "$context.error.responseType",
    "firewall": "$context.wafResponseCode",
    "bytes": "$context.responseLength",
    "xray_trace_id": "$context.xrayTraceId",
}
"""What a line says. No address and no name: who asked is in the function's line, as an account."""
THROTTLED = '{ ($.status = "429") && ($.refused = "THROTTLED") }'
"""Which of them API Gateway turned away because its limits were reached."""


def access_group(stage: str) -> str:
    """Name of the log group of a stage's API."""
    return f"/aws/apigateway/{APP}-{stage}-api"


def setting() -> dict[str, Any]:
    """Return the `AccessLogSetting` of the API's stage."""
    arn = "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:${" + GROUP + "}"
    return {"DestinationArn": {"Fn::Sub": arn}, "Format": json.dumps(FIELDS, separators=(",", ":"))}


def resources(target: Target) -> dict[str, Any]:
    """Return the log group, and the metric of what API Gateway turned away; it costs nothing while there is none."""
    return {
        GROUP: {
            "Type": "AWS::Logs::LogGroup",
            "DeletionPolicy": "Delete",
            "UpdateReplacePolicy": "Delete",
            "Properties": {
                "LogGroupName": {"Fn::Sub": "/aws/apigateway/${QueuePrefix}-api"},
                "RetentionInDays": target.log_days,
            },
        },
        "ApiThrottledFilter": {
            "Type": "AWS::Logs::MetricFilter",
            "Properties": {
                "LogGroupName": {"Ref": GROUP},
                "FilterPattern": THROTTLED,
                "MetricTransformations": [
                    {
                        "MetricNamespace": {"Fn::Sub": NAMESPACE},
                        "MetricName": "ApiThrottled",
                        "MetricValue": "1",
                        "Unit": "Count",
                    }
                ],
            },
        },
    }


def has_role(target: Target) -> bool:
    """Say whether API Gateway may write logs in the target's account and region."""
    return bool(target.client("apigateway").get_account().get("cloudwatchRoleArn"))


def ensure_role(target: Target, pause: Callable[[], None]) -> bool:
    """Give API Gateway a role to write logs with, where the account has none in this region; say whether it had none.
    `pause` waits for AWS to know a role that it has just made.

    Raises:
        ClientError: AWS refuses; the role may have been made by then, and is found the next time.
    """
    if has_role(target):
        return False
    iam = target.client("iam")
    document = json.dumps(trust("apigateway.amazonaws.com"))
    try:
        role = iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=document, Tags=[{"Key": "app", "Value": APP}])
    except ClientError as error:
        if error.response["Error"]["Code"] != "EntityAlreadyExists":  # of another region, or of a try that was cut off
            raise
        role = iam.get_role(RoleName=ROLE)
    iam.attach_role_policy(RoleName=ROLE, PolicyArn=f"arn:{target.partition}:iam::aws:policy/{_POLICY}")
    _give(target, role["Role"]["Arn"], pause)
    return True


def prepare(target: Target, console: Console) -> None:
    """Have the account's role there before a stage that writes logs."""
    if target.access_logs:
        with step(console, "Let API Gateway write logs") as say:
            is_new = ensure_role(target, lambda: time.sleep(_PAUSE))
            say(f"the account has the role {ROLE} now, for all its APIs" if is_new else "it may")


def _give(target: Target, arn: str, pause: Callable[[], None]) -> None:
    operation = {"op": "replace", "path": "/cloudwatchRoleArn", "value": arn}
    for left in reversed(range(_ATTEMPTS)):
        try:
            target.client("apigateway").update_account(patchOperations=[operation])
        except ClientError as error:
            # What a role is that API Gateway cannot take on yet.
            if not left or error.response["Error"]["Code"] != "BadRequestException":
                raise
            pause()
        else:
            return
