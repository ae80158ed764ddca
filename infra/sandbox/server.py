"""The sandbox as a whole: state, API, webhooks, pages and control endpoints behind one port."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from infra.sandbox import charges, checkout, files, methods, pages, refunds
from infra.sandbox.api import Api
from infra.sandbox.base import Sandbox
from infra.sandbox.control import Control
from infra.sandbox.faults import Faults
from infra.sandbox.httpd import Request, Response, html_response, json_response
from infra.sandbox.scheduler import Scheduler
from infra.sandbox.state import State
from infra.sandbox.webhooks import RETRY_SECONDS, Webhooks
from infra.sandbox.world import World


class StripeSandbox(Sandbox):
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
        self.world = World(remembered, clock, Scheduler(workers))
        self.webhooks = Webhooks(self.world, retry_seconds, seed)
        faults = Faults()
        self.world.deliver = self.webhooks.deliver
        self._api = Api(self.world, faults)
        if webhook_url is not None:
            remembered.settings.webhook_url = webhook_url
        if webhook_secret is not None:
            remembered.settings.webhook_secret = webhook_secret
        controls = Control(self.world, self.webhooks, faults)
        super().__init__(
            self.world, controls, port=port, saver=files.Saver.of(state, remembered, self.world.lock), log=log
        )
        self._resume()

    @property
    def webhook_secret(self) -> str:
        """The secret with which webhooks are signed now."""
        return self.world.state.settings.webhook_secret

    def routed(self, request: Request) -> Response | None:
        if request.path.startswith("/v1/"):
            return self._api.answer(request)
        if request.path.startswith("/pay/") and request.method in ("GET", "POST"):
            return checkout.answer(self.world, request)
        if request.path == "/" and request.method == "GET":
            with self.world.lock:
                return html_response(200, pages.index(self.world))
        return json_response(404, {"error": {"type": "invalid_request_error", "message": "Nothing is here."}})

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
