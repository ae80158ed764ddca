"""Addresses by which somebody who is not signed in stops one kind of notice. No I/O.

A token says whose and which kind, and is signed; it opens nothing else, and never runs out: a mail can be old when its
reader has had enough (RFC 8058, 2: the address names the recipient and the list, and cannot be guessed).
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass

_TAG_BYTES = 16
_PURPOSE = b"notices|unsubscribe|"


@dataclass(frozen=True)
class UnsubscribeLinks:
    """Makes such addresses, and reads their tokens.

    Args:
        secret: returns what signs; asked for with the first token, for most functions may not read it.
        api: returns the API's address, without `/v1`; None where nobody told it.
    """

    secret: Callable[[], str]
    api: Callable[[], str | None]

    def address(self, account_id: str, kind: str) -> str | None:
        """Return the address; None where the API's is not known, or is no https: mail programs post to no other."""
        api = self.api()
        return f"{api}/v1/unsubscribe/{self.make(account_id, kind)}" if api and api.startswith("https://") else None

    def make(self, account_id: str, kind: str) -> str:
        """Return the token; letters, digits, `-` and `_`, 128 at most."""
        body = f"{account_id}|{kind}".encode()
        return base64.urlsafe_b64encode(self._tag(body) + body).decode().rstrip("=")

    def read(self, token: str) -> tuple[str, str] | None:
        """Return (account, kind); None where it is not a token of ours."""
        try:
            raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        tag, body = raw[:_TAG_BYTES], raw[_TAG_BYTES:]
        if not hmac.compare_digest(tag, self._tag(body)):
            return None
        account_id, _, kind = body.decode().partition("|")
        return account_id, kind

    def _tag(self, body: bytes) -> bytes:
        return hmac.digest(self.secret().encode(), _PURPOSE + body, hashlib.sha256)[:_TAG_BYTES]
