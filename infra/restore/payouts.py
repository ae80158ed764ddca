"""Payouts stand still while money's past is put in the place of its present: what was paid since would go twice.

The queue's mapping and the schedule are switched off: messages wait in their queue, and a deployment, which changes
neither, leaves them off. (With no concurrency instead, received messages would end among the dead letters, and a
deployment would reserve again what is configured.)
"""

from collections.abc import Iterator

from infra.restore.sources import RestoreError
from infra.targets import Target

WORKER, RUN = "payouts-work", "payouts-run"


def stop(target: Target) -> list[str]:
    """Have no payout begin from now on; return the functions that had to be stopped."""
    stopped = []
    for uuid, is_on in _mappings(target):
        if is_on:
            target.client("lambda").update_event_source_mapping(UUID=uuid, Enabled=False)
            stopped.append(WORKER)
    for rule, is_on in _rules(target):
        if is_on:
            target.client("events").disable_rule(Name=rule)
            stopped.append(RUN)
    return stopped


def resume(target: Target, prefix: str) -> list[str]:
    """Let payouts go on; return the functions that had stood still.

    Raises:
        RestoreError: the app does not read the restored tables yet.
    """
    reads = reads_from(target)
    if reads != prefix:
        raise RestoreError(
            f"{target.app_stack} reads {reads}, not {prefix}: deploy it with --table-prefix {prefix} first"
        )
    gone_on = []
    for uuid, is_on in _mappings(target):
        if not is_on:
            target.client("lambda").update_event_source_mapping(UUID=uuid, Enabled=True)
            gone_on.append(WORKER)
    for rule, is_on in _rules(target):
        if not is_on:
            target.client("events").enable_rule(Name=rule)
            gone_on.append(RUN)
    return gone_on


def reads_from(target: Target) -> str:
    """Return the prefix of the tables that a stage's app reads, the data stack's own where there is no app."""
    client = target.client("lambda")
    try:
        told = client.get_function_configuration(FunctionName=f"{target.prefix}-{WORKER}")
    except client.exceptions.ResourceNotFoundException:
        return target.prefix
    return str(told["Environment"]["Variables"]["TABLE_PREFIX"])


def _mappings(target: Target) -> Iterator[tuple[str, bool]]:
    """Yield what hands messages to the worker, and whether it does."""
    pages = target.client("lambda").get_paginator("list_event_source_mappings")
    for page in pages.paginate(FunctionName=f"{target.prefix}-{WORKER}"):
        for one in page["EventSourceMappings"]:
            yield one["UUID"], one["State"] in {"Enabled", "Enabling", "Creating", "Updating"}


def _rules(target: Target) -> Iterator[tuple[str, bool]]:
    """Yield what starts the run, and whether it does."""
    client, events = target.client("lambda"), target.client("events")
    try:
        told = client.get_function_configuration(FunctionName=f"{target.prefix}-{RUN}")
    except client.exceptions.ResourceNotFoundException:
        return
    for name in events.list_rule_names_by_target(TargetArn=told["FunctionArn"])["RuleNames"]:
        yield name, events.describe_rule(Name=name)["State"] != "DISABLED"
