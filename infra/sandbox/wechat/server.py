"""The sandbox as a whole: state, API, notices, the payer's page and control endpoints behind one port."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from infra.sandbox import files
from infra.sandbox.base import Sandbox
from infra.sandbox.faults import Faults
from infra.sandbox.httpd import Request, Response, json_response
from infra.sandbox.scheduler import Scheduler
from infra.sandbox.wechat import pages, refunds
from infra.sandbox.wechat.api import Api
from infra.sandbox.wechat.control import Control
from infra.sandbox.wechat.keys import Keys
from infra.sandbox.wechat.notices import RETRY_SECONDS, Notices
from infra.sandbox.wechat.world import State, World


class WechatSandbox(Sandbox):
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
        self.world = World(remembered, clock, Scheduler())
        self.notices = Notices(self.world, retry_seconds)
        self.world.tell = self.notices.tell
        faults = Faults()
        self._api = Api(self.world, faults)
        controls = Control(self.world, self.notices, faults)
        super().__init__(
            self.world, controls, port=port, saver=files.Saver.of(state, remembered, self.world.lock), log=log
        )
        with self.world.lock:
            for number, refund in remembered.refunds.items():
                if refund["status"] == "PROCESSING":
                    refunds.settle_later(self.world, number)
        self._saver.touch()  # fresh keys are kept from the start

    @property
    def keys(self) -> Keys:
        """The merchant and all keys."""
        return self.world.state.keys

    def close(self) -> None:
        """Stop."""
        super().close()
        self.notices.close()

    def routed(self, request: Request) -> Response | None:
        if request.path.startswith("/v3/"):
            return self._api.answer(request)
        if request.path.startswith("/pay/") and request.method in ("GET", "POST"):
            return pages.answer(self.world, request)
        return json_response(404, {"code": "RESOURCE_NOT_EXISTS", "message": "Nothing is here."})
