"""Personal data at rest: sealed field by field, found by a blind index.

A sealed field is `version byte | nonce (12) | AES-256-GCM ciphertext and tag`, in base64. The version names the data
key; the associated data (`table|row|attribute`) ties a field to its place, so that a sealed phone number cannot be
moved into somebody else's row. Data keys are wrapped by KMS and unwrapped once per container (see `wiring`).

Keys change while containers run: a field sealed with a key that a container has not read yet makes it read the keys
again, and whoever seals reads them again every quarter of an hour. So an hour after a key was added nobody seals with
the one before, and once no field of that is left it can go (`infra.seal_keys`). Each store says which of its fields
are sealed (`SEALED`): that is what the change of keys goes by.
"""

import base64
import hashlib
import hmac
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

UNKNOWN_AGAIN, SEALING_AGAIN = 60.0, 900.0  # seconds before keys are read again: for an unknown one, and to seal
_NONCE_BYTES = 12


@dataclass(frozen=True)
class SealedField:
    """An attribute that is sealed, and for which place.

    Attributes:
        table: the table's name without prefix.
        attribute: a text, at the top of the row.
        place: the place as a format of the row's `pk` and `sk`, such as `accounts|{pk}|phone`; of `sk` without its
            beginning.
        sk: what the `sk` of its rows begins with.
    """

    table: str
    attribute: str
    place: str
    sk: str = ""

    def place_in(self, pk: str, sk: str) -> str:
        """Return the place that the field of a row is sealed for."""
        return self.place.format(pk=pk, sk=sk.removeprefix(self.sk))


def version_of(sealed: str) -> int:
    """Return the version of the data key that a field was sealed with."""
    return base64.b64decode(sealed[:4])[0]


@dataclass
class Sealer:
    """Seals, opens and indexes.

    Args:
        data_keys: 32-byte keys by version (1 to 255), every one that stored fields may still need.
        current: the version that seals.
        index_key: the key of the blind index; it outlives the data keys.
        read_again: returns the data keys as they are now; None where they never change.
        seconds: tells the time.
    """

    data_keys: Mapping[int, bytes] = field(repr=False)
    current: int
    index_key: bytes = field(repr=False)
    read_again: Callable[[], Mapping[int, bytes]] | None = field(default=None, repr=False)
    seconds: Callable[[], float] = field(default=time.time, repr=False)

    def __post_init__(self) -> None:
        """Note when the keys were read."""
        self._read_at = self.seconds()

    def seal(self, text: str, place: str) -> str:
        """Return `text` sealed for `place` (`table|row|attribute`)."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # as below: most requests seal nothing

        self.renew(older_than=SEALING_AGAIN)
        nonce, version = os.urandom(_NONCE_BYTES), self.current
        body = AESGCM(self.data_keys[version]).encrypt(nonce, text.encode(), place.encode())
        return base64.b64encode(bytes([version]) + nonce + body).decode()

    def open(self, sealed: str, place: str) -> str:
        """Return what was sealed for `place`.

        Raises:
            cryptography.exceptions.InvalidTag: altered, or sealed for another place.
            KeyError: its data key is gone.
        """
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        raw = base64.b64decode(sealed)
        if raw[0] not in self.data_keys:
            self.renew(older_than=UNKNOWN_AGAIN)
        nonce, body = raw[1 : 1 + _NONCE_BYTES], raw[1 + _NONCE_BYTES :]
        return AESGCM(self.data_keys[raw[0]]).decrypt(nonce, body, place.encode()).decode()

    def blind(self, text: str, kind: str) -> str:
        """Return the index value of an exact `text` of a `kind` (`phone`): equal texts meet, nobody reads them back."""
        return hmac.digest(self.index_key, f"{kind}|{text}".encode(), hashlib.sha256).hex()[:40]

    def renew(self, *, older_than: float = 0.0) -> None:
        """Read the keys again if that was more than so many seconds ago; where a clock went back, too."""
        now = self.seconds()
        if self.read_again is None or 0 <= now - self._read_at < older_than:
            return
        self._read_at = now  # before reading: what fails is not tried at every field
        keys = self.read_again()
        # One after the other, for other threads: a version that seals is always there.
        self.data_keys = {**self.data_keys, **keys}
        self.current = max(keys)
        self.data_keys = keys
