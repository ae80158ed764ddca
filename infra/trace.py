"""`make trace ID=...`: one request through everything that it caused: functions, queues, providers.

    python -m infra.trace ID [--stage prod --region ap-southeast-1] [--since 3h] [--alone]

The id is a request's (`X-Request-Id`, or that of a scheduled run), a message's, an order's, or of anything else that
lines are about (`kit.observability.TRACED`). What belongs together is found by request id, which every message carries
on; over what an order waits for (a provider's notice is a request of its own) by the order's id, unless `--alone`.
"""

import argparse
import re
import sys
import time
from collections.abc import Iterable, Sequence

from botocore.exceptions import BotoCoreError, ClientError

from infra.local.processes import LocalError
from infra.logs import MILLISECONDS, since
from infra.redrive import LOCAL, target_of
from infra.targets import Target
from infra.trace_lines import Line, Search, filtering, insights
from infra.trace_tree import draw

MOST_IDS = 40
"""Ids that are followed at once: those of one order are a dozen."""
_ROUNDS = 4
_ID = re.compile(r"[A-Za-z0-9_.:=/-]{4,128}")


def gather(search: Search, asked: str, *, alone: bool) -> list[Line]:
    """Return the lines of all that belongs to an id, each once, oldest first."""
    found: dict[Line, None] = {}
    known: set[str] = set()
    wanted = {asked}
    for _ in range(_ROUNDS):
        new = sorted(wanted - known)[:MOST_IDS]
        if not new:
            break
        known.update(new)
        found |= dict.fromkeys(search(new))
        requests = {one for line in found if not line.is_look for one in line.requests_of(known)}
        orders = set() if alone else {line.order for line in found if line.order}
        wanted = requests | orders
    mine = (line for line in found if not known.isdisjoint({*line.requests, "" if alone else line.order}))
    return sorted(mine, key=lambda line: line.began)


def search_of(target: Target, begin: int, end: int) -> Search:
    """Return how a target's lines are searched: Logs Insights on AWS, where a day has gigabytes; line by line in the
    emulator, which has no such thing.
    """
    how = filtering if target.emulated else insights
    return how(target.client("logs"), target.stage, begin, end)


def report(lines: Sequence[Line]) -> Iterable[str]:
    """Yield what is shown of some lines."""
    yield from draw(lines)
    calls = [line for line in lines if line.kind == "provider"]
    functions = {line.function for line in lines}
    requests = {line.request for line in lines if line.request}
    took = (max(line.at for line in lines) - min(line.began for line in lines)) / MILLISECONDS
    asked, read, written = (
        sum(line.number(name) for line in lines) for name in ("db_requests", "read_units", "write_units")
    )
    yield f"{len(requests)} requests through {len(functions)} functions in {took:.1f} s; providers: {len(calls)} calls"
    yield f"DynamoDB: {asked:.0f} requests, {read:g} read units, {written:g} write units"


def main(arguments: Sequence[str]) -> int:
    """Command line; 1 with one line when nothing is found, no stack runs or AWS refuses."""
    parser = argparse.ArgumentParser(prog="trace", description="Follows one request through all functions of a stage.")
    parser.add_argument("id", help="of a request, a message, an order, a payment ...")
    parser.add_argument("--stage", default=LOCAL, help="prod, dev ...; left out: the stack that runs on this machine")
    parser.add_argument("--region", default="", help="for example ap-southeast-1")
    parser.add_argument("--since", default="24h", help="how far to look back: 90m, 2h, 3d, or a time in RFC 3339")
    parser.add_argument("--alone", action="store_true", help="only what this request caused, not all of its order")
    options = parser.parse_args(arguments)
    try:
        found = _found(options)
    except (LocalError, BotoCoreError, ClientError) as problem:
        print(f"trace: {' '.join(str(problem).split())}", file=sys.stderr)
        return 1
    for line in report(found):
        print(line)
    return 0


def _found(options: argparse.Namespace) -> list[Line]:
    if not _ID.fullmatch(options.id):
        raise LocalError(f"'{options.id}' is no id")
    target, now = target_of(options.stage, options.region), time.time()
    search = search_of(target, since(options.since, now), int(now * MILLISECONDS))
    found = gather(search, options.id, alone=options.alone)
    if not found:
        raise LocalError(f"nothing about {options.id} since {options.since}; --since 7d looks further back")
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
