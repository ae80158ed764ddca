"""The control endpoints that every payment sandbox has, and how its own are found and answered."""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import Any

from infra.sandbox.bodies import BadRequestError, Refused, number, query, read
from infra.sandbox.faults import Fault, Faults
from infra.sandbox.httpd import Request, Response, json_response
from infra.sandbox.scheduler import Scheduler

PREFIX = "/_sandbox"
MAX_WAIT = 60.0
MAX_HELD = 10_000
Endpoint = tuple[str, str, Callable[..., Any]]
"""A method, a path after the prefix with `{}` for what varies, and what is called with the request and that."""


class Controls(ABC):
    """Answers requests under /_sandbox/."""

    fault: type[Fault] = Fault
    """What POST /failures takes."""

    def __init__(self, faults: Faults, scheduler: Scheduler, own: Iterable[Endpoint]) -> None:
        self.faults = faults
        self.scheduler = scheduler
        shared: tuple[Endpoint, ...] = (
            ("GET", "/idle", self._idle),
            ("GET", "/failures", lambda _: [fault.model_dump() for fault in self.faults.pending()]),
            ("POST", "/failures", self._fail),
            ("DELETE", "/failures", self._unfail),
            ("GET", "/calls/held", self._held),
            ("POST", "/calls/release", lambda _: {"released": self.faults.release()}),
        )
        self._routes = [
            (method, re.compile(PREFIX + path.replace("{}", "([^/]+)")), action)
            for method, path, action in (*own, *shared)
        ]

    @abstractmethod
    def worded(self, error: BadRequestError) -> dict[str, Any]:
        """What the service answers to a request that makes no sense."""

    def answer(self, request: Request) -> Response:
        """One request."""
        try:
            return json_response(200, self._found(request))
        except BadRequestError as error:
            return json_response(error.status, self.worded(error))
        except Refused as refusal:
            return json_response(refusal.status, refusal.body())

    def _found(self, request: Request) -> Any:
        for method, path, action in self._routes:
            match = path.fullmatch(request.path)
            if match is not None and method == request.method:
                return action(request, *match.groups())
        raise BadRequestError(f"No such control endpoint: {request.method} {request.path}", status=404)

    def _idle(self, request: Request) -> dict[str, bool]:
        return {"idle": self.scheduler.wait_idle(number(query(request).get("timeout", "10"), "timeout", MAX_WAIT))}

    def _fail(self, request: Request) -> dict[str, Any]:
        fault = read(self.fault, request)
        self.faults.add(fault)
        return fault.model_dump()

    def _unfail(self, _: Request) -> dict[str, bool]:
        self.faults.clear()
        return {"ok": True}

    def _held(self, request: Request) -> dict[str, bool]:
        wanted = query(request)
        timeout = number(wanted.get("timeout", "10"), "timeout", MAX_WAIT)
        return {"held": self.faults.wait_held(int(number(wanted.get("count", "1"), "count", MAX_HELD)), timeout)}
