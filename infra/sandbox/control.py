"""The control endpoints under /_sandbox/: what a test or a demo may arrange and look up. See README.md."""

import json
import re
from collections.abc import Callable
from typing import Any, Literal, TypeVar
from urllib.parse import parse_qs

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from infra.sandbox import disputes, intents, refunds
from infra.sandbox.errors import ApiError, required
from infra.sandbox.faults import Fault, Faults
from infra.sandbox.httpd import Request, Response, json_response
from infra.sandbox.state import Json, RefundOutcome, Settings
from infra.sandbox.webhooks import Webhooks
from infra.sandbox.world import World

MAX_WAIT = 60.0
T = TypeVar("T", bound=BaseModel)


class Body(BaseModel):
    """A request body: what it does not name is refused."""

    model_config = ConfigDict(extra="forbid")


class Again(Body):
    """How often, and in which order, events are sent."""

    copies: int = Field(default=1, ge=1, le=20)
    shuffle: bool = False
    seed: int | None = None
    limit: int | None = Field(default=None, ge=1)
    types: list[str] | None = None


class RefundEnd(Body):
    """What a refund becomes."""

    outcome: Literal["succeeded", "failed"]
    failure_reason: str = "declined"


class NewDispute(Body):
    """Which charge is disputed, and for how much."""

    charge: str | None = None
    payment_intent: str | None = None
    amount: int | None = None
    reason: str = "general"


class DisputeEnd(Body):
    """How the bank decides."""

    outcome: Literal["won", "lost"]


class Reset(Body):
    """What is forgotten."""

    settings: bool = False


class RefundDefault(Body):
    """What refunds made from now on become."""

    outcome: RefundOutcome


class Control:
    """Answers requests under /_sandbox/."""

    def __init__(self, world: World, webhooks: Webhooks, faults: Faults) -> None:
        self.world = world
        self.webhooks = webhooks
        self.faults = faults
        self._routes: list[tuple[str, re.Pattern[str], Callable[..., Any]]] = [
            (method, re.compile("/_sandbox" + path.replace("{}", "([^/]+)")), action)
            for method, path, action in (
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
                ("POST", "/payment_intents/{}/approve", self._approve),
                ("POST", "/payment_intents/{}/decline", self._decline),
                ("POST", "/refunds/outcome", self._refund_outcome),
                ("POST", "/refunds/{}", self._settle_refund),
                ("POST", "/disputes", self._dispute),
                ("POST", "/disputes/{}", self._close_dispute),
                ("POST", "/reset", self._reset),
            )
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
            change = _read(_SettingsChange, request).model_dump(exclude_unset=True)
            fresh = self.world.state.settings.model_dump() | change
            self.world.state.settings = Settings.model_validate(fresh)
            return self.world.state.settings.model_dump()

    def _deliveries(self, request: Request) -> Json:
        wanted = _query(request)
        limit = int(_number(wanted.pop("limit", "100"), "limit", 100_000))
        with self.world.lock:
            every = list(self.world.state.deliveries.values())
            found = [d for d in reversed(every) if all(d.get(name) == value for name, value in wanted.items())]
            counts: dict[str, int] = {}
            for delivery in every:
                counts[delivery["status"]] = counts.get(delivery["status"], 0) + 1
            return {"count": len(found), "by_status": counts, "data": found[:limit]}

    def _release(self, request: Request) -> Json:
        how = _read(Again, request)
        if how.types is not None:
            raise ApiError("All kinds are released together.", param="types")
        released = self.webhooks.release(copies=how.copies, shuffle=how.shuffle, seed=how.seed, limit=how.limit)
        return {"queued": released}

    def _redeliver(self, request: Request, event: str | None = None) -> Json:
        how = _read(Again, request)
        with self.world.lock:
            events = [
                e["id"] for e in self.world.table("event").values() if how.types is None or e["type"] in how.types
            ]
        chosen = [event] if event is not None else events[-how.limit :] if how.limit else events
        return {"queued": self.webhooks.redeliver(chosen, copies=how.copies, shuffle=how.shuffle, seed=how.seed)}

    def _idle(self, request: Request) -> Json:
        return {
            "idle": self.world.scheduler.wait_idle(_number(_query(request).get("timeout", "10"), "timeout", MAX_WAIT))
        }

    def _fail(self, request: Request) -> Json:
        fault = _read(Fault, request)
        self.faults.add(fault)
        return fault.model_dump()

    def _unfail(self, _: Request) -> Json:
        self.faults.clear()
        return {"ok": True}

    def _held(self, request: Request) -> Json:
        query = _query(request)
        timeout = _number(query.get("timeout", "10"), "timeout", MAX_WAIT)
        return {"held": self.faults.wait_held(int(_number(query.get("count", "1"), "count", 10_000)), timeout)}

    def _approve(self, _: Request, intent: str) -> Json:
        with self.world.lock:
            return dict(intents.approve(self.world, self.world.find("payment_intent", intent)))

    def _decline(self, _: Request, intent: str) -> Json:
        with self.world.lock:
            return dict(intents.decline(self.world, self.world.find("payment_intent", intent)))

    def _refund_outcome(self, request: Request) -> Json:
        with self.world.lock:
            self.world.state.settings.refund_outcome = _read(RefundDefault, request).outcome
            return self.world.state.settings.model_dump()

    def _settle_refund(self, request: Request, refund: str) -> Json:
        end = _read(RefundEnd, request)
        with self.world.lock:
            found = self.world.find("refund", refund)
            return dict(refunds.settle(self.world, found, end.outcome, end.failure_reason))

    def _dispute(self, request: Request) -> Json:
        wanted = _read(NewDispute, request)
        with self.world.lock:
            charge = wanted.charge
            if charge is None:
                if wanted.payment_intent is None:
                    raise required("charge")
                charge = self.world.find("payment_intent", wanted.payment_intent)["latest_charge"] or ""
            extra = wanted.model_dump(include={"amount", "reason"}, exclude_none=True)
            return dict(disputes.create(self.world, self.world.find("charge", charge), extra))

    def _close_dispute(self, request: Request, dispute: str) -> Json:
        end = _read(DisputeEnd, request)
        with self.world.lock:
            return dict(disputes.close(self.world, self.world.find("dispute", dispute), end.outcome))

    def _reset(self, request: Request) -> Json:
        what = _read(Reset, request)
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


def _read(model: type[T], request: Request) -> T:
    try:
        return model.model_validate(_json_object(request))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ApiError(f"{where}: {first['msg']}", param=where) from error


def _json_object(request: Request) -> Json:
    try:
        content = json.loads(request.body or b"{}")
    except ValueError as error:
        raise ApiError("The body is not JSON.") from error
    if not isinstance(content, dict):
        raise ApiError("The body must be a JSON object.")
    return content


def _query(request: Request) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(request.query).items()}


def _number(text: str, name: str, most: float) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number <= most:
        raise ApiError(f"{name} must be a number from 0 to {most:g}.", param=name)
    return number
