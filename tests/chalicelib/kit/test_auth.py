from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.kit.auth import FRESH, PASSKEY, Actor, Permission, Role
from chalicelib.kit.errors import Forbidden, NotFound, SecondFactorNeeded, SignInAgain
from chalicelib.kit.permissions import ACCOUNT_ROLES, GRANTS, LIVE, MEMBER_ROLES, OPERATOR_ROLES, PERSONAL

NOW = datetime(2030, 5, 1, 9, 30, tzinfo=UTC)
ACTOR = Actor("acc_1", frozenset({Role.CUSTOMER, Role.MERCHANT}), "ses_1")


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
