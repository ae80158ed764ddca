"""Alarms: a message in a dead-letter queue, a queue that is not worked off, a function that fails."""

from typing import Any

from infra.queues import QUEUES, STREAM_FAILURES

TOPIC = "AlarmsTopic"


def _alarm(description: str, metric: dict[str, Any], threshold: int, dimension: tuple[str, Any]) -> dict[str, Any]:
    name, value = dimension
    return {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {
            "AlarmDescription": description,
            **metric,
            "Dimensions": [{"Name": name, "Value": value}],
            "Threshold": threshold,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "TreatMissingData": "notBreaching",
            "AlarmActions": [{"Ref": TOPIC}],
            "OKActions": [{"Ref": TOPIC}],
        },
    }


def _queue_alarm(description: str, metric: str, threshold: int, queue_id: str) -> dict[str, Any]:
    source = {
        "Namespace": "AWS/SQS",
        "MetricName": metric,
        "Statistic": "Maximum",
        "Period": 60,
        "EvaluationPeriods": 1,
    }
    return _alarm(description, source, threshold, ("QueueName", {"Fn::GetAtt": [queue_id, "QueueName"]}))


def _function_alarm(name: str, logical_id: str) -> dict[str, Any]:
    source = {
        "Namespace": "AWS/Lambda",
        "MetricName": "Errors",
        "Statistic": "Sum",
        "Period": 300,
        "EvaluationPeriods": 1,
    }
    return _alarm(f"{name} failed", source, 1, ("FunctionName", {"Ref": logical_id}))


def alarm_resources(functions: dict[str, str], email: str) -> dict[str, Any]:
    """Return the topic and the alarms.

    `functions` maps a function's name to its id in the template; `email`, where there is one, subscribes to the topic.
    """
    topic: dict[str, Any] = {
        "Type": "AWS::SNS::Topic",
        "Properties": {"TopicName": {"Fn::Sub": "${QueuePrefix}-alarms"}},
    }
    if email:
        topic["Properties"]["Subscription"] = [{"Protocol": "email", "Endpoint": email}]
    resources = {TOPIC: topic}
    dead = {spec.dead_letter_id: f"Messages of {spec.name} could not be worked" for spec in QUEUES}
    dead[STREAM_FAILURES] = "The stream could not be relayed; the sweep takes over"
    for queue_id, description in dead.items():
        resources[f"{queue_id}Alarm"] = _queue_alarm(description, "ApproximateNumberOfMessagesVisible", 1, queue_id)
    for spec in QUEUES:
        resources[f"{spec.logical_id}AgeAlarm"] = _queue_alarm(
            f"{spec.name} is not worked off", "ApproximateAgeOfOldestMessage", spec.age_alarm, spec.logical_id
        )
    for name, logical_id in functions.items():
        resources[f"{logical_id}ErrorsAlarm"] = _function_alarm(name, logical_id)
    return resources
