"""Which happenings are published, and what is said of each. No I/O.

What goes out is a contract of its own, apart from the messages between our domains: ids, versions and sums, never who
somebody is; whoever wants more reads it by the API, where their permissions are looked at. Of a type's data fields are
added only; what would break its readers becomes another `SCHEMA`.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.kit.clock import iso
from chalicelib.kit.ids import timed_id
from chalicelib.kit.outbox import Message

SCHEMA = 1
TEST, CHALLENGE = "webhook.test", "webhook.challenge"

Told = Mapping[str, Any]


def _order(told: Told) -> dict[str, Any]:
    return {"order_id": told["order_id"], "shop_id": told["shop_id"]}


def _claim(told: Told) -> dict[str, Any]:
    names = ("claim_id", "order_id", "line_id", "shop_id", "currency", "amount", "given")
    return {name: told[name] for name in names}


def _dispute(told: Told) -> dict[str, Any]:
    return {name: told[name] for name in ("dispute_id", "order_id", "currency", "amount", "evidence_until")}


def _payout(told: Told) -> dict[str, Any]:
    return {name: told[name] for name in ("payout_id", "currency", "amount", "returned")}


def _settlement(told: Told) -> dict[str, Any]:
    return {name: told[name] for name in ("settlement_id", "currency", "payable", "lines")}


def _review(told: Told) -> dict[str, Any]:
    return {name: told[name] for name in ("review_id", "shop_id", "stars")}


def _test(_told: Told) -> dict[str, Any]:
    return {}


TYPES: Mapping[str, Callable[[Told], dict[str, Any]]] = {
    **{
        f"order.{one}": _order
        for one in ("confirmed", "changed", "cancelled", "expired", "refunded", "completed")
    },
    **{f"claim.{one}": _claim for one in ("asked", "agreed", "declined", "escalated", "decided")},
    **{f"dispute.{one}": _dispute for one in ("warning", "open", "won", "lost")},
    **{f"payout.{one}": _payout for one in ("paid", "failed")},
    "settlement.posted": _settlement,
    "review.posted": _review,
}  # fmt: skip
"""What can be asked for."""


@dataclass(frozen=True)
class Event:
    """Something that is told.

    Attributes:
        id: goes as `webhook-id`; begins with when it happened, so that ids sort as that does, and follows from the
            message, so that a repeat is known.
        type: see `TYPES`.
        body: the JSON that is signed and sent, letter by letter.
    """

    id: str
    type: str
    body: str


def merchant_of(message: Message) -> str | None:
    """Return whom a message concerns; None where it is none that is published."""
    if message.type not in TYPES:
        return None
    told = message.payload.get("merchant_id")
    return told if isinstance(told, str) else None


def merchant_in(body: str) -> str:
    """Return whom an event concerns, by what is sent of it."""
    return str(json.loads(body)["data"]["merchant_id"])


def event_of(message: Message) -> Event:
    """Return what is told of a message that is published, or of a test."""
    data = TYPES.get(message.type, _test)(message.payload)
    data |= {"merchant_id": message.payload["merchant_id"], "version": message.version, "schema": SCHEMA}
    return Event(
        timed_id("evt", message.occurred_at, message.id), message.type, text(message.type, message.occurred_at, data)
    )


def text(kind: str, at: datetime, data: Told) -> str:
    """Return the body of a message: `type`, `timestamp` and `data`, as the specification has it."""
    told = {"type": kind, "timestamp": iso(at), "data": data}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))
