"""Opaque cursors: where a list goes on, signed so that nobody can point one at rows that are not theirs."""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from chalicelib.kit.errors import Invalid, invalid

T = TypeVar("T")
_TAG_BYTES = 16


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some items and the position after them; None when they are the last."""

    items: tuple[T, ...]
    next: Mapping[str, Any] | None


@dataclass(frozen=True)
class Cursors:
    """Packs and unpacks cursors.

    Args:
        key: the secret that signs them.
    """

    key: str

    def pack(self, scope: str, position: Mapping[str, Any] | None) -> str | None:
        """Return the cursor of a JSON-able `position`; `scope` names the list with its owner and filters."""
        if position is None:
            return None
        body = json.dumps(position, separators=(",", ":"), ensure_ascii=False).encode()
        return base64.urlsafe_b64encode(self._tag(scope, body) + body).decode().rstrip("=")

    def unpack(self, scope: str, cursor: str | None) -> dict[str, Any] | None:
        """Return the position in a cursor, None for the first page.

        Raises:
            Invalid: altered, or made for another list.
        """
        if cursor is None:
            return None
        try:
            raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError) as error:
            raise self._bad() from error
        tag, body = raw[:_TAG_BYTES], raw[_TAG_BYTES:]
        if not hmac.compare_digest(tag, self._tag(scope, body)):
            raise self._bad()
        position: dict[str, Any] = json.loads(body)
        return position

    def _tag(self, scope: str, body: bytes) -> bytes:
        return hmac.digest(self.key.encode(), scope.encode() + b"\0" + body, hashlib.sha256)[:_TAG_BYTES]

    @staticmethod
    def _bad() -> Invalid:
        return invalid("cursor", "not a cursor of this list")
