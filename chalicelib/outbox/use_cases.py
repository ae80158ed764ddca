"""What is done with waiting messages: they are sent, kept where a day can be told again from, and their rows removed.

In this order: whatever goes wrong between the two, a message is sent twice rather than lost. Nothing here raises for
one message, so that the stream never stands still behind it; what could not be sent waits for the sweep.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from chalicelib.kit.observability import log, metric, noted
from chalicelib.kit.outbox import WEBHOOKS, Message
from chalicelib.outbox.ports import OutboxPorts

SETTLE = timedelta(seconds=30)  # younger rows are the relay's
MOST_OF_A_SHARD = 400  # messages in one sweep: with 8 shards some 20 s of work, while the function has 50
_BATCH = 100


@dataclass(frozen=True)
class Relayed:
    """How it went.

    Attributes:
        sent: messages that all of their queues took.
        failed: messages that at least one queue did not take; they wait.
    """

    sent: int = 0
    failed: int = 0

    def __add__(self, other: "Relayed") -> "Relayed":
        return Relayed(self.sent + other.sent, self.failed + other.failed)


def relay(ports: OutboxPorts, messages: Sequence[Message]) -> Relayed:
    """Send each message to its queues, then keep apart and remove those that all of their queues took."""
    by_queue: dict[str, list[Message]] = defaultdict(list)
    for message in messages:
        for queue in _queues(ports, message):
            by_queue[queue].append(message)
    failed: set[str] = set()
    for queue, batch in by_queue.items():
        failed |= {message.id for message in batch} - ports.queues.send(queue, batch)
    for message in messages:
        outcome = {"waits": True} if message.id in failed else {}
        noted("messages", {"id": message.id, "type": message.type, "request_id": message.trace} | outcome)
    sent = [message for message in messages if message.id not in failed]
    _remove(ports, sent)
    return Relayed(len(sent), len(messages) - len(sent))


def _queues(ports: OutboxPorts, message: Message) -> Sequence[str]:
    """Return where a message goes: whether anybody outside listens is asked here, where it is read anyway, so that of
    all others nothing is sent.
    """
    is_wanted = WEBHOOKS not in message.queues and ports.listeners.wants(message)
    return (*message.queues, WEBHOOKS) if is_wanted else message.queues


def _remove(ports: OutboxPorts, messages: Sequence[Message]) -> None:
    """Keep what was sent where a day can be told again from, and take it off the outbox: also what could not be kept,
    for what is sent again each minute stands in front of what never was.
    """
    message_ids = [message.id for message in messages]
    try:
        ports.sent.keep(messages)
    except Exception:  # noqa: BLE001 - a replay of that day lacks them; consumers have them
        log.exception("sent messages are not kept for a replay", message_ids=message_ids)
        metric("SentNotKept", len(messages))
    try:
        ports.pending.remove(message_ids)
    except Exception:  # noqa: BLE001 - sent already: the sweep sends them again, and removes them then
        log.exception("sent messages stay in the outbox", message_ids=message_ids)


def sweep(ports: OutboxPorts, as_of: datetime) -> Relayed:
    """Send what the relay left behind, the oldest first, at most `MOST_OF_A_SHARD` of each shard; the rest waits for
    the next run.
    """
    result = Relayed()
    for shard in range(ports.pending.shards):
        waiting = islice(ports.pending.left_behind(shard, as_of - SETTLE), MOST_OF_A_SHARD)
        for batch in _batches(waiting):
            result += relay(ports, batch)
    metric("OutboxLeftBehind", result.sent + result.failed)
    metric("OutboxStuck", result.failed)
    return result


def _batches(messages: Iterable[Message]) -> Iterator[list[Message]]:
    iterator = iter(messages)
    while batch := list(islice(iterator, _BATCH)):
        yield batch
