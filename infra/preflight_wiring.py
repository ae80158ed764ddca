"""Preflight: what is connected to what. AWS takes most of these templates, the emulator all of them; then a message, a
log or an alarm silently goes nowhere.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from infra.metrics import AWS_METRICS, sent_by_the_code
from infra.references import Template, as_list, of_type, render

GATEWAY_SECONDS = 29
"""After which API Gateway no longer waits for a function."""
LEAST_TRIES = 5
"""As Lambda's documentation of queues recommends."""
_NAME_OF = {
    "AWS::SQS::Queue": "QueueName",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::SNS::Topic": "TopicName",
    "AWS::DynamoDB::Table": "TableName",
    "AWS::CloudWatch::Alarm": "AlarmName",
    "AWS::SSM::Parameter": "Name",
    "AWS::S3::Bucket": "BucketName",
}
_DAYS_KEPT = 4 * 24 * 3600  # seconds that SQS keeps a message where a queue does not say
_ARN = re.compile(r"arn:aws[a-z-]*:[a-z0-9-]+:([a-z]{2}(?:-[a-z]+)+-\d):")
_LAMBDA_LOGS = "/aws/lambda/"


def _functions(template: Template) -> dict[str, dict[str, Any]]:
    return dict(of_type(template, "AWS::Lambda::Function"))


def _called(mapping: dict[str, Any]) -> str:
    return str(as_list(mapping["FunctionName"])[0].get("Ref", ""))


def failures_are_reported(template: Template) -> Iterator[str]:
    """A consumer that says which messages failed must be asked, or Lambda deletes the failed ones with the others."""
    for key, mapping in of_type(template, "AWS::Lambda::EventSourceMapping"):
        if "ReportBatchItemFailures" not in mapping.get("FunctionResponseTypes", ()):
            yield f"{key}: failed messages of a batch would be taken for worked (ReportBatchItemFailures is missing)"


def streams_move_on(template: Template) -> Iterator[str]:
    """Without a bound a record that cannot be worked holds its shard up for a day, and is lost then."""
    for key, mapping in of_type(template, "AWS::Lambda::EventSourceMapping"):
        bounded = all(mapping.get(part, -1) >= 0 for part in ("MaximumRetryAttempts", "MaximumRecordAgeInSeconds"))
        kept = mapping.get("DestinationConfig", {}).get("OnFailure") is not None
        if "StartingPosition" in mapping and not (bounded and kept):
            yield f"{key}: a record that cannot be worked holds the stream up (bounds or a destination are missing)"


def reserved_covers_the_source(template: Template) -> Iterator[str]:
    """A queue that hands out more than the function may run at once has its messages refused, and in the end dead."""
    functions = _functions(template)
    for key, mapping in of_type(template, "AWS::Lambda::EventSourceMapping"):
        reserved = functions.get(_called(mapping), {}).get("ReservedConcurrentExecutions")
        wanted = mapping.get("ScalingConfig", {}).get("MaximumConcurrency", 1)
        if reserved is not None and reserved < wanted:
            yield f"{key}: hands out {wanted} batches at once, but {_called(mapping)} may run {reserved}"


def dead_letters_outlive_their_queue(template: Template) -> Iterator[str]:
    """SQS counts a dead letter's age from when it was first sent: a shorter retention loses it on arrival."""
    queues = {
        render({"Fn::GetAtt": [key, "Arn"]}, template): queue for key, queue in of_type(template, "AWS::SQS::Queue")
    }
    for key, queue in of_type(template, "AWS::SQS::Queue"):
        target = queue.get("RedrivePolicy", {}).get("deadLetterTargetArn")
        dead = queues.get(render(target, template)) if target is not None else None
        if dead is not None and _kept(dead) < _kept(queue):
            yield f"{key}: its dead letters are kept {_kept(dead)} s, shorter than its messages ({_kept(queue)} s)"


def messages_are_tried_enough(template: Template) -> Iterator[str]:
    """Lambda's pollers use a receive up where a function is throttled: with a few, messages die unseen."""
    for key, queue in of_type(template, "AWS::SQS::Queue"):
        tries = queue.get("RedrivePolicy", {}).get("maxReceiveCount", LEAST_TRIES)
        if tries < LEAST_TRIES:
            yield f"{key}: its messages die after {tries} receives; {LEAST_TRIES} at least"


def dashboards_can_be_read(template: Template) -> Iterator[str]:
    """CloudFormation hands a dashboard's body on as text, and CloudWatch refuses what is no JSON."""
    for key, board in of_type(template, "AWS::CloudWatch::Dashboard"):
        try:
            json.loads(render(board["DashboardBody"], template))
        except ValueError as error:
            yield f"{key}: its body is no JSON: {error}"


def _kept(queue: dict[str, Any]) -> int:
    return int(queue.get("MessageRetentionPeriod", _DAYS_KEPT))


def rules_may_call(template: Template) -> Iterator[str]:
    """A schedule whose rule may not invoke its function runs nothing, and no error is told anywhere but in a metric."""
    allowed = {
        (render(one["FunctionName"], template), render(one.get("SourceArn", ""), template))
        for _, one in of_type(template, "AWS::Lambda::Permission")
        if one["Principal"] == "events.amazonaws.com"
    }
    names = {
        render({"Fn::GetAtt": [key, "Arn"]}, template): render({"Ref": key}, template) for key in _functions(template)
    }
    for key, rule in of_type(template, "AWS::Events::Rule"):
        for target in rule.get("Targets", ()):
            name = names.get(render(target["Arn"], template))
            if name is None:
                yield f"{key}: its target is no function of this stack"
            elif (name, render({"Fn::GetAtt": [key, "Arn"]}, template)) not in allowed:
                yield f"{key}: may not call {name}"


def logs_go_where_they_are_kept(template: Template) -> Iterator[str]:
    """Lambda writes to `/aws/lambda/<its name>`, and makes that group itself, without retention, where nobody has."""
    groups = {render(one.get("LogGroupName", ""), template) for _, one in of_type(template, "AWS::Logs::LogGroup")}
    functions = {
        _LAMBDA_LOGS + render(one.get("FunctionName", key), template): key for key, one in _functions(template).items()
    }
    for name, key in functions.items():
        if name not in groups and "LoggingConfig" not in _functions(template)[key]:
            yield f"{key}: no log group {name}: its logs would be kept for ever"
    for name in sorted(one for one in groups if one.startswith(_LAMBDA_LOGS) and one not in functions):
        yield f"no function writes to the log group {name}"


def alarms_watch_what_there_is(template: Template) -> Iterator[str]:
    """CloudWatch takes an alarm on a metric that nobody sends; it then never goes off."""
    filtered = {
        one["MetricName"]
        for _, row in of_type(template, "AWS::Logs::MetricFilter")
        for one in row["MetricTransformations"]
    }
    own = sent_by_the_code() | filtered
    for key, alarm in of_type(template, "AWS::CloudWatch::Alarm"):
        for metric in _metrics(alarm):
            namespace, name = render(metric["Namespace"], template), metric["MetricName"]
            if name not in AWS_METRICS.get(namespace, own):
                yield f"{key}: nobody sends a metric {name} in {namespace}"
            yield from _unknown_dimensions(key, metric, template)


def _metrics(alarm: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "MetricName" in alarm:
        yield alarm
    yield from (one["MetricStat"]["Metric"] for one in alarm.get("Metrics", ()) if "MetricStat" in one)


def _unknown_dimensions(key: str, metric: dict[str, Any], template: Template) -> Iterator[str]:
    """Yield what a metric of a queue or a function says of one that this stack does not have."""
    known = {
        "QueueName": {render(q.get("QueueName", ""), template) for _, q in of_type(template, "AWS::SQS::Queue")},
        "FunctionName": {render({"Ref": one}, template) for one in _functions(template)},
    }
    for dimension in metric.get("Dimensions", ()):
        value = dimension["Value"]
        if isinstance(value, dict) and "Fn::GetAtt" in value and value["Fn::GetAtt"][1] == "QueueName":
            value = template["Resources"].get(value["Fn::GetAtt"][0], {}).get("Properties", {}).get("QueueName", "")
        if dimension["Name"] in known and render(value, template) not in known[dimension["Name"]]:
            yield f"{key}: this stack has no {dimension['Name']} {render(value, template)}"


def api_answers_in_time(template: Template) -> Iterator[str]:
    """What the API's function does after 29 s nobody hears of."""
    text = json.dumps([one.get("Body", {}) for _, one in of_type(template, "AWS::ApiGateway::RestApi")])
    aliases = {key: row["FunctionName"]["Ref"] for key, row in of_type(template, "AWS::Lambda::Alias")}
    called = {key for key in _functions(template) if f"${{{key}.Arn}}" in text}
    called |= {function for alias, function in aliases.items() if f"${{{alias}}}" in text}
    for key in sorted(called):
        seconds = _functions(template)[key].get("Timeout", 3)
        if seconds > GATEWAY_SECONDS:
            yield f"{key}: may take {seconds} s, but API Gateway waits {GATEWAY_SECONDS} s"


def names_are_taken_once(template: Template) -> Iterator[str]:
    """Two resources of one name: the second cannot be made, and takes the stack back with it."""
    names = Counter(
        (kind, render(properties[attribute], template))
        for kind, attribute in _NAME_OF.items()
        for _, properties in of_type(template, kind)
        if attribute in properties
    )
    yield from (f"{count} resources of {kind} are named {name}" for (kind, name), count in names.items() if count > 1)


def exports_carry_the_stage(template: Template) -> Iterator[str]:
    """The names of exports are one list for a region and account: two stages with the same would not deploy."""
    for key, output in template.get("Outputs", {}).items():
        name = render(output["Export"]["Name"], template) if "Export" in output else None
        if name is not None and not re.search(r"\$\{(Stage|QueuePrefix|TablePrefix|AWS::StackName)\}", name):
            yield f"output {key}: the export {name} would be the same in every stage"


def nothing_is_elsewhere(template: Template, region: str) -> Iterator[str]:
    """An ARN of another region names something that this stack's services do not see."""
    for key, resource in template["Resources"].items():
        for found in sorted(set(_ARN.findall(json.dumps(resource)))):
            if found != region:
                yield f"{key}: names something in {found}, but the stack is in {region}"


CHECKS = (
    failures_are_reported,
    streams_move_on,
    reserved_covers_the_source,
    dead_letters_outlive_their_queue,
    messages_are_tried_enough,
    dashboards_can_be_read,
    rules_may_call,
    logs_go_where_they_are_kept,
    alarms_watch_what_there_is,
    api_answers_in_time,
    names_are_taken_once,
    exports_carry_the_stage,
)
