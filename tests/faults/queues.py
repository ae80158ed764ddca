"""SQS in memory, as a stage has it: messages come again until they are deleted, and die after five receives."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from infra.queues import MAX_RECEIVES, QUEUES
from tests.fakes.time import FakeClock

VISIBILITY = timedelta(minutes=6)
PREFIX = "https://sqs.example/linli-test-"


@dataclass
class Entry:
    """A message in a queue."""

    id: str
    body: str
    visible_at: datetime
    receives: int = 0

    @property
    def message_id(self) -> str:
        """The platform's own id of what is told."""
        return str(json.loads(self.body)["id"])


class Queues:
    """The queues of a stage. `sent` has every message that a queue ever took, by (queue, its own id)."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self.waiting: dict[str, list[Entry]] = {spec.name: [] for spec in QUEUES}
        self.dead: dict[str, list[Entry]] = {spec.name: [] for spec in QUEUES}
        self.sent: dict[tuple[str, str], dict[str, Any]] = {}
        self._numbers = 0

    def answer(self, operation: str, asked: dict[str, Any]) -> dict[str, Any]:
        """Do what a client of SQS asks for."""
        if operation == "GetQueueUrl":
            return {"QueueUrl": PREFIX + asked["QueueName"].removeprefix("linli-test-")}
        name = asked["QueueUrl"].removeprefix(PREFIX)
        if operation == "ChangeMessageVisibility":
            self._comes_at(name, asked["ReceiptHandle"], timedelta(seconds=asked["VisibilityTimeout"]))
            return {}
        assert operation == "SendMessageBatch", operation
        for entry in asked["Entries"]:
            self.take(name, entry["MessageBody"])
        return {"Successful": [{"Id": entry["Id"], "MessageId": "m"} for entry in asked["Entries"]], "Failed": []}

    def take(self, name: str, body: str) -> None:
        """Take a message."""
        self._numbers += 1
        entry = Entry(f"sqs-{self._numbers}", body, self._clock.now())
        self.sent[name, entry.message_id] = json.loads(body)
        self.waiting[name].append(entry)

    def _comes_at(self, name: str, id_: str, delay: timedelta) -> None:
        for entry in self.waiting[name]:
            if entry.id == id_:
                entry.visible_at = self._clock.now() + delay

    def receive(self, name: str, most: int) -> list[Entry]:
        """Hand out what is visible; what was handed out too often dies instead."""
        now, out = self._clock.now(), []
        for entry in [one for one in self.waiting[name] if one.visible_at <= now]:
            if entry.receives >= MAX_RECEIVES:
                self.waiting[name].remove(entry)
                self.dead[name].append(entry)
            elif len(out) < most:
                entry.receives += 1
                entry.visible_at = now + VISIBILITY
                out.append(entry)
        return out

    def delete(self, name: str, ids: set[str]) -> None:
        """Drop what was worked."""
        self.waiting[name] = [one for one in self.waiting[name] if one.id not in ids]

    def redrive(self) -> int:
        """Send what died back to be worked, as `make redrive` does; return how much it was."""
        moved = 0
        for name, dead in self.dead.items():
            moved += len(dead)
            for entry in dead:
                self.take(name, entry.body)
            dead.clear()
        return moved

    def next_at(self) -> datetime | None:
        """Return when the next message becomes visible."""
        return min((one.visible_at for entries in self.waiting.values() for one in entries), default=None)

    @property
    def left(self) -> int:
        """How many messages wait or are dead."""
        return sum(map(len, self.waiting.values())) + sum(map(len, self.dead.values()))
