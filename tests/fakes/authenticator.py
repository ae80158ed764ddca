"""A software authenticator: makes passkeys and signs with them, honestly or as its `lies` say.

It does what WebAuthn level 3 asks of a browser and an authenticator together: options in, the JSON of `toJSON()` out.
"""

import base64
import hashlib
import json
import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from fido2 import cbor

UP, UV, BE, BS, AT = 0x01, 0x04, 0x08, 0x10, 0x40
ORIGIN = "https://app.linli.example"
ES256, EDDSA = -7, -8

Json = dict[str, Any]


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Authenticator:
    """One device with one passkey.

    Attributes:
        algorithm: of its key.
        origin: the page that its browser shows.
        rp_id: what it believes to sign for; None: as it is asked.
        counter: of signatures; it stays 0 where `counts` is false.
        flags: of what it says.
    """

    algorithm: int = EDDSA
    origin: str = ORIGIN
    rp_id: str | None = None
    counts: bool = True
    counter: int = 0
    flags: int = UP | UV | BE | BS
    credential_id: bytes = field(default_factory=lambda: os.urandom(32))
    handle: bytes = b""
    client: Json = field(default_factory=dict)
    """What else its browser says in the client data, or says otherwise."""

    def __post_init__(self) -> None:
        """Make the key."""
        self._rp = ""
        if self.algorithm == EDDSA:
            self.key: Any = ed25519.Ed25519PrivateKey.generate()
        else:
            self.key = ec.generate_private_key(ec.SECP256R1())

    def create(self, options: Mapping[str, Any], **cose: Any) -> Json:
        """Return `RegistrationResponseJSON`; `cose` replaces parts of the public key by their names in `COSE`."""
        self._rp, self.handle = self.rp_id or options["rp"]["id"], unb64(options["user"]["id"])
        key = self.cose() | {COSE[name]: value for name, value in cose.items()}
        told = bytes(16) + struct.pack(">H", len(self.credential_id)) + self.credential_id + cbor.encode(key)
        data = self._data(self.flags | AT) + told
        attestation = cbor.encode({"fmt": "none", "authData": data, "attStmt": {}})
        client = self._client("webauthn.create", options["challenge"])
        return self._json({"clientDataJSON": b64(client), "attestationObject": b64(attestation)})

    def get(self, options: Mapping[str, Any]) -> Json:
        """Return `AuthenticationResponseJSON`."""
        self._rp = self.rp_id or options["rpId"]
        if self.counts:
            self.counter += 1
        data, client = self._data(self.flags), self._client("webauthn.get", options["challenge"])
        signature = self.sign(data + hashlib.sha256(client).digest())
        parts = {"clientDataJSON": client, "authenticatorData": data, "signature": signature, "userHandle": self.handle}
        return self._json({name: b64(value) for name, value in parts.items()})

    def sign(self, message: bytes) -> bytes:
        """Return a signature: of EC keys in DER."""
        if self.algorithm == EDDSA:
            return bytes(self.key.sign(message))
        return bytes(self.key.sign(message, ec.ECDSA(hashes.SHA256())))

    def cose(self) -> dict[int, Any]:
        """Return the public key (RFC 9053)."""
        public = self.key.public_key()
        if self.algorithm == EDDSA:
            return {1: 1, 3: EDDSA, -1: 6, -2: public.public_bytes_raw()}
        point = public.public_numbers()
        return {1: 2, 3: ES256, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")}

    def _data(self, flags: int) -> bytes:
        return hashlib.sha256(self._rp.encode()).digest() + struct.pack(">BI", flags, self.counter)

    def _client(self, kind: str, challenge: str) -> bytes:
        told = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(told | self.client).encode()

    def _json(self, response: Json) -> Json:
        name = b64(self.credential_id)
        return {"id": name, "rawId": name, "type": "public-key", "response": response, "clientExtensionResults": {}}


COSE = {"kty": 1, "alg": 3, "crv": -1, "x": -2, "y": -3}
