"""The control endpoints under /_sandbox/: what a test or a demo may arrange and look up. See ../README.md."""

import json
import re
from collections.abc import Callable
from typing import Any, Literal
from urllib.parse import parse_qs

from pydantic import BaseModel, ConfigDict, Field

from infra.sandbox.faults import Fault, Faults
from infra.sandbox.httpd import Request, Response, json_response
from infra.sandbox.wechat import orders, refunds
from infra.sandbox.wechat.notices import How, Notices
from infra.sandbox.wechat.schemas import read
from infra.sandbox.wechat.world import Json, Refusal, Settings, World


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Pay(_Body):
    """Who pays, and (for tests alone) another amount than was asked for."""

    openid: str | None = None
    total: int | None = None


class End(_Body):
    """What an order becomes without being paid."""

    state: Literal["PAYERROR", "USERPAYING", "CLOSED"]


class RefundEnd(_Body):
    """What a refund becomes."""

    status: Literal["SUCCESS", "CLOSED", "ABNORMAL"]


class Again(_Body):
    """How notices are sent again."""

    how: How = "normal"
    copies: int = Field(default=1, ge=1, le=20)
    shuffle: bool = False
    seed: int | None = None


class Withdrawal(_Body):
    """What goes to the merchant's bank account, fen."""

    amount: int = Field(ge=1)


class WechatFault(Fault):
    """A fault of the API's paths."""

    path: str = "/v3/"


class Control:
    """Answers requests under /_sandbox/."""

    def __init__(self, world: World, notices: Notices, faults: Faults) -> None:
        self.world = world
        self.notices = notices
        self.faults = faults
        self._routes: list[tuple[str, re.Pattern[str], Callable[..., Any]]] = [
            (method, re.compile("/_sandbox" + path.replace("{}", "([^/]+)")), action)
            for method, path, action in (
                ("GET", "/health", self._health),
                ("GET", "/keys", lambda _: self.world.state.keys.application()),
                ("GET", "/settings", lambda _: self.world.state.settings.model_dump()),
                ("POST", "/settings", self._set),
                ("GET", "/orders/{}", lambda _, number: orders.shown(self.world, number)),
                ("POST", "/orders/{}/pay", self._pay),
                ("POST", "/orders/{}/end", self._end),
                ("POST", "/refunds/{}", self._refund),
                ("POST", "/withdrawals", self._withdraw),
                ("GET", "/notices", lambda _: list(self.world.state.notices.values())),
                ("POST", "/notices/send", self._send),
                ("POST", "/notices/{}/send", self._send),
                ("GET", "/idle", self._idle),
                ("GET", "/failures", lambda _: [fault.model_dump() for fault in self.faults.pending()]),
                ("POST", "/failures", self._fail),
                ("DELETE", "/failures", self._unfail),
                ("POST", "/calls/release", lambda _: {"released": self.faults.release()}),
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
                except Refusal as refusal:
                    return json_response(refusal.status, refusal.body())
        return json_response(404, {"code": "RESOURCE_NOT_EXISTS", "message": "No such control endpoint."})

    def _health(self, _: Request) -> Json:
        state = self.world.state
        counts = {"orders": len(state.orders), "refunds": len(state.refunds), "notices": len(state.notices)}
        return {"ok": True, "objects": counts}

    def _set(self, request: Request) -> Json:
        with self.world.lock:
            change = _object(request)
            self.world.state.settings = read(Settings, self.world.state.settings.model_dump() | change)
            return self.world.state.settings.model_dump()

    def _pay(self, request: Request, number: str) -> Json:
        wanted = read(Pay, _object(request))
        with self.world.lock:
            return orders.pay(self.world, number, wanted.openid, wanted.total)

    def _end(self, request: Request, number: str) -> Json:
        wanted = read(End, _object(request))
        with self.world.lock:
            return orders.end(self.world, number, wanted.state)

    def _refund(self, request: Request, number: str) -> Json:
        wanted = read(RefundEnd, _object(request))
        with self.world.lock:
            return refunds.settle(self.world, number, wanted.status)

    def _withdraw(self, request: Request) -> Json:
        wanted = read(Withdrawal, _object(request))
        with self.world.lock:
            made = {"number": self.world.number("10"), "amount": wanted.amount, "at": self.world.clock()}
            self.world.state.withdrawals.append(made)
            return made

    def _send(self, request: Request, notice: str | None = None) -> Json:
        how = read(Again, _object(request))
        ids = None if notice is None else [notice]
        sent = self.notices.send(ids, how.how, copies=how.copies, shuffle=how.shuffle, seed=how.seed)
        return {"queued": sent}

    def _idle(self, request: Request) -> Json:
        seconds = parse_qs(request.query).get("timeout", ["10"])[0]
        if not seconds.isdecimal():
            raise Refusal(400, "PARAM_ERROR", "timeout is a number of seconds.")
        return {"idle": self.world.scheduler.wait_idle(min(int(seconds), 60))}

    def _fail(self, request: Request) -> Json:
        fault = read(WechatFault, _object(request))
        self.faults.add(fault)
        return fault.model_dump()

    def _unfail(self, _: Request) -> Json:
        self.faults.clear()
        return {"ok": True}

    def _reset(self, _: Request) -> Json:
        self.faults.clear()
        with self.world.lock:
            self.world.scheduler.clear()
            state = self.world.state
            state.orders, state.refunds, state.notices, state.withdrawals = {}, {}, {}, []
        return {"ok": True}


def _object(request: Request) -> Json:
    try:
        content = json.loads(request.body or b"{}")
    except ValueError as error:
        raise Refusal(400, "PARAM_ERROR", "The body is not JSON.") from error
    if not isinstance(content, dict):
        raise Refusal(400, "PARAM_ERROR", "The body must be a JSON object.")
    return content
