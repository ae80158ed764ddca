"""`make logs`: what a stage's functions have logged, oldest first; of the local stack, or of one on AWS.

    python -m infra.logs [--stage prod --region ap-southeast-1] [--name outbox-relay] [--follow] [--since 2h]

Reads CloudWatch Logs; each line carries its function's name. `gateway` is API Gateway's own log of accesses.
"""

import argparse
import contextlib
import re
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, TextIO

from botocore.exceptions import BotoCoreError, ClientError

from infra.access_logs import access_group
from infra.local.processes import LocalError
from infra.redrive import LOCAL, target_of
from infra.targets import APP

GATEWAY = "gateway"
POLL_SECONDS = 1.0
GROUPS_A_SECOND = 5
"""Groups that are read in a second: CloudWatch Logs takes that many of these calls of an account."""
OVERLAP = 60_000
"""Milliseconds that are read again while following: lines arrive late, and out of order."""
MILLISECONDS = 1000
# Lambda's own lines around each call; what a function says stands between them.
FRAME = ("START RequestId", "END RequestId", "REPORT RequestId", "INIT_START")
_SINCE = re.compile(r"([0-9]{1,4})(m|h|d)")
_SECONDS = {"m": 60, "h": 3600, "d": 86_400}


def group_prefix(stage: str) -> str:
    """First part of the names of the functions' log groups."""
    return f"/aws/lambda/{APP}-{stage}-"


def groups(logs: Any, stage: str, name: str | None = None) -> dict[str, str]:
    """Function name to log group, for one function or all; LocalError when there is no such function."""
    prefix = group_prefix(stage)
    found = {group.removeprefix(prefix): group for group in _named(logs, prefix)}
    if access_group(stage) in _named(logs, access_group(stage)):
        found[GATEWAY] = access_group(stage)
    if name is None:
        return found
    if name not in found:
        raise LocalError(f"no function {name!r}; there are: {', '.join(sorted(found)) or 'none yet'}")
    return {name: found[name]}


def _named(logs: Any, prefix: str) -> list[str]:
    pages = logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=prefix)
    return [row["logGroupName"] for page in pages for row in page["logGroups"]]


def lines(logs: Any, names: dict[str, str], since: int, seen: set[str]) -> Iterator[tuple[int, str]]:
    """What was logged from `since` (epoch milliseconds) on and is not in `seen`, which grows; each with its time."""
    events: list[tuple[int, str, str]] = []
    for function, group in names.items():
        for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group, startTime=since):
            for event in page["events"]:
                # The emulator gives no eventId to what functions print.
                identity = event.get("eventId") or f"{event['timestamp']} {event['logStreamName']} {event['message']}"
                if identity not in seen:
                    seen.add(identity)
                    events.append((event["timestamp"], function, event["message"].rstrip()))
    for stamp, function, message in sorted(events, key=lambda event: event[0]):
        if message and not message.startswith(FRAME):
            yield stamp, f"{clock(stamp)} {function:<22} {message}"


def clock(stamp: float) -> str:
    """Return a moment (epoch milliseconds) as the time of a UTC day, to the millisecond."""
    moment = datetime.fromtimestamp(stamp / MILLISECONDS, UTC)
    return f"{moment:%H:%M:%S}.{int(stamp) % MILLISECONDS:03d}"


def show(logs: Any, stage: str, name: str | None, since: int, output: TextIO, *, follow: bool) -> None:
    """Write the lines once, or again and again as they come."""
    seen: set[str] = set()
    while True:
        named, last = groups(logs, stage, name), since
        for stamp, line in lines(logs, named, since, seen):
            output.write(f"{line}\n")
            last = stamp
        output.flush()
        if not follow:
            return
        since = max(since, last - OVERLAP)
        time.sleep(max(POLL_SECONDS, len(named) / GROUPS_A_SECOND))


def since(text: str, now: float) -> int:
    """Return the moment (epoch milliseconds) that `90m`, `2h`, `3d` ago or a time in RFC 3339 means.

    Raises:
        LocalError: it means none.
    """
    found = _SINCE.fullmatch(text)
    if found:
        return int((now - int(found[1]) * _SECONDS[found[2]]) * MILLISECONDS)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise LocalError(f"'{text}' is no time: 90m, 2h, 3d, or 2026-11-20T09:00:00+08:00") from error
    if moment.tzinfo is None:
        raise LocalError(f"'{text}' says no offset: {text}Z is UTC")
    return int(moment.timestamp() * MILLISECONDS)


def main(arguments: Sequence[str]) -> int:
    """Command line; 1 with one line when no stack runs, the function is unknown or AWS refuses."""
    parser = argparse.ArgumentParser(prog="logs", description="Shows the logs of a stage's functions.")
    parser.add_argument("--stage", default=LOCAL, help="prod, dev ...; left out: the stack that runs on this machine")
    parser.add_argument("--region", default="", help="for example ap-southeast-1")
    parser.add_argument("--name", help="one function: api, outbox-relay ...; gateway: API Gateway's own log")
    parser.add_argument("--follow", action="store_true", help="keep reading until Ctrl-C")
    parser.add_argument("--since", default="1h", help="how far to look back: 90m, 2h, 3d, or a time in RFC 3339")
    options = parser.parse_args(arguments)
    try:
        begin = since(options.since, time.time())
        target = target_of(options.stage, options.region)
        with contextlib.suppress(KeyboardInterrupt, BrokenPipeError):
            show(target.client("logs"), target.stage, options.name, begin, sys.stdout, follow=options.follow)
    except (LocalError, BotoCoreError, ClientError) as problem:
        print(f"make logs: {' '.join(str(problem).split())}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
