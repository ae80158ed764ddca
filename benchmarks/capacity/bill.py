"""What a month costs at list prices: this system, and an always-on stack of the usual kind beside it."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.capacity.model import Load, load, memory
from benchmarks.capacity.usage import (
    ANSWER_KB,
    API,
    CODES,
    KEPT_KB,
    LOG_KB,
    MONTH_HOURS,
    NOTICES_A_MESSAGE,
    PEAK_SHARE,
)
from infra.prices import HOURS, MONTH_SECONDS, price
from infra.queues import QUEUES

REGION = "ap-southeast-1"
_GB = 1e6  # kilobytes
_YEAR = 12  # months: what is kept after the first
_POLLS = 15 * 60 * HOURS
"""Requests with which Lambda polls a queue in a month, whatever is in it: five at once, twenty seconds each."""
_ALARMS, _METRICS = 60, 20
"""About what infra/alarms.py makes, and metrics of our own: a few dollars, whatever the scale."""
SCHEDULED = 60 * HOURS * 2.5
"""Runs of the schedules a month, at two fifths of a second and half a gigabyte each."""
_RULES = 6
SAMPLED, AT_LEAST = 0.05, 1.0
"""Traces that X-Ray takes where nobody says otherwise: one a second, and a twentieth of the others."""
SMS_USD = 0.04
"""A text message to China, as `accounts.rules.COUNTRIES` supposes; other countries are up to ten times that."""


def month(per_hour: float) -> Load:
    """Return what a month's bookings take, by day and by night."""
    bookings = per_hour * MONTH_HOURS
    day, night = load(bookings), load(bookings, nightly=True)
    for name in ("calls", "busy", "cpu", "reads", "writes", "keys", "messages"):
        getattr(day, name).update(getattr(night, name))
    day.requests += night.requests
    day.relayed += night.relayed
    return day


def serverless(per_hour: float) -> Iterator[tuple[str, float]]:
    """Yield what each service asks for a month, US dollars."""
    made = month(per_hour)
    calls, api = sum(made.calls.values()) + SCHEDULED, made.calls[API]
    gb_seconds = sum(seconds * memory(name) / 1024 for name, seconds in made.busy.items()) + SCHEDULED * 0.2
    yield "API Gateway", api * _usd("api_requests")
    yield "Lambda", calls * _usd("lambda_requests") + gb_seconds * _usd("lambda_gb_seconds_arm64")
    yield "DynamoDB", sum(made.writes.values()) * _usd("write_units") + sum(made.reads.values()) * _usd("read_units")
    yield "DynamoDB, a year's data with PITR", kept_gb(per_hour) * (_usd("table_gb_month") + _usd("pitr_gb_month"))
    queued = 3 * sum(made.messages.values()) + _POLLS * len(QUEUES)
    yield "SQS", queued * _usd("queue_requests")
    yield "CloudWatch", _watched(calls)
    yield "X-Ray", min(api, AT_LEAST * MONTH_SECONDS + SAMPLED * api) * _usd("traces")
    yield "WAF", _usd("web_acls") + _RULES * _usd("web_acl_rules") + api * _usd("web_acl_requests")
    yield "KMS, S3, SSM", 2 * _usd("keys") + calls / 1_000 * _usd("key_requests") + 1.0
    yield "traffic out", api * ANSWER_KB / _GB * _usd("traffic_out_gb")


def told(per_hour: float) -> Iterator[tuple[str, float]]:
    """Yield what it costs a month to reach people, in either stack."""
    notices = month(per_hour).messages["notifications"] * NOTICES_A_MESSAGE
    yield "codes by text message", per_hour * MONTH_HOURS * CODES * SMS_USD
    yield "notices, if all go by text message", notices * SMS_USD
    yield "notices, if all go by mail", notices * _usd("mails")


def kept_gb(per_hour: float) -> float:
    """Return the gigabytes of a year's bookings."""
    return per_hour * MONTH_HOURS * _YEAR * KEPT_KB / _GB


def _watched(calls: float) -> float:
    logged = calls * LOG_KB / _GB
    kept = logged * 3 * _usd("log_gb_month")  # ninety days
    return logged * _usd("log_gb") + kept + _ALARMS * _usd("alarms") + _METRICS * _usd("metrics") + _usd("dashboards")


def _usd(name: str) -> float:
    return price(name, REGION)


@dataclass(frozen=True)
class AlwaysOn:
    """A stack that is there whether anybody comes or not, in two zones.

    Attributes:
        tasks: containers, web and worker, of `vcpus` and `gigabytes` each.
        database, cache: their names in infra.prices; `caches` is how many nodes.
        units: capacity units of the balancer in the peak hour (25 new connections a second each).
    """

    tasks: int
    vcpus: float
    gigabytes: float
    database: str
    cache: str
    caches: int
    units: float


def sized(per_hour: float) -> AlwaysOn:
    """Return what carries so many bookings an hour at half its CPU, so that one zone can fail: the same CPU for each
    request as ours takes, in whole containers, two for the web and two for the workers at least.
    """
    peak = load(per_hour)
    cores = sum(peak.cpu.values()) / 1_000 / 3_600 / 0.5
    a_second = peak.calls[API] / 3_600
    if cores < 1:
        database = "postgres_t4g_medium_two_zones_hours" if per_hour < 500 else "postgres_m6g_large_two_zones_hours"
        return AlwaysOn(4, 0.5, 1.0, database, "redis_t4g_small_hours", 2, max(1.0, a_second / 25))
    tasks = max(4, math.ceil(cores / 2) * 2)
    big = ("postgres_r6g_2xlarge_two_zones_hours", "redis_m6g_large_hours")
    return AlwaysOn(tasks, 1.0, 2.0, *big, 2, max(1.0, a_second / 25))


def always_on(per_hour: float) -> Iterator[tuple[str, float]]:
    """Yield what each part of it asks for a month, US dollars; firewall and logs as ours."""
    made, stack = month(per_hour), sized(per_hour)
    api = made.calls[API]
    hourly = stack.vcpus * _usd("fargate_vcpu_hours") + stack.gigabytes * _usd("fargate_gb_hours")
    yield f"containers: {stack.tasks} of {stack.vcpus:g} vCPU, {stack.gigabytes:g} GB", stack.tasks * hourly * HOURS
    # Paid by what is used: on average a good third of the peak hour.
    balancer = _usd("balancer_hours") + max(1.0, stack.units / (24 * PEAK_SHARE)) * _usd("balancer_unit_hours")
    yield "load balancer", balancer * HOURS
    out = api * ANSWER_KB / _GB
    yield "two NAT gateways", 2 * HOURS * _usd("nat_hours") + out * _usd("nat_gb")
    yield f"PostgreSQL, two zones ({_plain(stack.database)})", HOURS * _usd(stack.database)
    yield "its storage, a year's data", max(50.0, kept_gb(per_hour)) * _usd("postgres_gb_month_two_zones")
    yield f"Redis, {stack.caches} nodes ({_plain(stack.cache)})", stack.caches * HOURS * _usd(stack.cache)
    yield "CloudWatch", _watched(sum(made.calls.values()))
    yield "WAF", _usd("web_acls") + _RULES * _usd("web_acl_rules") + api * _usd("web_acl_requests")
    yield "traffic out", out * _usd("traffic_out_gb")


def _plain(name: str) -> str:
    return (
        name.removeprefix("postgres_")
        .removeprefix("redis_")
        .removesuffix("_hours")
        .removesuffix("_two_zones")
        .replace("_", ".")
    )
