"""Payouts stand still while money's past is put in the place of its present: what was paid since would go twice."""

import json

from infra.restore.sources import RestoreError
from infra.targets import Target

FUNCTIONS = ("payouts-work", "payouts-run")
_SETTING = "reserved_concurrency"


def stop(target: Target) -> list[str]:
    """Have no payout begin from now on; return the functions that had to be stopped. Their messages wait, and those
    that are tried in vain lie among the dead letters: `make redrive QUEUE=payouts`.
    """
    return [name for name in FUNCTIONS if _reserved(target, name) != 0 and _reserve(target, name, 0)]


def resume(target: Target, prefix: str) -> list[str]:
    """Let payouts go on as they are configured; return the functions that had stood still.

    Raises:
        RestoreError: the app does not read the restored tables yet.
    """
    reads = reads_from(target)
    if reads != prefix:
        raise RestoreError(
            f"{target.app_stack} reads {reads}, not {prefix}: deploy it with --table-prefix {prefix} first"
        )
    gone_on = []
    for name in FUNCTIONS:
        if _reserved(target, name) != 0:
            continue
        configured = _configured(target, name)
        if configured is None:
            target.client("lambda").delete_function_concurrency(FunctionName=f"{target.prefix}-{name}")
        else:
            _reserve(target, name, configured)
        gone_on.append(name)
    return gone_on


def reads_from(target: Target) -> str:
    """Return the prefix of the tables that a stage's app reads, the data stack's own where there is no app."""
    client = target.client("lambda")
    try:
        told = client.get_function_configuration(FunctionName=f"{target.prefix}-{FUNCTIONS[0]}")
    except client.exceptions.ResourceNotFoundException:
        return target.prefix
    return str(told["Environment"]["Variables"]["TABLE_PREFIX"])


def _configured(target: Target, name: str) -> int | None:
    """Return what a deployment would reserve for a function."""
    config = json.loads((target.project / ".chalice" / "config.json").read_text(encoding="utf-8"))
    found: int | None = config["lambda_functions"].get(name, {}).get(_SETTING)
    return found


def _reserved(target: Target, name: str) -> int | None:
    """Return how much is reserved for a function; 0 means that it stands still, also where there is none."""
    client = target.client("lambda")
    try:
        told = client.get_function_concurrency(FunctionName=f"{target.prefix}-{name}")
    except client.exceptions.ResourceNotFoundException:
        return 0
    found: int | None = told.get("ReservedConcurrentExecutions")
    return found


def _reserve(target: Target, name: str, number: int) -> bool:
    target.client("lambda").put_function_concurrency(
        FunctionName=f"{target.prefix}-{name}", ReservedConcurrentExecutions=number
    )
    return True
