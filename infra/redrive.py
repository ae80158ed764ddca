"""`make queues`, `make redrive`: what lies among a stage's dead letters, and sending it back to be worked.

    python -m infra.redrive --stage prod --region ap-southeast-1 [--queue payments] [--look] [--wait 60]

Of a message only its type, its age and its own id are looked at; what it says is never shown. Sending back is safe, for
consumers know repeats. What fails again is tried eight times, over three quarters of an hour, before it is dead again:
longer than anybody waits here, so `make queues` tells it later. The pointers of the outbox's stream are counted
and left: the sweep relays their rows.
"""

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.table import Table

from infra.local.addresses import Addresses, home_folder
from infra.local.processes import LocalError
from infra.queues import QUEUES, STREAM_FAILURES_NAME
from infra.targets import Target

LOCAL = "local"
MOST_LOOKED_AT = 1_000  # messages of one queue
WAIT_SECONDS = 60.0
_HIDDEN = 60  # seconds that a message is out of sight while it is looked at or moved
_AT_ONCE = 10  # messages; SQS's own limit
_UNKNOWN = {"InvalidAction", "UnknownOperationException"}  # what an emulator says of a call that it does not have


class RedriveError(Exception):
    """It cannot go on; the message says why, on one line."""


@dataclass(frozen=True)
class Letter:
    """A dead message, as far as it may be shown.

    Attributes:
        id: the message's own, the same through every delivery; None where it is none of ours.
        type: `domain.happening`.
        sent_at: when it was sent, or sent back, the last time; epoch seconds.
    """

    id: str | None
    type: str
    sent_at: float


@dataclass(frozen=True)
class Queue:
    """A queue and its dead letters, by URL and ARN."""

    name: str
    url: str
    arn: str
    dead_url: str
    dead_arn: str


@dataclass(frozen=True)
class Seen:
    """What lies in a queue.

    Attributes:
        waiting, in_hand: messages to be worked, and given to a worker just now or waiting for their next turn.
        dead: dead messages.
        letters: up to `MOST_LOOKED_AT` of those.
    """

    name: str
    waiting: int
    in_hand: int
    dead: int
    letters: tuple[Letter, ...]


@dataclass(frozen=True)
class Redriven:
    """What became of dead letters.

    Attributes:
        moved: how many were sent back.
        again: those of them that are dead again.
        left: messages of the queue that are still to be worked.
    """

    name: str
    moved: int
    again: tuple[Letter, ...]
    left: int


def find(target: Target, name: str) -> Queue:
    """Return a queue of a stage.

    Raises:
        RedriveError: the stage has none such.
    """
    sqs = target.client("sqs")
    try:
        urls = [sqs.get_queue_url(QueueName=f"{target.prefix}-{one}")["QueueUrl"] for one in (name, f"{name}-dlq")]
    except sqs.exceptions.QueueDoesNotExist as error:
        raise RedriveError(f"there is no queue {target.prefix}-{name} in {target.region}: is it deployed?") from error
    url, dead = urls
    return Queue(name, url, _attributes(sqs, url)["QueueArn"], dead, _attributes(sqs, dead)["QueueArn"])


def look(target: Target, queue: Queue) -> Seen:
    """Return what lies in a queue now; nothing is taken out."""
    sqs = target.client("sqs")
    alive, dead = _counts(sqs, queue.url), _counts(sqs, queue.dead_url)
    return Seen(queue.name, *alive, sum(dead), tuple(_letters(sqs, queue.dead_url, dead[0])))


def redrive(target: Target, queue: Queue, *, wait: float, pause: Callable[[], None]) -> Redriven:
    """Send all dead letters of a queue back, and follow what becomes of them until the queue is empty or `wait` seconds
    have passed.

    Raises:
        RedriveError: the move failed; what was not moved lies where it was.
    """
    sqs, before = target.client("sqs"), look(target, queue)
    moved = _move(sqs, queue, before.dead, pause) if before.dead else 0
    until = time.monotonic() + wait
    while moved and sum(_counts(sqs, queue.url)) and time.monotonic() < until:
        pause()
    after = look(target, queue)
    known = {letter.id for letter in before.letters}
    again = tuple(letter for letter in after.letters if letter.id in known) if moved else ()
    return Redriven(queue.name, moved, again, after.waiting + after.in_hand)


def _attributes(sqs: Any, url: str) -> dict[str, str]:
    found: dict[str, str] = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return found


def _counts(sqs: Any, url: str) -> tuple[int, int]:
    told = _attributes(sqs, url)
    return int(told["ApproximateNumberOfMessages"]), int(told["ApproximateNumberOfMessagesNotVisible"])


def _receive(sqs: Any, url: str) -> list[dict[str, Any]]:
    answer = sqs.receive_message(
        QueueUrl=url,
        MaxNumberOfMessages=_AT_ONCE,
        VisibilityTimeout=_HIDDEN,
        WaitTimeSeconds=1,  # long polling asks all of SQS's servers
        MessageSystemAttributeNames=["SentTimestamp"],
        MessageAttributeNames=["All"],
    )
    messages: list[dict[str, Any]] = answer.get("Messages", [])
    return messages


def _letters(sqs: Any, url: str, dead: int) -> list[Letter]:
    """Look at dead messages: they are out of sight meanwhile, and in sight again at the end."""
    seen: list[dict[str, Any]] = []
    try:
        while len(seen) < min(dead, MOST_LOOKED_AT) and (more := _receive(sqs, url)):
            seen += more
    finally:
        for start in range(0, len(seen), _AT_ONCE):
            batch = enumerate(seen[start : start + _AT_ONCE])
            entries = [
                {"Id": str(n), "ReceiptHandle": one["ReceiptHandle"], "VisibilityTimeout": 0} for n, one in batch
            ]
            sqs.change_message_visibility_batch(QueueUrl=url, Entries=entries)
    return [_letter(one) for one in seen]


def _letter(message: dict[str, Any]) -> Letter:
    sent_at = int(message["Attributes"]["SentTimestamp"]) / 1000
    try:
        body = json.loads(message["Body"])
        return Letter(str(body["id"]), str(body["type"]), sent_at)
    except (ValueError, KeyError, TypeError):
        return Letter(None, "unreadable", sent_at)


def _move(sqs: Any, queue: Queue, dead: int, pause: Callable[[], None]) -> int:
    try:
        sqs.start_message_move_task(SourceArn=queue.dead_arn, DestinationArn=queue.arn)
    except ClientError as error:
        if error.response["Error"]["Code"] not in _UNKNOWN:
            raise
        return _move_by_hand(sqs, queue, dead)
    while True:
        (task,) = sqs.list_message_move_tasks(SourceArn=queue.dead_arn, MaxResults=1)["Results"]
        if task["Status"] == "COMPLETED":
            return int(task["ApproximateNumberOfMessagesMoved"])
        if task["Status"] != "RUNNING":
            raise RedriveError(f"SQS stopped moving {queue.name}: {task.get('FailureReason', task['Status'])}")
        pause()


def _move_by_hand(sqs: Any, queue: Queue, dead: int) -> int:
    """Move as many as were dead at the beginning: what dies meanwhile is left. Each is sent before it is deleted, so a
    crash in between repeats it and loses nothing.
    """
    moved = 0
    while moved < dead and (messages := _receive(sqs, queue.dead_url)):
        for message in messages:
            attributes = message.get("MessageAttributes", {})
            sqs.send_message(QueueUrl=queue.url, MessageBody=message["Body"], MessageAttributes=attributes)
            sqs.delete_message(QueueUrl=queue.dead_url, ReceiptHandle=message["ReceiptHandle"])
        moved += len(messages)
    return moved


def show(console: Console, target: Target, seen: Sequence[Seen], now: float) -> None:
    """Print what lies in queues."""
    table = Table(title=f"Queues of {target.prefix}")
    table.add_column("queue")
    for head in ("waiting", "in hand", "dead", "oldest"):
        table.add_column(head, justify="right")
    table.add_column("types of the dead", overflow="fold")
    for one in seen:
        oldest = min((letter.sent_at for letter in one.letters), default=None)
        style = "red" if one.dead else None
        figures = (str(one.waiting), str(one.in_hand), str(one.dead))
        table.add_row(one.name, *figures, age(oldest, now), types(one.letters), style=style)
    console.print(table)
    sqs = target.client("sqs")
    pointers = sqs.get_queue_url(QueueName=f"{target.prefix}-{STREAM_FAILURES_NAME}")["QueueUrl"]
    console.print(f"{STREAM_FAILURES_NAME}: {sum(_counts(sqs, pointers))} (the sweep relays their rows)")


def types(letters: Sequence[Letter]) -> str:
    """Return how many there are of each type: `order.refund_due 2, payment.event_received 1`."""
    return ", ".join(f"{type_} {count}" for type_, count in sorted(Counter(one.type for one in letters).items()))


def age(since: float | None, now: float) -> str:
    """Return how long ago a moment was: `3 d 4 h`, `2 h 5 min`; nothing for none."""
    if since is None:
        return ""
    minutes = max(0, int(now - since)) // 60
    days, hours = divmod(minutes // 60, 24)
    return f"{days} d {hours} h" if days else f"{hours} h {minutes % 60} min"


def report(console: Console, done: Redriven) -> None:
    """Print what became of a queue's dead letters."""
    console.print(f"{done.name}: {done.moved} sent back, {len(done.again)} dead again, {done.left} still to be worked")
    if done.again:
        console.print(f"  dead again: {types(done.again)}; the cause is in the functions' logs, by message_id")


def target_of(stage: str, region: str) -> Target:
    """Return a stage in the operator's account, or the local stack that runs.

    Raises:
        LocalError: none runs.
    """
    if stage != LOCAL:
        return Target.aws(stage=stage, region=region)
    addresses = Addresses.read(home_folder())
    return Target.local(port=int(addresses.gateway.rpartition(":")[2]), stage=addresses.stage)


def main(arguments: Sequence[str]) -> int:
    """Command line; 1 where something is dead again, or with one line where it cannot be done."""
    parser = argparse.ArgumentParser(prog="redrive", description="Sends a stage's dead letters back to be worked.")
    parser.add_argument("--stage", required=True, help="prod, dev, ...; local: the stack that runs on this machine")
    parser.add_argument("--region", default="", help="for example ap-southeast-1")
    parser.add_argument("--queue", choices=[spec.name for spec in QUEUES], help="left out: all")
    parser.add_argument("--look", action="store_true", help="only show what is there")
    parser.add_argument("--wait", type=float, default=WAIT_SECONDS, help="seconds to follow what becomes of it")
    options = parser.parse_args(arguments)
    console = Console(width=120)
    try:
        target = target_of(options.stage, options.region)
        queues = [find(target, name) for name in ([options.queue] if options.queue else [one.name for one in QUEUES])]
        show(console, target, [look(target, one) for one in queues], time.time())
        if options.look:
            return 0
        done = [redrive(target, one, wait=options.wait, pause=lambda: time.sleep(1)) for one in queues]
    except (LocalError, RedriveError, BotoCoreError, ClientError) as problem:
        print(f"redrive: {problem}", file=sys.stderr)
        return 1
    for one in done:
        report(console, one)
    return int(any(one.again for one in done))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
