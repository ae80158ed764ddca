"""The sandbox as a whole: state, API, webhooks, pages and control endpoints behind one port."""

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from infra.sandbox import charges, checkout, files, methods, pages, refunds
from infra.sandbox.api import Api
from infra.sandbox.control import Control
from infra.sandbox.faults import Faults
from infra.sandbox.httpd import LoopbackServer, Request, Response, foreign, html_response, json_response
from infra.sandbox.scheduler import Scheduler
from infra.sandbox.state import State
from infra.sandbox.webhooks import RETRY_SECONDS, Webhooks
from infra.sandbox.world import World


class StripeSandbox:
    """A running sandbox; a context manager that stops it.

    `port` 0 takes a free one. `clock` gives seconds since the epoch and stamps the objects; signatures of webhooks
    always carry the real time, because receivers hold it against theirs. `seed` makes ids and shuffling repeat. With
    `state` (a file) objects, settings and open deliveries outlive a restart. Raises OSError when the port is taken.
    """

    api_key = "sk_test_sandbox"
    publishable_key = "pk_test_sandbox"

    def __init__(
        self,
        *,
        port: int = 0,
        webhook_url: str | None = None,
        webhook_secret: str | None = None,
        state: Path | None = None,
        clock: Callable[[], float] = time.time,
        seed: int | None = None,
        workers: int = 4,
        retry_seconds: Sequence[float] = RETRY_SECONDS,
        log: Callable[[str], None] | None = None,
    ) -> None:
        kept = files.load(state)
        remembered = State.model_validate(kept) if kept is not None else State()
        if kept is None and seed is not None:
            remembered.seed = str(seed)
        self._log = log
        self._scheduler = Scheduler(workers)
        self.world = World(remembered, clock, self._scheduler)
        self.webhooks = Webhooks(self.world, retry_seconds, seed)
        self.faults = Faults()
        self.world.deliver = self.webhooks.deliver
        self._api = Api(self.world, self.faults)
        self._control = Control(self.world, self.webhooks, self.faults)
        if webhook_url is not None:
            remembered.settings.webhook_url = webhook_url
        if webhook_secret is not None:
            remembered.settings.webhook_secret = webhook_secret
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
        self._resume()

    @property
    def webhook_secret(self) -> str:
        """The secret with which webhooks are signed now."""
        return self.world.state.settings.webhook_secret

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
        """True as soon as every webhook is delivered (or given up, or held) and every refund has settled."""
        return self._scheduler.wait_idle(timeout)

    def close(self) -> None:
        """Stop; what is still open is kept in the state file."""
        self.faults.clear()
        self._server.close()
        self._scheduler.close()
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
        if request.path.startswith("/v1/"):
            return self._api.answer(request)
        if request.path.startswith("/_sandbox/"):
            return self._control.answer(request)
        if request.path.startswith("/pay/") and request.method in ("GET", "POST"):
            return checkout.answer(self.world, request)
        if request.path == "/" and request.method == "GET":
            with self.world.lock:
                return html_response(200, pages.index(self.world))
        return json_response(404, {"error": {"type": "invalid_request_error", "message": "Nothing is here."}})

    def _snapshot(self) -> str:
        with self.world.lock:
            return self.world.state.model_dump_json()

    def _resume(self) -> None:
        """Take up what the last run left open: deliveries, refunds on their way, charges without a balance entry."""
        with self.world.lock:
            self.webhooks.resume()
            for refund_id in self.world.state.settled:
                refunds.settle_later(self.world, refund_id)
            for charge in self.world.table("charge").values():
                if charge["paid"] and charge["balance_transaction"] is None:
                    method = methods.behind(self.world, charge["payment_method"])
                    charges.settle_later(self.world, charge["id"], method)
