"""The sandbox's keys: the app's own pair, Alipay's pair, and a stranger's, which forges."""

import base64
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

_BITS = 2048


def _made() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=_BITS)


@dataclass(frozen=True)
class Keys:
    """An app at the sandbox; `config` is what the application under test is set up with."""

    app_id: str = "2021000000000001"
    seller_id: str = "2088000000000001"
    app: rsa.RSAPrivateKey = field(default_factory=_made)
    alipay: rsa.RSAPrivateKey = field(default_factory=_made)
    stranger: rsa.RSAPrivateKey = field(default_factory=_made)

    @classmethod
    def generate(cls) -> Self:
        return cls()

    @classmethod
    def kept(cls, file: Path) -> Self:
        """The keys in a file, which is written (for its owner alone) when it is not there."""
        if file.exists():
            kept = json.loads(file.read_text())
            return cls(
                app_id=kept["app_id"],
                seller_id=kept["seller_id"],
                app=_read(kept["app_private_key"]),
                alipay=_read(kept["alipay_private_key"]),
            )
        made = cls()
        kept = made.config() | {"alipay_private_key": _pem(made.alipay)}
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
            json.dump(kept, opened, indent=1)
        return made

    def config(self) -> dict[str, str]:
        """What the application needs to know: its ids, its private key (PEM), Alipay's public key (bare base64)."""
        public = self.alipay.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return {
            "app_id": self.app_id,
            "seller_id": self.seller_id,
            "app_private_key": _pem(self.app),
            "alipay_public_key": base64.b64encode(public).decode(),
        }


def sign(text: str, key: rsa.RSAPrivateKey) -> str:
    """RSA2 in base64."""
    return base64.b64encode(key.sign(text.encode(), padding.PKCS1v15(), SHA256())).decode()


def signed_by(text: str, signature: str, key: rsa.RSAPrivateKey) -> bool:
    """True when the key's owner signed the text."""
    try:
        key.public_key().verify(base64.b64decode(signature), text.encode(), padding.PKCS1v15(), SHA256())
    except (InvalidSignature, ValueError):
        return False
    return True


def sorted_text(fields: Mapping[str, str], without: tuple[str, ...]) -> str:
    """What is signed: `name=value` joined by &, sorted by name."""
    return "&".join(f"{name}={value}" for name, value in sorted(fields.items()) if name not in without)


def _pem(key: rsa.RSAPrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _read(pem: str) -> rsa.RSAPrivateKey:
    key = load_pem_private_key(pem.encode(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key
