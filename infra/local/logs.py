"""`make logs`: what the functions of the local stack have logged, oldest first.

    python -m infra.local.logs [--name outbox-relay] [--follow] [--minutes 60]

Reads CloudWatch Logs of the running stack; each line carries its function's name.
"""

import argparse
import contextlib
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, TextIO

from infra.local.addresses import Addresses, home_folder
from infra.local.processes import LocalError
from infra.targets import APP, Target

POLL_SECONDS = 1.0
MILLISECONDS = 1000
# Lambda's own lines around each call; what a function says stands between them.
FRAME = ("START RequestId", "END RequestId", "REPORT RequestId", "INIT_START")


def group_prefix(stage: str) -> str:
    """First part of the names of the functions' log groups."""
    return f"/aws/lambda/{APP}-{stage}-"


def groups(logs: Any, stage: str, name: str | None) -> dict[str, str]:
    """Function name to log group, for one function or all; LocalError when there is no such function."""
    prefix = group_prefix(stage)
    pages = logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=prefix)
    found = {
        row["logGroupName"].removeprefix(prefix): row["logGroupName"] for page in pages for row in page["logGroups"]
    }
    if name is None:
        return found
    if name not in found:
        raise LocalError(f"no function {name!r}; there are: {', '.join(sorted(found)) or 'none yet'}")
    return {name: found[name]}


def lines(logs: Any, names: dict[str, str], since: int, seen: set[str]) -> Iterator[str]:
    """What was logged from `since` (epoch milliseconds) on and is not in `seen`, which grows."""
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
            moment = datetime.fromtimestamp(stamp / MILLISECONDS, UTC)
            yield f"{moment:%H:%M:%S}.{stamp % MILLISECONDS:03d} {function:<22} {message}"


def show(logs: Any, stage: str, name: str | None, since: int, output: TextIO, *, follow: bool) -> None:
    """Write the lines once, or again and again as they come."""
    seen: set[str] = set()
    while True:
        output.writelines(f"{line}\n" for line in lines(logs, groups(logs, stage, name), since, seen))
        output.flush()
        if not follow:
            return
        time.sleep(POLL_SECONDS)


def main(arguments: Sequence[str]) -> int:
    """Command line; 1 with one line when no stack runs or the function is unknown."""
    parser = argparse.ArgumentParser(description="Shows the logs of the local stack's functions.")
    parser.add_argument("--name", help="one function: api, outbox-relay ...")
    parser.add_argument("--follow", action="store_true", help="keep reading until Ctrl-C")
    parser.add_argument("--minutes", type=float, default=60, help="how far to look back")
    options = parser.parse_args(arguments)
    since = int((time.time() - options.minutes * 60) * MILLISECONDS)
    try:
        addresses = Addresses.read(home_folder())
        logs = Target.local(port=int(addresses.gateway.rpartition(":")[2])).client("logs")
        with contextlib.suppress(KeyboardInterrupt, BrokenPipeError):
            show(logs, addresses.stage, options.name, since, sys.stdout, follow=options.follow)
    except LocalError as problem:
        print(f"make logs: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
