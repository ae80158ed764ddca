"""Idempotency keys as Stripe honours them: the first answer is kept for a day and given again."""

import hashlib
import json

from infra.sandbox.errors import ApiError
from infra.sandbox.state import Json
from infra.sandbox.world import World

KEPT_SECONDS = 86_400
MAX_KEY = 255


class Idempotency:
    """Answers by key. `begin` claims a key for one call; that call must `finish` or `abandon` it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._running: set[str] = set()

    def begin(self, key: str, method: str, path: str, form: Json) -> Json | None:
        """The stored answer (`status`, `body`), or None: the call is the first and may run.

        Raises ApiError: 400 `idempotency_error` for another call under the same key, 409 while the first still runs.
        """
        if len(key) > MAX_KEY:
            raise ApiError(f"An idempotency key has {MAX_KEY} characters at most.", kind="idempotency_error")
        fingerprint = hashlib.sha256(json.dumps([method, path, form], sort_keys=True).encode()).hexdigest()
        with self.world.lock:
            self._forget_old()
            stored = self.world.state.idempotency.get(key)
            if stored is not None and stored["fingerprint"] != fingerprint:
                text = f"The idempotency key '{key}' was used with another endpoint or other parameters."
                raise ApiError(text, kind="idempotency_error")
            if key in self._running:
                text = f"Another request with the idempotency key '{key}' is being processed."
                raise ApiError(text, status=409, code="idempotency_key_in_use")
            if stored is not None and "status" in stored:  # without: a call that a killed process had begun
                return stored
            self._running.add(key)
            self.world.state.idempotency[key] = {"fingerprint": fingerprint, "created": self.world.now}
            return None

    def finish(self, key: str, status: int, body: str) -> None:
        """Keep the answer, also when it is a refusal."""
        with self.world.lock:
            self._running.discard(key)
            if key in self.world.state.idempotency:
                self.world.state.idempotency[key] |= {"status": status, "body": body}

    def abandon(self, key: str) -> None:
        """The call did not take place: the key is free again."""
        with self.world.lock:
            self._running.discard(key)
            self.world.state.idempotency.pop(key, None)

    def _forget_old(self) -> None:
        stored = self.world.state.idempotency
        for key in [
            k for k, v in stored.items() if v["created"] + KEPT_SECONDS <= self.world.now and k not in self._running
        ]:
            del stored[key]
