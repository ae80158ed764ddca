"""Quotas of AWS, and limits of our own, beside what a scale needs."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from benchmarks.capacity.model import Load, load
from benchmarks.capacity.usage import CODES, HEADROOM, NOTICES_A_MESSAGE, PEAK_SHARE, SIGN_INS
from benchmarks.mix import PER_BOOKING
from chalicelib.accounts.rules.budgets import COUNTRIES
from infra import edge
from infra.queues import QUEUES
from infra.targets import Target

_HOUR = 3_600


@dataclass(frozen=True)
class Limit:
    """One limit.

    Attributes:
        name: AWS's name of a quota, or where ours is set.
        stands: what there is where nobody asks for more.
        needs: what a scale needs, in the same unit, with room for bursts where there are any.
        raised: how it is raised.
    """

    name: str
    stands: float
    needs: Callable[[float], float]
    raised: str


def _api(per_hour: float) -> float:
    return load(per_hour).calls["api"] / _HOUR * HEADROOM


def _all_functions(per_hour: float) -> float:
    made = load(per_hour)
    return sum(made.concurrency(function) for function in made.busy)


def _busiest(per_hour: float) -> Load:
    return load(per_hour)


def _working(function: str, per_hour: float) -> float:
    """Return how many work a queue on the mean: the queue itself evens out bursts."""
    return load(per_hour).busy[function] / _HOUR


def _edge(prefix: str) -> float:
    return next(one.rate for one in (*edge.LIMITS, edge.DEFAULT) if one.prefix == prefix)


def _mails(per_hour: float) -> float:
    return load(per_hour).messages["notifications"] * NOTICES_A_MESSAGE


_STANDARD = Target.aws(stage="prod", region="ap-southeast-1")
_SMS = COUNTRIES["CN"].price / 1e6

LIMITS: tuple[Limit, ...] = (
    Limit("API Gateway: Throttle rate (requests a second)", 10_000, _api, "Service Quotas"),
    Limit("Lambda: Concurrent executions", 1_000, _all_functions,
          "Service Quotas; new accounts begin with less, often 10"),
    Limit("DynamoDB: Table-level write throughput limit, on demand (units a second)", 40_000,
          lambda one: max(_busiest(one).writes.values()) / _HOUR * HEADROOM, "Service Quotas"),
    Limit("DynamoDB: what a new table takes at once (write units a second)", 4_000,
          lambda one: max(_busiest(one).writes.values()) / _HOUR * HEADROOM, "warm throughput of the table"),
    Limit("SNS: SMS messages a second", 20, lambda one: (_mails(one) + one * CODES) / _HOUR * HEADROOM,
          "Service Quotas; all notices by text message"),
    Limit("SES: Sending rate (mails a second), if they go by mail", 14, lambda one: _mails(one) / _HOUR * HEADROOM,
          "Service Quotas; in the sandbox it is 1"),
    Limit("SES: Sending quota (mails a day), if they go by mail", 50_000, lambda one: _mails(one) / PEAK_SHARE,
          "Service Quotas; in the sandbox it is 200"),
    Limit("SNS: Account spend threshold for SMS (US dollars a month)", 1,
          lambda one: (_mails(one) + one * CODES) / PEAK_SHARE * 30 * _SMS, "Service Quotas"),
    Limit("Stripe: requests a second, live mode", 100,
          lambda one: one / _HOUR * (PER_BOOKING["pay: begin"] + PER_BOOKING["pay: the provider's notice"]) * HEADROOM,
          "by asking Stripe"),
    *(
        Limit(
            f"ours: `{spec.function}` at once", spec.at_once, partial(_working, spec.function),
            "`at_once` in infra/queues.py",
        )
        for spec in QUEUES
        if spec.function in load(1).busy
    ),
    Limit("ours: all paths together (requests a second)", _edge("/"), _api, "`DEFAULT` in infra/edge.py"),
    Limit("ours: /v1/search (requests a second)", _edge("/v1/search"),
          lambda one: one / _HOUR * PER_BOOKING["search"] * HEADROOM, "`LIMITS` in infra/edge.py"),
    Limit("ours: /v1/auth/codes (requests a second)", _edge("/v1/auth/codes"),
          lambda one: one / _HOUR * CODES * HEADROOM, "`LIMITS` in infra/edge.py"),
    Limit("ours: each other path of /v1/auth (requests a second)", _edge("/v1/auth/"),
          lambda one: one / _HOUR * (1 + SIGN_INS) * HEADROOM, "`LIMITS` in infra/edge.py"),
    Limit("ours: what codes by text message cost (US dollars a day)", _STANDARD.sms_daily_cap,
          lambda one: one / PEAK_SHARE * CODES * _SMS, "`sms_daily_cap` of the stage"),
    Limit("ours: codes to phones of China (an hour)", COUNTRIES["CN"].hourly, lambda one: one * CODES,
          "grows with `sms_daily_cap`"),
)  # fmt: skip
