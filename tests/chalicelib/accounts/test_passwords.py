"""Signing in by password and setting one, on real DynamoDB semantics."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from argon2 import PasswordHasher
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.accounts import rules, use_cases
from chalicelib.accounts.ports import Identity, Kind, Visitor
from chalicelib.accounts.rules import Account, Password, PasswordNotAccepted, PasswordRefused, SessionOver
from chalicelib.kit.auth import Role
from chalicelib.kit.dynamo import meter
from chalicelib.kit.errors import Forbidden, Problem, SignInAgain
from chalicelib.risk.ports import SlowDown
from tests.api import told

PHONE = rules.receiver(phone="+8613800138000")
MAIL = rules.receiver(email="ming@example.com")
HERE = Visitor("en", "203.0.113.9", "d" * 32)
GOOD, OTHER = "seven quiet herons", "eleven loud geese"


@pytest.fixture
def somebody(ports):
    """Return the tokens of somebody with a phone, an e-mail address and a password."""
    use_cases.request_code(ports, PHONE, HERE)
    signed_in = use_cases.sign_in(ports, PHONE, ports.senders[Kind.PHONE].last(PHONE.subject), HERE)
    use_cases.link(ports, actor_of(ports, signed_in), Kind.EMAIL, MAIL.subject, None)
    return use_cases.set_password(ports, actor_of(ports, signed_in), GOOD, HERE)


def actor_of(ports, signed_in):
    return ports.tokens.read(signed_in.access_token, ports.clock.now())


def by_password(ports, password=GOOD, receiver=MAIL, visitor=HERE):
    return use_cases.sign_in_by_password(ports, receiver, password, visitor)


def account(name=None, **identities):
    known = tuple(Identity(Kind(kind), subject, None) for kind, subject in identities.items())
    return Account("acc_1", known, name, "en", frozenset({Role.CUSTOMER}), 1, None)


@pytest.mark.store
def test_a_password_signs_in_by_phone_and_by_address(ports, somebody):
    for receiver in (PHONE, MAIL):
        signed_in = by_password(ports, receiver=receiver)
        assert signed_in.account.id == somebody.account.id
        assert actor_of(ports, signed_in).methods == ("pwd",)


def test_letters_count_not_how_they_are_written(ports, somebody):
    use_cases.set_password(ports, actor_of(ports, somebody), "ｓｅｖｅｎ café herons", HERE)
    assert by_password(ports, "seven cafe\u0301 herons")


@pytest.mark.store
def test_setting_a_password_ends_every_other_session_and_is_told_and_noted(ports, somebody, clock):
    other = by_password(ports)
    clock.move(minutes=9)
    changed = use_cases.set_password(ports, actor_of(ports, somebody), OTHER, HERE)
    for ended in (somebody, other):
        with pytest.raises(SessionOver):
            use_cases.refresh(ports, ended.refresh_token)
    assert use_cases.refresh(ports, changed.refresh_token)
    with pytest.raises(PasswordNotAccepted):
        by_password(ports, GOOD)
    assert by_password(ports, OTHER)
    assert [one.payload["customer_id"] for one in told("login.password")] == [somebody.account.id] * 2
    assert actor_of(ports, changed).signed_in_at == actor_of(ports, somebody).signed_in_at  # no fresher than it was


def test_an_old_sign_in_is_not_enough(ports, somebody, clock):
    clock.move(minutes=10, seconds=1)
    fresh = use_cases.refresh(ports, somebody.refresh_token)
    with pytest.raises(SignInAgain):
        use_cases.set_password(ports, actor_of(ports, fresh), OTHER, HERE)
    again = by_password(ports)
    assert use_cases.set_password(ports, actor_of(ports, again), OTHER, HERE)


def test_nobody_sets_a_password_for_somebody_else(ports, somebody):
    with pytest.raises(Forbidden):
        use_cases.set_password(ports, replace(actor_of(ports, somebody), agent_id="acc_support"), OTHER, HERE)


def test_a_session_that_was_ended_meanwhile_sets_nothing(ports, somebody):
    actor = actor_of(ports, somebody)
    use_cases.sign_out(ports, actor)
    with pytest.raises(SessionOver):
        use_cases.set_password(ports, actor, OTHER, HERE)
    assert by_password(ports, GOOD)


@pytest.mark.store
def test_of_two_passwords_at_once_one_stands_and_one_session(ports, somebody):
    """Both come from the same session: the first ends it."""
    actor = actor_of(ports, somebody)

    def attempt(password):
        try:
            return password, use_cases.set_password(ports, actor, password, HERE)
        except Problem as problem:
            return password, problem

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(attempt, ["three small otters", "nine grey horses"]))
    [winner] = [word for word, outcome in outcomes if not isinstance(outcome, Problem)]
    [loser] = [outcome for _, outcome in outcomes if isinstance(outcome, Problem)]
    assert isinstance(loser, SessionOver)
    assert by_password(ports, winner)


def test_a_password_changed_while_it_is_looked_at_lets_nobody_in(ports, somebody, monkeypatch):
    matches = ports.passwords.matches

    def slowly(phc, password):
        monkeypatch.setattr(ports.passwords, "matches", matches)
        use_cases.set_password(ports, actor_of(ports, somebody), OTHER, HERE)
        return matches(phc, password)

    monkeypatch.setattr(ports.passwords, "matches", slowly, raising=False)
    with pytest.raises(PasswordNotAccepted):
        by_password(ports, GOOD)


@pytest.mark.parametrize("receiver", [PHONE, MAIL])
def test_nobody_is_told_which_part_was_wrong(ports, somebody, receiver):
    unknown = rules.receiver(email="nobody@example.com")
    for asked, password in ((receiver, OTHER), (unknown, GOOD), (unknown, "")):
        with pytest.raises(PasswordNotAccepted):
            by_password(ports, password, asked)


def test_known_and_unknown_cost_the_same(ports, somebody):
    """Requests and units, and one hash each; `benchmarks.sign_in` compares their time."""
    hashed, matches = [], ports.passwords.matches

    def cost(receiver):
        with meter.measure() as used, pytest.raises(PasswordNotAccepted):
            by_password(ports, OTHER, receiver)
        return used

    try:
        ports.passwords.matches = lambda phc, password: hashed.append(phc) or matches(phc, password)
        by_password(ports)
        known, unknown = cost(MAIL), cost(rules.receiver(email="nobody@example.com"))
    finally:
        del ports.passwords.matches
    assert known.requests == unknown.requests == 5
    assert known.write_units == unknown.write_units == 4
    assert known.read_units - unknown.read_units in {0, 0.5, 1, 1.5}  # DynamoDB bills what is not there as little
    assert len(hashed) == 3
    assert hashed[-1] is None


def test_what_each_pattern_costs(ports, somebody):
    def cost(work):
        with meter.measure() as used:
            work()
        return used.requests, used.read_units, used.write_units

    by_password(ports)
    assert cost(lambda: by_password(ports)) == (5, 7, 10)
    actor = actor_of(ports, by_password(ports))
    assert cost(lambda: use_cases.set_password(ports, actor, OTHER, HERE)) == (3, 3, 13)


def test_guessing_is_slowed_down_where_it_comes_from(ports, somebody):
    away = Visitor("en", "198.51.100.7")
    for _ in range(10):
        with pytest.raises(PasswordNotAccepted):
            by_password(ports, OTHER, visitor=away)
    with pytest.raises(SlowDown) as refused:
        by_password(ports, GOOD, visitor=away)
    assert refused.value.retry_after > 0
    assert by_password(ports, GOOD)


def test_tries_do_not_tell_which_phone_and_address_are_one_persons(ports, somebody):
    away = Visitor("en", "198.51.100.7")
    for _ in range(10):
        with pytest.raises(PasswordNotAccepted):
            by_password(ports, OTHER, PHONE, away)
    with pytest.raises(SlowDown):
        by_password(ports, OTHER, PHONE, away)
    with pytest.raises(PasswordNotAccepted):
        by_password(ports, OTHER, MAIL, away)


@pytest.mark.store
def test_parallel_guesses_are_counted(ports, somebody):
    away = Visitor("en", "198.51.100.7")

    def guess(_number):
        try:
            by_password(ports, OTHER, visitor=away)
        except Problem as problem:
            return type(problem)
        return None

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(guess, range(24)))
    assert outcomes.count(PasswordNotAccepted) <= 10
    assert None not in outcomes


def test_a_hash_of_yesterday_is_made_anew(ports, somebody):
    old = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(GOOD)
    known, standing = ports.store.with_password(somebody.account.id)
    ports.committer.commit([ports.store.put_password(known.id, replace(standing, phc=old))])
    assert by_password(ports)
    _, renewed = ports.store.with_password(known.id)
    assert renewed.phc != old
    assert (renewed.version, renewed.set_at) == (standing.version, standing.set_at)
    assert by_password(ports)


def test_a_hash_is_not_made_anew_over_another_password(ports, somebody):
    known, standing = ports.store.with_password(somebody.account.id)
    stale = Password("$old", standing.version - 1, standing.set_at)
    with pytest.raises(PasswordNotAccepted):
        ports.committer.commit([ports.store.hash_again(known.id, stale)])


@pytest.mark.parametrize(
    "password",
    [
        "1234567",
        "x" * 129,
        "xx Xiaoming xx",
        "王小明王小明王小明",
        "ming.wang.2024",
        "bamboo-mail-9x",
        "tel 00138000!",
        "I love LINLI!",
        "ＬＩＮＬＩ 1234",
    ],
)
def test_a_password_is_long_enough_and_names_nobody(password):
    who = account("王小明 Xiaoming", phone="+8613800138000", email="ming.wang@bamboo-mail.cn")
    with pytest.raises(PasswordRefused) as refused:
        rules.check_password(rules.normal_password(password), who)
    assert refused.value.errors[0].field == "password"


@pytest.mark.parametrize("password", [GOOD, "x" * 8, "正确的马电池订书钉", "        ", "x" * 128])
def test_nothing_else_is_asked_of_a_password(password):
    rules.check_password(password, account("Li", email="li@a.cn"))


@given(st.text(max_size=200))
def test_the_normal_form_of_a_password_is_its_own(text):
    assert rules.normal_password(rules.normal_password(text)) == rules.normal_password(text)


def test_the_commonest_are_refused(ports, somebody):
    with pytest.raises(PasswordRefused):
        use_cases.set_password(ports, actor_of(ports, somebody), "Football", HERE)
