"""WeChat's calls to our webhook: believed only when signed, sealed with our key and about our own account."""

import json
from datetime import datetime
from typing import Any

from chalicelib.payments.gateways.wechat.account import WechatAccount
from chalicelib.payments.rules import WECHAT, BadSignature, Event, Notice, Subject

_LARGEST = 65_536  # bytes; WeChat's have two thousand
# The first word of a notice's type: what it is about, and which number names that.
_SUBJECTS = {"TRANSACTION": (Subject.CHARGE, "out_trade_no"), "REFUND": (Subject.REFUND, "out_refund_no")}


def read(account: WechatAccount, notice: Notice, now: datetime) -> Event:
    """Return what a notice is about.

    Raises:
        BadSignature: forged, a probe, too old, from the future, unreadable, or meant for another merchant.
    """
    media = notice.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if len(notice.raw) > _LARGEST or media != "application/json":
        raise BadSignature
    account.verify(notice.headers, notice.raw, now)
    body = _object(notice.raw)
    sealed = body.get("resource")
    if not isinstance(sealed, dict) or sealed.get("algorithm") != "AEAD_AES_256_GCM":
        raise BadSignature
    associated = sealed.get("associated_data") or ""
    if not isinstance(associated, str):
        raise BadSignature
    about = _object(account.open(_text(sealed, "ciphertext"), _text(sealed, "nonce"), associated))
    kind = _text(body, "event_type")
    subject, name = _SUBJECTS.get(kind.partition(".")[0], (Subject.OTHER, ""))
    if about.get("mchid") != account.mchid:
        raise BadSignature
    # A refund's notice names no app.
    if (subject == Subject.CHARGE or "appid" in about) and about.get("appid") not in account.appids:
        raise BadSignature
    ref = _text(about, name) if name else ""
    return Event(id=_text(body, "id"), subject=subject, ref=ref, type=kind, provider=WECHAT)


def _object(raw: bytes) -> dict[str, Any]:
    try:
        content = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise BadSignature from error
    if not isinstance(content, dict):
        raise BadSignature
    return content


def _text(fields: dict[str, Any], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not value:
        raise BadSignature
    return value
