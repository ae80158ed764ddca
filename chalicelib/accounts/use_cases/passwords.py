"""Signing in by password, and setting one. Who has forgotten it signs in with a code and sets another."""

from dataclasses import replace
from datetime import datetime

from chalicelib.accounts import rules
from chalicelib.accounts.ports import Account, AccountPorts, Receiver, Visitor
from chalicelib.accounts.rules import Password, PasswordNotAccepted, PasswordRefused
from chalicelib.accounts.use_cases.base import existing
from chalicelib.accounts.use_cases.codes import must_live_here
from chalicelib.accounts.use_cases.enter import SignedIn, let_in, signed_in
from chalicelib.accounts.use_cases.sessions import standing_whole
from chalicelib.audit import use_cases as audit
from chalicelib.audit.ports import Entry
from chalicelib.kit.auth import Actor
from chalicelib.kit.clock import iso
from chalicelib.kit.errors import Forbidden
from chalicelib.kit.ids import new_id
from chalicelib.kit.outbox import NOTIFICATIONS, Message
from chalicelib.kit.transaction import Action, retrying
from chalicelib.risk import use_cases as risk
from chalicelib.risk.ports import Try

METHOD = "pwd"  # the word of RFC 8176
_NOBODY = "acc_nobody"  # what is read where there is no account


def sign_in_by_password(ports: AccountPorts, receiver: Receiver, password: str, visitor: Visitor) -> SignedIn:
    """Turn the password of an account that is known by a phone or an e-mail address into a session. What is read,
    counted and computed is the same whether there is such an account, whether it has a password, and which it is.

    Raises:
        WrongRegion: the phone's accounts live elsewhere.
        PasswordNotAccepted: it is not the account's, or there is no account.
        SlowDown: too many tries from here.
        SignInFrozen: nobody may sign in to the account.
    """
    must_live_here(ports, receiver)
    account_id = ports.store.account_id_of(receiver.kind, receiver.subject)
    now = ports.clock.now()
    tried = Try(account_id, receiver.subject, "password", visitor.device, visitor.source_ip, now)
    risk.trying(ports.sign_ins, tried)
    account, standing = retrying(lambda: ports.store.with_password(account_id or _NOBODY))
    password = rules.normal_password(password)
    is_right = ports.passwords.matches(standing.phc if standing else None, password)
    if not is_right or account is None or standing is None:
        risk.sign_in_failed(ports.sign_ins, tried)
        raise PasswordNotAccepted
    proof = _proof(ports, account.id, standing, password)
    return retrying(lambda: let_in(ports, account, visitor, (METHOD,), [proof]))


def _proof(ports: AccountPorts, account_id: str, standing: Password, password: str) -> Action:
    """Return what holds a session to the password that was looked at; it is hashed anew where we now ask for more."""
    if ports.passwords.is_stale(standing.phc):
        return ports.store.hash_again(account_id, replace(standing, phc=ports.passwords.hash(password)))
    return ports.store.password_stands(account_id, standing)


def set_password(ports: AccountPorts, actor: Actor, password: str, visitor: Visitor) -> SignedIn:
    """Set one's password, the first or another, and end all of one's sessions: the caller goes on in a new one, which
    is no fresher than theirs was. They are told.

    Raises:
        SignInAgain: they signed in too long ago.
        PasswordRefused: it is not good enough.
        SessionOver: it was ended meanwhile.
        SecondFactorNeeded: a second factor was enrolled meanwhile, elsewhere.
        Forbidden: somebody acts as them.
    """
    if actor.agent_id is not None:
        raise Forbidden
    actor.must_be_fresh(ports.clock.now())
    password = rules.normal_password(password)
    rules.check_password(password, existing(ports, actor.account_id))
    if ports.passwords.is_common(password):
        raise PasswordRefused("one of the commonest passwords")
    phc = ports.passwords.hash(password)

    def attempt() -> SignedIn:
        now = ports.clock.now()
        account, session = standing_whole(ports, actor)
        changed = replace(account, epoch=account.epoch + 1, version=account.version + 1, secured_at=now)
        following = replace(session, id=new_id("ses"), epoch=changed.epoch, generation=1, refreshed_at=now)
        entry = Entry(account.id, "accounts.set_password", f"account:{account.id}", "", visitor.source_ip or None)
        ports.committer.commit(
            [
                ports.store.replace(changed),
                ports.store.put_password(account.id, Password(phc, changed.version, now)),
                ports.store.open_session(following),
                *audit.noted(ports.audit, entry, now),
                ports.outbox.put(_told(changed, now)),
            ]
        )
        return signed_in(ports, changed, following)

    return retrying(attempt)


def _told(account: Account, now: datetime) -> Message:
    payload = {"customer_id": account.id, "device": None, "place": None, "at": iso(now)}
    return Message("login.password", (NOTIFICATIONS,), payload, now, version=account.version)
