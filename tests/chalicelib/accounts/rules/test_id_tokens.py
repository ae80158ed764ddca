"""ID tokens that hold, and every way in which one does not: forged, of others, of another time. Authlib's check of the
same claims is the oracle.
"""

import base64
import hashlib
import json
from datetime import UTC, datetime

import jwt
import pytest
from authlib.oidc.core import CodeIDToken
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from joserfc.errors import JoseError

from chalicelib.accounts.rules.id_tokens import Expected, KeyUnknown, TokenRefused, read

NOW = datetime(2030, 5, 1, 9, 30, tzinfo=UTC)
AT = int(NOW.timestamp())
ISSUER, CLIENT, NONCE, ACCESS = "https://id.example.com", "linli", "nonce-1", "access-1"
EXPECTED = Expected(ISSUER, CLIENT, NONCE, ACCESS, NOW)
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC, ED = ec.generate_private_key(ec.SECP256R1()), ed25519.Ed25519PrivateKey.generate()
GOOD = {"iss": ISSUER, "sub": "person-1", "aud": CLIENT, "nonce": NONCE, "iat": AT - 5, "exp": AT + 300}


def jwk(private, algorithm, kid="k1", **more):
    public = jwt.get_algorithm_by_name(algorithm).to_jwk(private.public_key(), as_dict=True)
    return {key: value for key, value in public.items() if key != "key_ops"} | {"kid": kid, "use": "sig"} | more


def half(hash_name, text=ACCESS):
    digest = hashlib.new(hash_name, text.encode()).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()


def token(private=RSA, algorithm="RS256", kid="k1", headers=None, **changes):
    claims = {name: value for name, value in (GOOD | changes).items() if value is not ...}
    # PyJWT's own encode would refuse what a forger writes.
    return jwt.PyJWS().encode(json.dumps(claims).encode(), private, algorithm, {"kid": kid} | (headers or {}))


KEYS = [jwk(RSA, "RS256")]


def refused(made, keys=KEYS, expected=EXPECTED):
    with pytest.raises(TokenRefused) as info:
        read(made, keys, expected)
    return str(info.value)


@pytest.mark.parametrize(
    ("private", "algorithm", "hash_name"),
    [(RSA, "RS256", "sha256"), (RSA, "PS256", "sha256"), (EC, "ES256", "sha256"), (ED, "EdDSA", "sha512")],
)
def test_each_algorithm_that_is_let_in_holds(private, algorithm, hash_name):
    made = token(private, algorithm, at_hash=half(hash_name))
    assert read(made, [jwk(private, algorithm)], EXPECTED)["sub"] == "person-1"
    assert read(made, [jwk(private, algorithm, alg=algorithm)], EXPECTED)["sub"] == "person-1"
    wrong = token(private, algorithm, at_hash=half(hash_name, "another"))
    assert refused(wrong, [jwk(private, algorithm)]) == "access token"


def test_no_signature_is_none():
    assert refused(token(None, "none")) == "algorithm"
    head = base64.urlsafe_b64encode(b'{"alg":"NONE","kid":"k1"}').rstrip(b"=").decode()
    assert refused(".".join([head, *token().split(".")[1:2], ""])) == "algorithm"


def test_a_public_key_is_no_shared_secret():
    """The oldest confusion: signed with HS256 under the bytes of the public key (RFC 8725, 2.1)."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    pem = RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    parts = [base64.urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=") for one in ({"alg": "HS256"}, GOOD)]
    import hmac

    mac = base64.urlsafe_b64encode(hmac.digest(pem, b".".join(parts), "sha256")).rstrip(b"=")
    assert refused(b".".join([*parts, mac]).decode()) == "algorithm"
    shared = {"kty": "oct", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3I", "kid": "k1"}
    assert refused(token(), [shared]) == "no such key"


def test_a_key_that_the_token_brings_along_is_not_looked_at():
    for headers in (
        {"jwk": jwk(OTHER_RSA, "RS256")},
        {"jku": "https://evil.example.com/keys"},
        {"x5u": "https://evil.example.com/cert"},
    ):
        assert refused(token(OTHER_RSA, headers=headers)) == "InvalidSignatureError"
    assert refused(token(headers={"crit": ["exp2"], "exp2": 1})) != ""


def test_a_key_fits_by_name_type_use_and_algorithm():
    for keys in (
        [],
        [jwk(RSA, "RS256", kid="k2")],
        [jwk(RSA, "RS256", use="enc")],
        [jwk(RSA, "RS256", alg="PS256")],
        [jwk(EC, "ES256")],
        [jwk(RSA, "RS256"), jwk(OTHER_RSA, "RS256")],
    ):
        with pytest.raises(KeyUnknown):
            read(token(), keys, EXPECTED)
    assert refused(token(), [jwk(OTHER_RSA, "RS256")]) == "InvalidSignatureError"
    assert refused(token(), [{"kty": "RSA", "kid": "k1", "n": "AQ", "e": 5}]) != ""
    small = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    assert refused(token(), [jwk(small, "RS256")]) == "key too small"


def test_without_a_name_the_only_key_that_fits_is_taken():
    made = jwt.encode(GOOD, RSA, algorithm="RS256")
    assert read(made, [*KEYS, jwk(EC, "ES256", kid="k2")], EXPECTED)["sub"] == "person-1"
    with pytest.raises(KeyUnknown):
        read(made, [*KEYS, jwk(OTHER_RSA, "RS256", kid="k2")], EXPECTED)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"iss": "https://evil.example.com"}, "issuer"),
        ({"iss": ISSUER + "/"}, "issuer"),
        ({"aud": "another"}, "audience"),
        ({"aud": []}, "audience"),
        ({"aud": [CLIENT, "another"]}, "authorized party"),
        ({"aud": [CLIENT, "another"], "azp": "another"}, "authorized party"),
        ({"azp": "another"}, "authorized party"),
        ({"azp": ""}, "authorized party"),
        ({"nonce": "nonce-2"}, "nonce"),
        ({"nonce": ...}, "MissingRequiredClaimError"),
        ({"nonce": 1}, "nonce"),
        ({"sub": ...}, "MissingRequiredClaimError"),
        ({"sub": ""}, "subject"),
        ({"sub": "x" * 256}, "subject"),
        ({"exp": ...}, "MissingRequiredClaimError"),
        ({"exp": AT - 60}, "run out"),
        ({"exp": "2030"}, "not a time"),
        ({"exp": True}, "not a time"),
        ({"exp": float("nan")}, "not a time"),
        ({"exp": float("inf")}, "not a time"),
        ({"iat": ...}, "MissingRequiredClaimError"),
        ({"iat": AT + 61}, "issued at another time"),
        ({"iat": AT - 661}, "issued at another time"),
        ({"iat": [AT]}, "not a time"),
        ({"nbf": AT + 61}, "not yet good"),
        ({"nbf": None}, "not a time"),
        ({"at_hash": 1}, "access token"),
        ({"at_hash": ""}, "access token"),
    ],
)
def test_what_it_says_must_agree(changes, why):
    assert refused(token(**changes)) == why


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": [CLIENT]},
        {"aud": [CLIENT, "another"], "azp": CLIENT},
        {"azp": CLIENT},
        {"exp": AT - 59},
        {"iat": AT + 60},
        {"iat": AT - 660},
        {"nbf": AT},
        {"sub": "x" * 255},
    ],
)
def test_what_agrees_holds(changes):
    assert read(token(**changes), KEYS, EXPECTED)["iss"] == ISSUER


@pytest.mark.parametrize(
    "text", ["", ".", "..", "a.b.c", "\u4f60.\u597d.", "x" * 20_000, token()[:-2], token() + "A.B"]
)
def test_what_is_no_token_is_refused(text):
    assert refused(text)


@given(st.data())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_no_bit_of_it_can_be_changed(data):
    made = token()
    place = data.draw(st.integers(0, len(made) - 1))
    # The last letter of a part may hold bits that stand for nothing.
    if place + 1 == len(made) or made[place + 1] == ".":
        return
    letter = data.draw(st.sampled_from("ABCabc012_-").filter(lambda one: one != made[place]))
    assert refused(made[:place] + letter + made[place + 1 :])


_VALUES = st.sampled_from(
    [..., None, "", CLIENT, "another", ISSUER, NONCE, "x", 0, 1, AT, AT + 300, AT - 3000, [CLIENT], []]
)


@given(
    st.dictionaries(
        st.sampled_from(["iss", "sub", "aud", "azp", "nonce", "exp", "iat", "at_hash"]), _VALUES, max_size=3
    )
)
@settings(max_examples=150, deadline=None)
def test_what_holds_here_holds_for_authlib(changes):
    """Nothing is let in that another implementation of the same rules refuses."""
    try:
        claims = read(token(**changes), KEYS, EXPECTED)
    except TokenRefused:
        return
    told = CodeIDToken(
        claims,
        {"alg": "RS256"},
        options={"iss": {"value": ISSUER}},
        params={"client_id": CLIENT, "nonce": NONCE, "access_token": ACCESS},
    )
    try:
        told.validate(now=AT, leeway=60)
    except JoseError as error:
        raise AssertionError(f"{changes}: {error}") from error
