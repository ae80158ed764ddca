from datetime import UTC, datetime, timedelta

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kit.auth import Actor, Role
from chalicelib.kit.errors import Unauthorized
from chalicelib.kit.permissions import ACCOUNT_ROLES, MEMBER_ROLES
from chalicelib.kit.regions import Regions
from chalicelib.kit.tokens import SigningKey, Tokens

NOW = datetime(2030, 5, 1, 9, 30, tzinfo=UTC)
ONE, TWO = SigningKey("1", b"k" * 32), SigningKey("2", b"l" * 32)


HERE = Regions("ap-southeast-1")


def tokens(*keys, stage="prod"):
    return Tokens(lambda _again: keys, stage, HERE)


TOKENS = tokens(ONE, TWO)
ACTOR = Actor("acc_1", frozenset({Role.CUSTOMER, Role.MERCHANT}), "ses_1")


def forged(key=TWO.seed, headers=None, algorithm="EdDSA", **changes):
    claims = {
        "iss": "linli", "aud": "prod", "typ": "access", "sub": "acc_1", "sid": "ses_1", "roles": ["admin"], "amr": [],
        "auth_time": 1, "iat": NOW, "exp": NOW + timedelta(minutes=15),
    } | changes  # fmt: skip
    claims = {name: value for name, value in claims.items() if value is not None}
    signer = Ed25519PrivateKey.from_private_bytes(key) if algorithm == "EdDSA" else key
    return jwt.encode(claims, signer, algorithm=algorithm, headers={"kid": "2"} if headers is None else headers)


@given(
    st.text(min_size=1),
    st.frozensets(st.sampled_from(sorted(ACCOUNT_ROLES))),
    st.text(),
    st.dictionaries(st.text(), st.sampled_from(sorted(MEMBER_ROLES)), max_size=3),
    st.lists(st.text(max_size=5), max_size=2).map(tuple),
    st.booleans(),
    st.none() | st.text(min_size=1),
)
def test_a_token_says_who_it_was_issued_to(account_id, roles, session_id, memberships, methods, is_half, agent_id):
    actor = Actor(
        account_id, roles, session_id, memberships=memberships, methods=methods, is_half=is_half, agent_id=agent_id
    )
    assert TOKENS.read(TOKENS.issue(actor, NOW), NOW) == actor


def test_a_token_is_good_for_a_quarter_of_an_hour():
    token = TOKENS.issue(ACTOR, NOW)
    assert TOKENS.read(token, NOW + timedelta(minutes=15, seconds=-1)) == ACTOR
    with pytest.raises(Unauthorized):
        TOKENS.read(token, NOW + timedelta(minutes=15))


def test_a_token_made_of_a_token_runs_out_with_it():
    first = TOKENS.read(TOKENS.issue(ACTOR, NOW), NOW)
    later = NOW + timedelta(minutes=10)
    second = TOKENS.read(TOKENS.issue(first, later), later)
    assert second.expires_at == first.expires_at == NOW + timedelta(minutes=15)
    assert TOKENS.read(TOKENS.issue(ACTOR, later), later).expires_at == later + timedelta(minutes=15)


def test_a_key_can_be_replaced():
    old = tokens(ONE).issue(ACTOR, NOW)
    assert TOKENS.read(old, NOW) == ACTOR
    with pytest.raises(Unauthorized):
        tokens(TWO).read(old, NOW)


def test_a_key_that_is_younger_than_the_container_is_asked_for():
    asked = []

    def keys(again):
        asked.append(again)
        return (ONE, TWO) if again else (ONE,)

    old = Tokens(keys, "prod", HERE)
    assert old.read(tokens(ONE, TWO).issue(ACTOR, NOW), NOW) == ACTOR
    assert asked == [False, True]
    assert jwt.get_unverified_header(old.issue(ACTOR, NOW))["kid"] == "2"


def test_a_key_that_was_replaced_signs_for_a_quarter_of_an_hour_at_most():
    known = [ONE]
    old = Tokens(lambda _again: tuple(known), "prod", HERE)
    old.issue(ACTOR, NOW)
    known.append(TWO)
    kids = [
        jwt.get_unverified_header(old.issue(ACTOR, NOW + timedelta(minutes=minutes)))["kid"] for minutes in (14, 15, 16)
    ]
    assert kids == ["1", "2", "2"]


def test_whoever_has_the_public_key_can_check_a_token():
    told = {key["kid"]: key for key in TOKENS.public_keys()}
    assert set(told) == {"1", "2"}
    assert not any("d" in key for key in told.values())
    token = TOKENS.issue(ACTOR, NOW)
    key = jwt.PyJWK(told[jwt.get_unverified_header(token)["kid"]])
    claims = jwt.decode(token, key.key, ["EdDSA"], audience="prod", options={"verify_exp": False, "verify_iat": False})
    assert claims["sub"] == "acc_1"


@pytest.mark.parametrize(
    "token",
    [
        "", "x", "a.b.c", "ü",
        forged(key=b"m" * 32),
        forged(key=ONE.seed),
        forged(headers={}),
        forged(headers={"kid": "9"}),
        forged(algorithm="HS256", key="l" * 32),
        forged(works_for={"acc_2": "admin"}), forged(works_for=3), forged(act=3), forged(amr=None), forged(amr=3),
        forged(auth_time=None), forged(roles=3),
        forged(algorithm="none", key=None),
        forged(aud="dev"), forged(aud=None), forged(iss="else"), forged(iss=None),
        forged(typ="refresh"), forged(typ=None), forged(sub=None), forged(sid=None), forged(exp=None), forged(iat=None),
        forged(roles=["king"]), forged(roles=None),
    ],
)  # fmt: skip
def test_what_we_did_not_issue_opens_nothing(token):
    with pytest.raises(Unauthorized):
        TOKENS.read(token, NOW)


def test_the_forger_would_pass_with_the_right_claims():
    assert TOKENS.read(forged(), NOW).roles == {Role.ADMIN}
