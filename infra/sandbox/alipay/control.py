"""The control endpoints under /_sandbox/: what a test or a demo may arrange and look up. See ../README-alipay.md."""

from dataclasses import asdict
from typing import Any

from pydantic import Field

from infra.sandbox.alipay.gateway import AlipayFault, Gateway
from infra.sandbox.alipay.keys import Keys
from infra.sandbox.alipay.notices import How, Notices
from infra.sandbox.alipay.world import RefusedError, Settings, World
from infra.sandbox.bodies import BadRequestError, Body, read
from infra.sandbox.controls import Controls, Endpoint
from infra.sandbox.faults import Faults
from infra.sandbox.httpd import Request
from infra.sandbox.scheduler import Scheduler


class Paying(Body):
    """Who pays, and how much, where it is not what was asked for (fen)."""

    buyer_id: str = "2088000000000100"
    amount: int | None = Field(default=None, ge=1)


class Settling(Body):
    """How a refund ends."""

    failed: bool = False


class Returning(Body):
    """What the merchant gives back by hand, in Alipay's console (fen)."""

    amount: int = Field(ge=1)


class Opening(Body):
    """What the app handed to the wallet's SDK."""

    order_string: str


class Sending(Body):
    """Which notices are sent, and how; `seconds` is how late a late one is."""

    how: How = "normal"
    out_trade_no: str | None = None
    seconds: float = 3600
    seed: int = 0


class Control(Controls):
    """Answers requests under /_sandbox/."""

    fault = AlipayFault

    def __init__(
        self, world: World, keys: Keys, notices: Notices, gateway: Gateway, faults: Faults, scheduler: Scheduler
    ) -> None:
        self._world, self._keys = world, keys
        self._notices, self._gateway = notices, gateway
        own: tuple[Endpoint, ...] = (
            ("GET", "/health", lambda _: {"ok": True, "trades": len(self._world.trades)}),
            ("GET", "/keys", lambda _: self._keys.config()),
            ("GET", "/settings", lambda _: self._world.settings.model_dump()),
            ("POST", "/settings", self._set),
            ("GET", "/trades/{}", lambda _, no: self._world.known(no, opened=False).shown()),
            ("POST", "/trades/{}/pay", self._pay),
            ("POST", "/trades/{}/close", self._close),
            ("POST", "/trades/{}/finish", self._finish),
            ("POST", "/trades/{}/refund", self._refund),
            ("POST", "/trades/{}/refunds/{}/settle", self._settle),
            ("POST", "/app", lambda request: self._gateway.opened_in_app(read(Opening, request).order_string)),
            ("GET", "/notices", lambda _: [asdict(notice) for notice in self._notices.recorded]),
            ("POST", "/notices/deliver", self._deliver),
            ("POST", "/reset", self._reset),
        )
        super().__init__(faults, scheduler, own)

    def worded(self, error: BadRequestError) -> dict[str, Any]:
        """As Alipay says it."""
        return RefusedError("isv.invalid-parameter", text=str(error)).body()

    def _set(self, request: Request) -> Any:
        change = read(Settings, request).model_dump(exclude_unset=True)
        with self._world.lock:
            self._world.settings = self._world.settings.model_copy(update=change)
            return self._world.settings.model_dump()

    def _pay(self, request: Request, out_trade_no: str) -> Any:
        paying = read(Paying, request)
        with self._world.lock:
            trade = self._world.known(out_trade_no, opened=False)
            self._world.pay(trade, paying.buyer_id, paying.amount)
            return trade.shown()

    def _close(self, _: Request, out_trade_no: str) -> Any:
        with self._world.lock:
            trade = self._world.known(out_trade_no, opened=False)
            self._world.close(trade)
            return trade.shown()

    def _finish(self, _: Request, out_trade_no: str) -> Any:
        with self._world.lock:
            trade = self._world.known(out_trade_no)
            self._world.finish(trade)
            return trade.shown()

    def _refund(self, request: Request, out_trade_no: str) -> Any:
        with self._world.lock:
            trade = self._world.known(out_trade_no)
            self._world.refund(trade, trade.trade_no, read(Returning, request).amount)
            return trade.shown()

    def _settle(self, request: Request, out_trade_no: str, request_no: str) -> Any:
        with self._world.lock:
            trade = self._world.known(out_trade_no)
            refund = trade.refunds.get(request_no)
            if refund is None or refund.state != "pending":
                raise RefusedError("ACQ.TRADE_STATUS_ERROR")
            self._world.settle(trade, refund, failed=read(Settling, request).failed)
            return trade.shown()

    def _deliver(self, request: Request) -> Any:
        how = read(Sending, request)
        return self._notices.deliver(how.how, how.out_trade_no, how.seconds, how.seed)

    def _reset(self, _: Request) -> Any:
        self.faults.clear()
        with self._world.lock:
            self.scheduler.clear()
            self._world.trades.clear()
            self._notices.recorded.clear()
            self._world.settings = Settings()
        return {"ok": True}
