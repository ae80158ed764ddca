"""What every payment sandbox is while it runs: one port on loopback, work that happens later, a file that follows."""

import json
from abc import abstractmethod
from collections.abc import Callable
from typing import Any, Protocol

from infra.sandbox.closing import Closing
from infra.sandbox.controls import PREFIX, Controls
from infra.sandbox.files import Saver
from infra.sandbox.httpd import LoopbackServer, Request, Response, foreign


class World(Protocol):
    """What a sandbox is about; it makes addresses of its pages."""

    base_url: str


class Sandbox(Closing):
    """A running sandbox, from the moment it is made until `close()`; `routed` is what only this one answers.

    `port` 0 takes a free one. Raises OSError when the port is taken; what was given is closed then.
    """

    def __init__(
        self,
        world: World,
        controls: Controls,
        *,
        port: int,
        saver: Saver | None = None,
        log: Callable[[str], None] | None = None,
    ) -> None:
        self.faults = controls.faults
        self._controls = controls
        self._scheduler = controls.scheduler
        self._saver = saver or Saver(None, str)
        self._log = log
        self._scheduler.changed = self._saver.touch
        try:
            self._server = LoopbackServer(self._answer, port)
        except OSError:
            self._scheduler.close()
            self._saver.close()
            raise
        self.url = world.base_url = self._server.url
        self.port = self._server.port

    @abstractmethod
    def routed(self, request: Request) -> Response | None:
        """Answer a request that is not for a control endpoint; None drops the connection."""

    def control(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Call a control endpoint (`path` as the README lists it, with its query) without HTTP; the decoded answer.

        Raises ValueError with the answer's text when it is refused.
        """
        bare, _, query = path.partition("?")
        content = json.dumps(body or {}).encode()
        response = self._controls.answer(Request(method, f"{PREFIX}{bare}", query, {}, content))
        self._saver.touch()
        if response.status != 200:  # noqa: PLR2004 - HTTP's own number
            raise ValueError(response.body.decode())
        return json.loads(response.body)

    def wait_idle(self, timeout: float = 10) -> bool:
        """True as soon as nothing is on its way: every notice delivered, given up or held, every refund settled."""
        return self._scheduler.wait_idle(timeout)

    def close(self) -> None:
        """Stop; what is still open is kept, where there is a file to keep it in."""
        self.faults.clear()
        self._server.close()
        self._scheduler.close()
        self._saver.close()

    def _answer(self, request: Request) -> Response | None:
        response = self._local(request)
        if request.method != "GET":
            self._saver.touch()
        if self._log is not None:
            self._log(f"{request.method} {request.path} {response.status if response else 'dropped'}")
        return response

    def _local(self, request: Request) -> Response | None:
        refusal = foreign(request)
        if refusal is not None:
            return refusal
        if request.path.startswith(f"{PREFIX}/"):
            return self._controls.answer(request)
        return self.routed(request)
