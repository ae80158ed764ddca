"""Generated keys: the merchant's pair, WeChat's two (one is being replaced by the other), and what notices are sealed
with. None of them is worth anything.
"""

import base64
import re
import secrets
from collections.abc import Mapping
from functools import cache
from typing import Any, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from pydantic import BaseModel

SCHEME = "WECHATPAY2-SHA256-RSA2048"
STRANGER = "PUB_KEY_ID_0119000000012099123100000000000099"
_FIELD = re.compile(r'(\w+)="([^"]*)"')


class Keys(BaseModel):
    """A merchant and its keys at the sandbox.

    Attributes:
        private_key: the merchant's, PEM.
        platform: WeChat's private keys, PEM, by public key id or certificate serial.
        stranger: a key that nobody was told of, for forgeries.
    """

    mchid: str = "1900000001"
    appid: str = "wx0000000000sandbox"
    app_appid: str = "wx0000000000sandapp"
    serial: str
    private_key: str
    api_v3_key: str
    platform: dict[str, str]
    stranger: str

    @classmethod
    def generate(cls) -> Self:
        """Make fresh ones."""
        platform = {f"PUB_KEY_ID_01{secrets.randbelow(10**30):030d}": _fresh(), secrets.token_hex(20).upper(): _fresh()}
        return cls(
            serial=secrets.token_hex(20).upper(),
            private_key=_fresh(),
            api_v3_key=secrets.token_hex(16),
            platform=platform,
            stranger=_fresh(),
        )

    def application(self) -> dict[str, Any]:
        """Return what the application is configured with: its own key, and WeChat's public ones."""
        told = self.model_dump(include={"mchid", "appid", "app_appid", "serial", "private_key", "api_v3_key"})
        public = {
            name: _loaded(pem).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
            for name, pem in self.platform.items()
        }
        return told | {"platform_keys": public}

    def signature(self, body: bytes, stamp: int, *, name: str | None = None, pem: str | None = None) -> dict[str, str]:
        """Return the headers of an answer or a notice, signed with the key of a name (else the first), or with `pem`
        in that name.
        """
        name = name or next(iter(self.platform))
        nonce = secrets.token_hex(16)
        message = b"\n".join([str(stamp).encode(), nonce.encode(), body, b""])
        signed = _loaded(pem or self.platform[name]).sign(message, PKCS1v15(), SHA256())
        return {
            "Wechatpay-Nonce": nonce,
            "Wechatpay-Serial": name,
            "Wechatpay-Signature": base64.b64encode(signed).decode(),
            "Wechatpay-Signature-Type": SCHEME,
            "Wechatpay-Timestamp": str(stamp),
        }

    def signed_by_merchant(self, header: str, method: str, target: str, body: bytes, now: float) -> bool:
        """Say whether a request carries the merchant's signature, not older than five minutes."""
        scheme, _, rest = header.partition(" ")
        fields: Mapping[str, str] = dict(_FIELD.findall(rest))
        if scheme != SCHEME or (fields.get("mchid"), fields.get("serial_no")) != (self.mchid, self.serial):
            return False
        stamp, nonce = fields.get("timestamp", ""), fields.get("nonce_str", "")
        if not stamp.isdecimal() or abs(int(stamp) - now) > 300 or not nonce:  # noqa: PLR2004 - WeChat's own
            return False
        message = b"\n".join([method.encode(), target.encode(), stamp.encode(), nonce.encode(), body, b""])
        try:
            signature = base64.b64decode(fields.get("signature", ""), validate=True)
            _loaded(self.private_key).public_key().verify(signature, message, PKCS1v15(), SHA256())
        except (InvalidSignature, ValueError):
            return False
        return True

    def seal(self, plain: bytes, original_type: str) -> dict[str, str]:
        """Return the `resource` of a notice."""
        nonce = secrets.token_hex(6)
        sealed = AESGCM(self.api_v3_key.encode()).encrypt(nonce.encode(), plain, original_type.encode())
        return {
            "original_type": original_type,
            "algorithm": "AEAD_AES_256_GCM",
            "ciphertext": base64.b64encode(sealed).decode(),
            "associated_data": original_type,
            "nonce": nonce,
        }


def _fresh() -> str:
    key = rsa.generate_private_key(65537, 2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@cache
def _loaded(pem: str) -> rsa.RSAPrivateKey:
    key = load_pem_private_key(pem.encode(), None, unsafe_skip_rsa_key_validation=True)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key
