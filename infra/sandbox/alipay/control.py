"""The control endpoints under /_sandbox/: what a test or a demo may arrange and look up. See ../README-alipay.md."""

import re
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, TypeVar
from urllib.parse import parse_qs

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from infra.sandbox.alipay.gateway import AlipayFault, Gateway
from infra.sandbox.alipay.keys import Keys
from infra.sandbox.alipay.notices import How, Notices
from infra.sandbox.alipay.world import RefusedError, Settings, World
from infra.sandbox.faults import Faults
from infra.sandbox.httpd import Request, Response, json_response
from infra.sandbox.scheduler import Scheduler

T = TypeVar("T", bound=BaseModel)
MAX_WAIT = 60.0


class Body(BaseModel):
    """A request body: what it does not name is refused."""

    model_config = ConfigDict(extra="forbid")


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


class Control:
    """Answers requests under /_sandbox/."""

    def __init__(
        self, world: World, keys: Keys, notices: Notices, gateway: Gateway, faults: Faults, scheduler: Scheduler
    ) -> None:
        self._world, self._keys, self._notices = world, keys, notices
        self._gateway, self._faults, self._scheduler = gateway, faults, scheduler
        self._routes: list[tuple[str, re.Pattern[str], Callable[..., Any]]] = [
            (method, re.compile("/_sandbox" + path.replace("{}", "([^/]+)")), action)
            for method, path, action in (
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
                ("POST", "/app", lambda request: self._gateway.opened_in_app(_read(Opening, request).order_string)),
                ("GET", "/notices", lambda _: [asdict(notice) for notice in self._notices.recorded]),
                ("POST", "/notices/deliver", self._deliver),
                ("GET", "/idle", self._idle),
                ("POST", "/failures", self._fail),
                ("DELETE", "/failures", self._unfail),
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
                except RefusedError as error:
                    return json_response(400, {"error": str(error), "sub_code": error.sub_code})
        return json_response(404, {"error": f"Nothing answers {request.method} {request.path}."})

    def _set(self, request: Request) -> Any:
        change = _read(Settings, request).model_dump(exclude_unset=True)
        with self._world.lock:
            self._world.settings = self._world.settings.model_copy(update=change)
            return self._world.settings.model_dump()

    def _pay(self, request: Request, out_trade_no: str) -> Any:
        paying = _read(Paying, request)
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
            self._world.refund(trade, trade.trade_no, _read(Returning, request).amount)
            return trade.shown()

    def _settle(self, request: Request, out_trade_no: str, request_no: str) -> Any:
        with self._world.lock:
            trade = self._world.known(out_trade_no)
            refund = trade.refunds.get(request_no)
            if refund is None or refund.state != "pending":
                raise RefusedError("ACQ.TRADE_STATUS_ERROR")
            self._world.settle(trade, refund, failed=_read(Settling, request).failed)
            return trade.shown()

    def _deliver(self, request: Request) -> Any:
        how = _read(Sending, request)
        return self._notices.deliver(how.how, how.out_trade_no, how.seconds, how.seed)

    def _idle(self, request: Request) -> Any:
        text = parse_qs(request.query).get("timeout", ["10"])[-1]
        if not text.isdecimal():
            raise RefusedError("isv.invalid-parameter", text="timeout must be a whole number")
        return {"idle": self._scheduler.wait_idle(min(float(text), MAX_WAIT))}

    def _fail(self, request: Request) -> Any:
        fault = _read(AlipayFault, request)
        self._faults.add(fault)
        return fault.model_dump()

    def _unfail(self, _: Request) -> Any:
        self._faults.clear()
        return {"ok": True}

    def _reset(self, _: Request) -> Any:
        self._faults.clear()
        with self._world.lock:
            self._scheduler.clear()
            self._world.trades.clear()
            self._notices.recorded.clear()
            self._world.settings = Settings()
        return {"ok": True}


def _read(model: type[T], request: Request) -> T:
    try:
        return model.model_validate_json(request.body or b"{}")
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise RefusedError("isv.invalid-parameter", text=f"{where}: {first['msg']}") from error
