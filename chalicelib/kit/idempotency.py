"""A POST takes effect once, however often it is sent.

The answer's row, keyed by (actor, route, Idempotency-Key), is written by the transaction of the effect itself. Whoever
repeats the request finds the row and gets the stored answer; whoever sends another body under the same key is refused.
Only where a provider must be called between reading and writing is a row put first that says "in progress".
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from chalicelib.kit.errors import Conflict, Invalid, Malformed
from chalicelib.kit.i18n import Text
from chalicelib.kit.transaction import Action

KEPT = timedelta(hours=24)
LATE = 12.0
"""Seconds. Who has worked for longer asks no database again that may be silent: that takes up to 12 s more (`kit.aws`),
and the function ends after 28."""
LEASE = timedelta(seconds=30)  # longer than API Gateway waits: a lease that ran out belongs to a dead request


class KeyMissing(Malformed):
    code = "idempotency-key-required"
    detail = Text(
        "Send an Idempotency-Key header of 8 to 128 visible ASCII characters.",
        "请发送 Idempotency-Key 请求头，长度为 8 至 128 个可见 ASCII 字符。",
    )


class KeyReused(Invalid):
    code = "idempotency-key-reused"
    title = Text("The Idempotency-Key was used for another request", "Idempotency-Key 已用于其他请求")
    detail = Text("Use a fresh key for a different body.", "请求内容不同，请使用新的 Idempotency-Key。")


class InProgress(Conflict):
    code = "request-in-progress"
    title = Text("The same request is being worked on", "相同请求正在处理中")
    detail = Text("Repeat it with the same key in a moment.", "请稍后使用相同的 key 重试。")


@dataclass(frozen=True)
class Answer:
    """A stored answer: HTTP status and JSON text."""

    status: int
    body: str


class Replayed(Exception):  # noqa: N818 - not an error: the answer is known
    """The effect has happened already; this is what was answered."""

    def __init__(self, answer: Answer) -> None:
        super().__init__("answered before")
        self.answer = answer


@dataclass(frozen=True)
class Once:
    """One request that must take effect once.

    Attributes:
        scope: actor, for whom and by whom they act, and route.
        key: the client's Idempotency-Key.
        fingerprint: SHA-256 of path and body.
        render: turns the use case's result into the answer.
    """

    scope: str
    key: str
    fingerprint: str
    render: Callable[[Any], Answer]


def fingerprint(path: str, body: bytes) -> str:
    """Return what tells two requests of one key apart."""
    return hashlib.sha256(path.encode() + b"\0" + body).hexdigest()


class Idempotency(Protocol):
    """Where answers are kept for `KEPT`."""

    def remember(self, once: Once, result: Any) -> Action:
        """Return the write of the answer to `result`, for the transaction of the effect. Refused, it raises
        `Replayed` or `KeyReused`.
        """
        ...

    def recall(self, once: Once) -> Answer | None:
        """Return the stored answer, None where there is none (also while in progress).

        Raises:
            KeyReused: the key stands for another request.
        """
        ...

    def claim(self, once: Once) -> None:
        """Put the in-progress row, before a provider is called.

        Raises:
            Replayed: answered already.
            InProgress: another request holds it and its lease has not run out.
            KeyReused: the key stands for another request.
        """
        ...

    def settle(self, once: Once, result: Any) -> Action:
        """Return the write that turns the in-progress row into the answer."""
        ...

    def release(self, once: Once) -> None:
        """Drop the in-progress row: nothing happened, a repeat may try anew. After `LATE` it runs out instead."""
        ...
