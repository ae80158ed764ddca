"""Passkeys (WebAuthn level 3): what is asked of an authenticator, and whether what it says holds. No I/O.

What `fido2` does not look at is checked here: that the page is one of ours and not in a frame of another's, that the
key is one of the algorithms that were asked for and a sound one, that backup flags are possible and stay, the user
handle, and the signature counter.
"""

import base64
import binascii
import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from chalicelib.accounts.rules.factors import FactorNotAccepted, Passkey

CHALLENGE_LIFE = timedelta(minutes=5)
CHALLENGE_BYTES = 32
EDDSA, ES256, RS256 = -8, -7, -257
ALGORITHMS = (EDDSA, ES256, RS256)
"""COSE algorithms, the one that we like best first; RS256 is what older Windows machines have."""
_SOUND: Mapping[int, Mapping[int, int]] = {EDDSA: {1: 1, -1: 6}, ES256: {1: 2, -1: 1}, RS256: {1: 3}}
_COORDINATE = 32
_RSA_BYTES = range(256, 513)
# What parsing makes of bytes that a stranger wrote.
_BROKEN = (ValueError, TypeError, KeyError, AttributeError, IndexError, AssertionError, OverflowError, RecursionError,
           struct.error, binascii.Error)  # fmt: skip


@dataclass(frozen=True)
class Site:
    """What passkeys are for.

    Attributes:
        rp_id: the domain that they belong to, for ever.
        origins: of the pages and apps that may use them: `https://...`, or `android:apk-key-hash:...`.
    """

    rp_id: str
    origins: frozenset[str]


class Cloned(Exception):  # noqa: N818 - a state of affairs: what it means is the use case's to decide
    """The signature counter did not rise: there may be two of this key."""


def text(raw: bytes) -> str:
    """Return bytes as WebAuthn's JSON has them: base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def raw(written: str) -> bytes:
    """Return the bytes of a text.

    Raises:
        FactorNotAccepted: not base64url.
    """
    try:
        return base64.urlsafe_b64decode(written + "=" * (-len(written) % 4))
    except (ValueError, binascii.Error) as error:
        raise FactorNotAccepted from error


def challenge_of(credential: Mapping[str, Any]) -> str:
    """Return the challenge that a client says it answers; that it was ours is looked up.

    Raises:
        FactorNotAccepted: what it says cannot be read.
    """
    try:
        told = json.loads(raw(credential["response"]["clientDataJSON"]))
        return text(raw(str(told["challenge"])))
    except _BROKEN as error:
        raise FactorNotAccepted from error


def registered(site: Site, challenge: str, credential: Mapping[str, Any], made: Passkey) -> Passkey:
    """Return the passkey that an authenticator has made for a challenge.

    Args:
        site: ours.
        challenge: the one that the client answers.
        credential: `RegistrationResponseJSON`.
        made: all that the authenticator does not say.

    Raises:
        FactorNotAccepted: it does not hold.
    """
    try:
        _must_be_ours(credential, "webauthn.create")
        told = _server(site).register_complete(_state(challenge), _checked(credential))
        data = told.credential_data
        key = dict(data.public_key)
        if raw(credential["rawId"]) != data.credential_id or not _is_sound(key) or not _flags_hold(told):
            raise FactorNotAccepted
        return replace(
            made,
            credential_id=bytes(data.credential_id),
            public_key=_encoded(data.public_key),
            counter=told.counter,
            is_synced=told.is_backup_eligible(),
            is_backed_up=told.is_backed_up(),
        )
    except _BROKEN as error:
        raise FactorNotAccepted from error


def asserted(site: Site, challenge: str, credential: Mapping[str, Any], passkey: Passkey, owner: str) -> Passkey:
    """Return a passkey after it has signed for a challenge.

    Args:
        site: ours.
        challenge: the one that the client answers.
        credential: `AuthenticationResponseJSON`.
        passkey: as it stands.
        owner: whose it is, which the user handle must say where there is one.

    Raises:
        FactorNotAccepted: it does not hold.
        Cloned: it holds, but there may be two of the key.
    """
    from fido2.webauthn import Aaguid, AttestedCredentialData, AuthenticatorData

    try:
        _must_be_ours(credential, "webauthn.get")
        key = AttestedCredentialData.create(Aaguid.NONE, passkey.credential_id, _decoded(passkey.public_key))
        _server(site).authenticate_complete(_state(challenge), [key], _checked(credential))
        told = AuthenticatorData(raw(credential["response"]["authenticatorData"]))
        handle = credential["response"].get("userHandle")
        is_owners = handle is None or raw(handle) == owner.encode()
        if not is_owners or not _flags_hold(told) or told.is_backup_eligible() != passkey.is_synced:
            raise FactorNotAccepted
    except _BROKEN as error:
        raise FactorNotAccepted from error
    if (told.counter or passkey.counter) and told.counter <= passkey.counter:
        raise Cloned
    return replace(passkey, counter=told.counter, is_backed_up=told.is_backed_up())


def _server(site: Site) -> Any:
    from fido2.server import Fido2Server  # 75 ms, and few requests need it
    from fido2.webauthn import PublicKeyCredentialRpEntity

    return Fido2Server(
        PublicKeyCredentialRpEntity(id=site.rp_id, name=site.rp_id), verify_origin=lambda one: one in site.origins
    )


def _state(challenge: str) -> Mapping[str, str]:
    return {"challenge": challenge, "user_verification": "required"}


def _checked(credential: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        "id": credential["id"],
        "rawId": credential["rawId"],
        "type": "public-key",
        "response": credential["response"],
        "clientExtensionResults": {},
    }


def _must_be_ours(credential: Mapping[str, Any], kind: str) -> None:
    told = json.loads(raw(credential["response"]["clientDataJSON"]))
    is_framed = told.get("crossOrigin", False) is not False or "topOrigin" in told
    if told["type"] != kind or is_framed or credential["id"] != credential["rawId"]:
        raise FactorNotAccepted


def _is_sound(key: Mapping[int, Any]) -> bool:
    algorithm = key.get(3)
    if algorithm not in ALGORITHMS or any(key.get(name) != value for name, value in _SOUND[algorithm].items()):
        return False
    if algorithm == RS256:
        return len(key[-1]) in _RSA_BYTES and int.from_bytes(key[-2], "big") == 65_537  # noqa: PLR2004 - everybody's
    if len(key[-2]) != _COORDINATE or (algorithm == ES256 and len(key[-3]) != _COORDINATE):
        return False
    if algorithm == ES256:
        from cryptography.hazmat.primitives.asymmetric import ec

        x, y = (int.from_bytes(key[name], "big") for name in (-2, -3))
        ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()  # a ValueError where it is not on the curve
    return True


def _flags_hold(told: Any) -> bool:
    return told.is_backup_eligible() or not told.is_backed_up()


def _encoded(key: Mapping[int, Any]) -> bytes:
    from fido2 import cbor

    return cbor.encode(dict(key))


def _decoded(key: bytes) -> Any:
    from fido2 import cbor
    from fido2.cose import CoseKey

    found: Any = cbor.decode(key)
    return CoseKey.parse(found)


def creation_options(
    site: Site, challenge: str, user: Mapping[str, str], known: Sequence[Passkey]
) -> Mapping[str, Any]:
    """Return `PublicKeyCredentialCreationOptionsJSON`: the person is looked at, and the key can be found by itself."""
    return {
        "rp": {"id": site.rp_id, "name": site.rp_id},
        "user": user,
        "challenge": challenge,
        "pubKeyCredParams": [{"type": "public-key", "alg": one} for one in ALGORITHMS],
        "timeout": int(CHALLENGE_LIFE.total_seconds()) * 1000,
        "excludeCredentials": [{"type": "public-key", "id": text(one.credential_id)} for one in known],
        "authenticatorSelection": {
            "residentKey": "required",
            "requireResidentKey": True,
            "userVerification": "required",
        },
        "attestation": "none",
    }


def request_options(site: Site, challenge: str) -> Mapping[str, Any]:
    """Return `PublicKeyCredentialRequestOptionsJSON` for whoever has a passkey here."""
    return {
        "challenge": challenge,
        "timeout": int(CHALLENGE_LIFE.total_seconds()) * 1000,
        "rpId": site.rp_id,
        "allowCredentials": [],
        "userVerification": "required",
    }
