"""The sandbox as a whole: state, API, notices, the payer's page and control endpoints behind one port."""

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from infra.sandbox import files
from infra.sandbox.faults import Faults
from infra.sandbox.httpd import LoopbackServer, Request, Response, foreign, json_response
from infra.sandbox.scheduler import Scheduler
from infra.sandbox.wechat import pages, refunds
from infra.sandbox.wechat.api import Api
from infra.sandbox.wechat.control import Control
from infra.sandbox.wechat.keys import Keys
from infra.sandbox.wechat.notices import RETRY_SECONDS, Notices
from infra.sandbox.wechat.world import State, World


class WechatSandbox:
    """A running sandbox; a context manager that stops it.

    `port` 0 takes a free one. `clock` gives seconds since the epoch; it stamps orders and the signatures of answers,
    those of notices carry the real time. `keys` are made where none are given or kept. With `state` (a file) all
    outlives a restart, except notices on their way. Raises OSError when the port is taken.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        keys: Keys | None = None,
        state: Path | None = None,
        clock: Callable[[], float] = time.time,
        retry_seconds: Sequence[float] = RETRY_SECONDS,
        log: Callable[[str], None] | None = None,
    ) -> None:
        kept = files.load(state)
        remembered = State.model_validate(kept) if kept is not None else State(keys=keys or Keys.generate())
        self._log = log
        self._scheduler = Scheduler()
        self.world = World(remembered, clock, self._scheduler)
        self.notices = Notices(self.world, retry_seconds)
        self.world.tell = self.notices.tell
        self.faults = Faults()
        self._api = Api(self.world, self.faults)
        self._control = Control(self.world, self.notices, self.faults)
        self._saver = files.Saver(state, self._snapshot)
        self._scheduler.changed = self._saver.touch
        try:
            self._server = LoopbackServer(self._answer, port)
        except OSError:
            self._scheduler.close()
            self._saver.close()
            raise
        self.url = self.world.base_url = self._server.url
        self.port = self._server.port
        with self.world.lock:
            for number, refund in remembered.refunds.items():
                if refund["status"] == "PROCESSING":
                    refunds.settle_later(self.world, number)
        self._saver.touch()  # fresh keys are kept from the start

    @property
    def keys(self) -> Keys:
        """The merchant and all keys."""
        return self.world.state.keys

    def control(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Call a control endpoint (`path` as in README.md, with its query) without HTTP; the decoded answer.

        Raises ValueError with the answer's text when it is refused.
        """
        bare, _, query = path.partition("?")
        content = json.dumps(body or {}).encode()
        response = self._control.answer(Request(method, f"/_sandbox{bare}", query, {}, content))
        self._saver.touch()
        if response.status != 200:  # noqa: PLR2004 - HTTP's own number
            raise ValueError(response.body.decode())
        return json.loads(response.body)

    def wait_idle(self, timeout: float = 10) -> bool:
        """True as soon as every notice is delivered (or given up) and every refund has settled."""
        return self._scheduler.wait_idle(timeout)

    def close(self) -> None:
        """Stop."""
        self.faults.clear()
        self._server.close()
        self._scheduler.close()
        self.notices.close()
        self._saver.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _answer(self, request: Request) -> Response | None:
        response = self._routed(request)
        if request.method != "GET":
            self._saver.touch()
        if self._log is not None:
            self._log(f"{request.method} {request.path} {response.status if response else 'dropped'}")
        return response

    def _routed(self, request: Request) -> Response | None:
        refusal = foreign(request)
        if refusal is not None:
            return refusal
        if request.path.startswith("/v3/"):
            return self._api.answer(request)
        if request.path.startswith("/_sandbox/"):
            return self._control.answer(request)
        if request.path.startswith("/pay/") and request.method in ("GET", "POST"):
            return pages.answer(self.world, request)
        return json_response(404, {"code": "RESOURCE_NOT_EXISTS", "message": "Nothing is here."})

    def _snapshot(self) -> str:
        with self.world.lock:
            return self.world.state.model_dump_json()
