"""Secrets and signatures of the Standard Webhooks specification (github.com/standard-webhooks), `v1`. No I/O.

A signature covers `<webhook-id>.<webhook-timestamp>.<body>`. While a secret is being changed there are two, told apart
by a space; whoever verifies takes the message where one of them is theirs.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime

PREFIX = "whsec_"
_KEY_BYTES = 32  # the specification wants 24 to 64


def new_secret() -> str:
    """Return a fresh secret: `whsec_` and 32 bytes of chance in base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode()


def sign(secret: str, message_id: str, at: datetime, body: str) -> str:
    """Return the signature of a body, with its version: `v1,<base64>`. The moment counts in whole seconds."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = f"{message_id}.{int(at.timestamp())}.{body}".encode()
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def headers(message_id: str, at: datetime, body: str, with_secrets: Iterable[str]) -> dict[str, str]:
    """Return the headers of a message, signed with each of some secrets."""
    return {
        "Content-Type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(sign(secret, message_id, at, body) for secret in with_secrets),
    }


def is_answer(given: object, secret: str, message_id: str, at: datetime, nonce: str) -> bool:
    """Say whether a challenge was answered: by the nonce's own signature, so that neither a server that echoes what it
    is sent passes, nor one that does not have the secret.
    """
    return isinstance(given, str) and hmac.compare_digest(
        given.encode("utf-8", "replace"), sign(secret, message_id, at, nonce).encode()
    )
