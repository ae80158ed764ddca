"""How many of each function run at once, so that what can wait never takes the place of who is waiting.

All functions of an account share one number of concurrent executions, usually 1,000. A queue that has filled up would
be worked by as many as Lambda can start, and the API's requests be refused meanwhile. So every queue's mapping has a
bound (`queues.QueueSpec.at_once`): Lambda simply reads slower. Reserved concurrency would bound them too, but refuses
batches that were received already, which count as received and end among the dead letters.

Long runs on a schedule are reserved one: a run that an operator starts by hand, or a repeat by Lambda, waits for the
one that runs, instead of reading the same tables and asking the same providers beside it. What is reserved is taken
from everybody else, so short runs have none; they end before the next begins. The API has none: it would be its limit.
"""

from collections.abc import Iterator
from typing import Any

from infra.preflight_account import AccountFacts
from infra.references import Template, of_type
from infra.targets import Target

ONE_AT_A_TIME = (
    "search-pack",
    "search-free",
    "coupons-expire",
    "reviews-open",
    "calendars-fetch",
    "settlement-run",
    "payouts-run",
    "reconciliation-run",
    "audit-seal",
    "privacy-run",
    "vetting-sweep",
)
"""Scheduled functions that may run for five minutes and more."""

SHARE = 4
"""Queues may take one part in so many of what the account can run at once."""


def reserve(template: dict[str, Any], functions: dict[str, str], target: Target) -> None:
    """Reserve what long runs need in a finished SAM template; `functions` are names and ids. An unprotected stage
    reserves nothing: new accounts may run ten at once, and Lambda keeps the last hundred unreserved.
    """
    if target.emulated or not target.protect:
        return
    for name in ONE_AT_A_TIME:
        if name in functions:
            template["Resources"][functions[name]]["Properties"]["ReservedConcurrentExecutions"] = 1


def _queues(template: Template) -> Iterator[tuple[str, int | None]]:
    """Yield (id, how many at once) of every mapping of a queue; None where there is no bound."""
    for key, mapping in of_type(template, "AWS::Lambda::EventSourceMapping"):
        if "StartingPosition" not in mapping:
            yield key, mapping.get("ScalingConfig", {}).get("MaximumConcurrency")


def queues_are_bounded(template: Template) -> Iterator[str]:
    """Preflight: a queue without a bound takes all that the account can run, from the API too."""
    for key, at_once in _queues(template):
        if at_once is None:
            yield f"{key}: no bound on how many work its queue at once"


def queues_leave_room(app: Template, facts: AccountFacts) -> Iterator[str]:
    """Preflight: together the queues leave most of the account's concurrency to the API."""
    wanted = sum(at_once or 0 for _, at_once in _queues(app))
    if facts.protected and wanted * SHARE > facts.concurrency:
        yield (
            f"the queues may take {wanted} of the account's {facts.concurrency} concurrent executions from the API: "
            f"ask for {wanted * SHARE} and more (Service Quotas, Lambda, Concurrent executions)"
        )
