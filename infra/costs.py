"""What a stage costs a month, roughly: its templates at the list prices of `infra.prices`.

Two parts. What is paid though nobody comes is counted from the resources themselves: alarms, metrics, keys, firewall,
schedules and what they read, queues that are polled. What 1,000 bookings add is the journey below, with the requests
and units that `docs/costs.md` says (a test holds that page against DynamoDB's own count). Free tiers are not taken off.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from rich.console import Console
from rich.table import Table

from infra.backups import copies_template
from infra.metrics import sent_by_the_code
from infra.prices import AS_OF, HOURS, price
from infra.references import Template, of_type
from infra.targets import ROOT, Target

_PAGE = ROOT / "docs" / "costs.md"
_MINUTES = HOURS * 60
IDLE_SECONDS = 0.3
"""How long a run of a schedule that finds nothing takes, warm."""
LOG_KB = 1.0
"""What an invocation logs, with the line that Lambda adds."""
POLLS_A_MINUTE = 15
"""Requests with which Lambda polls an idle queue: five at once, 20 seconds each."""
SECONDS = {"api": 0.08, "worker": 0.15}
"""How long a request, and a message, take on average."""

SCHEDULE_READS: dict[str, float | str] = {
    "OutboxSweep": 4.0,
    "OrdersExpire": "sweep where nothing ran out",
    "PaymentsSweep": "a sweep of payments that finds nothing",
    "SettlementRun": "a settlement run that finds nothing due",
    "PayoutsRun": "a payout run that finds nothing",
    "CalendarsFetch": 2.0,
}
"""Function of a schedule -> read units of a run that finds nothing, or the row of docs/costs.md that says them; those
that are not here run too seldom to count.
"""

JOURNEY: dict[str, float] = {
    "free times of a date": 2,
    "a shop's page": 2,
    "hold a time": 1,
    "pay: begin": 1,
    "pay: the provider's notice": 1,
    "pay: work the notice": 1,
    "read an order": 2,
    "check in": 1,
    "complete": 1,
    "settle one line": 1,
    "pay out one charge": 1,
}
"""Rows of docs/costs.md that a booking takes, and how often; what nobody calls for runs in workers."""
SEARCHES, SEARCH_READS = 3, 2.0
MESSAGES = 7
"""Messages of a booking through the outbox, each relayed (2 write units), sent, received and deleted."""
WORKED = {"pay: work the notice", "settle one line", "pay out one charge"}
KB_OUT = 8.0
"""What an answer weighs, on average."""

FREE_KINDS = frozenset(
    {
        "AWS::ApiGateway::Account", "AWS::ApiGateway::Deployment", "AWS::ApiGateway::GatewayResponse",
        "AWS::ApiGateway::RestApi", "AWS::ApiGateway::Stage", "AWS::Events::Rule", "AWS::IAM::ManagedPolicy",
        "AWS::IAM::Role", "AWS::KMS::Alias", "AWS::Lambda::Alias", "AWS::Lambda::EventSourceMapping",
        "AWS::Lambda::Function", "AWS::Lambda::Permission", "AWS::Lambda::Version", "AWS::Logs::LogGroup",
        "AWS::S3::BucketPolicy", "AWS::SNS::Subscription", "AWS::SNS::Topic", "AWS::SNS::TopicPolicy",
        "AWS::SQS::QueuePolicy", "AWS::SSM::Parameter", "AWS::WAFv2::LoggingConfiguration",
        "AWS::WAFv2::WebACLAssociation", "AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::SQS::Queue",
        "AWS::ApiGateway::BasePathMapping", "AWS::ApiGateway::DomainName", "AWS::CertificateManager::Certificate",
        "AWS::CodeDeploy::Application", "AWS::CodeDeploy::DeploymentGroup", "AWS::Backup::BackupPlan",
        "AWS::Backup::BackupSelection", "AWS::Backup::BackupVault", "AWS::Logs::QueryDefinition",
        "AWS::Logs::MetricFilter", "AWS::Lambda::EventInvokeConfig", "AWS::Route53::RecordSet",
    }
)  # fmt: skip
"""Kinds that cost nothing while nobody uses them, or by the GB alone."""
_COUNTED = {
    "AWS::KMS::Key": ("keys", "KMS keys"),
    "AWS::CloudWatch::Dashboard": ("dashboards", "dashboards"),
    "AWS::CloudWatch::CompositeAlarm": ("composite_alarms", "composite alarms"),
}


@dataclass(frozen=True)
class Line:
    """A line of an estimate: what, and US dollars a month (or for what the part counts)."""

    what: str
    usd: float


@dataclass(frozen=True)
class Estimate:
    """What a stage costs in a region, in US dollars.

    Attributes:
        fixed: a month in which nobody comes.
        per_gb: a GB of data, a month, where all of it is backed up by every plan.
        bookings: what 1,000 bookings add.
        unpriced: kinds of resources that nothing here knows the price of.
    """

    region: str
    fixed: tuple[Line, ...] = ()
    per_gb: tuple[Line, ...] = ()
    bookings: tuple[Line, ...] = ()
    unpriced: tuple[str, ...] = field(default=())

    @staticmethod
    def total(lines: Iterable[Line]) -> float:
        """Return the sum of some lines."""
        return sum(line.usd for line in lines)


def estimate(templates: Iterable[Template], region: str) -> Estimate:
    """Return what the stage of these templates costs in a region."""
    both = {"Resources": {key: row for template in templates for key, row in template["Resources"].items()}}
    kinds = {row["Type"] for row in both["Resources"].values()}
    known = FREE_KINDS | _COUNTED.keys() | {"AWS::CloudWatch::Alarm", "AWS::WAFv2::WebACL"}
    return Estimate(
        region,
        tuple(line for line in _fixed(both, region) if line.usd),
        tuple(_per_gb(both, region)),
        tuple(_bookings(both, region)),
        tuple(sorted(kinds - known)),
    )


def of(target: Target, data: Template, app: Template) -> Estimate:
    """Return what a stage costs with all of its stacks: that of copies in another region too."""
    copies = [copies_template(target)] if target.backup_region else []
    return estimate([data, app, *copies], target.region)


def _fixed(template: Template, region: str) -> Iterator[Line]:
    alarms = list(of_type(template, "AWS::CloudWatch::Alarm"))
    watched = sum(max(1, sum("MetricStat" in one for one in row.get("Metrics", ()))) for _, row in alarms)
    yield Line(f"alarms: {len(alarms)}", watched * price("alarms", region))
    # By name: paid for the hours in which it is sent, and once for each value of a further dimension.
    own = len(sent_by_the_code()) if any(of_type(template, "AWS::Lambda::Function")) else 0
    yield Line(f"metrics of our own: {own}, where all are sent", own * price("metrics", region))
    for kind, (name, what) in _COUNTED.items():
        count = len(list(of_type(template, kind)))
        yield Line(f"{what}: {count}", count * price(name, region))
    for _, acl in of_type(template, "AWS::WAFv2::WebACL"):
        rules = len(acl.get("Rules", ()))
        usd = price("web_acls", region) + rules * price("web_acl_rules", region)
        yield Line(f"firewall with {rules} rules", usd)
    yield from _idle(template, region)


def _idle(template: Template, region: str) -> Iterator[Line]:
    """Schedules that find nothing, and queues that are polled though they are empty."""
    runs = gb_seconds = reads = 0.0
    functions = dict(of_type(template, "AWS::Lambda::Function"))
    for _, rule in of_type(template, "AWS::Events::Rule"):
        often = monthly(rule.get("ScheduleExpression", ""))
        for called in (_called(one, functions) for one in rule.get("Targets", ())):
            runs += often
            gb_seconds += often * IDLE_SECONDS * functions.get(called, {}).get("MemorySize", 128) / 1024
            reads += often * _reads(called)
    yield Line(
        f"{runs:,.0f} runs of schedules",
        runs * (price("lambda_requests", region) + price("traces", region)) + _computed(template, gb_seconds, region),
    )
    yield Line(f"{reads:,.0f} read units of theirs", reads * price("read_units", region))
    yield Line("their logs", runs * LOG_KB / 1e6 * price("log_gb", region))
    polled = sum("StartingPosition" not in row for _, row in of_type(template, "AWS::Lambda::EventSourceMapping"))
    yield Line(f"polling of {polled} queues", polled * POLLS_A_MINUTE * _MINUTES * price("queue_requests", region))


def _called(target: dict[str, Any], functions: dict[str, Any]) -> str:
    """Return the id of the function that a rule's target names, also by its alias."""
    text = str(target.get("Arn", ""))
    named = [key for key in functions if re.search(rf"\b{key}(Alias\w*)?\b", text)]
    return max(named, key=len, default="")


def _reads(function: str) -> float:
    said = SCHEDULE_READS.get(function, 0.0)
    return operations()[said].reads if isinstance(said, str) else said


def _computed(template: Template, gb_seconds: float, region: str) -> float:
    functions = [row for _, row in of_type(template, "AWS::Lambda::Function")]
    arm = any("arm64" in row.get("Architectures", ()) for row in functions)
    return gb_seconds * price(f"lambda_gb_seconds_{'arm64' if arm else 'x86_64'}", region)


def monthly(schedule: str) -> float:
    """Return how often a month `rate(5 minutes)`, or a cron expression that counts minutes and hours alone, comes."""
    if found := re.fullmatch(r"rate\((\d+) (minute|hour|day)s?\)", schedule):
        minutes = int(found[1]) * {"minute": 1, "hour": 60, "day": 1_440}[found[2]]
        return _MINUTES / minutes
    if found := re.fullmatch(r"cron\((\S+) (\S+) (\S+) .*\)", schedule):
        days = HOURS / 24 if found[3] in {"*", "?"} else _often(found[3], 30)
        return _often(found[1], 60) * _often(found[2], 24) * days
    return 0.0


def _often(field_: str, most: int) -> float:
    """Return how many values of a field of a cron expression there are."""
    if field_ == "*":
        return most
    if "/" in field_:
        return most / int(field_.partition("/")[2])
    return float(len(field_.split(",")))


def _per_gb(template: Template, region: str) -> Iterator[Line]:
    yield Line("tables", price("table_gb_month", region))
    yield Line("point-in-time recovery", price("pitr_gb_month", region))
    sent: dict[str, float] = {}
    for rule in (one for _, plan in of_type(template, "AWS::Backup::BackupPlan") for one in _rules(plan)):
        # Each backup of a table is a whole copy, and one more where it is copied to.
        often = monthly(rule["ScheduleExpression"])
        copies, name = round(often * rule["Lifecycle"]["DeleteAfterDays"] * 24 / HOURS), rule["RuleName"]
        yield Line(f"{name} backups: {copies}", copies * price("backup_gb_month", region))
        for there in map(_region_of_copies, rule.get("CopyActions", ())):
            yield Line(f"{name} copies in {there}: {copies}", copies * price("backup_gb_month", there))
            sent[there] = sent.get(there, 0) + often
    for there, times in sent.items():
        usd = round(times) * price("traffic_between_regions_gb", region)
        yield Line(f"copies sent to {there}: {times:.0f} a month", usd)
    yield Line("documents", price("object_gb_month", region))


def _rules(plan: dict[str, Any]) -> list[dict[str, Any]]:
    rules: list[dict[str, Any]] = plan["BackupPlan"]["BackupPlanRule"]
    return rules


def _region_of_copies(action: dict[str, Any]) -> str:
    """Return where a rule of a backup plan has its backups copied: the ARN of a vault says it."""
    return str(action["DestinationBackupVaultArn"]).split(":backup:")[1].partition(":")[0]


def _bookings(template: Template, region: str) -> Iterator[Line]:
    """1,000 bookings, each found, looked at, held, paid, kept, settled and paid out."""
    rows = operations()
    reads = SEARCHES * SEARCH_READS + sum(rows[name].reads * times for name, times in JOURNEY.items())
    writes = 2 * MESSAGES + sum(rows[name].writes * times for name, times in JOURNEY.items())
    calls = SEARCHES + sum(times for name, times in JOURNEY.items() if name not in WORKED)
    worked = MESSAGES + len(WORKED)
    memory = {key: row.get("MemorySize", 128) / 1024 for key, row in of_type(template, "AWS::Lambda::Function")}
    gb_seconds = calls * SECONDS["api"] * memory.get("APIHandler", 1.0) + worked * SECONDS["worker"] * 0.5
    invocations = calls + worked + 1  # the relay takes messages together
    thousand = 1_000
    firewall = price("web_acl_requests", region) if any(of_type(template, "AWS::WAFv2::WebACL")) else 0.0
    yield Line(f"{writes:,.0f},000 write units", thousand * writes * price("write_units", region))
    yield Line(f"{reads:,.0f},000 read units", thousand * reads * price("read_units", region))
    yield Line(f"{calls:,.0f},000 requests", thousand * calls * (price("api_requests", region) + firewall))
    computed = _computed(template, thousand * gb_seconds, region)
    yield Line("functions", thousand * invocations * price("lambda_requests", region) + computed)
    yield Line("queues", thousand * MESSAGES * 3 * price("queue_requests", region))
    yield Line("logs", thousand * invocations * LOG_KB / 1e6 * price("log_gb", region))
    yield Line("traces", thousand * invocations * price("traces", region))
    yield Line("answers sent out", thousand * calls * KB_OUT / 1e6 * price("traffic_out_gb", region))


@dataclass(frozen=True)
class Operation:
    """A row of docs/costs.md: requests, read and write units of an operation."""

    requests: float
    reads: float
    writes: float


@cache
def operations() -> dict[str, Operation]:
    """Return the whole operations of docs/costs.md by name."""
    rows = re.findall(r"^\| ([^|]+) \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|$", _PAGE.read_text("utf-8"), re.MULTILINE)
    found: dict[str, Operation] = {}
    for name, *numbers in rows:
        found.setdefault(name, Operation(*map(float, numbers)))
    return found


def show(console: Console, found: Estimate) -> None:
    """Print an estimate; says how rough it is."""
    table = Table(title=f"USD, roughly, in {found.region}", show_header=False)
    table.add_column()
    table.add_column(justify="right")
    parts = {
        "a month in which nobody comes": found.fixed,
        "1,000 bookings more": found.bookings,
        "each GB of data, a month, at most": found.per_gb,
    }
    for title, lines in parts.items():
        table.add_row(title, f"{Estimate.total(lines):.2f}", style="bold")
        for line in lines:
            table.add_row(f"  {line.what}", f"{line.usd:.2f}", end_section=line is lines[-1])
    console.print(table)
    console.print(
        f"[dim]Rough: list prices of {AS_OF}, without free tiers, taxes, text messages and payment fees.[/dim]"
    )
    if found.unpriced:
        console.print(f"[yellow]Without {', '.join(found.unpriced)}: infra/costs.py knows no price for them.[/yellow]")
