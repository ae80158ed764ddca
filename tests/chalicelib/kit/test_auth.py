from dataclasses import replace
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kit.auth import FRESH, PASSKEY, Actor, Permission, Role, SigningKey, Tokens
from chalicelib.kit.errors import Forbidden, NotFound, SecondFactorNeeded, SignInAgain, Unauthorized
from chalicelib.kit.permissions import ACCOUNT_ROLES, GRANTS, LIVE, MEMBER_ROLES, OPERATOR_ROLES, PERSONAL

NOW = datetime(2030, 5, 1, 9, 30, tzinfo=UTC)
ONE, TWO = SigningKey("1", b"k" * 32), SigningKey("2", b"l" * 32)


def tokens(*keys, stage="prod"):
    return Tokens(lambda _again: keys, stage)


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

    old = Tokens(keys, "prod")
    assert old.read(tokens(ONE, TWO).issue(ACTOR, NOW), NOW) == ACTOR
    assert asked == [False, True]
    assert jwt.get_unverified_header(old.issue(ACTOR, NOW))["kid"] == "2"


def test_a_key_that_was_replaced_signs_for_a_quarter_of_an_hour_at_most():
    known = [ONE]
    old = Tokens(lambda _again: tuple(known), "prod")
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


def test_owners_and_admins_pass():
    admin = Actor("acc_9", frozenset({Role.ADMIN}), "ses_9", methods=("sms", "otp"))
    for actor in (ACTOR, admin):
        actor.must_be("acc_1", "account")
        actor.must_run("acc_1")
    with pytest.raises(NotFound):
        ACTOR.must_be("acc_2", "account")
    with pytest.raises(Forbidden):
        ACTOR.must_run("acc_2")


def test_what_is_done_decides_how_far_a_role_reaches():
    member = Actor("acc_1", frozenset({Role.CUSTOMER}), "ses_1", memberships={"acc_shop": Role.STAFF})
    work = member.at_work(Permission.DIARY_WORK, None)
    work.must_run("acc_shop")
    with pytest.raises(Forbidden):
        work.must_run("acc_1")  # not a merchant themselves
    with pytest.raises(Forbidden):
        work.must_run("acc_else")
    with pytest.raises(Forbidden):
        member.at_work(Permission.MONEY_READ, None)
    with pytest.raises(Forbidden):
        member.at_work(Permission.DIARY_WORK, "acc_else")
    read = member.at_work(Permission.ORDER_READ, None)
    read.must_be("acc_1", "order", "acc_shop")
    read.must_be("acc_else", "order", "acc_shop")
    with pytest.raises(NotFound):
        read.must_be("acc_else", "order", "acc_other_shop")


@pytest.mark.parametrize("role", sorted(MEMBER_ROLES))
def test_who_works_for_a_merchant_has_no_part_in_what_the_owner_buys_elsewhere(role):
    member = Actor("acc_1", frozenset({Role.CUSTOMER}), "ses_1", memberships={"acc_shop": role})
    for permission in (
        Permission.ORDER_READ,
        Permission.ORDER_CANCEL,
        Permission.BOOKING_READ,
        Permission.BOOKING_MOVE,
    ):
        work = member.at_work(permission, "acc_shop")
        work.must_be("acc_else", "order", "acc_shop")
        with pytest.raises(NotFound):
            work.must_be("acc_shop", "order", "acc_else")
        with pytest.raises(NotFound):
            work.must_be("acc_shop", "order")


@pytest.mark.parametrize("agent_id", [None, "acc_agent"])
def test_who_is_no_merchant_now_runs_nothing_though_it_was_theirs(agent_id):
    """Whose role was taken away, and who acts for a merchant as a customer."""
    actor = Actor("acc_1", frozenset({Role.CUSTOMER}), "ses_1", agent_id=agent_id)
    for permission in (
        Permission.ORDER_READ,
        Permission.ORDER_CANCEL,
        Permission.BOOKING_READ,
        Permission.BOOKING_MOVE,
    ):
        work = actor.at_work(permission, None)
        work.must_be("acc_1", "order", "acc_else")
        with pytest.raises(NotFound):
            work.must_be("acc_else", "order", "acc_1")
    with pytest.raises(Forbidden):
        actor.at_work(Permission.ORDER_BUY, None).must_run("acc_1")


def test_what_is_a_merchants_alone_is_not_found_by_others():
    merchant = Actor("acc_1", frozenset({Role.MERCHANT}), "ses_1").at_work(Permission.MONEY_READ, None)
    merchant.must_have("acc_1", "payout")
    with pytest.raises(NotFound):
        merchant.must_have("acc_else", "payout")
    finance = Actor("acc_1", frozenset({Role.FINANCE}), "ses_1", methods=("sms", "otp"))
    finance.at_work(Permission.MONEY_READ, None).must_have("acc_shop", "payout")


def test_who_works_for_a_side_has_a_stake_in_it():
    member = Actor("acc_1", frozenset({Role.RISK}), "ses_1", memberships={"acc_shop": Role.STAFF})
    assert member.has_stake("acc_1")
    assert member.has_stake("acc_else", "acc_shop")
    assert not member.has_stake("acc_else", "acc_other")
    assert replace(member, account_id="acc_2", memberships={}, agent_id="acc_1").has_stake("acc_1")


def test_a_member_acts_as_the_merchant_and_speaks_for_them():
    member = Actor("acc_1", frozenset({Role.CUSTOMER}), "ses_1", memberships={"acc_shop": Role.MANAGER})
    work = member.at_work(Permission.CLAIM_ANSWER, "acc_shop")
    assert work.merchant_id == "acc_shop"
    assert work.standing_in().account_id == "acc_shop"
    assert work.speaks_for("acc_shop")
    assert work.speaks_for("acc_1")
    assert not work.speaks_for("acc_else")
    assert not member.at_work(Permission.ORDER_PAY, None).speaks_for("acc_shop")
    assert member.standing_in() is member


def test_operators_reach_everybody_with_what_is_theirs_to_do_and_nothing_else():
    finance = Actor("acc_1", frozenset({Role.FINANCE}), "ses_1", methods=("sms", "otp"))
    finance.at_work(Permission.ORDER_READ, None).must_be("acc_else", "order", "acc_shop")
    with pytest.raises(NotFound):
        finance.at_work(Permission.BOOKING_OWN, None).must_be("acc_else", "booking")
    with pytest.raises(Forbidden):
        finance.at_work(Permission.ROLE_SET, None)


@pytest.mark.parametrize("role", sorted(OPERATOR_ROLES))
def test_one_proof_is_not_enough_for_the_operators_people(role):
    weak = Actor("acc_1", frozenset({Role.MERCHANT, role}), "ses_1", methods=("sms",))
    strong, passkey = replace(weak, methods=("sms", "otp")), replace(weak, methods=(PASSKEY,))
    merchant = Actor("acc_1", frozenset({Role.MERCHANT}), "ses_1")
    for one in Permission:
        assert weak.may(one) == merchant.may(one)
        assert weak.may_at(one, "acc_else") is False
        assert strong.may(one) == passkey.may(one) == (merchant.may(one) or one in GRANTS[role])
        assert strong.may_at(one, "acc_else") == (one in GRANTS[role])
    assert not weak.is_admin


def test_who_lacks_a_second_factor_alone_is_told_so():
    weak = Actor("acc_1", frozenset({Role.FINANCE}), "ses_1", methods=("sms",))
    half = replace(weak, is_half=True)
    for actor in (weak, half):
        with pytest.raises(SecondFactorNeeded):
            actor.at_work(Permission.BOOKS_READ, None)
        with pytest.raises(Forbidden) as refused:
            actor.at_work(Permission.ROLE_SET, None)
        assert type(refused.value) is Forbidden
    with pytest.raises(SecondFactorNeeded):
        half.at_work(Permission.ACCOUNT_OWN, None)
    reading = weak.at_work(Permission.ORDER_READ, None)
    reading.must_be("acc_1", "order")
    for ask in (lambda: reading.must_be("acc_else", "order"), lambda: reading.must_run("acc_else")):
        with pytest.raises(SecondFactorNeeded):
            ask()


def test_what_is_sensitive_wants_a_fresh_sign_in():
    actor = replace(ACTOR, signed_in_at=NOW)
    actor.must_be_fresh(NOW + FRESH)
    for stale in (actor, ACTOR):
        with pytest.raises(SignInAgain):
            stale.must_be_fresh(NOW + FRESH + timedelta(seconds=1))


def test_half_a_sign_in_may_do_nothing_but_become_a_whole_one():
    half = Actor("acc_1", ACCOUNT_ROLES, "ses_1", memberships={"acc_2": Role.MANAGER}, is_half=True)
    assert [one for one in Permission if half.may(one)] == [Permission.SECOND_FACTOR]
    assert not any(half.may_at(one, owner) for one in Permission for owner in ("acc_1", "acc_2"))


def test_the_table_is_whole():
    assert set(GRANTS) == set(Role)
    assert set(Role) == ACCOUNT_ROLES | MEMBER_ROLES
    assert set().union(PERSONAL, *GRANTS.values()) == set(Permission)
    assert not GRANTS[Role.CUSTOMER]
    # Whatever the operator's people alone may do, a revoked session may not.
    only_operators = set().union(*(GRANTS[role] for role in OPERATOR_ROLES)) - PERSONAL
    assert only_operators - GRANTS[Role.MERCHANT] <= LIVE
