"""The app whose domains are opened when somebody comes for them.

To import every domain takes three times as long as boto3 and Chalice together, and a request needs one or two of them.
A package therefore says which domains answer which path (`doors.json`, written by `infra.package`): a function that
starts imports none, and each when the first request for it comes. Without that file, in tests and for Chalice's own
commands, all are there from the start, workers of queues and schedules too; Lambda imports those by themselves.
"""

import importlib
import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from chalice.app import Chalice

from chalicelib.kit.below import BELOW, Below

INDEX = Path(__file__).parents[1] / "doors.json"
WHOLE = "openapi"
"""The domain that tells of all others, so that they have to be there."""


class Doors(Chalice):
    """Chalice, with domains that are opened by path.

    Args:
        name: the app's.
        domains: those with a `routes.bp`, in the order of the API document.
        workers: those with an `events.bp`.
        index: the file that says which domains a path needs.
    """

    def __init__(self, name: str, domains: Sequence[str], workers: Sequence[str], index: Path = INDEX) -> None:
        super().__init__(app_name=name)
        self._domains, self._workers = tuple(domains), tuple(workers)
        self._unlocked: set[str] = set()
        self._needed: Mapping[str, Sequence[str]] | None = json.loads(index.read_bytes()) if index.exists() else None

    def open(self) -> None:
        """Open everything, unless the package says which path needs what."""
        if self._needed is None:
            self.unlock(self._domains)
            self._register(f"{domain}.events" for domain in self._workers)

    def unlock(self, domains: Iterable[str]) -> None:
        """Open the routes of some domains; those that are open already stay so."""
        self._register(f"{domain}.routes" for domain in domains)

    def _register(self, modules: Iterable[str]) -> None:
        for name in modules:
            if name not in self._unlocked:
                self.register_blueprint(importlib.import_module(f"chalicelib.{name}").bp)
                self._unlocked.add(name)

    def index(self) -> dict[str, list[str]]:
        """Return which domains each path needs; all have to be open."""
        found = {
            path: sorted({entry.view_function.__module__.split(".")[1] for entry in methods.values()})
            for path, methods in self.routes.items()
        }
        return {path: list(self._domains) if WHOLE in needed else needed for path, needed in found.items()}

    @cached_property
    def _below(self) -> Below:
        return Below(self.routes if self._needed is None else self._needed)

    def __call__(self, event: Any, context: Any) -> dict[str, Any]:
        """Answer a request of API Gateway."""
        path = event.get("requestContext", {}).get("resourcePath") or ""
        if path.endswith(BELOW):
            event = self._below.found(event)
            path = event["requestContext"]["resourcePath"]
        if self._needed is not None:
            self.unlock(self._needed.get(path, ()))
        answer: dict[str, Any] = super().__call__(event, context)
        return answer
