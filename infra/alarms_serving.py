"""Alarms of what serves people: the API, the functions' limits, tables, the outbox, payments, the firewall, the key.

What is a share has a least number beside it, below which a share says nothing: one failure of three requests at night
wakes nobody. Two metrics in one alarm are paid as two.
"""

from typing import Any

from infra import access_logs, edge
from infra.targets import Target

TOPIC = "AlarmsTopic"

ERRORS_PERCENT, ERRORS_LEAST = 1, 5
"""Of all answers of the API in five minutes."""
SLOW_MS = 3_000
"""The slowest hundredth of answers, for a quarter of an hour. Beginning to pay asks a provider and takes one second."""
CONCURRENCY_PERCENT = 80
"""Of what the account's functions may run at once; beyond it Lambda turns calls away."""
TABLES_THROTTLED = 20
"""Attempts that DynamoDB turned away in five minutes: botocore repeats them, and nobody may have noticed yet."""
THROTTLED = 100
"""Requests in five minutes that the limits of `edge` turned away."""
STREAM_BEHIND_MS = 60_000
OUTBOX_MINUTES = 5
"""Minutes on end in which the sweep found what the relay should have sent."""
FAILING_PERCENT, FAILING_LEAST = 50, 10
"""Of payments that ended in a quarter of an hour. One in ten is declined on any day."""
PROVIDER_ERRORS = 10
"""Calls in five minutes that a provider did not answer."""
BLOCKED = 10_000
"""Requests in five minutes that the firewall kept out: twice what one address may send at all."""


def _stated(description: str, threshold: Any, minutes: int, periods: int, **more: Any) -> dict[str, Any]:
    """Return an alarm over `periods` periods of some minutes, all of which have to be over the threshold."""
    return {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {
            "AlarmDescription": description,
            "Threshold": threshold,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "EvaluationPeriods": periods,
            "TreatMissingData": "notBreaching",
            "AlarmActions": [{"Ref": TOPIC}],
            "OKActions": [{"Ref": TOPIC}],
            **more,
            **({"Period": minutes * 60} if "Metrics" not in more else {}),
        },
    }


def _one(
    about: str, metric: tuple[str, str, str], dimensions: dict[str, Any], threshold: Any, minutes: int = 5, n: int = 1
) -> dict[str, Any]:
    namespace, name, statistic = metric
    kind = "ExtendedStatistic" if statistic.startswith("p") else "Statistic"
    more = {"Namespace": namespace, "MetricName": name, kind: statistic, "Dimensions": _listed(dimensions)}
    if statistic.startswith("p"):
        more["EvaluateLowSampleCountPercentile"] = "ignore"
    return _stated(about, threshold, minutes, n, **more)


def _share(about: str, queries: list[dict[str, Any]], whole: str, limits: tuple[int, int]) -> dict[str, Any]:
    """Return an alarm of how many percent `part` is of `whole`, both expressions of what is queried."""
    percent, least = limits
    share = f"IF(FILL(part, 0) >= {least}, 100 * part / ({whole}), 0)"
    metrics = [*queries, {"Id": "share", "Expression": share, "Label": about}]
    return _stated(about, percent, 0, 1, Metrics=metrics)


def _query(key: str, namespace: str, name: str, dimensions: dict[str, Any], minutes: int) -> dict[str, Any]:
    metric = {"Namespace": namespace, "MetricName": name, "Dimensions": _listed(dimensions)}
    return {"Id": key, "MetricStat": {"Metric": metric, "Period": minutes * 60, "Stat": "Sum"}, "ReturnData": False}


def _listed(dimensions: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"Name": name, "Value": value} for name, value in dimensions.items()]


def serving_alarms(api_function: str, relay_function: str, target: Target) -> dict[str, Any]:
    """Return the alarms; the functions are given by their ids in the template. The parameter `ConcurrencyThreshold`
    is how many functions at once are too many.
    """
    stage = {"stage": {"Ref": "Stage"}}
    return {
        **_of_the_api(api_function),
        "TablesThrottledAlarm": _one(
            "DynamoDB turns attempts away: a key is hot, or a table grows faster than it can",
            ("Linli", "Throttled", "Sum"), stage, TABLES_THROTTLED,
        ),
        "KeysFailingAlarm": _one("The data key cannot be opened by KMS", ("Linli", "KeyErrors", "Sum"), stage, 1),
        **_of_the_outbox(relay_function, stage),
        **_of_payments(stage),
        **_of_the_edge(target),
    }  # fmt: skip


def _of_the_api(function: str) -> dict[str, Any]:
    api = {"ApiName": {"Fn::Sub": "${QueuePrefix}-api"}, "Stage": edge.STAGE_NAME}
    queries = [
        _query("part", "AWS/ApiGateway", "5XXError", api, 5),
        _query("answers", "AWS/ApiGateway", "Count", api, 5),
    ]
    about = f"{ERRORS_PERCENT} % of what the API answers is a server error"
    return {
        "ApiErrorsAlarm": _share(about, queries, "answers", (ERRORS_PERCENT, ERRORS_LEAST)),
        "ApiSlowAlarm": _one(
            "The API is slow for one in a hundred", ("AWS/ApiGateway", "Latency", "p99"), api, SLOW_MS, n=3
        ),
        "ApiFunctionThrottledAlarm": _one(
            "Lambda turned requests away: too many at once",
            ("AWS/Lambda", "Throttles", "Sum"), {"FunctionName": {"Ref": function}}, 1,
        ),
        "ConcurrencyAlarm": _one(
            f"The account's functions run at {CONCURRENCY_PERCENT} % of what they may at once",
            ("AWS/Lambda", "ConcurrentExecutions", "Maximum"), {}, {"Ref": "ConcurrencyThreshold"},
        ),
    }  # fmt: skip


def _of_the_outbox(relay: str, stage: dict[str, Any]) -> dict[str, Any]:
    return {
        "StreamBehindAlarm": _one(
            "The outbox's stream is not read as fast as it is written",
            ("AWS/Lambda", "IteratorAge", "Maximum"), {"FunctionName": {"Ref": relay}}, STREAM_BEHIND_MS,
            minutes=1, n=3,
        ),
        "OutboxBehindAlarm": _one(
            "The relay leaves messages behind; the sweep sends them a minute late",
            ("Linli", "OutboxLeftBehind", "Sum"), stage, 1, minutes=1, n=OUTBOX_MINUTES,
        ),
    }  # fmt: skip


def _of_payments(stage: dict[str, Any]) -> dict[str, Any]:
    queries = [
        _query("part", "Linli", "PaymentsFailed", stage, 15),
        _query("good", "Linli", "PaymentsSucceeded", stage, 15),
    ]
    limits = (FAILING_PERCENT, FAILING_LEAST)
    return {
        "PaymentsFailingAlarm": _share(
            f"{FAILING_PERCENT} % of payments fail", queries, "part + FILL(good, 0)", limits
        ),
        "ProvidersFailingAlarm": _one(
            "A provider does not answer", ("Linli", "ProviderErrors", "Sum"), stage, PROVIDER_ERRORS
        ),
        "NoticesUnworkedAlarm": _one(
            "Providers' notices were not worked for an hour", ("Linli", "InboxUnworked", "Sum"), stage, 1
        ),
    }


def _of_the_edge(target: Target) -> dict[str, Any]:
    found = {}
    if target.access_logs:
        found["ApiThrottledAlarm"] = _one(
            "API Gateway turned requests away: the stage's limits are reached",
            (access_logs.NAMESPACE, "ApiThrottled", "Sum"), {}, THROTTLED,
        )  # fmt: skip
        found["ApiThrottledAlarm"]["Properties"]["Namespace"] = {"Fn::Sub": access_logs.NAMESPACE}
    if target.waf:
        acl = {"WebACL": {"Fn::Sub": edge.ACL_NAME}, "Region": {"Ref": "AWS::Region"}, "Rule": "ALL"}
        found["FirewallBlocksAlarm"] = _one(
            "The firewall keeps very much out", ("AWS/WAFV2", "BlockedRequests", "Sum"), acl, BLOCKED
        )
    return found


def concurrency_threshold(target: Target) -> str:
    """Return how many functions at once are too many in the target's account, as the parameter is given."""
    limit = target.client("lambda").get_account_settings()["AccountLimit"]["ConcurrentExecutions"]
    return str(max(1, limit * CONCURRENCY_PERCENT // 100))
