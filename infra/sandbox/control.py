"""The control endpoints under /_sandbox/: what a test or a demo may arrange and look up. See README.md."""

from typing import Any

from pydantic import Field, field_validator

from infra.sandbox.bodies import BadRequestError, Body, number, query, read
from infra.sandbox.controls import Controls, Endpoint
from infra.sandbox.errors import ApiError
from infra.sandbox.faults import Faults
from infra.sandbox.httpd import Request
from infra.sandbox.money import Money
from infra.sandbox.state import Json, Settings
from infra.sandbox.webhooks import Webhooks
from infra.sandbox.world import World


class Again(Body):
    """How often, and in which order, events are sent."""

    copies: int = Field(default=1, ge=1, le=20)
    shuffle: bool = False
    seed: int | None = None
    limit: int | None = Field(default=None, ge=1)
    types: list[str] | None = None


class Reset(Body):
    """What is forgotten."""

    settings: bool = False


class Control(Controls):
    """Answers requests under /_sandbox/."""

    def __init__(self, world: World, webhooks: Webhooks, faults: Faults) -> None:
        self.world = world
        self.webhooks = webhooks
        own: tuple[Endpoint, ...] = (
            ("GET", "/health", self._health),
            ("GET", "/settings", self._settings),
            ("POST", "/settings", self._set),
            ("GET", "/deliveries", self._deliveries),
            ("POST", "/deliveries/release", self._release),
            ("GET", "/deliveries/{}", lambda _, i: self.webhooks.delivery(i)),
            ("POST", "/events/redeliver", self._redeliver),
            ("POST", "/events/{}/redeliver", self._redeliver),
            ("POST", "/reset", self._reset),
            *Money(world).endpoints,
        )
        super().__init__(faults, world.scheduler, own)

    def worded(self, error: BadRequestError) -> Json:
        """As Stripe says it."""
        return ApiError(str(error), param=error.where).body()

    def _health(self, _: Request) -> Json:
        with self.world.lock:
            return {"ok": True, "objects": {kind: len(table) for kind, table in self.world.state.objects.items()}}

    def _settings(self, _: Request) -> Json:
        return self.world.state.settings.model_dump()

    def _set(self, request: Request) -> Json:
        with self.world.lock:
            change = read(_SettingsChange, request).model_dump(exclude_unset=True)
            self.world.state.settings = self.world.state.settings.model_copy(update=change)
            return self.world.state.settings.model_dump()

    def _deliveries(self, request: Request) -> Json:
        wanted = query(request)
        limit = int(number(wanted.pop("limit", "100"), "limit", 100_000))
        with self.world.lock:
            every = list(self.world.state.deliveries.values())
            found = [d for d in reversed(every) if all(d.get(name) == value for name, value in wanted.items())]
            counts: dict[str, int] = {}
            for delivery in every:
                counts[delivery["status"]] = counts.get(delivery["status"], 0) + 1
            return {"count": len(found), "by_status": counts, "data": found[:limit]}

    def _release(self, request: Request) -> Json:
        how = read(Again, request)
        if how.types is not None:
            raise ApiError("All kinds are released together.", param="types")
        released = self.webhooks.release(copies=how.copies, shuffle=how.shuffle, seed=how.seed, limit=how.limit)
        return {"queued": released}

    def _redeliver(self, request: Request, event: str | None = None) -> Json:
        how = read(Again, request)
        with self.world.lock:
            events = [
                e["id"] for e in self.world.table("event").values() if how.types is None or e["type"] in how.types
            ]
        chosen = [event] if event is not None else events[-how.limit :] if how.limit else events
        return {"queued": self.webhooks.redeliver(chosen, copies=how.copies, shuffle=how.shuffle, seed=how.seed)}

    def _reset(self, request: Request) -> Json:
        what = read(Reset, request)
        self.faults.clear()
        with self.world.lock:
            self.world.scheduler.clear()
            self.world.state.empty()
            if what.settings:
                self.world.state.settings = Settings()
        return {"ok": True}


class _SettingsChange(Settings):
    """The same fields; only those that are given change. `mode` may be one word, "normal" empties it."""

    @field_validator("mode", mode="before")
    @classmethod
    def _one_word(cls, mode: Any) -> Any:
        if isinstance(mode, str):
            return [] if mode == "normal" else [mode]
        return mode
