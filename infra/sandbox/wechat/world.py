"""What the sandbox remembers, behind one lock, and what it refuses with."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from infra.sandbox.bodies import Refused
from infra.sandbox.scheduler import Scheduler
from infra.sandbox.wechat.keys import Keys

Json = dict[str, Any]
Mode = Literal["normal", "held", "twice"]
Answers = Literal["signed", "unsigned", "other_key", "unknown_serial", "stale", "other_merchant"]
RefundOutcome = Literal["SUCCESS", "CLOSED", "ABNORMAL", "PROCESSING"]
CHINA = timezone(timedelta(hours=8))


class Refusal(Refused):
    """An answer with WeChat's `code`."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code

    def body(self) -> Json:
        """The JSON body of the answer."""
        return {"code": self.code, "message": str(self)}


class Settings(BaseModel):
    """What the control endpoints change at run time.

    Attributes:
        mode: how notices go out: `held` until they are asked for.
        answers: what is wrong with the signatures of the API's answers.
        refund_outcome: what refunds become after `refund_delay_ms`; `PROCESSING`: until decided.
    """

    model_config = ConfigDict(extra="forbid")

    mode: Mode = "normal"
    answers: Answers = "signed"
    refund_outcome: RefundOutcome = "SUCCESS"
    refund_delay_ms: int = Field(default=300, ge=0, le=600_000)
    fee_bps: int = Field(default=60, ge=0, le=10_000)


class State(BaseModel):
    """Orders by out_trade_no, refunds by out_refund_no, notices by id; oldest first."""

    keys: Keys
    made: int = 0
    orders: dict[str, Json] = Field(default_factory=dict)
    refunds: dict[str, Json] = Field(default_factory=dict)
    withdrawals: list[Json] = Field(default_factory=list)
    notices: dict[str, Json] = Field(default_factory=dict)
    settings: Settings = Field(default_factory=Settings)


class World:
    """All changes happen under `lock`."""

    def __init__(self, state: State, clock: Callable[[], float], scheduler: Scheduler) -> None:
        self.state = state
        self.clock = clock
        self.scheduler = scheduler
        self.lock = threading.RLock()
        self.base_url = ""
        self.tell: Callable[[str, str, Json, str | None], None] = lambda *_: None
        """Sends a notice: its type, what it holds, that, and where to."""

    def number(self, prefix: str, length: int = 28) -> str:
        """Return a number such as WeChat gives, never twice."""
        self.state.made += 1
        day = datetime.fromtimestamp(self.clock(), CHINA).strftime("%Y%m%d")
        return f"{prefix}{day}{self.state.made:0{length - len(prefix) - len(day)}d}"

    def stamp(self) -> str:
        """The time as WeChat writes it."""
        return when(self.clock()).isoformat(timespec="seconds")

    def order(self, out_trade_no: str) -> Json:
        """Return an order, to be changed in place. One that nobody paid in time is closed. Raises Refusal (404)."""
        found = self.state.orders.get(out_trade_no)
        if found is None:
            raise Refusal(404, "ORDER_NOT_EXIST", "There is no such order.")
        if found["trade_state"] == "NOTPAY" and found["expires"] is not None and self.clock() >= found["expires"]:
            found["trade_state"] = "CLOSED"
        return found

    def refund(self, out_refund_no: str) -> Json:
        """Return a refund, to be changed in place. Raises Refusal (404)."""
        found = self.state.refunds.get(out_refund_no)
        if found is None:
            raise Refusal(404, "RESOURCE_NOT_EXISTS", "There is no such refund.")
        return found


def when(seconds: float) -> datetime:
    """A moment in China's time."""
    return datetime.fromtimestamp(seconds, CHINA)
