"""Alipay's notices (opendocs.alipay.com: asynchronous notices): forms, signed over their decoded values without `sign`
and `sign_type`.

How old may one be? `notify_id` stays the same when Alipay repeats a notice, at most 25 hours long, until it is answered
`success`. `notify_time` is documented as the time of sending; recorded repeats bear new times, but nothing promises
that. A repeat refused as too old would be lost, while a replay does no harm: the id makes it a duplicate, and whatever
it is about is fetched again from Alipay. So the past is open for as long as Alipay repeats, the future is not.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from urllib.parse import parse_qsl

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from chalicelib.payments.gateways.alipay import signing
from chalicelib.payments.rules import ALIPAY, TOLERANCE, BadSignature, Event, Notice, Subject

_REPEATS = timedelta(hours=25)
_LARGEST = 32 * 1024  # bytes
_MOST_FIELDS = 100
_FORM = "application/x-www-form-urlencoded"
_TRADE_CHANGED = "trade_status_sync"


def read(notice: Notice, now: datetime, app_id: str, seller_id: str, keys: Collection[RSAPublicKey]) -> Event:
    """Return a notice that Alipay really sent, about this app's trades for this seller.

    Raises:
        BadSignature: forged, for somebody else, too old, from the future, or not to be read.
    """
    try:
        fields = _fields(notice)
        signature, kind = fields.pop("sign"), fields.pop("sign_type")
        sent_at = signing.read_moment(fields["notify_time"])
        event = Event(
            id=fields["notify_id"],
            subject=_subject(fields),
            ref=_ref(fields),
            type=fields.get("trade_status") or fields["notify_type"],
            provider=ALIPAY,
        )
    except (ValueError, KeyError) as error:
        raise BadSignature from error
    good = (
        kind == "RSA2"
        and signing.verified(signing.content(fields), signature, keys)
        and fields.get("charset", "").lower() == "utf-8"
        and fields.get("app_id") == app_id
        and fields.get("seller_id") == seller_id
        and -TOLERANCE <= now - sent_at <= _REPEATS + TOLERANCE
        and event.id
        and event.ref
    )
    if not good:
        raise BadSignature
    return event


def _fields(notice: Notice) -> dict[str, str]:
    media, _, parameter = notice.headers.get("content-type", "").partition(";")
    name, _, charset = parameter.strip().lower().partition("=")
    if media.strip().lower() != _FORM or (name == "charset" and charset.strip('"') != "utf-8"):
        raise ValueError("not a form in UTF-8")
    if len(notice.raw) > _LARGEST:
        raise ValueError("too large")
    pairs = parse_qsl(
        notice.raw.decode("ascii"),
        keep_blank_values=True,
        strict_parsing=True,
        errors="strict",
        max_num_fields=_MOST_FIELDS,
    )
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a name that comes twice")
    return fields


def _subject(fields: Mapping[str, str]) -> str:
    if fields["notify_type"] != _TRADE_CHANGED:
        return Subject.OTHER
    return Subject.REFUND if _is_refund(fields) else Subject.CHARGE


def _ref(fields: Mapping[str, str]) -> str:
    trade = fields["out_trade_no"]
    return f"{trade}/{fields['out_biz_no']}" if trade and _is_refund(fields) else trade


def _is_refund(fields: Mapping[str, str]) -> bool:
    """A trade that closes unpaid also says `refund_fee`: 0.00."""
    return bool(fields.get("out_biz_no")) and signing.fen(fields.get("refund_fee", "0")) > 0
