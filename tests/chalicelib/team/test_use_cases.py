"""Teams on real DynamoDB semantics: what stands in two places stands in both or in none."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from chalicelib import wiring
from chalicelib.accounts import use_cases as accounts
from chalicelib.accounts.ports import CountryNotServed, Identity, Kind, SmsPolicy
from chalicelib.kit.auth import Actor, Permission, Role
from chalicelib.kit.dynamo import meter
from chalicelib.kit.errors import NotFound, Problem, SessionOver, TooMany
from chalicelib.kit.idempotency import Answer, Once
from chalicelib.settings import settings
from chalicelib.team import rules, use_cases
from chalicelib.team.rules import AlreadyThere
from tests import api

PHONE, OTHER_PHONE = "+8613800138000", "+8613900139000"
MERCHANT = Actor("acc_merchant", frozenset({Role.MERCHANT}), "ses_3")


def once(key="12345678"):
    return Once("acc|POST", key, "f", lambda _result: Answer(201, "{}"))


def invite(ports, phone=PHONE, role=Role.STAFF, key="12345678"):
    return use_cases.invite(ports, MERCHANT, phone, role, "阿玲", "203.0.113.9", once(key))


def person(ports, phone=PHONE):
    return Actor(accounts.account_of_phone(ports.accounts, phone), frozenset({Role.CUSTOMER}), "ses_1")


def jobs(ports, actor):
    return accounts.account(ports.accounts, actor.account_id).memberships


@pytest.mark.store
def test_the_merchant_asks_the_person_accepts_and_either_ends_it(ports):
    made = invite(ports)
    actor = person(ports)
    assert [one.id for one in use_cases.invitations(ports, actor)] == [made.id]
    assert [message.payload for message in api.told("team.invited")] == [
        {"customer_id": actor.account_id, "role": "staff"}
    ]
    joined = use_cases.accept(ports, actor, made.id, None)
    assert (joined.account_id, joined.role, joined.label) == (actor.account_id, Role.STAFF, "阿玲")
    assert jobs(ports, actor) == {"acc_merchant": Role.STAFF}
    team = use_cases.team(ports, MERCHANT)
    assert (list(team.members), dict(team.invitations)) == ([actor.account_id], {})
    with pytest.raises(NotFound):
        use_cases.accept(ports, actor, made.id, None)
    with pytest.raises(AlreadyThere):
        invite(ports, key="another-key")

    assert use_cases.set_role(ports, MERCHANT, actor.account_id, Role.MANAGER, None).role == Role.MANAGER
    assert jobs(ports, actor) == {"acc_merchant": Role.MANAGER}
    use_cases.leave(ports, actor, "acc_merchant", None)
    assert not jobs(ports, actor)
    assert [one.payload for one in api.told("team.left")] == [{"merchant_id": "acc_merchant", "role": "manager"}]
    assert not use_cases.team(ports, MERCHANT).members
    with pytest.raises(NotFound):
        use_cases.remove(ports, MERCHANT, actor.account_id, None)


def test_what_takes_something_away_ends_sessions_and_what_gives_does_not(ports):
    actor = person(ports)
    api.present(actor)
    made = invite(ports)
    use_cases.accept(ports, actor, made.id, None)
    wiring.sessions().must_stand(actor)
    use_cases.set_role(ports, MERCHANT, actor.account_id, Role.STAFF, None)
    wiring.sessions().must_stand(actor)
    use_cases.remove(ports, MERCHANT, actor.account_id, None)
    assert [one.payload["role"] for one in api.told("team.left")] == ["staff"]
    with pytest.raises(SessionOver):
        wiring.sessions().must_stand(actor)


@pytest.mark.store
def test_of_an_invitation_taken_back_and_accepted_at_once_one_happens(ports):
    made, actor = invite(ports), person(ports)

    def outcome(work):
        try:
            work()
        except Problem as problem:
            return type(problem).__name__
        return "done"

    with ThreadPoolExecutor(2) as pool:
        outcomes = sorted(
            pool.map(
                outcome,
                [
                    lambda: use_cases.accept(ports, actor, made.id, None),
                    lambda: use_cases.take_back(ports, MERCHANT, made.id),
                ],
            )
        )
    assert outcomes == ["NotFound", "done"]
    assert set(use_cases.team(ports, MERCHANT).members) == set(jobs(ports, actor) and {actor.account_id})


def test_a_later_invitation_takes_the_place_of_the_earlier(ports):
    first, second = invite(ports), invite(ports, role=Role.MANAGER, key="another-key")
    actor = person(ports)
    with pytest.raises(NotFound):
        use_cases.accept(ports, actor, first.id, None)
    assert use_cases.accept(ports, actor, second.id, None).role == Role.MANAGER


def test_an_invitation_is_nobody_elses_and_runs_out(ports, clock):
    made = invite(ports)
    with pytest.raises(NotFound):
        use_cases.accept(ports, person(ports, OTHER_PHONE), made.id, None)
    with pytest.raises(NotFound):
        use_cases.decline(ports, person(ports, OTHER_PHONE), made.id)
    use_cases.decline(ports, person(ports), made.id)
    again = invite(ports, key="another-key")
    clock.move(days=7)
    with pytest.raises(NotFound):
        use_cases.accept(ports, person(ports), again.id, None)
    assert not use_cases.team(ports, MERCHANT).invitations


def test_nobody_works_for_too_many(ports):
    actor = person(ports)
    for number in range(20):
        wiring.committer().commit(accounts.employing(ports.accounts, actor.account_id, f"acc_{number}", Role.STAFF))
    made = invite(ports)
    with pytest.raises(Problem) as refused:
        use_cases.accept(ports, actor, made.id, None)
    assert refused.value.code == "too-many-jobs"
    assert not use_cases.team(ports, MERCHANT).members


def test_a_member_gets_a_token_that_says_so(ports, clock):
    actor = person(ports)
    use_cases.accept(ports, actor, invite(ports).id, None)
    signed_in = accounts.enter(wiring.accounts(), Kind.PHONE, PHONE, accounts_visitor(), ("sms",))
    read = wiring.tokens().read(signed_in.access_token, clock.now())
    assert read.memberships == {"acc_merchant": Role.STAFF}
    assert read.may_at(Permission.DIARY_WORK, "acc_merchant")
    assert not read.may_at(Permission.MONEY_READ, "acc_merchant")


def accounts_visitor():
    from chalicelib.accounts.ports import Visitor

    return Visitor("en", "203.0.113.9")


def test_everything_is_noted_and_nothing_at_rest_says_a_name(tables, ports):
    actor = person(ports)
    use_cases.accept(ports, actor, invite(ports).id, "203.0.113.9")
    use_cases.remove(ports, MERCHANT, actor.account_id, None)
    page = wiring.audit().store.of_object("account:acc_merchant", None, 10)
    assert {one.entry.action for one in page.items} == {"team.invite", "team.accept", "team.remove"}
    rows = tables.dynamodb.scan(TableName=f"{settings().table_prefix}-team")["Items"]
    assert "阿玲" not in json.dumps(rows, ensure_ascii=False)


def test_what_each_pattern_costs(ports):
    def cost(work):
        with meter.measure() as used:
            work()
        return used.requests, used.read_units, used.write_units

    actor = person(ports)
    assert cost(lambda: invite(ports)) == (5, 3, 18)
    assert cost(lambda: use_cases.team(ports, MERCHANT)) == (1, 1, 0)
    (made,) = use_cases.invitations(ports, actor)
    assert cost(lambda: use_cases.accept(ports, actor, made.id, None)) == (4, 2.5, 13)
    assert cost(lambda: use_cases.remove(ports, MERCHANT, actor.account_id, None)) == (3, 2, 13)


@pytest.mark.store
def test_nobody_is_pestered_with_invitations(ports, clock):
    for number in range(rules.MOST_ASKED_OF):
        use_cases.take_back(ports, MERCHANT, invite(ports, key=f"key-{number}").id)
    for merchant in (MERCHANT, replace(MERCHANT, account_id="acc_else")):
        with pytest.raises(TooMany):
            use_cases.invite(ports, merchant, PHONE, Role.STAFF, "阿玲", None, once("key-again"))
    assert len(api.told("team.invited")) == rules.MOST_ASKED_OF
    clock.move(days=1)
    invite(ports, key="key-tomorrow")


def test_nobody_is_asked_where_no_text_messages_go(ports):
    served = replace(ports.accounts, sms=SmsPolicy(frozenset({"CN"}), 1))
    with pytest.raises(CountryNotServed):
        invite(replace(ports, accounts=served), phone="+33612345678")
    assert ports.accounts.store.account_id_of(Kind.PHONE, "+33612345678") is None
    assert api.told("team.invited") == []


def test_asking_is_counted_before_anything_else_and_makes_no_more_accounts(ports, monkeypatch):
    monkeypatch.setattr(rules, "MOST_ASKED", 2)
    made = []
    monkeypatch.setattr(accounts, "account_of_phone", lambda _ports, phone: made.append(phone) or "acc_" + phone)
    for number in range(2):
        invite(ports, phone=f"+861380013800{number}", key=f"key-{number}")
    with pytest.raises(TooMany) as refused:
        invite(ports, phone="+8613800138009", key="key-9")
    assert len(made) == 2
    assert 0 < (refused.value.retry_after or 0) <= 86_400


def test_an_identity_is_not_told_by_an_invitation(ports):
    made = invite(ports)
    assert made.id != Identity(Kind.PHONE, PHONE, ports.clock.now()).subject
    assert person(ports).account_id not in made.id
