"""Who listens, kept in mind for a moment: asked for each message that the relay sends."""

import time
from collections.abc import Callable
from threading import Lock

from chalicelib.kit.observability import log
from chalicelib.kit.outbox import Message
from chalicelib.webhooks.ports import ListenerStore
from chalicelib.webhooks.rules.events import merchant_of
from chalicelib.webhooks.rules.listening import STALE, Audience


class Directory:
    """Keeps in mind who listens.

    Args:
        store: where it is read.
        seconds: tells the time.
    """

    def __init__(self, store: ListenerStore, seconds: Callable[[], float] = time.monotonic) -> None:
        self._store, self._seconds = store, seconds
        self._lock = Lock()
        self._known: Audience | None = None
        self._until = float("-inf")

    def audience(self) -> Audience | None:
        """Return who listens, as it was within the last `STALE`; None where that cannot be read."""
        with self._lock:
            if self._seconds() >= self._until:
                self._until = (
                    self._seconds() + STALE.total_seconds()
                )  # before reading: what fails is not tried with every message
                self._known = self._read()
            return self._known

    def _read(self) -> Audience | None:
        try:
            return Audience.of(self._store.listeners())
        except Exception:  # noqa: BLE001 - messages go on without it, see `wants`
            log.exception("who listens cannot be read")
            return None

    def wants(self, message: Message) -> bool:
        """Say whether a message goes to the queue. Where nobody knows it does: who works there looks again."""
        merchant_id = merchant_of(message)
        if merchant_id is None:
            return False
        audience = self.audience()
        return audience is None or audience.hears_of(merchant_id)
