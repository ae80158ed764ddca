"""Messages of SNS topics that come by HTTPS: who signed them, and over what. No I/O.

Only signature version 2 (SHA-256) is believed, only a certificate that SNS's own host serves, only our topic. Source:
Amazon SNS Developer Guide, "Verifying the signatures of Amazon SNS messages".
"""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from chalicelib.kit.errors import Forbidden
from chalicelib.kit.i18n import Text

_CERTIFICATE = re.compile(
    r"https://sns\.([a-z]{2}(?:-[a-z]+)+-\d)\.amazonaws\.com(?:\.cn)?/SimpleNotificationService-[0-9a-f]{20,64}\.pem"
)
_SIGNED_FOR = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}
_SIGNED_FOR["UnsubscribeConfirmation"] = _SIGNED_FOR["SubscriptionConfirmation"]
_SIGNER = "sns.amazonaws.com"
OLDEST, EARLIEST = timedelta(hours=24), timedelta(minutes=5)  # SNS tries for an hour; clocks differ


class NotFromTopic(Forbidden):
    """Forged, of another topic, too old, or unreadable."""

    code = "not-from-topic"
    title = Text("This is no message of our topic", "非本系统主题的消息")
    detail = Text("Only what SNS signed for the topic is taken.", "仅接受由 SNS 为该主题签名的消息。")


@dataclass(frozen=True)
class TopicMessage:
    """A message, not believed yet.

    Attributes:
        id: the same at each repeat.
        kind: `Notification`, `SubscriptionConfirmation` or `UnsubscribeConfirmation`.
        body: the text that was published.
        token: to confirm a subscription by; empty in a notification.
        certificate: where the certificate is that it was signed with.
        signature: see `signed`.
        signed: what was signed.
        at: when it was published.
    """

    id: str
    kind: str
    body: str = field(repr=False)
    token: str = field(repr=False)
    certificate: str
    signature: bytes = field(repr=False)
    signed: bytes = field(repr=False)
    at: datetime


def read(raw: bytes, topic: str, now: datetime) -> TopicMessage:
    """Return a message of a topic as it came.

    Raises:
        NotFromTopic: it cannot be one.
    """
    try:
        told = json.loads(raw)
        kind, fields = told["Type"], _SIGNED_FOR[told["Type"]]
        at = datetime.fromisoformat(told["Timestamp"])
        signature = base64.b64decode(told["Signature"], validate=True)
        is_ours = told["SignatureVersion"] == "2" and told["TopicArn"] == topic
        certificate, number = told["SigningCertURL"], told["MessageId"]
        body, token = told["Message"], told.get("Token", "")
        signed = _signed(told, fields)
    except (ValueError, KeyError, TypeError, RecursionError, binascii.Error) as error:
        raise NotFromTopic from error
    texts = (certificate, number, body, token)
    if not is_ours or not all(isinstance(one, str) for one in texts) or at.tzinfo is None:
        raise NotFromTopic
    served = _CERTIFICATE.fullmatch(certificate)
    if not -EARLIEST <= now - at <= OLDEST or served is None or served[1] != topic.split(":")[3]:
        raise NotFromTopic
    return TopicMessage(number, kind, body, token, certificate, signature, signed, at)


def _signed(told: Mapping[str, Any], fields: tuple[str, ...]) -> bytes:
    """Names and values, each on a line of its own; a message without a subject is signed without one."""
    present = [name for name in fields if name != "Subject" or told.get(name) is not None]
    lines = [line for name in present for line in (name, told[name])]
    if not all(isinstance(line, str) for line in lines):
        raise TypeError
    return "".join(f"{line}\n" for line in lines).encode()


def believe(message: TopicMessage, certificate: bytes, now: datetime) -> None:
    """Let a message pass that SNS signed.

    Args:
        certificate: what the message's address served (PEM).

    Raises:
        NotFromTopic: it is not SNS's, not valid now, or did not sign this.
    """
    from cryptography.exceptions import InvalidSignature  # few requests need it, and it takes its time
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.x509 import load_pem_x509_certificate
    from cryptography.x509.oid import NameOID

    try:
        found = load_pem_x509_certificate(certificate)
        key, names = found.public_key(), found.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        if not isinstance(key, RSAPublicKey) or _SIGNER not in {str(one.value) for one in names}:
            raise NotFromTopic
        if not found.not_valid_before_utc <= now <= found.not_valid_after_utc:
            raise NotFromTopic
        key.verify(message.signature, message.signed, PKCS1v15(), SHA256())
    except (InvalidSignature, ValueError) as error:
        raise NotFromTopic from error
