"""A merchant's account at WeChat Pay: who we are, what we sign with, and whose signatures we believe."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from chalicelib.payments.rules import TOLERANCE, BadSignature

SCHEME = "WECHATPAY2-SHA256-RSA2048"
_PROBE = "WECHATPAY/SIGNTEST/"  # how WeChat begins signatures that are wrong on purpose
_LONGEST_STAMP = 12  # digits of a time in seconds


@dataclass(frozen=True)
class WechatAccount:
    """Keys are read when first used; an answer or a notice never makes us fetch one.

    Attributes:
        appid: of the mini program or official account, whose openids payers have.
        serial: of the certificate that belongs to `private_key`.
        private_key: the merchant's own, PEM.
        api_v3_key: 32 bytes, opens what notices hold.
        platform_keys: WeChat's public keys, PEM, by public key id or certificate serial; several while one is replaced.
        app_appid: of the mobile app, where there is one; WeChat gives it an id of its own.
    """

    mchid: str
    appid: str
    serial: str
    private_key: str = field(repr=False)
    api_v3_key: bytes = field(repr=False)
    platform_keys: Mapping[str, str]
    app_appid: str | None = None

    @property
    def appids(self) -> set[str | None]:
        """Whose orders are ours."""
        return {self.appid, self.app_appid or self.appid}

    def sign(self, *lines: str) -> str:
        """Return the signature of lines, each ended by a line feed, in base64."""
        text = "".join(f"{line}\n" for line in lines)
        return base64.b64encode(self._private.sign(text.encode(), PKCS1v15(), SHA256())).decode()

    def authorization(self, method: str, target: str, body: str, stamp: str, nonce: str) -> str:
        """Return the header that a request carries; `target` is the path with its query."""
        signature = self.sign(method, target, stamp, nonce, body)
        fields = {
            "mchid": self.mchid,
            "nonce_str": nonce,
            "timestamp": stamp,
            "serial_no": self.serial,
            "signature": signature,
        }
        return f"{SCHEME} " + ",".join(f'{name}="{value}"' for name, value in fields.items())

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
        """Believe an answer or a notice of WeChat's; header names are in lower case.

        Raises:
            BadSignature: forged, a probe, too old, from the future, or signed with a key that we do not know.
        """
        stamp, nonce = headers.get("wechatpay-timestamp", ""), headers.get("wechatpay-nonce", "")
        signature = headers.get("wechatpay-signature", "")
        key = self._platform.get(headers.get("wechatpay-serial", ""))
        if key is None or signature.startswith(_PROBE):
            raise BadSignature
        if not stamp.isdecimal() or len(stamp) > _LONGEST_STAMP:
            raise BadSignature
        if abs(now.timestamp() - int(stamp)) > TOLERANCE.total_seconds():
            raise BadSignature
        try:
            message = b"\n".join([stamp.encode(), nonce.encode(), body, b""])
            key.verify(base64.b64decode(signature, validate=True), message, PKCS1v15(), SHA256())
        except (InvalidSignature, ValueError) as error:
            raise BadSignature from error

    def open(self, ciphertext: str, nonce: str, associated: str) -> bytes:
        """Return what a notice holds.

        Raises:
            BadSignature: it was not sealed with our key, or altered.
        """
        try:
            sealed = base64.b64decode(ciphertext, validate=True)
            return AESGCM(self.api_v3_key).decrypt(nonce.encode(), sealed, associated.encode())
        except (InvalidTag, ValueError) as error:
            raise BadSignature from error

    @cached_property
    def _private(self) -> RSAPrivateKey:
        # The key is the operator's own: checking its primes takes 28 ms of every cold start.
        key = load_pem_private_key(self.private_key.encode(), None, unsafe_skip_rsa_key_validation=True)
        if not isinstance(key, RSAPrivateKey):
            raise TypeError("the merchant's key at WeChat is an RSA key")
        return key

    @cached_property
    def _platform(self) -> Mapping[str, RSAPublicKey]:
        keys = {name: load_pem_public_key(pem.encode()) for name, pem in self.platform_keys.items()}
        return {name: key for name, key in keys.items() if isinstance(key, RSAPublicKey)}
