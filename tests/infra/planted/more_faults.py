"""Faults that AWS takes, and that break in production: a message, a log, an alarm or a request goes nowhere."""

import json
from dataclasses import replace
from typing import Any

from infra.preflight_domain import Certificate
from tests.infra.planted.registry import Scene, fault


@fault("failed messages of a batch taken for worked", "failures_are_reported")
def _(scene: Scene) -> None:
    del scene.mapping("PaymentsWork")["FunctionResponseTypes"]


@fault("stream without bounds on repeats", "streams_move_on")
def _(scene: Scene) -> None:
    del scene.mapping("OutboxRelay")["MaximumRetryAttempts"]


@fault("stream without a place for what failed", "streams_move_on")
def _(scene: Scene) -> None:
    del scene.mapping("OutboxRelay")["DestinationConfig"]


@fault("queue that hands out more than its function may run", "reserved_covers_the_source")
def _(scene: Scene) -> None:
    scene.properties("PaymentsWork")["ReservedConcurrentExecutions"] = 1


@fault("dead letters kept shorter than messages", "dead_letters_outlive_their_queue")
def _(scene: Scene) -> None:
    scene.properties("PaymentsDeadLetterQueue")["MessageRetentionPeriod"] = 86_400


@fault("schedule that may not call its function", "rules_may_call")
def _(scene: Scene) -> None:
    rows = scene.app["Resources"]
    key = next(key for key, row in rows.items() if row["Type"] == "AWS::Lambda::Permission" and "Sweep" in key)
    del rows[key]


@fault("schedule that may call another function", "rules_may_call")
def _(scene: Scene) -> None:
    scene.properties("OutboxSweepOutboxSweepEventPermission")["FunctionName"] = {"Ref": "PaymentsSweep"}


@fault("log group of another name", "logs_go_where_they_are_kept")
def _(scene: Scene) -> None:
    scene.properties("PaymentsWorkLogGroup")["LogGroupName"] = {"Fn::Sub": "/aws/lambda/${QueuePrefix}-payment-work"}


@fault("function without a log group", "logs_go_where_they_are_kept")
def _(scene: Scene) -> None:
    scene.properties("PaymentsWork")["FunctionName"] = {"Fn::Sub": "${QueuePrefix}-payments"}


@fault("alarm on a metric that the code does not send", "alarms_watch_what_there_is")
def _(scene: Scene) -> None:
    scene.properties("OutboxStuckAlarm")["MetricName"] = "OutboxStack"


@fault("alarm on a metric that AWS does not send", "alarms_watch_what_there_is")
def _(scene: Scene) -> None:
    scene.properties("PaymentsQueueAgeAlarm")["MetricName"] = "AgeOfOldestMessage"


@fault("alarm on a queue that is not there", "alarms_watch_what_there_is")
def _(scene: Scene) -> None:
    scene.properties("PaymentsQueueAgeAlarm")["Dimensions"][0]["Value"] = {"Fn::Sub": "${QueuePrefix}-payment"}


@fault("API function slower than API Gateway waits", "api_answers_in_time")
def _(scene: Scene) -> None:
    scene.properties("APIHandler")["Timeout"] = 60


@fault("two queues of one name", "names_are_taken_once")
def _(scene: Scene) -> None:
    scene.properties("PayoutsQueue")["QueueName"] = scene.properties("PaymentsQueue")["QueueName"]


@fault("export that is the same in every stage", "exports_carry_the_stage")
def _(scene: Scene) -> None:
    scene.app["Outputs"]["EndpointUrl"]["Export"] = {"Name": "linli-endpoint"}


@fault("ARN of another region", "nothing_is_elsewhere")
def _(scene: Scene) -> None:
    topic = "arn:aws:sns:eu-central-1:123456789012:alarms"
    scene.properties("PaymentsQueueAgeAlarm")["AlarmActions"] = [topic]


@fault("environment that is over 4 KB once parameters are filled in", "environments_fit")
def _(scene: Scene) -> None:
    variables = scene.properties("SearchIndex")["Environment"]["Variables"]
    variables.update({f"P{number}": {"Ref": "SealKeyArn"} for number in range(40)})


@fault("over 500 resources in one stack", "cfn-lint E3010")
def _(scene: Scene) -> None:
    group = {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": 1}}
    group |= {"DeletionPolicy": "Delete", "UpdateReplacePolicy": "Delete"}
    scene.app["Resources"].update({f"Spare{number}": group for number in range(501)})


@fault("parameter that is not passed on", "cfn-lint E1020")
def _(scene: Scene) -> None:
    scene.properties("PaymentsWork")["Environment"]["Variables"]["TABLE_PREFIX"] = {"Ref": "TablesPrefix"}


@fault("messages that die of a throttled function", "messages_are_tried_enough")
def _(scene: Scene) -> None:
    scene.properties("PaymentsQueue")["RedrivePolicy"]["maxReceiveCount"] = 2


@fault("queue whose visibility is longer than SQS has it", "cfn-lint E3034")
def _(scene: Scene) -> None:
    scene.properties("PaymentsQueue")["VisibilityTimeout"] = 43_201


@fault("dashboard that is no JSON", "dashboards_can_be_read")
def _(scene: Scene) -> None:
    board: Any = next(one for one in scene.app["Resources"].values() if one["Type"] == "AWS::CloudWatch::Dashboard")
    board["Properties"]["DashboardBody"] = json.dumps({"widgets": []})[:-1]  # a bracket is gone


@fault("certificate of another region", "certificates_are_of_the_region")
def _(scene: Scene) -> None:
    arn = "arn:aws:acm:us-east-1:123456789012:certificate/1"
    name = {"DomainName": "api.linli.example", "RegionalCertificateArn": arn}
    scene.app["Resources"]["ApiName"] = {"Type": "AWS::ApiGateway::DomainName", "Properties": name}


@fault("certificate that nobody has validated", "certificate_is_good")
def _(scene: Scene) -> None:
    scene.facts = replace(scene.facts, certificate=Certificate("api.linli.example", "PENDING_VALIDATION"))
