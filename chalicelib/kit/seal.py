"""Personal data at rest: sealed field by field, found by a blind index.

A sealed field is `version byte | nonce (12) | AES-256-GCM ciphertext and tag`, in base64. The version names the data
key; the associated data (`table|row|attribute`) ties a field to its place, so that a sealed phone number cannot be
moved into somebody else's row. Data keys are wrapped by KMS and unwrapped once per container (see `wiring`).
"""

import base64
import hashlib
import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12


@dataclass(frozen=True)
class Sealer:
    """Seals, opens and indexes.

    Args:
        data_keys: 32-byte keys by version (1 to 255), every one that stored fields may still need.
        current: the version that seals.
        index_key: the key of the blind index; it outlives the data keys.
    """

    data_keys: Mapping[int, bytes] = field(repr=False)
    current: int
    index_key: bytes = field(repr=False)

    def seal(self, text: str, place: str) -> str:
        """Return `text` sealed for `place` (`table|row|attribute`)."""
        nonce = os.urandom(_NONCE_BYTES)
        body = self._ciphers[self.current].encrypt(nonce, text.encode(), place.encode())
        return base64.b64encode(bytes([self.current]) + nonce + body).decode()

    def open(self, sealed: str, place: str) -> str:
        """Return what was sealed for `place`.

        Raises:
            cryptography.exceptions.InvalidTag: altered, or sealed for another place.
            KeyError: its data key is gone.
        """
        raw = base64.b64decode(sealed)
        nonce, body = raw[1 : 1 + _NONCE_BYTES], raw[1 + _NONCE_BYTES :]
        return self._ciphers[raw[0]].decrypt(nonce, body, place.encode()).decode()

    def blind(self, text: str, kind: str) -> str:
        """Return the index value of an exact `text` of a `kind` (`phone`): equal texts meet, nobody reads them back."""
        return hmac.digest(self.index_key, f"{kind}|{text}".encode(), hashlib.sha256).hex()[:40]

    @cached_property
    def _ciphers(self) -> dict[int, AESGCM]:
        return {version: AESGCM(key) for version, key in self.data_keys.items()}
