"""Push to phones by Amazon SNS platform endpoints: one message in the forms of APNs and of FCM (HTTP v1).

A repeat replaces what the phone shows: both know the letter's id, APNs as its collapse id, FCM as the notification's
tag. Sources: Amazon SNS Developer Guide, "Publishing Amazon SNS notifications with platform-specific payloads", "FCM v1
API payloads", "Reserved message attributes for mobile push"; Apple, "Generating a remote notification"; Firebase,
"REST Resource: projects.messages".
"""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.kit import aws
from chalicelib.notifications.ports import AddressGone, Letter, SenderDown, Undeliverable

MOST_BYTES = 4096  # of a payload, at APNs and at FCM
_TTL = timedelta(hours=4)  # a phone that is off for longer finds it in the list
# Publish (Amazon SNS API Reference): the endpoint's own errors.
_GONE = {"EndpointDisabled", "EndpointDisabledException", "NotFound", "NotFoundException"}
_NEVER = {"InvalidParameter", "InvalidParameterException", "InvalidParameterValue", "ParameterValueInvalid"}
_DELETED = "No endpoint found"  # is an InvalidParameter: only its text tells an endpoint that was deleted
# The application's certificate or key ran out, or was revoked: the operator's to mend, and nothing is lost until then.
_OURS = {"PlatformApplicationDisabled", "PlatformApplicationDisabledException"}


class PushSender:
    """See `notifications.ports.Sender`; `to` is an endpoint's ARN, which names its platform."""

    def send(self, letter: Letter, to: str) -> str | None:
        attributes = {
            "AWS.SNS.MOBILE.APNS.PUSH_TYPE": "alert",
            "AWS.SNS.MOBILE.APNS.PRIORITY": "10",
            "AWS.SNS.MOBILE.APNS.COLLAPSE_ID": letter.id,
        }
        seconds = str(int(_TTL.total_seconds()))
        attributes |= {f"AWS.SNS.MOBILE.{one}.TTL": seconds for one in ("APNS", "APNS_SANDBOX")}
        try:
            answer = aws.client("sns").publish(
                TargetArn=to,
                MessageStructure="json",
                Message=json.dumps(message(letter), ensure_ascii=False),
                MessageAttributes={
                    name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
                },
            )
        except (ClientError, BotoCoreError) as error:
            code = aws.reason(error)
            if code in _GONE or _DELETED in str(error):
                raise AddressGone(f"sns: {code}") from error
            if code in _NEVER:
                raise Undeliverable(f"sns: {code}") from error
            wait = timedelta(minutes=5) if code in _OURS else None
            raise SenderDown(f"sns: {code}", wait) from error
        return str(answer["MessageId"])


def message(letter: Letter) -> dict[str, str]:
    """Return one message in every platform's form, each a text of JSON; SNS takes the endpoint's."""
    apple = _fitting(letter, _apns)
    return {
        "default": letter.title,
        "APNS": apple,
        "APNS_SANDBOX": apple,
        "GCM": _fitting(letter, _fcm),
    }


def _data(letter: Letter) -> dict[str, str]:
    """What the app is told: texts alone, as FCM takes no others."""
    told = {"notice_id": letter.id, "kind": letter.kind, "unread": str(letter.unread)}
    return told | ({"link": letter.link} if letter.link else {})


def _apns(letter: Letter, body: str) -> Mapping[str, Any]:
    alert = {"title": letter.title, "body": body}
    aps = {"alert": alert, "badge": letter.unread, "sound": "default", "thread-id": letter.kind.partition(".")[0]}
    return {"aps": aps, **_data(letter)}


def _fcm(letter: Letter, body: str) -> Mapping[str, Any]:
    android = {
        "priority": "high",
        "ttl": f"{int(_TTL.total_seconds())}s",
        "collapse_key": letter.id,
        "notification": {"tag": letter.id, "notification_count": letter.unread},
    }
    shown = {"title": letter.title, "body": body}
    return {"fcmV1Message": {"message": {"notification": shown, "data": _data(letter), "android": android}}}


def _fitting(letter: Letter, form: Any) -> str:
    """Return a payload within the platform's limit: the text's end is what has to go; the list has all of it."""
    body = letter.body
    while True:
        payload = json.dumps(form(letter, body), ensure_ascii=False, separators=(",", ":"))
        over = len(payload.encode()) - MOST_BYTES
        if over <= 0 or not body:
            return payload
        body = body[: max(0, len(body) - max(1, over // 4) - 1)].rstrip() + "…" if len(body) > 1 else ""
