"""Phones and agreements over real tables, a push service in memory, and a topic with keys of its own."""

import base64
import json
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from chalicelib import wiring
from chalicelib.kit.seal import Sealer
from chalicelib.reach.ports import FeedbackPorts, Platform, ReachPorts, Subscriptions, Template
from chalicelib.reach.rules.devices import PushNotServed, TokenRefused
from chalicelib.reach.store import ConsentTable, DeviceTable, FeedbackTable

START = datetime(2026, 5, 1, 6, 30, tzinfo=UTC)
TOPIC = "arn:aws:sns:ap-southeast-1:111122223333:linli-test-feedback"
CERTIFICATE = "https://sns.ap-southeast-1.amazonaws.com/SimpleNotificationService-01d088a6f77103d0fe307c0069e40ed6.pem"
BLIND = Sealer(data_keys={}, current=0, index_key=b"pepper-of-the-tests-0123456789").blind
TEMPLATES = (Template("wxmini", "tpl_1", ("order.confirmed.customer",)), Template("wxmini", "tpl_2", ("*",)))


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self, at=START):
        self.at = at

    def now(self):
        return self.at

    def move(self, **by):
        self.at += timedelta(**by)


class Phones:
    """A push service: what it was asked, and what it makes of it."""

    def __init__(self):
        self.made, self.dropped = [], []

    def ensure(self, platform, token):
        if platform is Platform.APNS_SANDBOX:
            raise PushNotServed
        if token.startswith("bad"):
            raise TokenRefused
        self.made.append(token)
        return f"arn:{platform}:{token}"

    def drop(self, endpoint):
        self.dropped.append(endpoint)


def reach(phones=None, clock=None, **change):
    """Return ports over the test's tables."""
    clock = clock or Clock()
    told = {
        "devices": DeviceTable(BLIND),
        "consents": ConsentTable(clock),
        "endpoints": phones or Phones(),
        "accounts": wiring.accounts(),
        "clock": clock,
        "committer": wiring.committer(),
        "idempotency": wiring.idempotency(),
        "templates": TEMPLATES,
        "wechat": ("wxofficial", "wxmini"),
    }
    return ReachPorts(**told | change)


class Suspended(list):
    """What was given up: channel, address, why; and since when, each time."""

    def __init__(self):
        self.since = []

    def __call__(self, channel, address, reason, at):
        self.append((channel, address, reason))
        self.since.append(at)


def feedback(suspended, clock=None, certificates=None, confirm=None, topic=TOPIC):
    """Return ports over the test's tables; `suspended` is told who is given up."""
    clock = clock or Clock()
    return FeedbackPorts(
        store=FeedbackTable(BLIND, clock),
        suspend=suspended,
        subscriptions=Subscriptions(topic, certificates or SIGNER.certificates, confirm or (lambda _token: None)),
        key="key-of-the-tests",
        clock=clock,
        committer=wiring.committer(),
    )


class Signer:
    """SNS as far as it signs: a key, and a certificate that its host serves."""

    def __init__(self, name="sns.amazonaws.com", at=START, days=365):
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        made = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(self._key.public_key())
            .serial_number(1)
            .not_valid_before(at - timedelta(days=1))
            .not_valid_after(at + timedelta(days=days))
            .sign(self._key, SHA256())
        )
        self.pem = made.public_bytes(Encoding.PEM)
        self.asked = []

    def certificates(self, address):
        self.asked.append(address)
        return self.pem

    def message(self, body, kind="Notification", at=START, version="2", **fields):
        """Return what SNS posts, signed as its guide says."""
        told = {
            "Type": kind,
            "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
            "TopicArn": TOPIC,
            "Message": body if isinstance(body, str) else json.dumps(body),
            "Timestamp": f"{at:%Y-%m-%dT%H:%M:%S}.000Z",
            "SignatureVersion": version,
            "SigningCertURL": CERTIFICATE,
            **fields,
        }
        names = ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"]
        if kind != "Notification":
            told = {"Token": "token-1", "SubscribeURL": "https://sns.example/?Token=token-1", **told}
            names = ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
        text = "".join(f"{name}\n{told[name]}\n" for name in names if name in told)
        digest = SHA256() if version == "2" else SHA1()
        signature = self._key.sign(text.encode(), padding.PKCS1v15(), digest)
        return json.dumps({**told, "Signature": base64.b64encode(signature).decode()}).encode()


SIGNER = Signer()


def bounce(kind="Permanent", subtype="General", to="Ming@example.com", at="2026-05-01T06:00:00.000Z", number="fb-1"):
    """Return an event of SES ("Examples of event data", bounce record)."""
    return {
        "eventType": "Bounce",
        "bounce": {
            "bounceType": kind,
            "bounceSubType": subtype,
            "bouncedRecipients": [{"emailAddress": to, "action": "failed", "status": "5.1.1"}],
            "timestamp": at,
            "feedbackId": number,
        },
        "mail": {"timestamp": at, "messageId": "m-1", "destination": [to]},
    }


def complaint(to="ming@example.com", **told):
    """Return an event of SES (complaint record)."""
    return {
        "eventType": "Complaint",
        "complaint": {
            "complainedRecipients": [{"emailAddress": to}],
            "timestamp": "2026-05-01T06:00:00.000Z",
            "feedbackId": "fb-2",
            **told,
        },
        "mail": {"timestamp": "2026-05-01T05:00:00.000Z", "messageId": "m-1", "destination": [to]},
    }


def delivery(to="ming@example.com", at="2026-05-02T06:00:00.000Z"):
    """Return an event of SES (delivery record)."""
    return {
        "eventType": "Delivery",
        "delivery": {"timestamp": at, "recipients": [to], "processingTimeMillis": 1},
        "mail": {"timestamp": at, "messageId": "m-2", "destination": [to]},
    }
