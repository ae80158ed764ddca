from datetime import UTC, datetime, timedelta

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kit.auth import Actor, Role, Tokens
from chalicelib.kit.errors import Forbidden, NotFound, Unauthorized

NOW = datetime(2030, 5, 1, 9, 30, tzinfo=UTC)
TOKENS = Tokens({"1": "k" * 32, "2": "l" * 32}, "2", "prod")
ACTOR = Actor("acc_1", frozenset({Role.CUSTOMER, Role.MERCHANT}), "ses_1")


def forged(key="l" * 32, headers=None, algorithm="HS256", **changes):
    claims = {
        "iss": "linli", "aud": "prod", "typ": "access", "sub": "acc_1", "sid": "ses_1", "roles": ["admin"],
        "iat": NOW, "exp": NOW + timedelta(minutes=15),
    } | changes  # fmt: skip
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(claims, key, algorithm=algorithm, headers={"kid": "2"} if headers is None else headers)


@given(st.text(min_size=1), st.frozensets(st.sampled_from(Role)), st.text())
def test_a_token_says_who_it_was_issued_to(account_id, roles, session_id):
    actor = Actor(account_id, roles, session_id)
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
    old = Tokens(TOKENS.keys, "1", "prod").issue(ACTOR, NOW)
    assert TOKENS.read(old, NOW) == ACTOR
    with pytest.raises(Unauthorized):
        Tokens({"2": "l" * 32}, "2", "prod").read(old, NOW)


@pytest.mark.parametrize(
    "token",
    [
        "", "x", "a.b.c", "ü",
        forged(key="m" * 32),
        forged(key="k" * 32),
        forged(headers={}),
        forged(headers={"kid": "9"}),
        forged(algorithm="HS512", key="l" * 64),
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
    assert TOKENS.read(forged(), NOW).is_admin


def test_owners_and_admins_pass():
    admin = Actor("acc_9", frozenset({Role.ADMIN}), "ses_9")
    for actor in (ACTOR, admin):
        actor.must_be("acc_1", "account")
        actor.must_run("acc_1")
    with pytest.raises(NotFound):
        ACTOR.must_be("acc_2", "account")
    with pytest.raises(Forbidden):
        ACTOR.must_run("acc_2")
