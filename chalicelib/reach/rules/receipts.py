"""Receipts as providers write them: SES in a topic's messages, SNS in its log, two others in lists. No I/O.

What cannot be read is left out: a provider that adds a field, or a kind of event, must not have its calls refused for
hours. Sources: Amazon SES Developer Guide, "Examples of event data that Amazon SES publishes to Amazon SNS"; Alibaba
Cloud, "SmsReport", "SmsUp" and "Delivery receipt error codes"; Tencent Cloud, "SMS Sending Status Notification" and
"SMS Reply Notification".
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from chalicelib.notifications.ports import Channel
from chalicelib.reach.rules.feedback import Event, Fate

BEIJING = timezone(timedelta(hours=8))
"""The clock of both Chinese providers' receipts; China has no daylight saving time."""
_LEAVING = frozenset(
    {"t", "td", "n", "r", "qx", "退订", "拒收", "取消", "stop", "unsubscribe", "cancel", "end", "quit"}
)
"""What whoever wants no more replies: "拒收请回复R", "回T退订" and what carriers elsewhere take."""
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_DIGITS, _CHINESE = re.compile(r"[0-9]{7,15}"), re.compile(r"1[3-9][0-9]{9}")
_WORD = re.compile(r"[A-Za-z0-9_.:-]{1,40}")
# Alibaba's err_code. A phone that is off is told as MOBILE_NOT_ON_SERVICE too, so that one is soft.
_ALIBABA = {
    "MOBILE_IN_BLACK": Fate.LEFT,  # unsubscribed, or on a carrier's list
    "USER_REJECT": Fate.LEFT,
    "INVALID_NUMBER": Fate.HARD,
    "MOBILE_NOT_ON_SERVICE": Fate.SOFT,
    "MOBILE_ACCOUNT_ABNORMAL": Fate.SOFT,
    "MOBILE_TERMINAL_ERROR": Fate.SOFT,
    "MOBLLE_TERMINAL_ERROR": Fate.SOFT,  # as they spell it
}
# SNS's providerResponse ("Troubleshooting SMS delivery failures" of its Developer Guide), by how each begins.
_SNS = {
    "Invalid phone number": Fate.HARD,
    "Phone number is opted out": Fate.LEFT,
    "Phone has blocked SMS": Fate.LEFT,
    "Phone is on a blocked list": Fate.LEFT,
    "Destination is on a blocked list": Fate.LEFT,
    "Phone is currently unreachable": Fate.SOFT,
    "Phone carrier is currently unreachable": Fate.SOFT,
    "Unknown error attempting to reach phone": Fate.SOFT,
}
_NO_COMPLAINT = frozenset({"not-spam"})


def of_ses(told: Mapping[str, Any]) -> Iterator[Event]:
    """Yield what an event of SES says of each address that the mail went to. Of others it says nothing: whom a report
    of a bounce names is written by the server that got the mail, and a complaint by somebody's provider.
    """
    kind = str(told.get("eventType") or told.get("notificationType") or "").lower()
    about = told.get(kind)
    mail = told.get("mail")
    if not isinstance(about, Mapping) or not isinstance(mail, Mapping):
        return
    number = str(about.get("feedbackId") or mail.get("messageId") or "")
    at = _moment(about.get("timestamp") or mail.get("timestamp"))
    reason, went_to = _reason(about), {str(one).lower() for one in _list(mail, "destination")}
    for address, fate in _ses_fates(kind, about):
        if address in went_to and at is not None and number:
            yield Event(_id("ses", kind, number, address), Channel.EMAIL, address, fate, reason, at)


def _ses_fates(kind: str, about: Mapping[str, Any]) -> Iterator[tuple[str, Fate]]:
    if kind == "bounce":
        fate = Fate.HARD if about.get("bounceType") == "Permanent" else Fate.SOFT
        yield from ((_address(one), fate) for one in _list(about, "bouncedRecipients"))
    elif kind == "complaint":
        fate = Fate.OTHER if about.get("complaintFeedbackType") in _NO_COMPLAINT else Fate.LEFT
        yield from ((_address(one), fate) for one in _list(about, "complainedRecipients"))
    elif kind == "delivery":
        yield from ((str(one).lower(), Fate.DELIVERED) for one in _list(about, "recipients"))


def _address(recipient: Any) -> str:
    return str(recipient.get("emailAddress", "")).lower() if isinstance(recipient, Mapping) else ""


def _reason(about: Mapping[str, Any]) -> str:
    """What SES calls it: its types and subtypes, none of its free texts, which may hold the address."""
    names = ("bounceType", "bounceSubType", "complaintSubType", "complaintFeedbackType")
    words = [str(about[name]) for name in names if about.get(name) and _WORD.fullmatch(str(about[name]))]
    return "/".join(words)


def of_alibaba(told: Sequence[Any]) -> Iterator[Event]:
    """Yield what a list of reports, or of replies, says."""
    for one in told:
        if not isinstance(one, Mapping):
            continue
        number = _number(one.get("phone_number"))
        if number is None:
            continue
        if "content" in one:
            at = _moment(one.get("send_time"), BEIJING)
            yield from _reply("alibaba", number, one.get("content"), one.get("sequence_id"), at)
            continue
        at, code = _moment(one.get("report_time"), BEIJING), _word(one.get("err_code"))
        fate = Fate.DELIVERED if one.get("success") is True else _ALIBABA.get(code, Fate.OTHER)
        if at is not None and one.get("biz_id"):
            event_id = _id("alibaba", str(one["biz_id"]), number, code)
            yield Event(event_id, Channel.SMS, number, fate, code, at)


def of_tencent(told: Sequence[Any]) -> Iterator[Event]:
    """Yield what a list of reports, or of replies, says. Tencent's codes of failures are its carriers', some hundred,
    and change: a failure is soft, and only many of them give a number up. Who has left is told at the next message.
    """
    for one in told:
        if not isinstance(one, Mapping):
            continue
        number = _number(f"+{one.get('nationcode') or '86'}{one.get('mobile') or ''}")
        if number is None:
            continue
        if "text" in one:
            at = _unix(one.get("time"))
            yield from _reply("tencent", number, one.get("text"), one.get("time"), at)
            continue
        at, code = _moment(one.get("user_receive_time"), BEIJING), _word(one.get("errmsg"))
        fate = Fate.DELIVERED if one.get("report_status") == "SUCCESS" else Fate.SOFT
        if at is not None and one.get("sid"):
            yield Event(_id("tencent", str(one["sid"]), number, code), Channel.SMS, number, fate, code, at)


def of_sns(told: Mapping[str, Any]) -> Iterator[Event]:
    """Yield what a line of SNS's log of texts says. Its other reasons (spam, a price, a carrier that blocks us) are not
    the number's doing.
    """
    notice, delivery = told.get("notification"), told.get("delivery")
    if not isinstance(notice, Mapping) or not isinstance(delivery, Mapping):
        return
    number, at = str(delivery.get("destination") or ""), _moment(notice.get("timestamp"))
    said = str(delivery.get("providerResponse") or "")
    fate = next((fate for words, fate in _SNS.items() if said.startswith(words)), Fate.OTHER)
    if told.get("status") == "SUCCESS":
        fate = Fate.DELIVERED
    if _E164.fullmatch(number) and at is not None and notice.get("messageId"):
        reason = re.sub(r"[^a-z]+", "-", said.lower()).strip("-")[:40]  # their words, without any number
        yield Event(_id("sns", str(notice["messageId"]), number, str(fate)), Channel.SMS, number, fate, reason, at)


def _reply(provider: str, number: str, text: Any, which: Any, at: datetime | None) -> Iterator[Event]:
    if at is not None and str(text).strip().lower() in _LEAVING:
        yield Event(_id(provider, "reply", number, str(which)), Channel.SMS, number, Fate.LEFT, "reply", at)


def _id(*parts: str) -> str:
    """Return what an event is known by, which holds no address in clear."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:40]


def _number(digits: Any) -> str | None:
    """Write a number as E.164; Alibaba leaves the country's code out of Chinese ones, and has no plus."""
    told = str(digits or "")
    plain = re.sub(r"^(\+|00)", "", told)
    if not _DIGITS.fullmatch(plain):
        return None
    return f"+86{plain}" if plain == told and _CHINESE.fullmatch(plain) else f"+{plain}"


def _word(value: Any) -> str:
    return str(value) if isinstance(value, str) and _WORD.fullmatch(value) else "unknown"


def _list(told: Mapping[str, Any], name: str) -> Sequence[Any]:
    value = told.get(name)
    return value if isinstance(value, list) else ()


def _moment(text: Any, zone: timezone = UTC) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)


def _unix(seconds: Any) -> datetime | None:
    try:
        return datetime.fromtimestamp(float(seconds), UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None
