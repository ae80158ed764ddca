"""The lines that a request leaves in the logs, and the two ways in which they are searched."""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from infra.local.processes import LocalError
from infra.logs import FRAME, GATEWAY, groups

Search = Callable[[Sequence[str]], list["Line"]]
"""Return the lines that hold at least one of some texts."""

MOST_GROUPS = 50
"""Log groups in one query of Logs Insights."""
MOST_LINES = 10_000
_REFUSED = 400
_POLL_SECONDS = 0.5
_PATIENCE = 120.0


@dataclass(frozen=True)
class Line:
    """One line of a function, or of API Gateway.

    Attributes:
        at: when it was written, epoch milliseconds.
        function: whose it is.
        text: as it stands in the log.
    """

    at: int
    function: str
    text: str
    _told: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, at: int, function: str, text: str) -> "Line":
        """Read a line; one that is no JSON object says nothing but its text."""
        try:
            told = json.loads(text)
        except ValueError:
            told = {}
        return cls(at, function, text.rstrip(), told if isinstance(told, dict) else {})

    @property
    def told(self) -> Mapping[str, Any]:
        """Its fields."""
        return self._told

    @property
    def kind(self) -> str:
        """What it is a line of: `request`, `message`, `message failed`, `relayed`, `schedule`, `provider` ..."""
        if self.function == GATEWAY:
            return GATEWAY
        return str(self._told.get("message") or ("metric" if "_aws" in self._told else "text"))

    @property
    def request(self) -> str:
        """The request that it belongs to; empty where it belongs to several or none."""
        return str(self._told.get("request_id") or self._told.get("requestId") or "")

    @cached_property
    def messages(self) -> tuple[Mapping[str, Any], ...]:
        """The messages that a line `relayed`, or one of a sweep, speaks of."""
        found = self._told.get("messages")
        return tuple(one for one in found if isinstance(one, dict)) if isinstance(found, list) else ()

    @property
    def requests(self) -> set[str]:
        """All requests that it tells of."""
        return {one for one in (self.request, *(str(row.get("request_id")) for row in self.messages)) if one}

    def requests_of(self, known: set[str]) -> set[str]:
        """The requests through which one of some ids is told of: a relay's line speaks of many that have nothing to do
        with each other.
        """
        if not self.messages:
            return {self.request} - {""}
        hit = [row for row in self.messages if not known.isdisjoint({str(row.get("id")), str(row.get("request_id"))})]
        return {str(row["request_id"]) for row in hit if row.get("request_id") not in (None, "-")}

    @property
    def order(self) -> str:
        """The order that it is about, or nothing."""
        return str((self._told.get("ids") or {}).get("order_id") or "")

    @property
    def is_look(self) -> bool:
        """Whether it is of a request that only looked, and saw."""
        return self.kind == "request" and self._told.get("method") == "GET" and self.number("status") < _REFUSED

    @property
    def tells(self) -> tuple[str, ...]:
        """Ids of the messages that were put into the outbox."""
        found = self._told.get("tells")
        return tuple(map(str, found)) if isinstance(found, list) else ()

    @property
    def began(self) -> float:
        """When what it tells of began, epoch milliseconds: lines are written at the end."""
        return self.at - self.number("ms")

    def number(self, name: str) -> float:
        """A field that is a number; 0 where there is none. API Gateway writes numbers as texts."""
        try:
            return float(self._told.get(name) or 0)
        except (TypeError, ValueError):
            return 0.0


def filtering(logs: Any, stage: str, begin: int, end: int) -> Search:
    """Return a search that reads every group by itself; times are epoch milliseconds."""

    def search(texts: Sequence[str]) -> list[Line]:
        found: dict[tuple[str, str, str], Line] = {}
        for function, group in groups(logs, stage).items():
            for text in texts:
                for event in _filtered(logs, group, text, begin, end):
                    key = (function, event.get("eventId") or str(event["timestamp"]), event["message"])
                    if not event["message"].startswith(FRAME):
                        found[key] = Line.of(event["timestamp"], function, event["message"])
        return list(found.values())

    return search


def _filtered(logs: Any, group: str, text: str, begin: int, end: int) -> Iterator[dict[str, Any]]:
    pages = logs.get_paginator("filter_log_events").paginate(
        logGroupName=group, startTime=begin, endTime=end, filterPattern=f'"{text}"'
    )
    for page in pages:
        yield from (event for event in page["events"] if text in event["message"])


def insights(logs: Any, stage: str, begin: int, end: int, pause: Callable[[float], None] = time.sleep) -> Search:
    """Return a search by CloudWatch Logs Insights, all groups at once; it costs 0.005 USD a GB of the time looked over.

    Raises:
        LocalError: the search fails, or takes too long.
    """

    def search(texts: Sequence[str]) -> list[Line]:
        named = {group: function for function, group in groups(logs, stage).items()}
        where = " or ".join(f"@message like {json.dumps(text)}" for text in texts)
        query = f"fields @timestamp, @message, @log | filter {where} | sort @timestamp asc | limit {MOST_LINES}"
        found: list[Line] = []
        listed = sorted(named)
        for start in range(0, len(listed), MOST_GROUPS):
            part = listed[start : start + MOST_GROUPS]
            started = logs.start_query(
                logGroupNames=part, startTime=begin // 1000, endTime=end // 1000 + 1, queryString=query
            )
            found += _lines(_results(logs, started["queryId"], pause), named)
        return found

    return search


def _results(logs: Any, query_id: str, pause: Callable[[float], None]) -> list[list[dict[str, str]]]:
    until = time.monotonic() + _PATIENCE
    while True:
        answer = logs.get_query_results(queryId=query_id)
        if answer["status"] == "Complete":
            rows: list[list[dict[str, str]]] = answer["results"]
            return rows
        if answer["status"] not in {"Scheduled", "Running"}:
            raise LocalError(f"the search of the logs ended as {answer['status']}")
        if time.monotonic() > until:
            logs.stop_query(queryId=query_id)
            raise LocalError(f"the search of the logs took over {_PATIENCE:.0f} s; a shorter --since has less to read")
        pause(_POLL_SECONDS)


def _lines(rows: Iterable[list[dict[str, str]]], named: Mapping[str, str]) -> Iterator[Line]:
    for row in rows:
        told = {cell["field"]: cell["value"] for cell in row}
        group = told["@log"].partition(":")[2] or told["@log"]  # `<account>:<group>`
        if not told["@message"].startswith(FRAME):
            yield Line.of(_milliseconds(told["@timestamp"]), named.get(group, group), told["@message"])


def _milliseconds(text: str) -> int:
    """Return the epoch milliseconds of a time as Insights writes it: `2026-11-27 23:10:01.120`, UTC."""
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)
