"""What accounts promise, on real DynamoDB semantics."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from chalicelib import wiring
from chalicelib.accounts import rules, use_cases
from chalicelib.accounts.ports import Kind, Visitor
from chalicelib.accounts.rules import CodeNotAccepted, CodeNotSent, SessionOver
from chalicelib.audit.ports import Why
from chalicelib.kit.auth import Actor, Role
from chalicelib.kit.errors import NotFound, Problem, Unauthorized
from chalicelib.kit.observability import log

PHONE = "+8613800138000"
ON_PHONE = rules.receiver(phone=PHONE)
HERE = "203.0.113.9"


def sign_in(ports, receiver=ON_PHONE):
    use_cases.request_code(ports, receiver, Visitor("en", HERE))
    return use_cases.sign_in(ports, receiver, ports.senders[Kind.PHONE].last(receiver.subject), Visitor("en"))


def actor_of(ports, signed_in):
    return ports.tokens.read(signed_in.access_token, ports.clock.now())


def at_once(*work):
    """Call all of `work` on threads of their own; return results and problems."""

    def outcome(one):
        try:
            return one()
        except Problem as problem:
            return problem

    with ThreadPoolExecutor(len(work)) as pool:
        return list(pool.map(outcome, work))


def wrong(code):
    return f"{(int(code) + 1) % 10**6:06d}"


@pytest.mark.store
def test_the_first_sign_in_makes_the_account_and_the_next_finds_it(ports):
    first = sign_in(ports)
    assert first.account.roles == {Role.CUSTOMER}
    assert (first.account.phone, first.account.language) == (PHONE, "en")
    again = sign_in(ports)
    assert again.account == first.account
    assert actor_of(ports, again).session_id != actor_of(ports, first).session_id


@pytest.mark.store
def test_a_code_is_good_once(ports):
    sign_in(ports)
    with pytest.raises(CodeNotAccepted):
        use_cases.sign_in(ports, ON_PHONE, ports.senders[Kind.PHONE].last(PHONE), Visitor("en"))


@pytest.mark.store
def test_of_many_right_codes_at_once_one_succeeds(ports):
    use_cases.request_code(ports, ON_PHONE, Visitor("en", HERE))
    code = ports.senders[Kind.PHONE].last(PHONE)
    outcomes = at_once(*[lambda: use_cases.sign_in(ports, ON_PHONE, code, Visitor("en"))] * 5)
    assert sorted(type(one).__name__ for one in outcomes) == ["CodeNotAccepted"] * 4 + ["SignedIn"]


@pytest.mark.store
def test_five_wrong_codes_at_once_spend_every_try(ports):
    use_cases.request_code(ports, ON_PHONE, Visitor("en", HERE))
    code = ports.senders[Kind.PHONE].last(PHONE)
    outcomes = at_once(*[lambda: use_cases.sign_in(ports, ON_PHONE, wrong(code), Visitor("en"))] * 8)
    assert {type(one) for one in outcomes} == {CodeNotAccepted}
    with pytest.raises(CodeNotAccepted):
        use_cases.sign_in(ports, ON_PHONE, code, Visitor("en"))


def test_the_fifth_try_may_be_right(ports):
    use_cases.request_code(ports, ON_PHONE, Visitor("en", HERE))
    code = ports.senders[Kind.PHONE].last(PHONE)
    for _ in range(rules.CODE_TRIES - 1):
        with pytest.raises(CodeNotAccepted):
            use_cases.sign_in(ports, ON_PHONE, wrong(code), Visitor("en"))
    assert use_cases.sign_in(ports, ON_PHONE, code, Visitor("en")).account.phone == PHONE


def test_a_code_runs_out_although_its_row_still_stands(ports, clock):
    use_cases.request_code(ports, ON_PHONE, Visitor("en", HERE))
    clock.move(minutes=5)
    with pytest.raises(CodeNotAccepted):
        use_cases.sign_in(ports, ON_PHONE, ports.senders[Kind.PHONE].last(PHONE), Visitor("en"))


def test_a_new_code_replaces_the_old_one(ports, clock):
    use_cases.request_code(ports, ON_PHONE, Visitor("en", HERE))
    clock.move(seconds=30)
    use_cases.request_code(ports, ON_PHONE, Visitor("en", HERE))
    (_, first, _), (_, second, _) = ports.senders[Kind.PHONE].sent
    if first != second:
        with pytest.raises(CodeNotAccepted):
            use_cases.sign_in(ports, ON_PHONE, first, Visitor("en"))
    assert use_cases.sign_in(ports, ON_PHONE, second, Visitor("en"))


def test_no_code_was_asked_for(ports):
    with pytest.raises(CodeNotAccepted):
        use_cases.sign_in(ports, ON_PHONE, "123456", Visitor("en"))


def test_a_code_that_cannot_be_sent_is_said_to_be(ports):
    ports.senders[Kind.PHONE].down = True
    with pytest.raises(CodeNotSent):
        use_cases.request_code(ports, ON_PHONE, Visitor("en", HERE))


@pytest.mark.store
def test_eight_refreshes_at_once_all_succeed_and_agree(ports):
    signed_in = sign_in(ports)
    outcomes = at_once(*[lambda: use_cases.refresh(ports, signed_in.refresh_token)] * 8)
    assert len({one.refresh_token for one in outcomes}) == 1
    after = use_cases.refresh(ports, outcomes[3].refresh_token)
    assert after.refresh_token not in {signed_in.refresh_token, outcomes[3].refresh_token}


@pytest.mark.store
def test_a_refresh_token_used_again_later_ends_the_session(ports, clock):
    old = sign_in(ports)
    new = use_cases.refresh(ports, old.refresh_token)
    clock.move(seconds=60)
    assert use_cases.refresh(ports, old.refresh_token).refresh_token == new.refresh_token
    clock.move(seconds=1)
    with pytest.raises(SessionOver):
        use_cases.refresh(ports, old.refresh_token)
    with pytest.raises(SessionOver):
        use_cases.refresh(ports, new.refresh_token)


def test_a_session_ends_thirty_days_after_its_last_refresh(ports, clock):
    signed_in = sign_in(ports)
    clock.move(days=29)
    signed_in = use_cases.refresh(ports, signed_in.refresh_token)
    clock.move(days=30)
    signed_in = use_cases.refresh(ports, signed_in.refresh_token)
    clock.move(days=30, seconds=1)
    with pytest.raises(SessionOver):
        use_cases.refresh(ports, signed_in.refresh_token)


def test_a_session_ends_half_a_year_after_signing_in_however_often_it_is_refreshed(ports, clock):
    signed_in = sign_in(ports)
    for _ in range(9):
        clock.move(days=20)
        signed_in = use_cases.refresh(ports, signed_in.refresh_token)
    actor, sessions = actor_of(ports, signed_in), wiring.sessions()
    sessions.must_stand(actor)
    assert len(use_cases.my_sessions(ports, actor)) == 1
    clock.move(seconds=1)
    with pytest.raises(SessionOver):
        sessions.must_stand(actor)
    with pytest.raises(SessionOver):
        use_cases.refresh(ports, signed_in.refresh_token)
    assert use_cases.my_sessions(ports, actor) == []


def test_signing_in_is_logged_and_going_on_is_not(ports, clock, monkeypatch):
    said = []
    monkeypatch.setattr(log, "info", lambda message, **fields: said.append((message, fields)))
    signed_in = sign_in(ports)
    clock.move(minutes=1)
    use_cases.refresh(ports, signed_in.refresh_token)
    actor = actor_of(ports, signed_in)
    told = {"account_id": actor.account_id, "session_id": actor.session_id, "methods": ("sms",), "is_half": False}
    assert said == [("signed in", told)]


def test_signing_out_ends_one_session(ports):
    phone, tablet = sign_in(ports), sign_in(ports)
    use_cases.sign_out(ports, actor_of(ports, phone))
    use_cases.sign_out(ports, actor_of(ports, phone))
    with pytest.raises(SessionOver):
        use_cases.refresh(ports, phone.refresh_token)
    assert use_cases.refresh(ports, tablet.refresh_token)


def test_a_refresh_token_without_an_account_is_over(ports):
    with pytest.raises(SessionOver):
        use_cases.refresh(ports, ports.refresh_tokens.issue("acc_none", "ses_none", 1))


def test_an_access_token_runs_out_after_a_quarter_of_an_hour(ports, clock):
    signed_in = sign_in(ports)
    clock.move(minutes=15)
    with pytest.raises(Unauthorized):
        actor_of(ports, signed_in)


def test_a_profile_is_changed_field_by_field(ports):
    actor = actor_of(ports, sign_in(ports))
    named = use_cases.change_profile(ports, actor, name="王小明")
    assert (named.name, named.language, named.version) == ("王小明", "en", 2)
    moved = use_cases.change_profile(ports, actor, language="zh-CN")
    assert (moved.name, moved.language, moved.version) == ("王小明", "zh-CN", 3)
    assert use_cases.change_profile(ports, actor, language="zh-CN") == moved
    contact = use_cases.contact(ports, actor.account_id)
    assert (contact.phone, contact.name, contact.language) == (PHONE, "王小明", "zh-CN")
    assert use_cases.change_profile(ports, actor, name=None).name is None


@pytest.mark.store
def test_changes_at_once_lose_nothing(ports):
    actor = actor_of(ports, sign_in(ports))
    at_once(
        lambda: use_cases.change_profile(ports, actor, name="Ming"),
        lambda: use_cases.change_profile(ports, actor, language="zh-CN"),
        lambda: use_cases.grant_role(ports, Role.MERCHANT, account_id=actor.account_id),
    )
    account = use_cases.read(ports, actor, actor.account_id)
    assert (account.name, account.language, account.version) == ("Ming", "zh-CN", 4)
    assert account.roles == {Role.CUSTOMER, Role.MERCHANT}


def test_others_do_not_see_an_account_and_admins_do(ports):
    account = sign_in(ports).account
    stranger = Actor("acc_other", frozenset({Role.MERCHANT}), "ses_1")
    with pytest.raises(NotFound):
        use_cases.read(ports, stranger, account.id)
    admin = Actor("acc_admin", frozenset({Role.ADMIN}), "ses_1", methods=("sms", "otp"))
    assert use_cases.read(ports, admin, account.id) == account
    with pytest.raises(NotFound):
        use_cases.contact(ports, "acc_none")


@pytest.mark.store
def test_setting_roles_ends_all_sessions(ports):
    phone, tablet = sign_in(ports), sign_in(ports)
    admin = Actor("acc_admin", frozenset({Role.ADMIN}), "ses_1", methods=("sms", "otp"))
    changed = use_cases.set_roles(ports, admin, phone.account.id, frozenset({Role.MERCHANT}), Why("hired"))
    assert changed.roles == {Role.MERCHANT}
    for signed_in in (phone, tablet):
        with pytest.raises(SessionOver):
            use_cases.refresh(ports, signed_in.refresh_token)
    fresh = sign_in(ports)
    assert actor_of(ports, fresh).roles == {Role.MERCHANT}
    use_cases.set_roles(ports, admin, phone.account.id, frozenset({Role.MERCHANT}), Why("hired"))
    assert use_cases.refresh(ports, fresh.refresh_token)


@pytest.mark.store
def test_an_operator_makes_the_first_admin(ports):
    made = use_cases.grant_role(ports, Role.ADMIN, phone_text="+86 138 0013 8000")
    assert made.roles == {Role.CUSTOMER, Role.ADMIN}
    assert use_cases.grant_role(ports, Role.MERCHANT, account_id=made.id).roles == {
        Role.CUSTOMER,
        Role.ADMIN,
        Role.MERCHANT,
    }
    assert use_cases.grant_role(ports, Role.ADMIN, phone_text=PHONE).id == made.id
    assert Role.ADMIN in actor_of(ports, sign_in(ports)).roles
    with pytest.raises(NotFound):
        use_cases.grant_role(ports, Role.ADMIN, account_id="acc_none")


@pytest.mark.store
def test_grants_and_a_first_sign_in_at_once_make_one_account(ports):
    use_cases.request_code(ports, ON_PHONE, Visitor("en", HERE))
    code = ports.senders[Kind.PHONE].last(PHONE)
    ids = at_once(
        lambda: use_cases.sign_in(ports, ON_PHONE, code, Visitor("en")).account.id,
        *[lambda: use_cases.grant_role(ports, Role.ADMIN, phone_text=PHONE).id] * 4,
    )
    assert len(set(ids)) == 1


def test_the_wiring_sends_by_sns_and_ses_where_there_is_no_inbox(tables, monkeypatch):
    from chalicelib.accounts.gateways.inbox import InboxCodeSender
    from chalicelib.accounts.gateways.ses import SesCodeSender
    from chalicelib.accounts.gateways.sns import SnsCodeSender
    from tests.conftest import forget

    assert {kind: type(one) for kind, one in wiring.accounts().senders.items()} == {Kind.PHONE: SnsCodeSender}
    monkeypatch.setenv("MAIL_FROM", "no-reply@linli.example")
    forget()
    assert isinstance(wiring.accounts().senders[Kind.EMAIL], SesCodeSender)
    monkeypatch.setenv("INBOX_URL", "http://127.0.0.1:1")
    forget()
    assert {type(one) for one in wiring.accounts().senders.values()} == {InboxCodeSender}


def test_a_session_is_of_the_device_that_was_named_when_it_was_opened(ports, clock):
    def on(device, phone=PHONE):
        receiver = rules.receiver(phone=phone)
        use_cases.request_code(ports, receiver, Visitor("en", HERE))
        code = ports.senders[Kind.PHONE].last(phone)
        signed_in = use_cases.sign_in(ports, receiver, code, Visitor("en", HERE, device))
        clock.move(minutes=2)
        return signed_in

    sessions = wiring.sessions()
    first, other = on("phone-1"), on("phone-1", "+8613800138001")
    device = sessions.device_of(actor_of(ports, first))
    assert device is not None
    assert "phone-1" not in device
    assert sessions.device_of(actor_of(ports, other)) == device
    refreshed = use_cases.refresh(ports, first.refresh_token)
    assert sessions.device_of(actor_of(ports, refreshed)) == device
    assert sessions.device_of(actor_of(ports, on("phone-2"))) not in {None, device}
    assert sessions.device_of(actor_of(ports, on(None))) is None
    actor = actor_of(ports, first)
    assert sessions.device_of(replace(actor, agent_id="acc_agent")) is None
    assert sessions.device_of(replace(actor, session_id="ses_none")) is None
