"""`make replay`: what happened on a day, told again: messages to their queues, and providers' events to their worker.

    make replay STAGE=prod REGION=ap-southeast-1 DAY=2030-05-01 LOOK=1       # what there is, by type
    make replay STAGE=prod REGION=ap-southeast-1 DAY=2030-05-01              # all of it
    make replay ... KIND=payment.event_received                              # what payment providers told us
    make replay ... KIND='shop.*'                                            # a type, or all that begin alike
    make replay STAGE=prod REGION=ap-southeast-1 SHOPS=1                     # no day: index every shop anew

Messages that were sent are kept for 14 days (`chalicelib.outbox.store`), providers' events for 90. A message keeps its
id, so its consumers know the repeat: where all was well nothing changes and nobody is told twice. What was lost is made
again: an index, a page, a refund, a notice. Events are worked although they were: the provider is asked for each, and
payments, orders and books go on from where they stand. Days are UTC. What is sent is worked in its own time: `make
queues` shows how far, and what died of it.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from fnmatch import fnmatchcase
from itertools import islice
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.table import Table

from chalicelib import wiring
from chalicelib.kit.outbox import SEARCH, Message
from chalicelib.payments.messages import EVENT_RECEIVED, event_received
from chalicelib.payments.rules import Event
from infra.importing.inside import inside
from infra.local.processes import LocalError
from infra.redrive import target_of
from infra.restore import payouts
from infra.targets import Target

EVERYTHING = "*"
_AT_ONCE = 100  # messages between two lines of progress


class ReplayError(Exception):
    """It cannot be done; the message says why, on one line."""


def of_day(target: Target, day: date, kind: str = EVERYTHING) -> Iterator[Message]:
    """Yield what happened on a UTC date, as it will be sent; to be used inside of the target. Events come from the
    inbox alone, which has them for longer.
    """
    if fnmatchcase(EVENT_RECEIVED, kind):
        for event in events_of_day(target, day):
            yield event_received(event, datetime.now(UTC), again=True)
    for message in wiring.relay().sent.of_day(day):
        if message.type != EVENT_RECEIVED and fnmatchcase(message.type, kind):
            yield message


def events_of_day(target: Target, day: date) -> Iterator[Event]:
    """Yield what payment providers told us on a UTC date for the first time. It reads the table of payments once: there
    is no index by day.
    """
    pages = target.client("dynamodb").get_paginator("scan")
    wanted: dict[str, Any] = {
        "TableName": f"{target.table_prefix}-payments",
        "FilterExpression": "sk = :event AND begins_with(received_at, :day)",
        "ExpressionAttributeValues": {":event": {"S": "EVT"}, ":day": {"S": f"{day}T"}},
    }
    for page in pages.paginate(**wanted):
        for row in page["Items"]:
            _, provider, name = row["pk"]["S"].split("#", 2)
            yield Event(name, row["subject"]["S"], row["ref"]["S"], row["type"]["S"], provider)


def every_shop(target: Target) -> Iterator[Message]:
    """Yield a message of a change for each shop that there is, so that all of them are indexed anew."""
    pages = target.client("dynamodb").get_paginator("scan")
    wanted: dict[str, Any] = {
        "TableName": f"{target.table_prefix}-shops",
        "FilterExpression": "sk = :shop",
        "ExpressionAttributeValues": {":shop": {"S": "META"}},
        "ProjectionExpression": "pk, version",
    }
    for page in pages.paginate(**wanted):
        for row in page["Items"]:
            shop = {"shop_id": row["pk"]["S"]}
            yield Message("shop.changed", (SEARCH,), shop, datetime.now(UTC), int(row["version"]["N"]))


def send(messages: Iterable[Message], console: Console) -> Counter[str]:
    """Send messages to their queues; return how many there were of each type.

    Raises:
        ReplayError: a queue took not all; what was sent before is sent, and a repeat does no harm.
    """
    queues, told = wiring.relay().queues, Counter[str]()
    waiting = iter(messages)
    while batch := list(islice(waiting, _AT_ONCE)):
        for queue in sorted({queue for message in batch for queue in message.queues}):
            mine = [message for message in batch if queue in message.queues]
            taken = queues.send(queue, mine)
            if len(taken) < len({message.id for message in mine}):
                raise ReplayError(f"queue {queue} took {len(taken)} of {len(mine)} messages: repeat it")
        told.update(message.type for message in batch)
        if console.is_terminal:
            console.print(f"{told.total()} sent", end="\r")
    return told


def _shown(console: Console, told: Counter[str], title: str) -> None:
    table = Table("type", "messages", title=title)
    for kind, number in sorted(told.items()):
        table.add_row(kind, str(number))
    console.print(table)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="replay", description="Tells again what happened on a day.")
    parser.add_argument("--stage", required=True, help="prod, dev, ...; local: the stack that runs on this machine")
    parser.add_argument("--region", default="", help="for example ap-southeast-1")
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--day", type=date.fromisoformat, help="a UTC date")
    which.add_argument("--shops", action="store_true", help="index every shop anew")
    parser.add_argument("--kind", default=EVERYTHING, help="a type of message, or a pattern: shop.*")
    parser.add_argument("--look", action="store_true", help="only show what there is")
    return parser


def _run(options: argparse.Namespace, console: Console) -> None:
    target = target_of(options.stage, options.region)
    target = replace(target, table_prefix=payouts.reads_from(target))
    with inside(target):
        messages = every_shop(target) if options.shops else of_day(target, options.day, options.kind)
        told = Counter(message.type for message in messages) if options.look else send(messages, console)
    if not told:
        what = "shops" if options.shops else f"'{options.kind}' of {options.day}"
        raise ReplayError(f"there is nothing of {what}; messages are kept 14 days, providers' events 90")
    _shown(console, told, "What there is" if options.look else "Sent again")
    done = "to be sent; nothing was" if options.look else "sent again; make queues shows how far they are"
    console.print(f"replay: {told.total()} messages {done}")


def main(arguments: Sequence[str]) -> int:
    """Command line; 1 with one line where it cannot be done."""
    options = _parser().parse_args(arguments)
    try:
        _run(options, Console(width=120, highlight=False))
    except (LocalError, ReplayError, BotoCoreError, ClientError) as problem:
        print(f"replay: {' '.join(str(problem).split())}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
