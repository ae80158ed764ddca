"""What the relay and the sweep need from outside."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from chalicelib.kit.outbox import Message


class Queues(Protocol):
    """Where messages go."""

    def send(self, queue: str, messages: Sequence[Message]) -> set[str]:
        """Send messages to a queue and return the ids of those that it took. What it did not take is logged, never
        raised: it is sent again later.
        """
        ...


class Pending(Protocol):
    """The messages that wait."""

    def left_behind(self, shard: int, before: datetime) -> Iterable[Message]:
        """Yield messages of a shard that have waited since before a moment, the oldest first. Rows that cannot be
        read are logged and passed over.
        """
        ...

    def remove(self, message_ids: Sequence[str]) -> None:
        """Remove messages that were sent; no harm when they are gone."""
        ...

    @property
    def shards(self) -> int: ...


class Sent(Protocol):
    """The messages that were sent, for two weeks: so that a day can be told again (`make replay`)."""

    def keep(self, messages: Sequence[Message]) -> None:
        """Note that messages were sent; again does no harm."""
        ...

    def of_day(self, day: date) -> Iterable[Message]:
        """Yield what happened on a UTC date and was sent, in no order. Rows that cannot be read are logged and passed
        over.
        """
        ...


class Listeners(Protocol):
    """Who outside of the platform wants to hear of what happens."""

    def wants(self, message: Message) -> bool:
        """Say whether a message goes to the queue of webhooks; asked of each, so it must cost next to nothing."""
        ...


class Nobody:
    """See `Listeners`."""

    def wants(self, message: Message) -> bool:  # noqa: ARG002 - as the protocol has it
        return False


@dataclass(frozen=True)
class OutboxPorts:
    """What the use cases are given."""

    pending: Pending
    queues: Queues
    sent: Sent
    listeners: Listeners = field(default_factory=Nobody)
