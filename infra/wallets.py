"""An operator's own accounts at WeChat Pay and Alipay: read as a deployment is told them, checked, one secret each.

    WECHAT_PAY_CONFIG=wechat.json ALIPAY_CONFIG=alipay.json make deploy STAGE=prod REGION=ap-southeast-1

A variable holds the name of a JSON file, or the JSON itself. A value in it that ends in `.pem` or `.txt` is the name of
a file beside it, as WeChat and Alipay's key tool hand them out. Keys are PEM or bare base64; WeChat's may be a
certificate.
"""

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
    load_pem_private_key,
    load_pem_public_key,
)
from cryptography.x509 import load_pem_x509_certificate
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from infra.told import fitting, read_json, refused

VARIABLES = {"wechat-pay": "WECHAT_PAY_CONFIG", "alipay": "ALIPAY_CONFIG"}
"""Parameter -> the environment variable that gives its value."""
_BITS = 2048
_FILES = (".pem", ".txt")


def _public_pem(key: RSAPublicKey) -> str:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def _private(text: str) -> str:
    try:
        is_pem = text.startswith("-----")
        key = load_pem_private_key(text.encode(), None) if is_pem else load_der_private_key(_plain(text), None)
    except (ValueError, TypeError):  # a TypeError asks for a password
        raise ValueError("not a private key without a password, in PEM or base64") from None
    if not isinstance(key, RSAPrivateKey) or key.key_size < _BITS:
        raise ValueError(f"not an RSA key of {_BITS} bits or more")
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _public(text: str) -> str:
    try:
        if text.startswith("-----BEGIN CERTIFICATE"):
            key: Any = load_pem_x509_certificate(text.encode()).public_key()
        else:
            is_pem = text.startswith("-----")
            key = load_pem_public_key(text.encode()) if is_pem else load_der_public_key(_plain(text))
    except ValueError:
        raise ValueError("not a public key in PEM or base64") from None
    if not isinstance(key, RSAPublicKey) or key.key_size < _BITS:
        raise ValueError(f"not an RSA key of {_BITS} bits or more")
    return _public_pem(key)


def _plain(text: str) -> bytes:
    return base64.b64decode("".join(text.split()), validate=True)


PrivateKey = Annotated[str, AfterValidator(_private)]
PublicKey = Annotated[str, AfterValidator(_public)]


class _Account(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    private_key: PrivateKey

    def theirs(self) -> set[str]:
        """Return the provider's public keys."""
        raise NotImplementedError

    @model_validator(mode="after")
    def _keys_are_two_parties(self) -> Self:
        """The merchant's own public key in the provider's place is the commonest mistake: nothing would verify."""
        own = load_pem_private_key(self.private_key.encode(), None, unsafe_skip_rsa_key_validation=True).public_key()
        if isinstance(own, RSAPublicKey) and _public_pem(own) in self.theirs():
            raise ValueError("the provider's public key belongs to private_key: give the one that the provider shows")
        return self


class WechatPay(_Account):
    """See `gateways.wechat.WechatAccount`; `description` is what customers read on their bills."""

    mchid: str = Field(pattern="^[0-9]{8,12}$")
    appid: str = Field(pattern="^wx[0-9a-z]{8,30}$")
    app_appid: str | None = Field(default=None, pattern="^wx[0-9a-z]{8,30}$")
    serial: str = Field(pattern="^[0-9A-Fa-f]{16,40}$")
    api_v3_key: str = Field(pattern="^[0-9A-Za-z]{32}$")
    platform_keys: dict[str, PublicKey] = Field(min_length=1)
    description: str = Field(default="邻里", min_length=1, max_length=127)

    def theirs(self) -> set[str]:
        return set(self.platform_keys.values())


class Alipay(_Account):
    """See `gateways.alipay.AlipayProvider`; several public keys while one is replaced."""

    app_id: str = Field(pattern="^[0-9]{16}$")
    seller_id: str = Field(pattern="^2088[0-9]{12}$")
    public_keys: list[PublicKey] = Field(min_length=1)

    def theirs(self) -> set[str]:
        return set(self.public_keys)


_ACCOUNTS: dict[str, type[_Account]] = {"wechat-pay": WechatPay, "alipay": Alipay}


def given(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the secrets that the environment has, by parameter.

    Raises:
        DeployError: one line that names the variable and the field, and no key.
    """
    found = {name: environ[variable] for name, variable in VARIABLES.items() if environ.get(variable)}
    return {name: secret(name, read_json(VARIABLES[name], value, _with_files)) for name, value in found.items()}


def secret(name: str, fields: Any) -> str:
    """Return an account as it is stored.

    Raises:
        DeployError: likewise.
    """
    try:
        account = _ACCOUNTS[name].model_validate(fields)
    except ValidationError as error:
        raise refused(VARIABLES[name], error, whole="keys") from None
    return fitting(VARIABLES[name], json.dumps(account.model_dump(exclude_none=True), separators=(",", ":")))


def _with_files(value: Any, folder: Path) -> Any:
    """Put the contents of files in the place of their names."""
    if isinstance(value, dict):
        return {name: _with_files(one, folder) for name, one in value.items()}
    if isinstance(value, list):
        return [_with_files(one, folder) for one in value]
    if isinstance(value, str) and value.endswith(_FILES):
        return (folder / value).read_text(encoding="utf-8")
    return value
