"""RSA2 (SHA256withRSA, PKCS #1 v1.5) over sorted parameters, amounts in yuan, and moments in GMT+8, as Alipay writes
them (opendocs.alipay.com: signing by oneself, verifying answers and notices).
"""

import base64
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta, timezone

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    load_der_private_key,
    load_der_public_key,
    load_pem_private_key,
    load_pem_public_key,
)

CHINA = timezone(timedelta(hours=8))
_MOMENT = "%Y-%m-%d %H:%M:%S"
_YUAN = re.compile(r"(-?)([0-9]{1,13})(?:\.([0-9]{1,2}))?")


def private_key(text: str) -> RSAPrivateKey:
    """Read a key: PEM, or the bare base64 that Alipay's key tool writes.

    Raises:
        ValueError: it is none, or not RSA.
    """
    pem = text.strip().startswith("-----")
    key = load_pem_private_key(text.encode(), None) if pem else load_der_private_key(base64.b64decode(text), None)
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("the private key is not RSA")  # noqa: TRY004 - a value of the operator's
    return key


def public_key(text: str) -> RSAPublicKey:
    """Read a key, likewise: Alipay's console shows bare base64.

    Raises:
        ValueError: it is none, or not RSA.
    """
    pem = text.strip().startswith("-----")
    key = load_pem_public_key(text.encode()) if pem else load_der_public_key(base64.b64decode(text))
    if not isinstance(key, RSAPublicKey):
        raise ValueError("the public key is not RSA")  # noqa: TRY004 - as above
    return key


def content(parameters: Mapping[str, str]) -> bytes:
    """Return what is signed of parameters: sorted by name, values as they are before any URL encoding."""
    return "&".join(f"{name}={parameters[name]}" for name in sorted(parameters)).encode()


def sign(text: bytes, key: RSAPrivateKey) -> str:
    return base64.b64encode(key.sign(text, PKCS1v15(), SHA256())).decode()


def verified(text: bytes, signature: str, keys: Iterable[RSAPublicKey]) -> bool:
    """Say whether one of the keys signed it; a signature that is no base64 is a wrong one."""
    try:
        given = base64.b64decode(signature, validate=True)
    except ValueError:
        return False
    return any(_fits(text, given, key) for key in keys)


def _fits(text: bytes, signature: bytes, key: RSAPublicKey) -> bool:
    try:
        key.verify(signature, text, PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True


def yuan(fen: int) -> str:
    """Write non-negative fen as yuan with two decimals."""
    return f"{fen // 100}.{fen % 100:02d}"


def fen(text: str) -> int:
    """Read yuan.

    Raises:
        ValueError: no amount, or one finer than fen.
    """
    found = _YUAN.fullmatch(text)
    if found is None:
        raise ValueError("not an amount in yuan")
    sign_, whole, part = found.groups()
    amount = int(whole) * 100 + int((part or "").ljust(2, "0"))
    return -amount if sign_ else amount


def written(moment: datetime) -> str:
    """Write a moment in GMT+8, down to the second."""
    return f"{moment.astimezone(CHINA):{_MOMENT}}"


def read_moment(text: str) -> datetime:
    """Read such a moment.

    Raises:
        ValueError: it is none, or before the year 1 in UTC.
    """
    moment = datetime.strptime(text, _MOMENT).replace(tzinfo=CHINA)
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("the time is out of range") from error
