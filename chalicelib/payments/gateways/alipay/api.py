"""One call of Alipay's open API: signed, bounded in time, its answer verified on the text as it came.

What decides about money is signed: an answer without a good signature counts as none. Only what the gateway refuses
before it knows the app (codes 40001 to 40006, 20000, 20001) may come without.
"""

import json
import re
import time
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests
import urllib3

from chalicelib.kit.clock import Clock
from chalicelib.kit.errors import Unavailable
from chalicelib.kit.observability import asked, log
from chalicelib.payments.gateways.alipay import signing
from chalicelib.payments.rules import PaymentRefused

GATEWAY = "https://openapi.alipay.com/gateway.do"

Answer = Mapping[str, str]
"""The texts of an answer; what is no text or number in it is left out."""

_TIMEOUTS = (3.0, 8.0)  # seconds to connect, to read
_DEADLINE, _BILL_DEADLINE = 8.0, 20.0  # seconds until the last piece, however slowly it drips
_LARGEST_ANSWER = 256 * 1024  # bytes
_LARGEST_BILL = 64 * 1024 * 1024
_CHUNK = 64 * 1024
_RETRY_AFTER = 2  # seconds

# Gateway codes (opendocs.alipay.com: common error codes).
_DONE, _BUSINESS_FAILED = "10000", "40004"
_UNAVAILABLE, _CALLED_TOO_OFTEN = "20000", "40005"

_SPACE = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder(parse_float=str, parse_int=str)


class OpenApi:
    """Alipay's open API for one app.

    Args:
        private_key: ours, which signs requests.
        public_keys: Alipay's; two while one is being replaced.
        notify_url: where Alipay tells what happens to a trade.
    """

    def __init__(
        self, app_id: str, private_key: str, public_keys: Collection[str], notify_url: str, base: str, clock: Clock
    ) -> None:
        self.keys = tuple(signing.public_key(key) for key in public_keys)
        self._app_id = app_id
        self._key = signing.private_key(private_key)
        self._notify_url = notify_url
        self._base = base
        self._clock = clock
        self._session = requests.Session()

    def url(self, method: str, order: Mapping[str, str], return_url: str) -> str:
        """Return the address that a browser opens: nothing is sent by us."""
        return f"{self._base}?{urlencode(self._signed(method, order, return_url=return_url))}"

    def order_string(self, method: str, order: Mapping[str, str]) -> str:
        """Return what the wallet's SDK in an app is called with."""
        return urlencode(self._signed(method, order))

    def call(self, method: str, biz_content: Mapping[str, str]) -> Answer:
        """Ask, and insist on a yes.

        Raises:
            Unavailable: no answer, or none that can be trusted.
            PaymentRefused: no; the reason is Alipay's `sub_code` in lower case.
        """
        answer = self._answer(method, biz_content)
        if answer.get("code") != _DONE:
            raise _refusal(method, answer)
        return answer

    def look(self, method: str, biz_content: Mapping[str, str], absent: str) -> Answer | None:
        """Ask, likewise, for what need not exist: None where the `sub_code`, in lower case, is `absent`."""
        answer = self._answer(method, biz_content)
        if answer.get("code") == _BUSINESS_FAILED and answer.get("sub_code", "").lower() == absent:
            return None
        if answer.get("code") != _DONE:
            raise _refusal(method, answer)
        return answer

    def download(self, url: str) -> bytes:
        """Return a file that an answer named."""
        return self._fetched("bill", "GET", url, None, _LARGEST_BILL, _BILL_DEADLINE)

    def _signed(self, method: str, biz_content: Mapping[str, str], **more: str) -> dict[str, str]:
        parameters = {
            "app_id": self._app_id,
            "method": method,
            "format": "JSON",
            "charset": "utf-8",
            "sign_type": "RSA2",
            "timestamp": signing.written(self._clock.now()),
            "version": "1.0",
            "notify_url": self._notify_url,
            "biz_content": json.dumps(biz_content, ensure_ascii=False, separators=(",", ":")),
            **more,
        }
        return parameters | {"sign": signing.sign(signing.content(parameters), self._key)}

    def _answer(self, method: str, biz_content: Mapping[str, str]) -> Answer:
        parameters = self._signed(method, biz_content)
        body = {"biz_content": parameters.pop("biz_content")}
        raw = self._fetched(method, "POST", f"{self._base}?{urlencode(parameters)}", body, _LARGEST_ANSWER, _DEADLINE)
        try:
            return self._verified(method, members(raw.decode()))
        except (ValueError, RecursionError) as error:
            log.error("an answer of alipay cannot be trusted", method=method, problem=str(error))
            raise Unavailable(retry_after=_RETRY_AFTER) from error

    def _verified(self, method: str, found: Mapping[str, tuple[str, Any]]) -> Answer:
        name = method.replace(".", "_") + "_response"
        text, node = found.get(name) or found.get("error_response") or ("", None)
        if not isinstance(node, dict):
            raise ValueError("no node of an answer")  # noqa: TRY004 - what came is wrong, not its type in our code
        answer = {key: value for key, value in node.items() if isinstance(value, str)}
        signature = found.get("sign", ("", ""))[1]
        if not signature and answer.get("code") not in (None, _DONE, _BUSINESS_FAILED):
            return answer
        if not isinstance(signature, str) or not signing.verified(text.encode(), signature, self.keys):
            raise ValueError("the signature does not match")
        return answer

    def _fetched(
        self, what: str, verb: str, url: str, body: Mapping[str, str] | None, most: int, seconds: float
    ) -> bytes:
        """Fetch, and tell the log of it; all that Alipay is asked has one path, and the query is signed."""
        started, call = time.monotonic(), {"provider": urlsplit(url).hostname or "-", "method": verb, "path": what}
        try:
            content = self._read(verb, url, body, most, seconds)
        except Unavailable:
            asked(started, None, None, **call)
            raise
        asked(started, requests.codes.ok, None, **call)
        return content

    def _read(self, verb: str, url: str, body: Mapping[str, str] | None, most: int, seconds: float) -> bytes:
        end = time.monotonic() + seconds
        read = bytearray()
        try:
            with self._session.request(
                verb, url, data=body, timeout=_TIMEOUTS, stream=True, allow_redirects=False
            ) as response:
                # Piece by piece, because the time to read is that of one piece alone.
                while response.status_code == requests.codes.ok and len(read) <= most and time.monotonic() <= end:
                    piece = response.raw.read1(_CHUNK, decode_content=True)
                    if not piece:
                        return bytes(read)
                    read += piece
                log.warning("alipay gave no answer", status=response.status_code, size=len(read))
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            raise Unavailable(retry_after=_RETRY_AFTER) from error
        raise Unavailable(retry_after=_RETRY_AFTER)


def _refusal(method: str, answer: Answer) -> Unavailable | PaymentRefused:
    """Tell trouble, after which a repeat helps, from a no. What Alipay says in prose may name people: not logged."""
    code, sub_code = answer.get("code", ""), answer.get("sub_code", "")
    if code in (_UNAVAILABLE, _CALLED_TOO_OFTEN) or sub_code.upper().endswith("SYSTEM_ERROR"):
        return Unavailable(retry_after=_RETRY_AFTER)
    log.warning("alipay refused", method=method, code=code, sub_code=sub_code)
    return PaymentRefused(reason=sub_code.lower() or code or "refused")


def members(text: str) -> dict[str, tuple[str, Any]]:
    """Split a JSON object into its members: of each the text exactly as it stands, which is what is signed, and the
    value, in which numbers stay texts.

    Raises:
        ValueError: no JSON object, or a name that comes twice.
    """
    found: dict[str, tuple[str, Any]] = {}
    at = _past(text, 0, "{")
    while True:
        name, end = _DECODER.raw_decode(text, at)
        start = _past(text, end, ":")
        value, end = _DECODER.raw_decode(text, start)
        if not isinstance(name, str) or name in found:
            raise ValueError("not an object, or a name that comes twice")
        found[name] = (text[start:end], value)
        at = _skip(text, end)
        if text[at : at + 1] != ",":
            break
        at = _skip(text, at + 1)
    if _past(text, at, "}") != len(text):
        raise ValueError("more than one object")
    return found


def _skip(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    return space.end() if space else at


def _past(text: str, at: int, mark: str) -> int:
    at = _skip(text, at)
    if text[at : at + 1] != mark:
        raise ValueError(f"{mark} is missing")
    return _skip(text, at + 1)
