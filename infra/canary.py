"""The API's new version is tried on a tenth of the requests before it gets all of them, and taken back by alarms.

Each deployment publishes a version of the API's function; the alias `live` is what API Gateway calls. CodeDeploy moves
the alias: first a tenth of the requests for some minutes, then all. An alarm in that time moves it back, CloudFormation
rolls the whole stack back with it, and the deployment says so. The other functions wait for the alias, so that a
version that failed on trial has worked no message and run on no schedule.

On AWS only: the emulator has no CodeDeploy, and its template has none of this.
"""

import hashlib
import json
from typing import Any

from infra.references import Template, of_type
from infra.targets import Target
from infra.trust import trust

API = "APIHandler"
VERSION = "ApiVersion"
ALIAS = "ApiLive"
ALIAS_NAME = "live"
_APPLICATION = "ApiRelease"
_GROUP = "ApiReleaseGroup"
_ROLE = "ApiReleaseRole"
_TOPIC = "AlarmsTopic"

MINUTES = (0, 5, 10, 15, 30)
"""How long a trial may be: what CodeDeploy knows. 0 is none: everything at once."""

SERVER_ERRORS_PERCENT = 5
"""Of all answers, while a tenth of them is the new version's: half of what it answers is wrong."""
SERVER_ERRORS_LEAST = 3
"""Wrong answers in a minute below which their share says nothing."""
SLOW_MS = 5_000
"""The slowest hundredth of calls. What asks a payment provider may take so long, one call in a hundred does not."""
SLOW_LEAST = 100
"""Calls in a minute below which the slowest hundredth is one call, which may be anything."""

# What a version does not keep of its function: a change of these alone would publish nothing, and CloudFormation
# takes that for a failure.
_NOT_IN_A_VERSION = {"FunctionName", "Tags", "ReservedConcurrentExecutions", "RecursiveLoop"}


def release(template: dict[str, Any], target: Target) -> None:
    """Let API Gateway of a finished SAM template call the alias, and have the alias moved by CodeDeploy."""
    if target.emulated:
        return
    resources = template["Resources"]
    resources[VERSION] = {
        "Type": "AWS::Lambda::Version",
        # Old ones are what a rollback moves to. One that failed on trial must go: publishing the same again would
        # find it there, which CloudFormation takes for a failure.
        "DeletionPolicy": "RetainExceptOnCreate",
        "UpdateReplacePolicy": "Retain",
        "Properties": {"FunctionName": {"Ref": API}, "Description": {"Ref": "CodeKey"}},
    }
    resources[ALIAS] = {
        "Type": "AWS::Lambda::Alias",
        "Properties": {
            "Name": ALIAS_NAME,
            "FunctionName": {"Ref": API},
            "FunctionVersion": {"Fn::GetAtt": [VERSION, "Version"]},
        },
    }
    _call_the_alias(resources)
    for key, resource in resources.items():
        if resource["Type"] == "AWS::Serverless::Function" and key != API:
            resource.setdefault("DependsOn", []).append(ALIAS)
    if target.canary_minutes:
        alarms = _alarms()
        resources |= alarms | _code_deploy(target.canary_minutes, list(alarms))
        resources[ALIAS]["UpdatePolicy"] = {
            "CodeDeployLambdaAliasUpdate": {
                "ApplicationName": {"Ref": _APPLICATION},
                "DeploymentGroupName": {"Ref": _GROUP},
            }
        }


def _call_the_alias(resources: dict[str, Any]) -> None:
    """Chalice points the integrations and the permission at the function itself."""
    body = resources["RestAPI"]["Properties"]["DefinitionBody"]
    for operations in body["paths"].values():
        for operation in operations.values():
            uri = operation["x-amazon-apigateway-integration"]["uri"]
            uri["Fn::Sub"] = uri["Fn::Sub"].replace(f"${{{API}.Arn}}", f"${{{ALIAS}}}")
    for resource in resources.values():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::Lambda::Permission" and properties["FunctionName"] == {"Ref": API}:
            properties["FunctionName"] = {"Ref": ALIAS}


def _code_deploy(minutes: int, alarms: list[str]) -> dict[str, Any]:
    return {
        _ROLE: {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "AssumeRolePolicyDocument": trust("codedeploy.amazonaws.com"),
                "ManagedPolicyArns": [
                    {"Fn::Sub": "arn:${AWS::Partition}:iam::aws:policy/service-role/AWSCodeDeployRoleForLambdaLimited"}
                ],
            },
        },
        _APPLICATION: {
            "Type": "AWS::CodeDeploy::Application",
            "Properties": {"ApplicationName": {"Fn::Sub": "${QueuePrefix}-api"}, "ComputePlatform": "Lambda"},
        },
        _GROUP: {
            "Type": "AWS::CodeDeploy::DeploymentGroup",
            "Properties": {
                "ApplicationName": {"Ref": _APPLICATION},
                "ServiceRoleArn": {"Fn::GetAtt": [_ROLE, "Arn"]},
                "DeploymentConfigName": f"CodeDeployDefault.LambdaCanary10Percent{minutes}Minutes",
                "DeploymentStyle": {"DeploymentType": "BLUE_GREEN", "DeploymentOption": "WITH_TRAFFIC_CONTROL"},
                "AutoRollbackConfiguration": {
                    "Enabled": True,
                    "Events": ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"],
                },
                "AlarmConfiguration": {"Enabled": True, "Alarms": [{"Name": {"Ref": key}} for key in alarms]},
            },
        },
    }


def _alarms() -> dict[str, Any]:
    """Return the alarms that end a trial. They name the API: it is made of the alias, and that waits for them."""
    api = {"ApiName": {"Fn::Sub": "${QueuePrefix}-api"}, "Stage": "api"}
    new = {
        "FunctionName": {"Ref": API},
        "Resource": {"Fn::Sub": f"${{{API}}}:{ALIAS_NAME}"},
        # Of the new version alone: among all calls a tenth of the failures would be lost.
        "ExecutedVersion": {"Fn::GetAtt": [VERSION, "Version"]},
    }
    return {
        "ApiTrialServerErrorsAlarm": _alarm(
            f"{SERVER_ERRORS_PERCENT} % of what the API answers is a server error",
            f"IF(errors >= {SERVER_ERRORS_LEAST}, 100 * errors / calls, 0)",
            SERVER_ERRORS_PERCENT,
            errors=_metric("AWS/ApiGateway", "5XXError", "Sum", api),
            calls=_metric("AWS/ApiGateway", "Count", "Sum", api),
        ),
        "ApiTrialErrorsAlarm": _alarm(
            "The API's live version crashes or runs out of time",
            "failed",
            1,
            failed=_metric("AWS/Lambda", "Errors", "Sum", new),
        ),
        "ApiTrialSlowAlarm": _alarm(
            f"One in a hundred calls of the API's live version takes {SLOW_MS} ms and more",
            f"IF(calls >= {SLOW_LEAST}, slowest, 0)",
            SLOW_MS,
            slowest=_metric("AWS/Lambda", "Duration", "p99", new),
            calls=_metric("AWS/Lambda", "Invocations", "Sum", new),
        ),
    }


def _metric(namespace: str, name: str, statistic: str, dimensions: dict[str, Any]) -> dict[str, Any]:
    return {
        "Metric": {
            "Namespace": namespace,
            "MetricName": name,
            "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions.items()],
        },
        "Stat": statistic,
        "Period": 60,
    }


def _alarm(description: str, expression: str, threshold: int, **metrics: dict[str, Any]) -> dict[str, Any]:
    """Return an alarm that two bad minutes of three ring: one may be chance, and nobody calling is not bad."""
    queries = [{"Id": key, "MetricStat": metric, "ReturnData": False} for key, metric in metrics.items()]
    return {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {
            "AlarmDescription": description,
            "Metrics": [{"Id": "watched", "Expression": expression, "Label": description}, *queries],
            "Threshold": threshold,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "EvaluationPeriods": 3,
            "DatapointsToAlarm": 2,
            "TreatMissingData": "notBreaching",
            "AlarmActions": [{"Ref": _TOPIC}],
            "OKActions": [{"Ref": _TOPIC}],
        },
    }


def stamped(app: Template, parameters: dict[str, str]) -> Template:
    """Return the app's expanded template with the version named after what it is published of: package, environment,
    memory, the parameters' values in them. CloudFormation publishes under a new name alone, so the same keeps its name.
    """
    found = next(of_type(app, "AWS::Lambda::Version"), None)
    if found is None:
        return app
    function = app["Resources"][API]["Properties"]
    kept = {key: value for key, value in function.items() if key not in _NOT_IN_A_VERSION}
    text = json.dumps(kept, sort_keys=True)
    given = {
        name: value
        for name, value in sorted(parameters.items())
        if f'"Ref": "{name}"' in text or f"${{{name}}}" in text
    }
    name = VERSION + hashlib.sha256((text + json.dumps(given)).encode()).hexdigest()[:12]
    renamed: Template = json.loads(json.dumps(app).replace(f'"{found[0]}"', f'"{name}"'))
    return renamed


def at_once(app: Template) -> Template:
    """Return a template whose alias moves without a trial: somebody who goes back has no minutes to spare."""
    made: Template = json.loads(json.dumps(app))
    for resource in made["Resources"].values():
        if resource["Type"] == "AWS::Lambda::Alias":
            resource.pop("UpdatePolicy", None)
    return made


def moved_policies(app: Template, wanted: dict[str, str], today: dict[str, str]) -> list[str]:
    """Return the parameters that policies name and that would be others than the deployed stack's `today`.

    A role changes in its place before the alias moves: on trial the old version, with nine tenths of the requests,
    would be refused its own tables, and the alarms would take the deployment back.
    """
    roles = [row for row in app["Resources"].values() if row["Type"].startswith("AWS::IAM::")]
    text = json.dumps(roles)
    changed = [name for name in sorted(wanted.keys() & today.keys()) if wanted[name] != today[name]]
    return [name for name in changed if f'"Ref": "{name}"' in text or f"${{{name}}}" in text]


def failure(resource: str, reason: str) -> str:
    """Return why a stack was rolled back, in words; `reason` is what CloudFormation says of a resource."""
    if resource == ALIAS:
        return (
            "the API's new version was taken back while a tenth of the requests tried it: its alarms (ApiTrial...) or "
            f"the log of the function api say why ({reason})"
        )
    return f"{resource}: {reason}"


def calls_pass_the_alias(template: Template) -> list[str]:
    """Preflight: API Gateway must call the alias, and be allowed to, or a trial is passed by."""
    if ALIAS not in template["Resources"]:
        return []
    found = []
    for key, api in of_type(template, "AWS::ApiGateway::RestApi"):
        for path, operations in api.get("Body", {}).get("paths", {}).items():
            for method, operation in operations.items():
                uri = operation.get("x-amazon-apigateway-integration", {}).get("uri", {})
                if uri and f"${{{ALIAS}}}/invocations" not in uri.get("Fn::Sub", ""):
                    found.append(f"{key}: {method} {path} does not call the alias {ALIAS_NAME}")
    for key, permission in of_type(template, "AWS::Lambda::Permission"):
        gateway = permission["Principal"] == "apigateway.amazonaws.com"
        if gateway and permission["FunctionName"] != {"Ref": ALIAS}:
            found.append(f"{key}: API Gateway may not call the alias {ALIAS_NAME}")
    return found
