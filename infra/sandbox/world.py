"""The sandbox's one Stripe account: its objects behind one lock, its clock, and what happens later."""

import copy
import threading
from collections.abc import Callable, Iterator
from typing import Any

from stripe._api_version import _ApiVersion

from infra.sandbox.errors import ApiError, missing
from infra.sandbox.scheduler import Scheduler
from infra.sandbox.state import PREFIXES, Json, State

_KINDS = {prefix: kind for kind, prefix in PREFIXES.items()}
_NAMES = {"payment_intent": "payment_intent", "payment_method": "PaymentMethod"}
MAX_EXPAND_DEPTH = 4


class World:
    """All changes happen under `lock`; `deliver` is told of each new event while the lock is held."""

    def __init__(self, state: State, clock: Callable[[], float], scheduler: Scheduler) -> None:
        self.state = state
        self.clock = clock
        self.scheduler = scheduler
        self.lock = threading.RLock()
        self.base_url = ""
        self.deliver: Callable[[Json], None] = lambda _: None
        self.request: Json = {"id": None, "idempotency_key": None}

    @property
    def now(self) -> int:
        """The time in whole seconds since the epoch, as Stripe stamps objects."""
        return int(self.clock())

    def table(self, kind: str) -> dict[str, Json]:
        """The objects of a kind by id, oldest first."""
        return self.state.objects.setdefault(kind, {})  # a state file may be older than the kind

    def add(self, kind: str, **fields: Any) -> Json:
        """Make an object of a kind, with id, `object`, `created` and `livemode` filled in."""
        made: Json = {"id": self.state.new_id(kind), "object": kind, "created": self.now, "livemode": False} | fields
        self.table(kind)[made["id"]] = made
        return made

    def find(self, kind: str, object_id: str, param: str = "id") -> Json:
        """The object itself, to be changed in place. Raises ApiError (404; 400 where `param` is a body's)."""
        try:
            return self.table(kind)[object_id]
        except KeyError:
            error = missing(_NAMES.get(kind, kind), object_id, param)
            error.status = 404 if param == "id" else 400
            raise error from None

    def emit(self, kind: str, subject: Json, previous: Json | None = None) -> Json:
        """Record an event with a snapshot of `subject` and hand it to the webhooks."""
        data: Json = {"object": copy.deepcopy(subject)}
        if previous is not None:
            data["previous_attributes"] = previous
        event = self.add(
            "event",
            api_version=_ApiVersion.CURRENT,
            data=data,
            pending_webhooks=1 if self.state.settings.webhook_url else 0,
            request=dict(self.request),
            type=kind,
        )
        self.deliver(event)
        return event

    def expanded(self, subject: Json, paths: list[str]) -> Json:
        """A copy of an object (or list) with the ids on each path replaced by the objects. Raises ApiError (400)."""
        result = copy.deepcopy(subject)
        for path in paths:
            steps = path.split(".")
            if len(steps) > MAX_EXPAND_DEPTH:
                raise ApiError("Objects can be expanded four levels deep at most.", param="expand")
            self._expand(result, steps, path)
        return result

    def _expand(self, node: Json, steps: list[str], path: str) -> None:
        if node.get("object") == "list" and steps[0] == "data":
            for item in node["data"]:
                if steps[1:]:
                    self._expand(item, steps[1:], path)
            return
        field = steps[0]
        if node.get("object") == "charge" and field == "refunds":
            mine = [copy.deepcopy(r) for r in self.newest("refund") if r["charge"] == node["id"]]
            node[field] = page(mine, f"/v1/charges/{node['id']}/refunds")
        value = node.get(field, "")
        if isinstance(value, str):
            kind = _KINDS.get(value.partition("_")[0])
            if kind is None or value not in self.table(kind):
                raise ApiError(f"This property cannot be expanded ({path}).", param="expand")
            node[field] = copy.deepcopy(self.table(kind)[value])
        if steps[1:] and node[field] is not None:
            self._expand(node[field], steps[1:], path)

    def newest(self, kind: str) -> Iterator[Json]:
        """The objects of a kind, newest first."""
        return reversed(self.table(kind).values())


def page(items: list[Json], url: str, *, more: bool = False) -> Json:
    """Stripe's list envelope."""
    return {"object": "list", "url": url, "has_more": more, "data": items}
