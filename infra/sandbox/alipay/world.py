"""Trades and refunds, and what may happen to them. Amounts are fen, times are seconds since the epoch."""

import itertools
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from infra.sandbox.bodies import Refused

CHINA = timezone(timedelta(hours=8))
MOMENT = "%Y-%m-%d %H:%M:%S"


class RefusedError(Refused):
    """A no of Alipay's: its `sub_code`, and the gateway's code."""

    def __init__(self, sub_code: str, code: str = "40004", text: str = "") -> None:
        super().__init__(text or sub_code)
        self.sub_code = sub_code
        self.code = code

    def body(self) -> dict[str, Any]:
        """What a control endpoint answers."""
        return {"error": str(self), "sub_code": self.sub_code}


class Settings(BaseModel):
    """How the sandbox behaves.

    mode: `normal` sends notices by themselves, `held` when they are asked for.
    refunds: `at_once`, or `later`: answered with fund_change N until each is settled.
    """

    model_config = ConfigDict(extra="forbid")

    mode: str = Field(default="normal", pattern="^(normal|held)$")
    refunds: str = Field(default="at_once", pattern="^(at_once|later)$")
    fee_bps: int = Field(default=60, ge=0, le=10_000)


@dataclass
class Returned:
    """A refund; `state` is pending, done or failed."""

    request: str
    fen: int
    at: float
    state: str


@dataclass
class Trade:
    """A trade; unopened while no buyer has looked at it, when Alipay answers that it does not exist."""

    out_trade_no: str
    trade_no: str
    total: int
    subject: str
    created: float
    notify_url: str
    return_url: str
    expires: float | None
    opened: bool
    status: str = "WAIT_BUYER_PAY"
    buyer: str = ""
    paid_at: float | None = None
    closed_at: float | None = None
    refunds: dict[str, Returned] = field(default_factory=dict)

    def returned(self) -> int:
        """What went back, or is about to."""
        return sum(refund.fen for refund in self.refunds.values() if refund.state != "failed")

    def shown(self) -> dict[str, Any]:
        return asdict(self)


class World:
    """All trades behind one lock; `happened` is called with a trade, and a refund where it is about one."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.lock = threading.RLock()
        self.settings = Settings()
        self.trades: dict[str, Trade] = {}
        self.happened: Callable[[Trade, Returned | None], None] = lambda *_: None
        self.base_url = ""
        self._numbers = itertools.count(1)

    def number(self) -> str:
        """A number as Alipay makes them: the day, then what is never used again."""
        return f"{datetime.fromtimestamp(self.clock(), CHINA):%Y%m%d}2200{next(self._numbers):016d}"

    def place(self, order: dict[str, str], notify_url: str, return_url: str, *, opened: bool) -> Trade:
        """The trade of an order; the same order again is the same trade."""
        total = fen(order["total_amount"])
        trade = self.trades.get(order["out_trade_no"])
        if trade is None:
            trade = Trade(
                out_trade_no=order["out_trade_no"],
                trade_no=self.number(),
                total=total,
                subject=order["subject"],
                created=self.clock(),
                notify_url=notify_url,
                return_url=return_url,
                expires=seconds(order["time_expire"]) if "time_expire" in order else None,
                opened=opened,
            )
            self.trades[trade.out_trade_no] = trade
        self._run_out(trade)
        if trade.paid_at is not None:
            raise RefusedError("ACQ.TRADE_HAS_SUCCESS")
        if trade.status == "TRADE_CLOSED":
            raise RefusedError("ACQ.TRADE_HAS_CLOSE")
        if trade.total != total:
            raise RefusedError("ACQ.CONTEXT_INCONSISTENT")
        trade.opened = trade.opened or opened
        return trade

    def known(self, out_trade_no: str, *, opened: bool = True) -> Trade:
        """A trade; one that nobody has opened is not known unless asked for."""
        trade = self.trades.get(out_trade_no)
        if trade is None or (opened and not trade.opened):
            raise RefusedError("ACQ.TRADE_NOT_EXIST")
        self._run_out(trade)
        return trade

    def pay(self, trade: Trade, buyer: str, amount: int | None = None) -> None:
        """A buyer pays; another amount than asked for is what a receiver must notice."""
        if trade.status != "WAIT_BUYER_PAY":
            raise RefusedError("ACQ.TRADE_STATUS_ERROR")
        trade.opened, trade.buyer, trade.paid_at, trade.status = True, buyer, self.clock(), "TRADE_SUCCESS"
        trade.total = trade.total if amount is None else amount
        self.happened(trade, None)

    def close(self, trade: Trade) -> None:
        """Nobody pays it any more."""
        if trade.status != "WAIT_BUYER_PAY":
            raise RefusedError("ACQ.TRADE_STATUS_ERROR")
        trade.opened, trade.status, trade.closed_at = True, "TRADE_CLOSED", self.clock()
        self.happened(trade, None)

    def finish(self, trade: Trade) -> None:
        """Its time for refunds is over."""
        if trade.status != "TRADE_SUCCESS":
            raise RefusedError("ACQ.TRADE_STATUS_ERROR")
        trade.status = "TRADE_FINISHED"
        self.happened(trade, None)

    def refund(self, trade: Trade, request: str, amount: int) -> tuple[Returned, bool]:
        """The refund, and whether money moved by this call; the same request again is the same refund."""
        known = trade.refunds.get(request)
        if known is not None:
            if known.fen != amount:
                raise RefusedError("ACQ.DISCORDANT_REPEAT_REQUEST")
            return known, False
        if trade.status == "TRADE_FINISHED":
            raise RefusedError("ACQ.TRADE_HAS_FINISHED")
        if trade.status != "TRADE_SUCCESS":
            raise RefusedError("ACQ.TRADE_STATUS_ERROR")
        if amount > trade.total - trade.returned():
            raise RefusedError("ACQ.REFUND_AMT_NOT_EQUAL_TOTAL")
        refund = Returned(request, amount, self.clock(), "pending")
        trade.refunds[request] = refund
        if self.settings.refunds == "at_once":
            self.settle(trade, refund, failed=False)
        return refund, refund.state == "done"

    def settle(self, trade: Trade, refund: Returned, *, failed: bool) -> None:
        """A refund ends; the last one closes the trade."""
        refund.state, refund.at = "failed" if failed else "done", self.clock()
        done = sum(one.fen for one in trade.refunds.values() if one.state == "done")
        if done == trade.total:
            trade.status, trade.closed_at = "TRADE_CLOSED", self.clock()
        if not failed:
            self.happened(trade, refund)

    def _run_out(self, trade: Trade) -> None:
        if trade.status == "WAIT_BUYER_PAY" and trade.expires is not None and self.clock() >= trade.expires:
            trade.status, trade.closed_at = "TRADE_CLOSED", trade.expires
            if trade.opened:
                self.happened(trade, None)


def fen(yuan: str) -> int:
    """Yuan with two decimals as fen."""
    whole, _, part = yuan.partition(".")
    return int(whole + part)


def yuan(amount: int) -> str:
    """Fen as yuan; negative ones too."""
    return f"{'-' if amount < 0 else ''}{abs(amount) // 100}.{abs(amount) % 100:02d}"


def written(moment: float) -> str:
    """A time in GMT+8."""
    return datetime.fromtimestamp(moment, CHINA).strftime(MOMENT)


def seconds(text: str) -> float:
    """Such a time again. Raises RefusedError when it is none."""
    try:
        return datetime.strptime(text, MOMENT).replace(tzinfo=CHINA).timestamp()
    except ValueError as error:
        raise RefusedError("isv.invalid-parameter", "40002", f"no time: {text}") from error
