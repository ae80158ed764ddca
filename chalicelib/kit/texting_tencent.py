"""Text messages by Tencent Cloud (SMS 2021-01-11, SendSms), signed by method v3 (TC3-HMAC-SHA256).

Sources: Tencent Cloud, "Signature v3" and "SendSms". A repeat is a second text: Tencent knows no ids of ours.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from chalicelib.kit.clock import Clock
from chalicelib.kit.errors import Unavailable
from chalicelib.kit.exchange import Exchange
from chalicelib.kit.observability import log
from chalicelib.kit.texting import Form, TextRefused, Verdict, read

HOST = "sms.tencentcloudapi.com"
ALGORITHM = "TC3-HMAC-SHA256"
JSON_TYPE = "application/json; charset=utf-8"
_VERSION, _ACTION, _SERVICE = "2021-01-11", "SendSms", "sms"
_SIGNED = "content-type;host"
_MOST_BYTES = 64 * 1024
_OK = "Ok"
# "SendSms", error codes. What is not here passes, or is the operator's to mend.
_VERDICTS: Mapping[str, tuple[Verdict, int | None]] = {
    "FailedOperation.PhoneNumberInBlacklist": (Verdict.GONE, None),  # unsubscribed, or the carriers' list
    "InvalidParameterValue.IncorrectPhoneNumber": (Verdict.GONE, None),
    "FailedOperation.ContainSensitiveWord": (Verdict.NEVER, None),
    "InvalidParameterValue.ContentLengthLimit": (Verdict.NEVER, None),
    "InvalidParameterValue.TemplateParameterLengthLimit": (Verdict.NEVER, None),
    "InvalidParameterValue.ProhibitedUseUrlInTemplateParameter": (Verdict.NEVER, None),
    "UnsupportedOperation.UnsupportedRegion": (Verdict.NEVER, None),
    "LimitExceeded.PhoneNumberThirtySecondLimit": (Verdict.BUSY, 30),
    "LimitExceeded.PhoneNumberOneHourLimit": (Verdict.BUSY, 3600),
    "LimitExceeded.PhoneNumberDailyLimit": (Verdict.BUSY, 3600),
    "LimitExceeded.PhoneNumberSameContentDailyLimit": (Verdict.NEVER, None),  # it has this very text already
    "LimitExceeded.AppDailyLimit": (Verdict.LATER, 3600),
    "LimitExceeded.DailyLimit": (Verdict.LATER, 3600),
    "LimitExceeded.DeliveryFrequencyLimit": (Verdict.BUSY, 30),
    "RequestLimitExceeded": (Verdict.LATER, 5),
    "InternalError": (Verdict.LATER, 5),
}


@dataclass(frozen=True)
class TencentAccount:
    """An account at Tencent Cloud that sends texts.

    Attributes:
        key_id: its SecretId, of a sub-user who may call SendSms and nothing else.
        key_secret: its SecretKey.
        app_id: the SMS application (SmsSdkAppId).
        sign_name: what each text begins with, as it was approved; empty abroad, where there is none.
        region: where the application is.
    """

    key_id: str
    key_secret: str = field(repr=False)
    app_id: str = ""
    sign_name: str = ""
    region: str = "ap-guangzhou"


class TencentTexts:
    """See `texting.TextClient`.

    Args:
        base_url: where it is asked, without a trailing slash.
    """

    def __init__(
        self, account: TencentAccount, clock: Clock, exchange: Exchange, base_url: str = f"https://{HOST}"
    ) -> None:
        self._account, self._clock, self._exchange = account, clock, exchange
        self._base_url = base_url.rstrip("/")

    def send(self, to: str, form: Form, values: Mapping[str, str], ref: str) -> str:
        asked: dict[str, Any] = {
            "PhoneNumberSet": [to],
            "SmsSdkAppId": self._account.app_id,
            "TemplateId": form.code,
            "TemplateParamSet": [values.get(name, "") for name in form.params],
            "SessionContext": ref,
        }
        if self._account.sign_name:
            asked["SignName"] = self._account.sign_name
        body = json.dumps(asked, ensure_ascii=False, separators=(",", ":")).encode()
        host, stamp = self._base_url.partition("://")[2], int(self._clock.now().timestamp())
        headers = {
            "Authorization": authorization(self._account, host, _SERVICE, body, stamp),
            "Content-Type": JSON_TYPE,
            "Host": host,
            "X-TC-Action": _ACTION,
            "X-TC-Region": self._account.region,
            "X-TC-Timestamp": str(stamp),
            "X-TC-Version": _VERSION,
        }
        try:
            answer = self._exchange("POST", f"{self._base_url}/", headers, body, _MOST_BYTES)
        except Unavailable as error:
            raise TextRefused("no answer", Verdict.LATER, 5) from error
        told = read(answer.body).get("Response")
        code, serial = _outcome(told if isinstance(told, dict) else {})
        if code == _OK:
            return serial
        request = told.get("RequestId") if isinstance(told, dict) else None
        log.warning("tencent refuses a text", code=code, status=answer.status, request=request)
        verdict, retry_after = _VERDICTS.get(code) or _VERDICTS.get(code.partition(".")[0], (Verdict.LATER, None))
        raise TextRefused(code or f"status {answer.status}", verdict, retry_after)


def _outcome(told: Mapping[str, Any]) -> tuple[str, str]:
    """Return the code of the whole, or of the one number that was asked for, and its serial number."""
    error, sent = told.get("Error"), told.get("SendStatusSet")
    if isinstance(error, dict):
        return str(error.get("Code", "")), ""
    first = sent[0] if isinstance(sent, Sequence) and sent and isinstance(sent[0], dict) else {}
    return str(first.get("Code", "")), str(first.get("SerialNo", ""))


def authorization(account: TencentAccount, host: str, service: str, body: bytes, stamp: int) -> str:
    """Return the header that signs a POST of JSON to `/` at a moment (seconds since 1970)."""
    scope = f"{datetime.fromtimestamp(stamp, UTC):%Y-%m-%d}/{service}/tc3_request"
    key = f"TC3{account.key_secret}".encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signed = string_to_sign(canonical_request(host, body), stamp, scope)
    signature = hmac.new(key, signed.encode(), hashlib.sha256).hexdigest()
    return f"{ALGORITHM} Credential={account.key_id}/{scope}, SignedHeaders={_SIGNED}, Signature={signature}"


def canonical_request(host: str, body: bytes) -> str:
    """Return the text whose hash is signed: method, path, no query, headers, their names, the body's hash."""
    headers = f"content-type:{JSON_TYPE}\nhost:{host}\n"
    return "\n".join(("POST", "/", "", headers, _SIGNED, hashlib.sha256(body).hexdigest()))


def string_to_sign(canonical: str, stamp: int, scope: str) -> str:
    """Return what the derived key's HMAC is taken of."""
    return "\n".join((ALGORITHM, str(stamp), scope, hashlib.sha256(canonical.encode()).hexdigest()))
