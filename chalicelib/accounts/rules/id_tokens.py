"""Whether an ID token says what it must (OpenID Connect Core 1.0, 3.1.3.7), with keys that are at hand. No I/O.

A signature by a key of the provider's, by an algorithm that no shared secret can imitate; from the provider, for us,
for this very sign-in, in time. PyJWT does the cryptography: access tokens need it anyway.
"""

import base64
import hashlib
import hmac
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import jwt

ALGORITHMS = {
    "RS256": ("RSA", "sha256"),
    "PS256": ("RSA", "sha256"),
    "ES256": ("EC", "sha256"),
    "EdDSA": ("OKP", "sha512"),
}
"""Algorithm -> the type of its keys, and the hash of `at_hash`. Neither `none` nor HS*, whose key would be a secret of
ours that anybody with a public key could pretend to hold.
"""
LEEWAY = timedelta(seconds=60)  # between two clocks
OLDEST = timedelta(minutes=10)  # as long as a sign-in may take
LONGEST = 16 * 1024  # characters
_LONGEST_SUBJECT = 255  # OpenID Connect Core, 2
_SMALLEST_RSA = 2048  # bits


class TokenRefused(Exception):  # noqa: N818 - a state of affairs: what it means is the caller's to say
    """It does not hold; the text says why, for the log, and holds nothing of the token."""


class KeyUnknown(TokenRefused):
    """No key at hand is the one that it names: the provider may have a new one."""


@dataclass(frozen=True)
class Expected:
    """What a token must agree with.

    Attributes:
        issuer: the provider.
        client_id: who we are there.
        nonce: of the sign-in.
        access_token: that came with it, for `at_hash`.
        now: the time.
    """

    issuer: str
    client_id: str
    nonce: str = field(repr=False)
    access_token: str = field(repr=False)
    now: datetime


def read(token: str, keys: Sequence[Mapping[str, Any]], expected: Expected) -> Mapping[str, Any]:
    """Return the claims of an ID token that holds.

    Args:
        token: as it came.
        keys: the provider's keys as JWK.
        expected: see there.

    Raises:
        KeyUnknown: another key might do.
        TokenRefused: it does not hold.
    """
    if len(token) > LONGEST:
        raise TokenRefused("too long")
    try:
        header = jwt.get_unverified_header(token)
        algorithm = header.get("alg")
        if algorithm not in ALGORITHMS:
            raise TokenRefused("algorithm")
        key = jwt.PyJWK(dict(_key(header, keys)), algorithm=algorithm)
        if getattr(key.key, "key_size", _SMALLEST_RSA) < _SMALLEST_RSA and ALGORITHMS[algorithm][0] == "RSA":
            raise TokenRefused("key too small")
        # Times are checked by hand below, by the clock of the rest of the request; so is whom it is for.
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=[algorithm],
            options={
                "require": ["iss", "sub", "aud", "exp", "iat", "nonce"],
                "verify_aud": False, "verify_iss": False, "verify_exp": False, "verify_iat": False,
                "verify_nbf": False, "verify_sub": False, "verify_jti": False,
            },
        )  # fmt: skip
    except jwt.PyJWTError as error:
        raise TokenRefused(type(error).__name__) from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise TokenRefused("malformed") from error
    _check(claims, expected)
    _check_hash(claims, ALGORITHMS[algorithm][1], expected.access_token)
    return claims


def _key(header: Mapping[str, Any], keys: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return the one key that the token may be signed with. What its own header brings along (`jwk`, `jku`, `x5u`) is
    never looked at.
    """
    algorithm = header["alg"]
    fitting = [
        key
        for key in keys
        if key.get("kty") == ALGORITHMS[algorithm][0]
        and key.get("use", "sig") == "sig"
        and key.get("alg", algorithm) == algorithm
    ]
    if "kid" in header:
        fitting = [key for key in fitting if key.get("kid") == header["kid"]]
    if len(fitting) != 1:
        raise KeyUnknown("no such key" if not fitting else "several keys")
    return fitting[0]


def _check(claims: Mapping[str, Any], expected: Expected) -> None:
    if claims["iss"] != expected.issuer:
        raise TokenRefused("issuer")
    audience = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    if expected.client_id not in audience:
        raise TokenRefused("audience")
    party = claims.get("azp")
    if party != expected.client_id and (party is not None or len(audience) > 1):
        raise TokenRefused("authorized party")
    nonce, subject = claims["nonce"], claims["sub"]
    if not isinstance(nonce, str) or not hmac.compare_digest(nonce.encode(), expected.nonce.encode()):
        raise TokenRefused("nonce")
    if not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST_SUBJECT:
        raise TokenRefused("subject")
    _check_times(claims, expected.now)


def _check_times(claims: Mapping[str, Any], now: datetime) -> None:
    at, leeway = now.timestamp(), LEEWAY.total_seconds()
    if _time(claims["exp"]) <= at - leeway:
        raise TokenRefused("run out")
    if not at - OLDEST.total_seconds() - leeway <= _time(claims["iat"]) <= at + leeway:
        raise TokenRefused("issued at another time")
    if "nbf" in claims and _time(claims["nbf"]) > at + leeway:
        raise TokenRefused("not yet good")


def _time(value: object) -> float:
    """Return seconds since 1970. Python reads NaN and infinity as numbers, which no comparison stops."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise TokenRefused("not a time")
    return value


def _check_hash(claims: Mapping[str, Any], name: str, access_token: str) -> None:
    if "at_hash" not in claims:
        return
    digest = hashlib.new(name, access_token.encode()).digest()
    half = base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()
    if not isinstance(claims["at_hash"], str) or not hmac.compare_digest(claims["at_hash"].encode(), half.encode()):
        raise TokenRefused("access token")
