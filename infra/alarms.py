"""Alarms: a message in a dead-letter queue, a queue that is not worked off, a scheduled function that fails, what
serves people (`alarms_serving`), and what the business itself reports that only a person can mend.

Each fault is told by what it does, once, for alarms are paid by the month: the API's failures by its answers, those of
the queues' workers by their queues, those of the relay by the outbox. Only what runs on a schedule would fail unseen.
"""

from collections.abc import Collection
from typing import Any

from infra.alarms_backup import backup_alarms
from infra.alarms_serving import TOPIC, serving_alarms
from infra.queues import QUEUES, STREAM_FAILURES
from infra.targets import Target

# Metrics of `kit.observability.metric` that call a person: id, metric, further dimensions, what it means.
BUSINESS: tuple[tuple[str, str, dict[str, str], str], ...] = (
    ("RefundFailed", "Refunds", {"state": "failed"}, "A refund failed at the provider; the customer waits for money"),
    ("UnknownRefund", "UnknownRefund", {}, "Somebody refunded at the provider by hand; the books do not know"),
    ("UnknownCharge", "UnknownCharge", {}, "The provider has a charge that is not ours"),
    ("PayoutsUncovered", "PayoutsUncovered", {}, "Settlements and books of a merchant differ; nothing is paid out"),
    ("TransfersRefused", "TransfersRefused", {}, "The provider refused to send a merchant's money"),
    ("PayoutsUnfinished", "PayoutTasksFailed", {}, "Payouts could not be worked, not by the hourly run either"),
    ("CredentialStuffing", "RiskAlerts", {"kind": "stuffing"}, "Many accounts are guessed at from one network"),
    ("SmsCapReached", "SmsCapReached", {}, "Codes by text message cost their cap of the day: nobody gets one"),
    ("PasskeysCloned", "PasskeysCloned", {}, "A passkey may have been copied: its counter did not rise"),
    ("AddressesUnknown", "AddressesUnknown", {}, "The database of where addresses are cannot be read"),
    ("ReconciliationCase", "ReconciliationNewCases", {}, "Provider, books and orders do not agree: a new case"),
    ("ReconciliationUnfinished", "ReconciliationUnfinished", {}, "A day could not be reconciled to its end"),
    ("AuditAltered", "AuditAltered", {}, "Sealed entries of the audit log changed, or came late: make audit-verify"),
    ("AuditUnsealed", "AuditUnsealed", {}, "Days of the audit log could not be sealed"),
    (
        "NoticesOverCap",
        "NoticesOverCap",
        {},
        "Notices of a kind cost their cap of the day",
    ),
    ("NoticeChannelDown", "ChannelsDown", {}, "A channel of notices has been down for a quarter of an hour"),
    ("ModerationLate", "ModerationLate", {}, "A review, or an appeal, has waited for a day for somebody to look at it"),
    ("OutboxStuck", "OutboxStuck", {}, "Messages could not be sent, not by the sweep either"),
)


def _alarm(description: str, metric: dict[str, Any], threshold: int, dimensions: dict[str, Any]) -> dict[str, Any]:
    return {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {
            "AlarmDescription": description,
            **metric,
            "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()],
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
    return _alarm(description, source, threshold, {"QueueName": {"Fn::GetAtt": [queue_id, "QueueName"]}})


def _function_alarm(name: str, logical_id: str) -> dict[str, Any]:
    source = {
        "Namespace": "AWS/Lambda",
        "MetricName": "Errors",
        "Statistic": "Sum",
        "Period": 300,
        "EvaluationPeriods": 1,
    }
    return _alarm(f"{name} failed", source, 1, {"FunctionName": {"Ref": logical_id}})


def _business_alarm(name: str, dimensions: dict[str, str], description: str) -> dict[str, Any]:
    source = {"Namespace": "Linli", "MetricName": name, "Statistic": "Sum", "Period": 300, "EvaluationPeriods": 1}
    return _alarm(description, source, 1, {"stage": {"Ref": "Stage"}, **dimensions})


def _sms_alarm(daily_cap: int) -> dict[str, Any]:
    """Return the alarm of what codes by text message cost in a UTC date: four fifths of their cap, which is in US
    dollars; the metric is in millionths of one.
    """
    source = {"Namespace": "Linli", "MetricName": "SmsSpend", "Statistic": "Sum", "Period": 86_400}
    about = "Codes by text message cost four fifths of what they may today"
    return _alarm(about, source | {"EvaluationPeriods": 1}, daily_cap * 800_000, {"stage": {"Ref": "Stage"}})


def _silence_alarm(name: str, description: str) -> dict[str, Any]:
    """Return the alarm of something that did not happen for a day and a half, because nothing ran either."""
    source = {"Namespace": "Linli", "MetricName": name, "Statistic": "Sum", "Period": 43_200, "EvaluationPeriods": 3}
    alarm = _alarm(description, source, 1, {"stage": {"Ref": "Stage"}})
    alarm["Properties"] |= {"ComparisonOperator": "LessThanThreshold", "TreatMissingData": "breaching"}
    return alarm


def alarm_resources(functions: dict[str, str], scheduled: Collection[str], target: Target) -> dict[str, Any]:
    """Return the topic, and the alarms where the target has any.

    `functions` maps a function's name to its id in the template; `scheduled` are the names of those that run on a
    schedule, or whose failure nobody else sees. The target's `alarm_email`, where there is one, subscribes to the
    topic.
    """
    topic: dict[str, Any] = {
        "Type": "AWS::SNS::Topic",
        "Properties": {"TopicName": {"Fn::Sub": "${QueuePrefix}-alarms"}},
    }
    if target.alarm_email:
        topic["Properties"]["Subscription"] = [{"Protocol": "email", "Endpoint": target.alarm_email}]
    resources = {TOPIC: topic}
    if not target.alarms:
        return resources
    dead = {spec.dead_letter_id: f"Messages of {spec.name} could not be worked" for spec in QUEUES}
    dead[STREAM_FAILURES] = "The stream could not be relayed; the sweep takes over"
    for queue_id, description in dead.items():
        resources[f"{queue_id}Alarm"] = _queue_alarm(description, "ApproximateNumberOfMessagesVisible", 1, queue_id)
    for spec in QUEUES:
        resources[f"{spec.logical_id}AgeAlarm"] = _queue_alarm(
            f"{spec.name} is not worked off", "ApproximateAgeOfOldestMessage", spec.age_alarm, spec.logical_id
        )
    for name in scheduled:
        resources[f"{functions[name]}ErrorsAlarm"] = _function_alarm(name, functions[name])
    for alarm_id, metric, dimensions, description in BUSINESS:
        resources[f"{alarm_id}Alarm"] = _business_alarm(metric, dimensions, description)
    resources["SmsSpendAlarm"] = _sms_alarm(target.sms_daily_cap)
    resources["AuditOverdueAlarm"] = _silence_alarm("AuditSealed", "The audit log was not sealed for a day and a half")
    resources |= backup_alarms(target)
    return resources | serving_alarms(functions["api"], functions["outbox-relay"], target)
