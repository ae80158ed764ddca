"""Calls of WeChat's API: signed by us, and believed only where WeChat signed the answer.

Every call may be repeated: the number of an order or a refund is ours, and WeChat makes one of it. So a call that
failed at once (a connection that had gone stale) is sent again, once; with that it ends within 16 seconds.
"""

import hashlib
import json
import secrets
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from chalicelib.kit.clock import Clock
from chalicelib.kit.errors import Unavailable
from chalicelib.kit.exchange import Answer, Exchange
from chalicelib.kit.observability import log
from chalicelib.payments.gateways.wechat.account import WechatAccount
from chalicelib.payments.rules import BadSignature, PaymentRefused

_LARGEST_ANSWER, _LARGEST_BILL = 1_000_000, 64_000_000  # bytes
_AT_ONCE = 1.0  # seconds within which a failure may be tried again
_OK, _UNAUTHORIZED, _TOO_MANY, _BROKEN = 300, 401, 429, 500
_BUSY = {"SYSTEM_ERROR", "FREQUENCY_LIMITED", "RATELIMIT_EXCEEDED", "BANKERROR", "STATEMENT_CREATING"}
_NOT_THERE = {"ORDER_NOT_EXIST", "ORDERNOTEXIST", "RESOURCE_NOT_EXISTS", "NO_STATEMENT_EXIST"}


class NotThere(PaymentRefused):
    """There is no such order, refund or bill."""


class Client:
    """Args:
    base_url: WeChat's, without a trailing slash.
    """

    def __init__(self, account: WechatAccount, base_url: str, clock: Clock, exchange: Exchange) -> None:
        self._account = account
        self._base_url = base_url.rstrip("/")
        self._clock = clock
        self._exchange = exchange

    def get(self, path: str, query: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Raises: Unavailable, NotThere, PaymentRefused."""
        return self._believed(self._send("GET", f"{path}?{urlencode(query)}" if query else path))

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Raises: Unavailable, PaymentRefused."""
        return self._believed(self._send("POST", path, json.dumps(body, ensure_ascii=False)))

    def download(self, url: str) -> bytes:
        """Return a bill's file. It carries no signature: the caller holds it against the hash that it was told. Only
        the path is taken from the link, so that our signature goes to no other server.

        Raises:
            Unavailable: no answer.
        """
        link = urlsplit(url)
        answer = self._send("GET", f"{link.path}?{link.query}", most=_LARGEST_BILL)
        if answer.status >= _OK:
            raise Unavailable(retry_after=2)
        return answer.body

    def _send(self, method: str, target: str, body: str = "", most: int = _LARGEST_ANSWER) -> Answer:
        started = time.monotonic()
        try:
            return self._once(method, target, body, most)
        except Unavailable:
            if time.monotonic() - started > _AT_ONCE:
                raise
            return self._once(method, target, body, most)

    def _once(self, method: str, target: str, body: str, most: int) -> Answer:
        stamp, nonce = str(int(self._clock.now().timestamp())), secrets.token_hex(16)
        headers = {
            "Accept": "application/json",
            "Authorization": self._account.authorization(method, target, body, stamp, nonce),
            "User-Agent": "linli",
        }
        if body:
            headers["Content-Type"] = "application/json"
        # Tells WeChat with which of its keys to sign, where it has both a public key and a certificate for us.
        key = next((name for name in self._account.platform_keys if name.startswith("PUB_KEY_ID_")), None)
        if key is not None:
            headers["Wechatpay-Serial"] = key
        return self._exchange(method, self._base_url + target, headers, body.encode() if body else None, most)

    def _believed(self, answer: Answer) -> dict[str, Any]:
        code = _code(answer)
        request = answer.headers.get("request-id")
        if answer.status >= _BROKEN or answer.status == _TOO_MANY:
            raise Unavailable(retry_after=2)
        if answer.status != _UNAUTHORIZED:  # WeChat signs no answer to one whose own signature it refused
            try:
                self._account.verify(answer.headers, answer.body, self._clock.now())
            except BadSignature as error:
                # Nothing was said that can be believed, neither yes nor no.
                log.error("an answer that WeChat did not sign", status=answer.status, code=code, wechat_request=request)
                raise Unavailable(retry_after=2) from error
        if answer.status < _OK:
            return _object(answer.body)
        if code in _BUSY:
            raise Unavailable(retry_after=2)
        if code in _NOT_THERE:
            raise NotThere(reason=code.lower())
        log.warning("wechat refused", status=answer.status, code=code, wechat_request=request)
        raise PaymentRefused(reason=code.lower())


def _code(answer: Answer) -> str:
    if answer.status < _OK:
        return ""
    try:
        code = json.loads(answer.body)["code"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return "REFUSED"
    return code if isinstance(code, str) and code else "REFUSED"


def _object(body: bytes) -> dict[str, Any]:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Unavailable(retry_after=2) from error
    if not isinstance(content, dict):
        raise Unavailable(retry_after=2)
    return content


def matches(content: bytes, sha1: str) -> bool:
    """Say whether a bill is what WeChat said it would be (SHA-1 of the unpacked file, in hexadecimal)."""
    return hashlib.sha1(content, usedforsecurity=False).hexdigest() == sha1.lower()
