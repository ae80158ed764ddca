"""Text messages by Alibaba Cloud (Dysmsapi 2017-05-25, SendSms), signed by method V3 (ACS3-HMAC-SHA256).

Sources: Alibaba Cloud, "V3 request structure and signature" and "SendSms". The call has no body: its parameters are in
the query, and the hash of nothing is signed with them. A repeat is a second text: Alibaba knows no ids of ours.
"""

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC
from urllib.parse import quote

from chalicelib.kit.clock import Clock
from chalicelib.kit.errors import Unavailable
from chalicelib.kit.exchange import Exchange
from chalicelib.kit.observability import log
from chalicelib.kit.texting import Form, TextRefused, Verdict, read

HOST = "dysmsapi.aliyuncs.com"
ALGORITHM = "ACS3-HMAC-SHA256"
_VERSION, _ACTION = "2017-05-25", "SendSms"
_MOST_BYTES = 64 * 1024
_BROKEN = 500
_CHINESE = re.compile(r"1[3-9][0-9]{9}")
# "API error codes" of Short Message Service. What is not here passes, or is the operator's to mend.
_VERDICTS: Mapping[str, tuple[Verdict, int | None]] = {
    "isv.MOBILE_NUMBER_ILLEGAL": (Verdict.GONE, None),
    "isv.BLACK_KEY_CONTROL_LIMIT": (Verdict.NEVER, None),  # a variable has a forbidden word
    "isv.PARAM_LENGTH_LIMIT": (Verdict.NEVER, None),
    "isv.PARAM_NOT_SUPPORT_URL": (Verdict.NEVER, None),
    "isv.SMS_CONTENT_ILLEGAL": (Verdict.NEVER, None),
    "isv.SMS_CONTENT_MISMATCH_TEMPLATE_TYPE": (Verdict.NEVER, None),
    "isv.DENY_IP_RANGE": (Verdict.LATER, None),
    # Per number: one a minute, five an hour, ten a day ("Limits on sending").
    "isv.BUSINESS_LIMIT_CONTROL": (Verdict.BUSY, 3600),
    "isv.DAY_LIMIT_CONTROL": (Verdict.LATER, 3600),
    "isv.MONTH_LIMIT_CONTROL": (Verdict.LATER, 3600),
    "isp.SYSTEM_ERROR": (Verdict.LATER, 5),
    "Throttling.User": (Verdict.LATER, 5),
    "Throttling.Api": (Verdict.LATER, 5),
    "ServiceUnavailable": (Verdict.LATER, 5),
    "InternalError": (Verdict.LATER, 5),
}


@dataclass(frozen=True)
class AlibabaAccount:
    """An account at Alibaba Cloud that sends texts.

    Attributes:
        key_id: its AccessKey id, of a RAM user who may call SendSms and nothing else.
        key_secret: the AccessKey's secret.
        sign_name: what each text begins with, as it was approved.
    """

    key_id: str
    key_secret: str = field(repr=False)
    sign_name: str = ""


class AlibabaTexts:
    """See `texting.TextClient`.

    Args:
        base_url: where it is asked, without a trailing slash.
    """

    def __init__(
        self, account: AlibabaAccount, clock: Clock, exchange: Exchange, base_url: str = f"https://{HOST}"
    ) -> None:
        self._account, self._clock, self._exchange = account, clock, exchange
        self._base_url = base_url.rstrip("/")

    def send(self, to: str, form: Form, values: Mapping[str, str], ref: str) -> str:
        query = {
            "PhoneNumbers": number(to),
            "SignName": self._account.sign_name,
            "TemplateCode": form.code,
            "OutId": ref,
        }
        if form.params:
            told = {name: values.get(name, "") for name in form.params}
            query["TemplateParam"] = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
        host = self._base_url.partition("://")[2]
        headers = signed_headers(
            self._account, host, _ACTION, _VERSION, query, f"{self._clock.now().astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
            secrets.token_hex(16),
        )  # fmt: skip
        try:
            answer = self._exchange("POST", f"{self._base_url}/?{canonical_query(query)}", headers, None, _MOST_BYTES)
        except Unavailable as error:
            raise TextRefused("no answer", Verdict.LATER, 5) from error
        told_back = read(answer.body)
        code = str(told_back.get("Code", ""))
        if code == "OK" and answer.status < _BROKEN:
            return str(told_back.get("BizId", ""))
        # Its message may repeat what was sent; the request's id is what Alibaba asks for.
        log.warning("alibaba refuses a text", code=code, status=answer.status, request=told_back.get("RequestId"))
        verdict, retry_after = _VERDICTS.get(code, (Verdict.LATER, None))
        raise TextRefused(code or f"status {answer.status}", verdict, retry_after)


def number(to: str) -> str:
    """Write a number (E.164) as SendSms takes it: at home without the country's code, abroad without a plus.

    Raises:
        TextRefused: written so, an American number (+1 415 ...) is somebody's in China.
    """
    if to.startswith("+86"):
        return to.removeprefix("+86")
    abroad = to.removeprefix("+")
    if _CHINESE.fullmatch(abroad):
        raise TextRefused("read as a Chinese number", Verdict.NEVER)
    return abroad


def signed_headers(
    account: AlibabaAccount, host: str, action: str, version: str, query: Mapping[str, str], date: str, nonce: str
) -> dict[str, str]:
    """Return the headers of a POST to `/` that has no body, the signature among them."""
    empty = hashlib.sha256(b"").hexdigest()
    headers = {
        "host": host,
        "x-acs-action": action,
        "x-acs-content-sha256": empty,
        "x-acs-date": date,
        "x-acs-signature-nonce": nonce,
        "x-acs-version": version,
    }
    names = ";".join(headers)
    signature = hmac.new(
        account.key_secret.encode(), string_to_sign(canonical_request(headers, query)).encode(), hashlib.sha256
    ).hexdigest()
    credential = f"Credential={account.key_id},SignedHeaders={names},Signature={signature}"
    return headers | {"Authorization": f"{ALGORITHM} {credential}"}


def canonical_request(headers: Mapping[str, str], query: Mapping[str, str]) -> str:
    """Return the text whose hash is signed: method, path, query, headers in order, their names, the body's hash."""
    lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
    parts = ("POST", "/", canonical_query(query), lines, ";".join(headers), headers["x-acs-content-sha256"])
    return "\n".join(parts)


def string_to_sign(canonical: str) -> str:
    """Return what the key's HMAC is taken of."""
    return f"{ALGORITHM}\n{hashlib.sha256(canonical.encode()).hexdigest()}"


def canonical_query(query: Mapping[str, str]) -> str:
    """Return a query sorted by names and encoded by RFC 3986, as it is signed and as it is sent."""
    return "&".join(f"{quote(name, safe='~')}={quote(query[name], safe='~')}" for name in sorted(query))
