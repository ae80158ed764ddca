"""The app stack: Chalice's own template and everything that Chalice cannot say.

`finish` takes the template that `chalice package` wrote and returns it with names, environment, queues, dead letters,
partial batches, the stream's limits, log groups, gateway responses and alarms. It works on the finished
document instead of `--merge-template`: a merge goes by id and would silently mix a resource into a
function of the same CamelCase name.
"""

import copy
import json
from pathlib import Path
from typing import Any

from chalicelib.kit.below import fold
from infra import access_logs, canary, concurrency, domain, edge, emulator, feedback, runbooks
from infra.alarms import alarm_resources
from infra.dashboard_body import dashboard_resources
from infra.gateway_responses import answer_every_method, gateway_responses
from infra.queues import QUEUES, STREAM_FAILURES, queue_resources
from infra.targets import APP, Target

API_FUNCTION = "api"
STREAM_FUNCTION = "outbox-relay"
CALLED_BY_LOGS = ("reach-texts",)
PUBLIC_URL = "PublicUrl"
_ENDPOINT = "https://${RestAPI}.execute-api.${AWS::Region}.${AWS::URLSuffix}/api"
PARAMETERS = (
    "Stage",
    "QueuePrefix",
    "TablePrefix",
    "SecretsPath",
    "SealKeyArn",
    "AuditBucket",
    "OutboxStreamArn",
    "DocumentsBucket",
    "MailIdentity",
    "PushApns",
    "PushApnsSandbox",
    "PushFcm",
    "CodeBucket",
    "CodeKey",
    "ConcurrencyThreshold",
)


class TemplateError(Exception):
    """The packaged app does not fit what infra knows of it; the message names what is missing where."""


def logical_id(function: str) -> str:
    """Return the id that Chalice gives a function in its template: `outbox-relay` -> `OutboxRelay`."""
    if function == API_FUNCTION:
        return "APIHandler"
    return "".join(part.capitalize() for part in function.split("-"))


def configured_functions(project: Path) -> tuple[str, ...]:
    """Return the names of the functions that .chalice/config.json configures; the API handler is `api`."""
    config = json.loads((project / ".chalice" / "config.json").read_text(encoding="utf-8"))
    return tuple(API_FUNCTION if name == "api_handler" else name for name in config["lambda_functions"])


_OF_STACK = {
    "STAGE": "Stage",
    "TABLE_PREFIX": "TablePrefix",
    "QUEUE_PREFIX": "QueuePrefix",
    "SECRETS_PATH": "SecretsPath",
    "SEAL_KEY_ID": "SealKeyArn",
    "DOCUMENTS_BUCKET": "DocumentsBucket",
    "AUDIT_BUCKET": "AuditBucket",
}
"""Variables of the functions that are the stack's to say, and its parameters."""


def environment(target: Target) -> dict[str, Any]:
    """Return the functions' environment; names of secrets, never secrets."""
    variables: dict[str, Any] = {
        "APP": APP,
        **{name: {"Ref": parameter} for name, parameter in _OF_STACK.items()},
        "STRIPE_API_BASE": target.stripe_api_base,
        "WECHAT_PAY_API_BASE": target.wechat_pay_api_base,
        "ALIPAY_GATEWAY": target.alipay_gateway,
        "WECHAT_LOGIN_API_BASE": target.wechat_login_api_base,
        "WALLETS": target.wallets,
        "GEOCODER": target.geocoder,
        "AMAP_API_BASE": target.amap_api_base,
        "INBOX_URL": target.inbox_url,
        "LOG_LEVEL": target.log_level,
        "CORS_ORIGINS": ",".join(target.cors_origins),
        "CURRENCY": target.currency,
        "ZONE": target.zone,
        "LANGUAGES": ",".join(target.languages),
        "TAX": json.dumps(target.tax.model_dump(), ensure_ascii=False),
        "STRIPE": "on" if target.stripe else "off",
        "COMMISSION_BPS": str(target.commission_bps),
        "CLASSIFIERS": target.classifiers,
        "GEOIP_DATABASE": target.geoip_database,
        "MAIL_FROM": target.mail_from,
        "SMS_COUNTRIES": ",".join(target.sms_countries),
        "SMS_DAILY_CAP": str(target.sms_daily_cap),
        "WEBHOOKS_LOOPBACK": "on" if target.emulated and target.webhooks_loopback else "off",
        "NOTICE_DAILY_CAP": str(target.notice_daily_cap),
        "NOTICE_CAPS": ",".join(f"{kind}={cap}" for kind, cap in sorted(target.notice_caps.items())),
        "APP_LINK": target.app_link,
        "WEBAUTHN_RP_ID": target.webauthn_rp_id,
        "WEBAUTHN_ORIGINS": ",".join(target.webauthn_origins),
    }
    variables |= feedback.environment(target)
    if target.homes:
        told = {"homes": [vars(home) for home in target.homes], "keeps": target.keeps}
        variables["REGIONS"] = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    if target.endpoint_url:
        variables["AWS_ENDPOINT_URL"] = target.endpoint_url
    return variables


def _functions(template: dict[str, Any], project: Path) -> dict[str, str]:
    """Return name -> id of every function in the template; each must be configured by name."""
    ids = {logical_id(name): name for name in configured_functions(project)}
    present = [key for key, value in template["Resources"].items() if value["Type"] == "AWS::Serverless::Function"]
    unknown = [key for key in present if key not in ids]
    if unknown:
        raise TemplateError(f"functions without an entry in .chalice/config.json: {', '.join(unknown)}")
    return {ids[key]: key for key in present}


def _scheduled(functions: dict[str, str], resources: dict[str, Any]) -> list[str]:
    """Return the names of the functions that run on a schedule."""
    events = {name: resources[key]["Properties"].get("Events", {}).values() for name, key in functions.items()}
    return [name for name, found in events.items() if any(event["Type"] == "Schedule" for event in found)]


def _unattended(functions: dict[str, str], resources: dict[str, Any]) -> list[str]:
    """Return the names of the functions whose failure nobody sees and no queue keeps."""
    return [*_scheduled(functions, resources), *(name for name in CALLED_BY_LOGS if name in functions)]


def _log_group(name: str, days: int) -> dict[str, Any]:
    return {
        "Type": "AWS::Logs::LogGroup",
        "DeletionPolicy": "Delete",
        "UpdateReplacePolicy": "Delete",
        "Properties": {"LogGroupName": {"Fn::Sub": f"/aws/lambda/${{QueuePrefix}}-{name}"}, "RetentionInDays": days},
    }


def _finish_function(function: dict[str, Any], name: str, target: Target) -> None:
    properties = function["Properties"]
    properties["FunctionName"] = {"Fn::Sub": f"${{QueuePrefix}}-{name}"}
    properties["CodeUri"] = {"Bucket": {"Ref": "CodeBucket"}, "Key": {"Ref": "CodeKey"}}
    properties["Environment"] = {"Variables": environment(target)}
    properties["Tags"] = {"app": APP, "stage": target.stage}
    # Without the dependency a first call could make the group before the stack does, and without retention.
    function["DependsOn"] = [f"{logical_id(name)}LogGroup"]
    if name != API_FUNCTION:
        function["DependsOn"].append(PUBLIC_URL)


def _public_url(target: Target) -> dict[str, Any]:
    """Return the parameter that tells the functions where they are called, beside the secrets, which they read anyway.
    In their environment it would be a circle: the API is made of the function that answers it. The others wait for it.
    """
    own = emulator.api_url(target, "${RestAPI}") if target.emulated else _ENDPOINT
    return {
        "Type": "AWS::SSM::Parameter",
        "Properties": {
            "Name": {"Fn::Sub": "${SecretsPath}public-url"},
            "Type": "String",
            "Value": target.public_url or {"Fn::Sub": own},
            "Description": "Where the API is called from outside.",
        },
    }


def _event(function: dict[str, Any], kind: str) -> dict[str, Any]:
    """Return the properties of the function's only event source of a kind; Chalice chose its id."""
    events = [event for event in function["Properties"].get("Events", {}).values() if event["Type"] == kind]
    if len(events) != 1:
        raise TemplateError(
            f"{function['Properties']['Handler']} has {len(events)} {kind} event sources instead of one"
        )
    properties: dict[str, Any] = events[0]["Properties"]
    return properties


def _connect_queues(resources: dict[str, Any], functions: dict[str, str]) -> None:
    timeouts = {name: resources[key]["Properties"]["Timeout"] for name, key in functions.items()}
    resources.update(queue_resources(timeouts))
    for spec in QUEUES:
        if spec.function not in functions:
            raise TemplateError(f"no function {spec.function}: nothing would work the queue {spec.name}")
        source = _event(resources[functions[spec.function]], "SQS")
        source["Queue"] = {"Fn::GetAtt": [spec.logical_id, "Arn"]}
        source["BatchSize"] = spec.batch
        source["MaximumBatchingWindowInSeconds"] = spec.window
        source["ScalingConfig"] = {"MaximumConcurrency": spec.at_once}
        source["FunctionResponseTypes"] = ["ReportBatchItemFailures"]


def _connect_stream(resources: dict[str, Any], functions: dict[str, str]) -> None:
    if STREAM_FUNCTION not in functions:
        raise TemplateError(f"no function {STREAM_FUNCTION}: nothing would relay the outbox")
    source = _event(resources[functions[STREAM_FUNCTION]], "DynamoDB")
    source.clear()
    source.update(
        {
            "Stream": {"Ref": "OutboxStreamArn"},
            # Rows that were written while the mapping did not exist are relayed too.
            "StartingPosition": "TRIM_HORIZON",
            "BatchSize": 100,
            "FilterCriteria": {"Filters": [{"Pattern": json.dumps({"eventName": ["INSERT"]})}]},
            "BisectBatchOnFunctionError": True,
            "MaximumRetryAttempts": 10,
            "MaximumRecordAgeInSeconds": 3600,
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
            "DestinationConfig": {
                "OnFailure": {"Type": "SQS", "Destination": {"Fn::GetAtt": [STREAM_FAILURES, "Arn"]}}
            },
        }
    )


def _finish_api(api: dict[str, Any], target: Target) -> None:
    properties = api["Properties"]
    # With an OpenApiVersion SAM leaves out a second stage called `Stage`.
    properties["OpenApiVersion"] = "2.0"
    properties["EndpointConfiguration"] = {"Type": "REGIONAL"}
    properties["TracingEnabled"] = True
    properties["GatewayResponses"] = gateway_responses(target.cors_origins)
    fold(properties["DefinitionBody"]["paths"])
    answer_every_method(properties["DefinitionBody"])
    if not target.emulated:
        properties.update(edge.TLS)
        properties["MethodSettings"] = edge.method_settings(properties["DefinitionBody"]["paths"], target.edge)
        if target.domain and target.domain.only:
            properties["DisableExecuteApiEndpoint"] = True
    if target.access_logs:
        properties["AccessLogSetting"] = access_logs.setting()
    properties["Name"] = {"Fn::Sub": "${QueuePrefix}-api"}
    properties["Tags"] = {"app": APP, "stage": target.stage}


def _outputs(functions: dict[str, str]) -> dict[str, Any]:
    outputs: dict[str, Any] = {
        "RestApiId": {"Value": {"Ref": "RestAPI"}},
        "EndpointUrl": {"Value": {"Fn::Sub": _ENDPOINT}},
        "AlarmsTopicArn": {"Value": {"Ref": "AlarmsTopic"}},
        "StreamFailuresQueueUrl": {"Value": {"Ref": STREAM_FAILURES}},
    }
    for key in functions.values():
        outputs[f"{key}Function"] = {"Value": {"Ref": key}}
    for spec in QUEUES:
        outputs[f"{spec.logical_id}Url"] = {"Value": {"Ref": spec.logical_id}}
        outputs[f"{spec.dead_letter_id}Url"] = {"Value": {"Ref": spec.dead_letter_id}}
    return outputs


def finish(packaged: dict[str, Any], target: Target) -> dict[str, Any]:
    """Return the app stack's SAM template, made of what `chalice package` wrote; the argument stays as it is.

    Raises:
        TemplateError: a function is not configured, or one that a queue or the stream needs is not there.
    """
    template = copy.deepcopy(packaged)
    resources = template["Resources"]
    functions = _functions(template, target.project)
    for name, key in functions.items():
        _finish_function(resources[key], name, target)
        resources[f"{key}LogGroup"] = _log_group(name, target.log_days)
    _connect_queues(resources, functions)
    _connect_stream(resources, functions)
    _finish_api(resources["RestAPI"], target)
    resources.update(edge.firewall(target))
    resources.update(domain.resources(target))
    resources[PUBLIC_URL] = _public_url(target)
    resources.update(feedback.resources(target, resources[PUBLIC_URL]["Properties"]["Value"]))
    if target.access_logs:
        resources.update(access_logs.resources(target))
    resources.update(alarm_resources(functions, _unattended(functions, resources), target))
    canary.release(template, target)
    concurrency.reserve(template, functions, target)
    runbooks.link(resources)
    if target.emulated:
        emulator.drop_formulas(resources)
    resources.update(dashboard_resources(target, resources))
    template["Description"] = f"Linli {target.stage}: functions, API, queues and alarms."
    template["Outputs"] = _outputs(functions) | domain.outputs(target)
    text = json.dumps(template)
    used = [name for name in PARAMETERS if f'"Ref": "{name}"' in text or f"${{{name}}}" in text]
    template["Parameters"] = {name: {"Type": "String"} for name in used}
    return template
