"""Webhook deliveries: signed as Stripe signs, repeated until answered, and as late, double or disordered as asked."""

import http.client
import json
import random
import time
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from stripe import WebhookSignature

from infra.sandbox.errors import missing
from infra.sandbox.state import Json
from infra.sandbox.world import World

RETRY_SECONDS = (0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3600)
TIMEOUT_SECONDS = 15
KEPT = 5000
OPEN = ("held", "queued", "retrying")


class Webhooks:
    """Sends events to the URL that is set when it sends, on the scheduler's threads."""

    def __init__(self, world: World, retry_seconds: Sequence[float] = RETRY_SECONDS, seed: int | None = None) -> None:
        self.world = world
        self.retry_seconds = retry_seconds
        self._random = random.Random(seed)  # noqa: S311 - shuffling, no secret

    def deliver(self, event: Json) -> None:
        """Queue a new event in the way the delivery mode says; without a URL it is only recorded."""
        settings = self.world.state.settings
        if not settings.webhook_url:
            return
        for _ in range(2 if "twice" in settings.mode else 1):
            delivery = self._make(event["id"])
            if "held" in settings.mode:
                delivery["status"] = "held"
                continue
            delay = settings.delay_ms if "delayed" in settings.mode else 0
            spread = settings.shuffle_ms if "shuffled" in settings.mode else 0
            self._send_later(delivery["id"], (delay + self._random.uniform(0, spread)) / 1000)
        self._trim()

    def release(
        self, *, copies: int = 1, shuffle: bool = False, seed: int | None = None, limit: int | None = None
    ) -> int:
        """Send what is held, each `copies` times, in order or shuffled; returns the number of deliveries queued."""
        with self.world.lock:
            held = [d for d in self.world.state.deliveries.values() if d["status"] == "held"][:limit]
            for delivery in held:
                delivery["status"] = "queued"
            extra = [self._make(d["event"]) for d in held for _ in range(copies - 1)]
            return self._queue([d["id"] for d in [*held, *extra]], shuffle, seed)

    def redeliver(
        self, events: Iterable[str], *, copies: int = 1, shuffle: bool = False, seed: int | None = None
    ) -> int:
        """Send events again, each `copies` times; returns the number of deliveries queued. Raises ApiError (404)."""
        with self.world.lock:
            found = [self.world.find("event", event)["id"] for event in events]
            return self._queue([self._make(e)["id"] for _ in range(copies) for e in found], shuffle, seed)

    def resume(self) -> None:
        """Queue what the last run left open."""
        for delivery in self.world.state.deliveries.values():
            if delivery["status"] in ("queued", "retrying"):
                self._send_later(delivery["id"], 0)

    def delivery(self, delivery_id: str) -> Json:
        """One delivery. Raises ApiError (404)."""
        found = self.world.state.deliveries.get(delivery_id)
        if found is None:
            raise missing("delivery", delivery_id)
        return found

    def _make(self, event: str) -> Json:
        delivery: Json = {
            "id": self.world.state.new_id("wd"),
            "event": event,
            "type": self.world.table("event")[event]["type"],
            "status": "queued",
            "attempts": [],
        }
        self.world.state.deliveries[delivery["id"]] = delivery
        return delivery

    def _queue(self, ids: list[str], shuffle: bool, seed: int | None) -> int:  # noqa: FBT001 - passed on from the public names
        if shuffle:
            chance = self._random if seed is None else random.Random(seed)  # noqa: S311 - shuffling, no secret
            chance.shuffle(ids)
        for delivery_id in ids:
            self._send_later(delivery_id, 0)
        return len(ids)

    def _send_later(self, delivery_id: str, seconds: float) -> None:
        self.world.scheduler.after(seconds, lambda: self._send(delivery_id))

    def _send(self, delivery_id: str) -> None:
        with self.world.lock:
            delivery = self.world.state.deliveries.get(delivery_id)
            if delivery is None or delivery["status"] not in ("queued", "retrying"):
                return
            settings = self.world.state.settings.model_copy()
            payload = json.dumps(self.world.table("event")[delivery["event"]], indent=2, ensure_ascii=False)
            dropped = "drop_first" in settings.mode and not delivery["attempts"]
        if dropped:
            outcome: tuple[int | None, str | None] = (None, "dropped by the delivery mode")
        else:
            stamp = int(time.time()) + settings.timestamp_offset
            header = WebhookSignature.generate_signature_header(payload, settings.webhook_secret, timestamp=stamp)
            outcome = post(settings.webhook_url, payload, header)
        with self.world.lock:
            self._record(delivery, *outcome)

    def _record(self, delivery: Json, status: int | None, error: str | None) -> None:
        attempts = delivery["attempts"]
        attempts.append({"at": int(time.time()), "status_code": status, "error": error})
        if status is not None and 200 <= status < 300:  # noqa: PLR2004 - HTTP's class of success
            delivery["status"] = "delivered"
            event = self.world.table("event").get(delivery["event"])
            if event is not None:
                event["pending_webhooks"] = 0
        elif len(attempts) <= len(self.retry_seconds):
            delivery["status"] = "retrying"
            if delivery["id"] in self.world.state.deliveries:
                self._send_later(delivery["id"], self.retry_seconds[len(attempts) - 1])
        else:
            delivery["status"] = "failed"

    def _trim(self) -> None:
        deliveries = self.world.state.deliveries
        surplus = len(deliveries) - KEPT
        if surplus > 0:
            for old in [d for d in deliveries.values() if d["status"] not in OPEN][:surplus]:
                del deliveries[old["id"]]


def post(url: str, payload: str, signature: str) -> tuple[int | None, str | None]:
    """Send one signed body; the HTTP status, or why there was none."""
    target = urlsplit(url)
    kind = http.client.HTTPSConnection if target.scheme == "https" else http.client.HTTPConnection
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Stripe-Signature": signature,
        "User-Agent": "Stripe/1.0 (sandbox)",
        "Connection": "close",
    }
    try:
        connection = kind(target.hostname or "", target.port, timeout=TIMEOUT_SECONDS)
        try:
            path = target.path or "/"
            connection.request("POST", f"{path}?{target.query}" if target.query else path, payload.encode(), headers)
            return connection.getresponse().status, None
        finally:
            connection.close()
    except (OSError, http.client.HTTPException) as error:
        return None, f"{type(error).__name__}: {error}"
