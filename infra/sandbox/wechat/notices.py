"""Notices to the application: sealed and signed as WeChat does it, repeated until answered, or wrong on request."""

import json
import random
import time
import uuid
from collections.abc import Sequence
from typing import Literal

import urllib3

from infra.sandbox.wechat.keys import STRANGER
from infra.sandbox.wechat.world import Json, Refusal, World, when

How = Literal[
    "normal",
    "late",  # signed six minutes ago
    "early",  # signed six minutes from now
    "forged",  # with a key that nobody knows, in the name of one that is
    "unknown_serial",  # with a key that nobody knows, in its own name
    "altered_amount",  # another amount, in a body that was signed before
    "other_mchid",  # signed well, about another merchant
    "other_appid",
    "probe",  # WeChat's own test of whether signatures are looked at
]
RETRY_SECONDS = (0.5, 1, 2, 5, 15, 30, 180, 600)
_SECONDS_OFF = 360
_TIMEOUT = 15.0


class Notices:
    """Sends on the scheduler's threads. Signatures carry the real time, because receivers hold it against theirs."""

    def __init__(self, world: World, retry_seconds: Sequence[float] = RETRY_SECONDS) -> None:
        self.world = world
        self.retry_seconds = retry_seconds
        self._pool = urllib3.PoolManager(retries=False, timeout=_TIMEOUT)

    def close(self) -> None:
        """End every connection."""
        self._pool.clear()

    def tell(self, kind: str, original_type: str, about: Json, url: str | None) -> None:
        """Record a notice, and send it as the mode says."""
        if url is None:
            return
        world = self.world
        notice: Json = {
            "id": str(uuid.uuid4()),
            "create_time": when(world.clock()).isoformat(timespec="seconds"),
            "event_type": kind,
            "original_type": original_type,
            "about": about,
            "url": url,
            "attempts": [],
            "answered": False,
        }
        world.state.notices[notice["id"]] = notice
        if world.state.settings.mode != "held":
            for _ in range(2 if world.state.settings.mode == "twice" else 1):
                self._later(notice["id"], "normal", 0, 0)

    def send(
        self, ids: list[str] | None, how: How, *, copies: int = 1, shuffle: bool = False, seed: int | None = None
    ) -> int:
        """Send notices (all: None) again; returns how many are on their way. Raises Refusal (404)."""
        with self.world.lock:
            known = self.world.state.notices
            if ids is not None and not set(ids) <= set(known):
                raise Refusal(404, "RESOURCE_NOT_EXISTS", "There is no such notice.")
            chosen = (list(known) if ids is None else ids) * copies
        if shuffle:
            random.Random(seed).shuffle(chosen)  # noqa: S311 - no secret
        for one in chosen:
            self._later(one, how, 0, 0)
        return len(chosen)

    def _later(self, notice_id: str, how: How, seconds: float, attempt: int) -> None:
        self.world.scheduler.after(seconds, lambda: self._send(notice_id, how, attempt))

    def _send(self, notice_id: str, how: How, attempt: int) -> None:
        with self.world.lock:
            notice = self.world.state.notices.get(notice_id)
            if notice is None:
                return
            headers, body = self.made(notice, how)
            url = notice["url"]
        try:
            answer = self._pool.request("POST", url, body=body, headers=headers, redirect=False)
            status, error = answer.status, None
        except urllib3.exceptions.HTTPError as problem:
            status, error = None, type(problem).__name__
        with self.world.lock:
            notice["attempts"].append({"how": how, "status_code": status, "error": error})
            if status in (200, 204):
                notice["answered"] = True
            elif how == "normal" and attempt < len(self.retry_seconds):
                self._later(notice_id, how, self.retry_seconds[attempt], attempt + 1)

    def made(self, notice: Json, how: How = "normal") -> tuple[dict[str, str], bytes]:
        """Return a notice as it goes out: headers and body."""
        keys, about = self.world.state.keys, dict(notice["about"])
        if how == "other_mchid":
            about["mchid"] = "1900009999"
        if how == "other_appid":
            about["appid"] = "wx9999999999999999"
        body = self._body(notice, about)
        stamp = int(time.time()) + {"late": -_SECONDS_OFF, "early": _SECONDS_OFF}.get(how, 0)
        if how in ("forged", "unknown_serial"):
            name = None if how == "forged" else STRANGER
            headers = keys.signature(body, stamp, name=name, pem=keys.stranger)
        else:
            headers = keys.signature(body, stamp)
        if how == "altered_amount":
            amount = about["amount"] | {"total": about["amount"]["total"] + 1}
            body = self._body(notice, about | {"amount": amount})
        if how == "probe":
            headers["Wechatpay-Signature"] = f"WECHATPAY/SIGNTEST/{headers['Wechatpay-Signature']}"
        return headers | {"Content-Type": "application/json", "User-Agent": "Mozilla/4.0 (sandbox)"}, body

    def _body(self, notice: Json, about: Json) -> bytes:
        plain = json.dumps(about, ensure_ascii=False).encode()
        body = {
            "id": notice["id"],
            "create_time": notice["create_time"],
            "resource_type": "encrypt-resource",
            "event_type": notice["event_type"],
            "summary": notice["event_type"],
            "resource": self.world.state.keys.seal(plain, notice["original_type"]),
        }
        return json.dumps(body, ensure_ascii=False).encode()
