"""The dashboard of a stage: who is served and how fast, what fails, what is sold and paid, what waits, what it costs.

Defined once, by `sections`; `dashboard_body` makes it a resource, `dashboard_picture` draws it. Names are those
that the stage's prefix makes; a test holds every metric against what the code sends and what AWS has.
"""

from dataclasses import dataclass
from typing import Literal

from infra import access_logs, edge
from infra.prices import price
from infra.queues import QUEUES, STREAM_FAILURES_NAME
from infra.tables import TABLES
from infra.targets import Target

COLUMNS = 24
"""Widths of a widget are parts of so many."""
FIVE_MINUTES, HOUR, DAY = 300, 3_600, 86_400
BILLING_REGION = "us-east-1"
"""Where AWS keeps what an account is charged, whichever regions it uses."""

Look = Literal["lines", "stacked", "numbers", "alarms"]


@dataclass(frozen=True)
class Metric:
    """One curve.

    Attributes:
        namespace, name: of the metric.
        dimensions: name and value one after the other; may name the template's parameters.
        label: what people call it.
        stat: `Sum`, `Maximum`, `p99` ...
        right: it is measured at the right.
        key: by which formulas name it.
        hidden: only formulas use it.
        region: another than the stage's.
    """

    namespace: str
    name: str
    dimensions: tuple[str, ...]
    label: str
    stat: str = "Sum"
    right: bool = False
    key: str = ""
    hidden: bool = False
    region: str = ""


@dataclass(frozen=True)
class Formula:
    """One curve that is made of others."""

    expression: str
    label: str


@dataclass(frozen=True)
class Widget:
    """One picture.

    Attributes:
        title: what it shows, with its unit.
        curves: from top to bottom of the legend.
        look: how.
        period: seconds of one point.
        width: in columns.
        limits: horizontal lines, where alarms are: label and value.
    """

    title: str
    curves: tuple[Metric | Formula, ...] = ()
    look: Look = "lines"
    period: int = FIVE_MINUTES
    width: int = 8
    limits: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Section:
    """Widgets in a row, or several, under a head."""

    title: str
    about: str
    widgets: tuple[Widget, ...]


_API = ("ApiName", "${QueuePrefix}-api", "Stage", edge.STAGE_NAME)
_SERVING = ("api", "outbox-relay", *(spec.function for spec in QUEUES))


def ours(name: str, label: str, stat: str = "Sum", *, right: bool = False, **dimensions: str) -> Metric:
    """Return a metric that the functions send."""
    named = tuple(text for pair in {"stage": "${Stage}", **dimensions}.items() for text in pair)
    return Metric("Linli", name, named, label, stat, right)


def _api(name: str, label: str, stat: str = "Sum") -> Metric:
    return Metric("AWS/ApiGateway", name, _API, label, stat)


def _function(function: str, name: str, label: str, stat: str = "Sum") -> Metric:
    return Metric("AWS/Lambda", name, ("FunctionName", f"${{QueuePrefix}}-{function}"), label, stat)


def _queue(queue: str, name: str, label: str) -> Metric:
    return Metric("AWS/SQS", name, ("QueueName", f"${{QueuePrefix}}-{queue}"), label, "Maximum")


def _table(table: str, name: str) -> Metric:
    return Metric("AWS/DynamoDB", name, ("TableName", f"${{TablePrefix}}-{table}"), table)


def sections(target: Target) -> tuple[Section, ...]:
    """Return what a stage's dashboard shows, from what people feel down to what it costs."""
    return (
        Section("Now", "Red is an alarm; its text names the page that says what to do.", (
            Widget("Alarms", look="alarms", width=COLUMNS),
        )),
        _people(target),
        _sold(),
        _messages(),
        _machines(),
        _nights(),
        _cost(target),
    )  # fmt: skip


def _people(target: Target) -> Section:
    refused = [_api("4XXError", "refused (4xx)")]
    if target.access_logs:
        refused.append(Metric(access_logs.NAMESPACE, "ApiThrottled", (), "turned away by limits"))
    if target.waf:
        acl = ("WebACL", edge.ACL_NAME, "Region", "${AWS::Region}", "Rule", "ALL")
        refused.append(Metric("AWS/WAFV2", "BlockedRequests", acl, "blocked by the firewall"))
    return Section("People", "What those who use it feel: docs/runbooks/api.md, limits.md, firewall.md", (
        Widget("Traffic: requests in 5 minutes", (_api("Count", "requests"),)),
        Widget("Latency: milliseconds", (
            _api("Latency", "half of them (p50)", "p50"), _api("Latency", "p95", "p95"), _api("Latency", "p99", "p99"),
        ), limits=(("slow", 3_000),)),
        Widget("Errors: answers in 5 minutes", (_api("5XXError", "our fault (5xx)"), *refused)),
    ))  # fmt: skip


def _sold() -> Section:
    return Section("Sold and paid", "docs/runbooks/payments.md, refunds.md, sign-in.md, text-messages.md", (
        Widget("Holds", (ours("Holds", "taken"), ours("HoldsRanOut", "ran out"), ours("WaitsOffered", "offered"))),
        Widget("Payments", (
            ours("PaymentsBegun", "begun"), ours("PaymentsSucceeded", "succeeded"), ours("PaymentsFailed", "failed"),
        )),
        Widget("Refunds, disputes, providers", (
            ours("Refunds", "refunded", state="succeeded"), ours("Refunds", "refund failed", state="failed"),
            ours("Disputes", "disputed", state="open"),
            ours("ProviderErrors", "provider did not answer"), ours("InboxUnworked", "notices not worked"),
        )),
        Widget("Signing in", (
            ours("SignIns", "let in", ruling="pass"), ours("SignIns", "asked for more", ruling="step-up"),
            ours("SignIns", "refused", ruling="refuse"),
            ours("SmsSpend", "spent on codes, millionths of USD", right=True),
        ), width=COLUMNS),
    ))  # fmt: skip


def _messages() -> Section:
    ages = tuple(_queue(spec.name, "ApproximateAgeOfOldestMessage", spec.name) for spec in QUEUES)
    dead = tuple(_queue(f"{spec.name}-dlq", "ApproximateNumberOfMessagesVisible", spec.name) for spec in QUEUES)
    failures = _queue(STREAM_FAILURES_NAME, "ApproximateNumberOfMessagesVisible", "of the stream")
    return Section("Messages", "docs/runbooks/queue-age.md, dead-letters.md, outbox.md", (
        Widget("Queues: age of the oldest, seconds", ages, limits=(("payments", 300), ("others", 900))),
        Widget("Dead letters", (*dead, failures), look="stacked"),
        Widget("Outbox", (
            _function("outbox-relay", "IteratorAge", "stream is behind, ms", "Maximum"),
            ours("MessageAge", "from happening to worked, p99, ms", "p99"),
            ours("OutboxLeftBehind", "left to the sweep", right=True), ours("OutboxStuck", "stuck", right=True),
            ours("MessagesFailed", "failed, to come again", right=True),
            ours("SentNotKept", "sent, not kept for a replay", right=True),
        )),
    ))  # fmt: skip


def _machines() -> Section:
    throttles = tuple(_function(name, "Throttles", name) for name in _SERVING)
    reads = tuple(_table(spec.name, "ConsumedReadCapacityUnits") for spec in TABLES)
    writes = tuple(_table(spec.name, "ConsumedWriteCapacityUnits") for spec in TABLES)
    return Section("Functions and database", "docs/runbooks/limits.md, scheduled-functions.md, keys.md", (
        Widget("Concurrency: functions at once", (
            Metric("AWS/Lambda", "ConcurrentExecutions", (), "the whole account", "Maximum"),
            *(_function(name, "ConcurrentExecutions", name, "Maximum") for name in _SERVING),
        )),
        Widget("Throttles: calls that Lambda turned away", throttles, look="stacked"),
        Widget("Errors: functions that failed", tuple(_function(name, "Errors", name) for name in _SERVING)),
        Widget("Read units by table", reads, look="stacked"),
        Widget("Write units by table", writes, look="stacked"),
        Widget("What DynamoDB turned away", (
            ours("Throttled", "attempts throttled"), ours("Conflicts", "transactions that met another"),
            ours("KeyErrors", "keys not opened by KMS"),
        )),
    ))  # fmt: skip


def _nights() -> Section:
    return Section("Money by day and night", "docs/runbooks/payouts.md, reconciliation.md, audit.md", (
        Widget("Settlement and payouts, an hour", (
            ours("MerchantsSettled", "merchants settled"), ours("PayoutsUncovered", "payouts uncovered"),
            ours("TransfersRefused", "transfers refused"), ours("PayoutTasksFailed", "payouts unfinished"),
        ), period=HOUR),
        Widget("Reconciliation, a day", (
            ours("DaysReconciled", "days reconciled"), ours("ReconciliationNewCases", "new cases"),
            ours("ReconciliationHealed", "healed by themselves"), ours("ReconciliationUnfinished", "unfinished"),
        ), period=DAY, look="numbers"),
        Widget("Audit log, a day", (
            ours("AuditSealed", "runs that sealed"), ours("AuditUnsealed", "days not sealed"),
            ours("AuditAltered", "altered"),
        ), period=DAY, look="numbers"),
    ))  # fmt: skip


def _cost(target: Target) -> Section:
    read, write, request = (price(name, target.region) for name in ("read_units", "write_units", "api_requests"))
    charged = Metric(
        "AWS/Billing", "EstimatedCharges", ("Currency", "USD"), "the account this month", "Maximum",
        region=BILLING_REGION,
    )  # fmt: skip
    units = tuple(
        Metric("Linli", name, ("stage", "${Stage}"), name, key=key, hidden=True)
        for key, name in (("read", "ReadUnits"), ("written", "WriteUnits"))
    )
    count = Metric("AWS/ApiGateway", "Count", _API, "requests", key="asked", hidden=True)
    return Section("What it costs", "List prices. The account's own charges: where billing alerts are switched on.", (
        Widget("US dollars an hour", (
            *units, count,
            Formula(f"FILL(read, 0) * {read:.3g} + FILL(written, 0) * {write:.3g}", "DynamoDB, requests and messages"),
            Formula(f"FILL(asked, 0) * {request:.3g}", "API Gateway"),
        ), period=HOUR, look="stacked", width=12),
        Widget("US dollars", (charged,), period=DAY, look="numbers", width=12),
    ))  # fmt: skip
