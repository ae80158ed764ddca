"""The dashboard: CloudWatch takes it, every metric on it is one that is sent, and its picture is of what it is now."""

import json
import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from infra import access_logs
from infra.dashboard import COLUMNS, Formula, Metric, Widget, sections
from infra.dashboard_body import body, dashboard_resources, placed
from infra.dashboard_picture import PICTURE, picture, sample
from infra.metrics import AWS_METRICS, sent_by_the_code
from infra.queues import QUEUES
from infra.tables import TABLES
from infra.targets import ROOT, Target
from infra.template_app import PARAMETERS, configured_functions

TARGET = sample()
WIDGETS = [one.what for one in placed(sections(TARGET)) if isinstance(one.what, Widget)]
CURVES = [curve for widget in WIDGETS for curve in widget.curves]
METRICS = [curve for curve in CURVES if isinstance(curve, Metric)]


@pytest.mark.parametrize("metric", METRICS, ids=lambda one: f"{one.namespace}/{one.name}/{one.label}")
def test_every_metric_is_one_that_is_sent(metric):
    if metric.namespace == "Linli":
        assert metric.name in sent_by_the_code()
        assert metric.dimensions[:2] == ("stage", "${Stage}")
    elif metric.namespace == access_logs.NAMESPACE:
        assert metric.name == "ApiThrottled"
    else:
        assert metric.name in AWS_METRICS[metric.namespace]


def test_further_dimensions_have_values_that_the_code_gives():
    words = " ".join(path.read_text() for path in (ROOT / "chalicelib").rglob("*.py"))
    for metric in METRICS:
        for name, value in zip(metric.dimensions[2::2], metric.dimensions[3::2], strict=True):
            if metric.namespace == "Linli":
                assert re.search(rf"metric\(\s*\"{metric.name}\"[^)]*{name}=", words), metric
                assert f'= "{value}"' in words, metric


def test_it_names_resources_as_they_are_named():
    text = body(TARGET, ["ApiErrorsAlarm"])
    named = set(re.findall(r"\$\{([^}]+)\}", text))
    assert named <= {*PARAMETERS, "AWS::Region", "ApiErrorsAlarm.Arn"}
    functions, tables = configured_functions(ROOT), {spec.name for spec in TABLES}
    queues = {spec.name for spec in QUEUES} | {f"{spec.name}-dlq" for spec in QUEUES} | {"outbox-relay-failures"}
    known = {"FunctionName": set(functions), "TableName": tables, "QueueName": queues}
    for metric in METRICS:
        dimensions = dict(zip(metric.dimensions[::2], metric.dimensions[1::2], strict=True))
        for name, names in known.items():
            if name in dimensions:
                assert dimensions[name].partition("}-")[2] in names


def test_what_the_issue_asks_for_is_on_it():
    names = {metric.name for metric in METRICS}
    asked = {
        "Count", "Latency", "4XXError", "5XXError", "Holds", "PaymentsBegun", "PaymentsSucceeded", "PaymentsFailed",
        "Refunds", "ApproximateAgeOfOldestMessage", "ApproximateNumberOfMessagesVisible", "Throttles", "Throttled",
        "ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits", "ConcurrentExecutions", "EstimatedCharges",
        "ReadUnits", "WriteUnits", "IteratorAge", "OutboxLeftBehind", "MerchantsSettled", "PayoutsUncovered",
        "DaysReconciled", "AuditSealed",
    }  # fmt: skip
    assert asked <= names
    assert {metric.stat for metric in METRICS if metric.name == "Latency"} == {"p50", "p95", "p99"}
    tables = {metric.label for metric in METRICS if metric.name == "ConsumedWriteCapacityUnits"}
    assert tables == {spec.name for spec in TABLES}


def test_widgets_lie_side_by_side_and_none_upon_another():
    taken = set()
    for one in placed(sections(TARGET)):
        assert one.x + one.width <= COLUMNS
        cells = {(x, y) for x in range(one.x, one.x + one.width) for y in range(one.y, one.y + one.height)}
        assert not cells & taken
        taken |= cells
    assert len(taken) == COLUMNS * (max(y for _, y in taken) + 1), "no hole either"


def test_formulas_name_what_is_beside_them():
    for widget in WIDGETS:
        keys = {curve.key for curve in widget.curves if isinstance(curve, Metric) and curve.key}
        for curve in widget.curves:
            if isinstance(curve, Formula):
                assert set(re.findall(r"FILL\((\w+)", curve.expression)) <= keys


def test_cloudwatch_takes_it_and_gives_it_back(ministack):
    client = ministack.client("cloudwatch")
    text = re.sub(r"\$\{[^}]+\}", "x", body(TARGET, ["ApiErrorsAlarm"]))
    told = client.put_dashboard(DashboardName="linli-test", DashboardBody=text)
    assert told.get("DashboardValidationMessages", []) == []
    kept = json.loads(client.get_dashboard(DashboardName="linli-test")["DashboardBody"])
    client.delete_dashboards(DashboardNames=["linli-test"])
    assert kept == json.loads(text)
    assert len(text) < 250_000, "CloudWatch's limit is a megabyte; a template's is as large"


def test_only_stages_that_last_pay_for_one():
    alarm = {"ApiErrorsAlarm": {"Type": "AWS::CloudWatch::Alarm"}, "Queue": {"Type": "AWS::SQS::Queue"}}
    assert dashboard_resources(Target.aws(stage="dev", region="eu-west-1"), alarm) == {}
    (made,) = dashboard_resources(TARGET, alarm).values()
    assert made["Properties"]["DashboardName"] == {"Fn::Sub": "${QueuePrefix}"}
    assert '"alarms":["${ApiErrorsAlarm.Arn}"]' in made["Properties"]["DashboardBody"]["Fn::Sub"]
    assert "BlockedRequests" not in body(replace(TARGET, waf=False), [])
    assert "ApiThrottled" not in body(replace(TARGET, access_logs=False), [])


def test_the_picture_is_of_what_it_is_now():
    drawn = picture(TARGET)
    assert drawn == PICTURE.read_text(), "make dashboard-picture"
    ET.fromstring(drawn)
    for widget in WIDGETS:
        assert widget.title.replace("'", "&#x27;") in drawn
