"""The control endpoints under /_sandbox/: what a test or a demo may arrange and look up. See README.md."""

import re
from typing import Any

from pydantic import Field, field_validator

from infra.sandbox.bodies import Body, number, query, read
from infra.sandbox.errors import ApiError
from infra.sandbox.faults import Fault, Faults
from infra.sandbox.httpd import Request, Response, json_response
from infra.sandbox.money import Endpoint, Money
from infra.sandbox.state import Json, Settings
from infra.sandbox.webhooks import Webhooks
from infra.sandbox.world import World

MAX_WAIT = 60.0


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


class Control:
    """Answers requests under /_sandbox/."""

    def __init__(self, world: World, webhooks: Webhooks, faults: Faults) -> None:
        self.world = world
        self.webhooks = webhooks
        self.faults = faults
        endpoints: tuple[Endpoint, ...] = (
            ("GET", "/health", self._health),
            ("GET", "/settings", self._settings),
            ("POST", "/settings", self._set),
            ("GET", "/deliveries", self._deliveries),
            ("POST", "/deliveries/release", self._release),
            ("GET", "/deliveries/{}", lambda _, i: self.webhooks.delivery(i)),
            ("POST", "/events/redeliver", self._redeliver),
            ("POST", "/events/{}/redeliver", self._redeliver),
            ("GET", "/idle", self._idle),
            ("GET", "/failures", lambda _: [fault.model_dump() for fault in self.faults.pending()]),
            ("POST", "/failures", self._fail),
            ("DELETE", "/failures", self._unfail),
            ("GET", "/calls/held", self._held),
            ("POST", "/calls/release", lambda _: {"released": self.faults.release()}),
            ("POST", "/reset", self._reset),
            *Money(world).endpoints,
        )
        self._routes = [
            (method, re.compile("/_sandbox" + path.replace("{}", "([^/]+)")), action)
            for method, path, action in endpoints
        ]

    def answer(self, request: Request) -> Response:
        """One request."""
        for method, path, action in self._routes:
            match = path.fullmatch(request.path)
            if match is not None and method == request.method:
                try:
                    return json_response(200, action(request, *match.groups()))
                except ApiError as error:
                    return json_response(error.status, error.body())
        return json_response(404, ApiError(f"No such control endpoint: {request.method} {request.path}").body())

    def _health(self, _: Request) -> Json:
        with self.world.lock:
            return {"ok": True, "objects": {kind: len(table) for kind, table in self.world.state.objects.items()}}

    def _settings(self, _: Request) -> Json:
        return self.world.state.settings.model_dump()

    def _set(self, request: Request) -> Json:
        with self.world.lock:
            change = read(_SettingsChange, request).model_dump(exclude_unset=True)
            fresh = self.world.state.settings.model_dump() | change
            self.world.state.settings = Settings.model_validate(fresh)
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

    def _idle(self, request: Request) -> Json:
        return {
            "idle": self.world.scheduler.wait_idle(number(query(request).get("timeout", "10"), "timeout", MAX_WAIT))
        }

    def _fail(self, request: Request) -> Json:
        fault = read(Fault, request)
        self.faults.add(fault)
        return fault.model_dump()

    def _unfail(self, _: Request) -> Json:
        self.faults.clear()
        return {"ok": True}

    def _held(self, request: Request) -> Json:
        wanted = query(request)
        timeout = number(wanted.get("timeout", "10"), "timeout", MAX_WAIT)
        return {"held": self.faults.wait_held(int(number(wanted.get("count", "1"), "count", 10_000)), timeout)}

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
