"""Notices to the merchant: recorded as things happen, signed when they are sent, and spoilt on request.

Like Alipay, each sending of one notice bears the same `notify_id` and the time at which it is sent, and what is not
answered `success` is sent again.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlencode

import requests

from infra.sandbox.alipay.keys import Keys, sign, sorted_text
from infra.sandbox.alipay.world import Returned, Trade, World, written, yuan
from infra.sandbox.scheduler import Scheduler

How = Literal["normal", "late", "twice", "shuffled", "forged", "altered_amount", "other_app", "other_seller"]
RETRY_SECONDS = (0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3600)
FORM = "application/x-www-form-urlencoded; charset=utf-8"
_UNSIGNED = ("sign", "sign_type")


@dataclass
class Recorded:
    """A notice, and what became of each sending: the status and the first characters of the answer."""

    url: str
    fields: dict[str, str]
    attempts: list[dict[str, Any]] = field(default_factory=list)

    @property
    def delivered(self) -> bool:
        return any(attempt["body"] == "success" for attempt in self.attempts)


class Notices:
    """All notices of a sandbox."""

    def __init__(self, world: World, keys: Keys, scheduler: Scheduler, retry_seconds: Sequence[float]) -> None:
        self.recorded: list[Recorded] = []
        self._world = world
        self._keys = keys
        self._scheduler = scheduler
        self._retry_seconds = retry_seconds

    def record(self, trade: Trade, refund: Returned | None) -> None:
        """Something happened to a trade that its merchant wants to be told."""
        if not trade.notify_url:
            return
        notice = Recorded(trade.notify_url, self._fields(trade, refund))
        self.recorded.append(notice)
        if self._world.settings.mode == "normal":
            self._later(notice, 0)

    def forms(self, how: How, out_trade_no: str | None, seconds: float, seed: int) -> list[tuple[Recorded, bytes]]:
        """The bodies that go out when notices (of a trade, or all) are sent in a certain way."""
        with self._world.lock:
            chosen = [n for n in self.recorded if out_trade_no in (None, n.fields["out_trade_no"])]
        if how in ("twice", "shuffled"):
            chosen = chosen * 2
        if how == "shuffled":
            random.Random(seed).shuffle(chosen)  # noqa: S311 - an order to test with
        return [(notice, self._form(notice, how, seconds)) for notice in chosen]

    def deliver(self, how: How, out_trade_no: str | None, seconds: float, seed: int) -> list[dict[str, Any]]:
        """Send them now, one after the other, and say what was answered."""
        return [_sent(notice, body) for notice, body in self.forms(how, out_trade_no, seconds, seed)]

    def _later(self, notice: Recorded, after: float) -> None:
        self._scheduler.after(after, lambda: self._try(notice))

    def _try(self, notice: Recorded) -> None:
        _sent(notice, self._form(notice, "normal", 0))
        if not notice.delivered and len(notice.attempts) <= len(self._retry_seconds):
            self._later(notice, self._retry_seconds[len(notice.attempts) - 1])

    def _form(self, notice: Recorded, how: How, seconds: float) -> bytes:
        fields = notice.fields | {"notify_time": written(self._world.clock() - (seconds if how == "late" else 0))}
        if how == "other_app":
            fields["app_id"] = "2021000000000999"
        if how == "other_seller":
            fields["seller_id"] = "2088000000000999"
        key = self._keys.stranger if how == "forged" else self._keys.alipay
        fields |= {"sign_type": "RSA2", "sign": sign(sorted_text(fields, _UNSIGNED), key)}
        if how == "altered_amount":
            fields["total_amount"] = "0.01"
        return urlencode(fields).encode()

    def _fields(self, trade: Trade, refund: Returned | None) -> dict[str, str]:
        fields = {
            "notify_id": self._world.number(),
            "notify_type": "trade_status_sync",
            "charset": "utf-8",
            "version": "1.0",
            "app_id": self._keys.app_id,
            "auth_app_id": self._keys.app_id,
            "seller_id": self._keys.seller_id,
            "out_trade_no": trade.out_trade_no,
            "trade_no": trade.trade_no,
            "trade_status": trade.status,
            "total_amount": yuan(trade.total),
            "subject": trade.subject,
            "gmt_create": written(trade.created),
        }
        if trade.buyer:
            fields |= {"buyer_id": trade.buyer, "buyer_logon_id": "138****0000"}
        if trade.paid_at is not None:
            fields["gmt_payment"] = written(trade.paid_at)
        if trade.closed_at is not None:
            fields |= {"gmt_close": written(trade.closed_at), "refund_fee": "0.00"}
        if refund is not None:
            fields |= {"out_biz_no": refund.request, "refund_fee": yuan(trade.returned())}
            fields["gmt_refund"] = f"{written(refund.at)}.000"
        return fields


def _sent(notice: Recorded, body: bytes) -> dict[str, Any]:
    try:
        answer = requests.post(notice.url, body, headers={"Content-Type": FORM}, timeout=10, allow_redirects=False)
        attempt = {"status": answer.status_code, "body": answer.text[:100]}
    except requests.RequestException as error:
        attempt = {"status": 0, "body": str(error)[:100]}
    notice.attempts.append(attempt)
    return {"notify_id": notice.fields["notify_id"], **attempt}
