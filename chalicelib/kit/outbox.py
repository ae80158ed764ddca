"""Telling others, without ever telling of something that did not happen: the message is a row of the transaction."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Protocol

from chalicelib.kit.clock import iso, parse
from chalicelib.kit.ids import new_id
from chalicelib.kit.observability import request_id
from chalicelib.kit.transaction import Action

NOTIFICATIONS, SEARCH, PAYMENTS, BOOKING, PAYOUTS = "notifications", "search", "payments", "booking", "payouts"
PRIVACY, REMINDERS, WEBHOOKS = "privacy", "reminders", "webhooks"
MEDIA, MODERATION = "media", "moderation"
QUEUES = (
    NOTIFICATIONS, SEARCH, PAYMENTS, BOOKING, PAYOUTS, PRIVACY, REMINDERS, WEBHOOKS, MEDIA, MODERATION,
)  # fmt: skip


@dataclass(frozen=True)
class Message:
    """Something that happened.

    Attributes:
        type: `domain.happening`, such as `order.confirmed`.
        queues: the queues that hear of it.
        payload: JSON-able; ids rather than copies: consumers read the present state.
        occurred_at: when.
        version: of the object it speaks of; consumers never let an older one overwrite a newer.
        id: the same through every delivery; consumers know repeats by it.
        trace: id of the request that caused it.
    """

    type: str
    queues: tuple[str, ...]
    payload: Mapping[str, Any]
    occurred_at: datetime
    version: int = 0
    id: str = field(default_factory=lambda: new_id("msg"))
    trace: str = field(default_factory=request_id.get)

    def to_json(self) -> dict[str, Any]:
        """Return it as it travels."""
        return asdict(self) | {"occurred_at": iso(self.occurred_at), "queues": list(self.queues)}

    def to_text(self) -> str:
        """Return it as the text that is stored and sent."""
        return json.dumps(self.to_json(), ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> "Message":
        """Read one that has travelled.

        Raises:
            KeyError, ValueError, TypeError: not a message.
        """
        return cls(**{**body, "occurred_at": parse(body["occurred_at"]), "queues": tuple(body["queues"])})


class Outbox(Protocol):
    """Where messages wait for the relay."""

    def put(self, message: Message) -> Action:
        """Return the write that goes into the transaction of what the message tells."""
        ...
