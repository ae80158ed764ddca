"""The control endpoints under /_sandbox/: what a test or a demo may arrange and look up. See ../README.md."""

from typing import Literal

from pydantic import Field

from infra.sandbox.bodies import BadRequestError, Body, read
from infra.sandbox.controls import Controls, Endpoint
from infra.sandbox.faults import Fault, Faults
from infra.sandbox.httpd import Request
from infra.sandbox.wechat import orders, refunds
from infra.sandbox.wechat.notices import How, Notices
from infra.sandbox.wechat.world import Json, Refusal, Settings, World

_CODES = {400: "PARAM_ERROR", 404: "RESOURCE_NOT_EXISTS"}


class Pay(Body):
    """Who pays, and (for tests alone) another amount than was asked for."""

    openid: str | None = None
    total: int | None = None


class End(Body):
    """What an order becomes without being paid."""

    state: Literal["PAYERROR", "USERPAYING", "CLOSED"]


class RefundEnd(Body):
    """What a refund becomes."""

    status: Literal["SUCCESS", "CLOSED", "ABNORMAL"]


class Again(Body):
    """How notices are sent again."""

    how: How = "normal"
    copies: int = Field(default=1, ge=1, le=20)
    shuffle: bool = False
    seed: int | None = None


class Withdrawal(Body):
    """What goes to the merchant's bank account, fen."""

    amount: int = Field(ge=1)


class WechatFault(Fault):
    """A fault of the API's paths."""

    path: str = "/v3/"


class Control(Controls):
    """Answers requests under /_sandbox/."""

    fault = WechatFault

    def __init__(self, world: World, notices: Notices, faults: Faults) -> None:
        self.world = world
        self.notices = notices
        own: tuple[Endpoint, ...] = (
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
            ("POST", "/reset", self._reset),
        )
        super().__init__(faults, world.scheduler, own)

    def worded(self, error: BadRequestError) -> Json:
        """As WeChat says it."""
        return Refusal(error.status, _CODES[error.status], str(error)).body()

    def _health(self, _: Request) -> Json:
        state = self.world.state
        counts = {"orders": len(state.orders), "refunds": len(state.refunds), "notices": len(state.notices)}
        return {"ok": True, "objects": counts}

    def _set(self, request: Request) -> Json:
        with self.world.lock:
            change = read(Settings, request).model_dump(exclude_unset=True)
            self.world.state.settings = self.world.state.settings.model_copy(update=change)
            return self.world.state.settings.model_dump()

    def _pay(self, request: Request, number: str) -> Json:
        wanted = read(Pay, request)
        with self.world.lock:
            return orders.pay(self.world, number, wanted.openid, wanted.total)

    def _end(self, request: Request, number: str) -> Json:
        wanted = read(End, request)
        with self.world.lock:
            return orders.end(self.world, number, wanted.state)

    def _refund(self, request: Request, number: str) -> Json:
        wanted = read(RefundEnd, request)
        with self.world.lock:
            return refunds.settle(self.world, number, wanted.status)

    def _withdraw(self, request: Request) -> Json:
        wanted = read(Withdrawal, request)
        with self.world.lock:
            made = {"number": self.world.number("10"), "amount": wanted.amount, "at": self.world.clock()}
            self.world.state.withdrawals.append(made)
            return made

    def _send(self, request: Request, notice: str | None = None) -> Json:
        how = read(Again, request)
        ids = None if notice is None else [notice]
        sent = self.notices.send(ids, how.how, copies=how.copies, shuffle=how.shuffle, seed=how.seed)
        return {"queued": sent}

    def _reset(self, _: Request) -> Json:
        self.faults.clear()
        with self.world.lock:
            self.world.scheduler.clear()
            state = self.world.state
            state.orders, state.refunds, state.notices, state.withdrawals = {}, {}, {}, []
        return {"ok": True}
