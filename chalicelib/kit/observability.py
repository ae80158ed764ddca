"""One structured log line a request, with the request's id on everything it causes; metrics as EMF.

Whoever works on a request, a message or a schedule opens a `span`. What the code below it has to tell (which
order it is about, which messages it puts into the outbox, what is to be counted) is gathered there and told by the one
line at its end: that line is also the metrics, in CloudWatch's embedded metric format.

What a person could be reached or recognised by is masked on the way out, whoever logged it (`kit.mask`).
"""

import json
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools import Logger

from chalicelib.kit.ids import is_ours
from chalicelib.kit.mask import mask, masked

__all__ = ["Span", "about", "asked", "log", "mask", "metric", "noted", "putting", "request_id", "span", "worked_for"]

NAMESPACE = "Linli"
MOST_NOTED = 500
TRACED = frozenset(
    {
        "order_id", "payment_id", "refund_id", "dispute_id", "booking_id", "claim_id", "settlement_id", "payout_id",
        "shop_id", "wait_id",
    }
)  # fmt: skip
"""Ids that say what a line is about and open nothing: `make trace` finds a line by them."""

request_id: ContextVar[str] = ContextVar("request_id", default="-")


def _masked_json(fields: dict[str, Any]) -> str:
    current = request_id.get()
    if current != "-":
        fields.setdefault("request_id", current)
    declared = fields.pop("_aws", None)  # names of metrics and a time: nothing to hide, and costly to search
    told = masked(fields) if declared is None else masked(fields) | {"_aws": declared}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


log = Logger(service="linli", json_serializer=_masked_json, utc=True)


@dataclass
class Span:
    """What is gathered while something is worked on.

    Attributes:
        ids: what it is about, by the names of `TRACED`.
        tells: ids of the messages that it puts into the outbox, `MOST_NOTED` at most; of what is decided anew also
            those of attempts that came to nothing.
        tells_more: how many more there are: a line has 256 KB.
        counts: metrics to be told, with their units.
        result: what came of it, for its line.
        started: by the monotonic clock.
    """

    ids: dict[str, str] = field(default_factory=dict)
    tells: list[str] = field(default_factory=list)
    tells_more: int = 0
    counts: dict[str, tuple[float, str]] = field(default_factory=dict)
    result: dict[str, Any] = field(default_factory=dict)
    started: float = field(default_factory=time.perf_counter)

    def count(self, name: str, value: float = 1, unit: str = "Count") -> None:
        """Add to a metric."""
        self.counts[name] = (self.counts.get(name, (0.0, unit))[0] + value, unit)

    def told(self, line: str, *, failure: Exception | None = None, **fields: Any) -> None:
        """Write the line at the end, with what it failed of. Its metrics are told at every level of the log."""
        fields["ms"] = round((time.perf_counter() - self.started) * 1000, 1)
        gathered = {"ids": self.ids, "tells": self.tells, "tells_more": self.tells_more}
        fields |= {name: found for name, found in gathered.items() if found}
        counted = embedded(self.counts) if self.counts else {}
        if failure is not None:
            log.error(line, exc_info=failure, extra=fields | counted)
        elif log.log_level <= logging.INFO:
            log.info(line, extra=fields | counted)
        elif counted:
            _print(counted)


_span: ContextVar[Span | None] = ContextVar("span", default=None)


@contextmanager
def span() -> Iterator[Span]:
    """Yield what gathers what the code in the block has to tell."""
    mine = Span()
    token = _span.set(mine)
    try:
        yield mine
    finally:
        _span.reset(token)


def about(**ids: str) -> None:
    """Note what is being worked on, by names of `TRACED`; others are left out, for they may open something. So is what
    has no form of ours: in a path anybody may have written anything.
    """
    current = _span.get()
    if current is not None:
        current.ids.update({name: value for name, value in ids.items() if name in TRACED and is_ours(value)})


def worked_for() -> float:
    """Return for how many seconds something has been worked on; 0 where nothing is."""
    current = _span.get()
    return 0.0 if current is None else time.perf_counter() - current.started


def putting(message_id: str) -> None:
    """Note that a message is put into the outbox."""
    current = _span.get()
    if current is None:
        return
    if len(current.tells) < MOST_NOTED:
        current.tells.append(message_id)
    else:
        current.tells_more += 1


def noted(name: str, value: Any) -> None:
    """Add to a list on the line at the end, of `MOST_NOTED` at most: a line has 256 KB."""
    current = _span.get()
    if current is not None and len(listed := current.result.setdefault(name, [])) < MOST_NOTED:
        listed.append(value)


def embedded(counts: dict[str, tuple[float, str]], **dimensions: str) -> dict[str, Any]:
    """Return the fields that make a log line metrics: of each its value and unit. All have the stage as a dimension:
    two stages may share an account.
    """
    named = {"stage": os.environ.get("STAGE", "-"), **dimensions}
    declared = [{"Name": name, "Unit": unit} for name, (_, unit) in counts.items()]
    directive = {"Namespace": NAMESPACE, "Dimensions": [list(named)], "Metrics": declared}
    header = {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]}
    return {"_aws": header, **named, **{name: value for name, (value, _) in counts.items()}}


def metric(name: str, value: float = 1, unit: str = "Count", **dimensions: str) -> None:
    """Count something. Without further dimensions it goes onto the line of what is being worked on; with some, or where
    nothing is, it is a line of its own.
    """
    current = _span.get()
    if dimensions or current is None:
        _print(embedded({name: (value, unit)}, **dimensions))
    else:
        current.count(name, value, unit)


def asked(started: float, status: int | None, theirs: str | None, **call: str) -> None:
    """Write the line of a call to somebody else's server, with the id that they gave it: what their support asks for.

    Args:
        started: by the monotonic clock.
        status: of the answer; None where there was none.
        theirs: their request id, where they give one.
        call: `provider`, `method` and `path`, without anything secret.
    """
    ms = round((time.monotonic() - started) * 1000, 1)
    log.info("provider", extra={**call, "status": status, "ms": ms, "provider_request": theirs})
    if status is None or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        metric("ProviderErrors")


def _print(fields: dict[str, Any]) -> None:
    print(json.dumps(fields, separators=(",", ":")))  # noqa: T201 - what a function prints is its log
