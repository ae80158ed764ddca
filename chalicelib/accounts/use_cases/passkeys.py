"""Passkeys: registering them, and signing in by one alone. A challenge is good for one answer and for five minutes."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from chalicelib.accounts.factor_ports import FactorPorts
from chalicelib.accounts.ports import Account, Visitor
from chalicelib.accounts.rules import (
    MOST_PASSKEYS,
    PASSKEY,
    FactorNotAccepted,
    Passkey,
    PasskeysOff,
    TooManyPasskeys,
)
from chalicelib.accounts.rules import (
    passkeys as rules,
)
from chalicelib.accounts.rules.passkeys import CHALLENGE_BYTES, CHALLENGE_LIFE, Cloned, Site
from chalicelib.accounts.use_cases.base import existing
from chalicelib.accounts.use_cases.enter import SignedIn, let_in
from chalicelib.accounts.use_cases.factors import PASSKEY_WORD, Enrolled, enrolled
from chalicelib.accounts.use_cases.notices import CLONED, told
from chalicelib.accounts.use_cases.sessions import standing_whole
from chalicelib.audit import use_cases as audit
from chalicelib.audit.ports import Entry
from chalicelib.kit.auth import Actor
from chalicelib.kit.errors import NotFound
from chalicelib.kit.observability import log, metric
from chalicelib.kit.transaction import Action, retrying

SHOW = "show"  # the purpose of a challenge: to sign in, or as a second factor


def begin_registration(ports: FactorPorts, actor: Actor) -> Mapping[str, Any]:
    """Return what to ask the actor's authenticator to make a passkey: `PublicKeyCredentialCreationOptionsJSON`.

    Raises:
        SignInAgain: the sign-in is not fresh.
        TooManyPasskeys: there is no room for another one.
        PasskeysOff: they are not offered here.
    """
    actor.must_be_fresh(ports.clock.now())
    site, account = _site(ports), existing(ports, actor.account_id)
    known = ports.factors.factors(account.id).passkeys
    if len(known) >= MOST_PASSKEYS:
        raise TooManyPasskeys(most=MOST_PASSKEYS)
    name = account.email or account.phone or account.id
    user = {"id": rules.text(account.id.encode()), "name": name, "displayName": account.name or name}
    return rules.creation_options(site, _challenge(ports, _registering(account.id)), user, known)


def register(
    ports: FactorPorts, actor: Actor, credential: Mapping[str, Any], name: str, source_ip: str | None
) -> tuple[Passkey, Enrolled]:
    """Keep the passkey that the actor's authenticator has made.

    Raises:
        SignInAgain: the sign-in is not fresh.
        FactorNotAccepted: it does not hold, or the challenge was used or has run out.
        PasskeyTaken: somebody has it.
        TooManyPasskeys, PasskeysOff: as `begin_registration`.
    """
    actor.must_be_fresh(ports.clock.now())
    site, challenge = _site(ports), rules.challenge_of(credential)
    raw_id = rules.raw(credential["rawId"])
    blank = Passkey(ports.factors.passkey_id(raw_id), raw_id, b"", name, 0, False, False, ports.clock.now())
    passkey = rules.registered(site, challenge, credential, blank)

    def attempt() -> Enrolled:
        account, session = standing_whole(ports, actor)
        before = ports.factors.factors(account.id)
        if len(before.passkeys) >= MOST_PASSKEYS:
            raise TooManyPasskeys(most=MOST_PASSKEYS)
        used = ports.factors.use_challenge(_registering(account.id), challenge, ports.clock.now())
        writes = [used, *ports.factors.put_passkey(account.id, passkey)]
        return enrolled(ports, (account, session), before, (PASSKEY_WORD, PASSKEY), writes, source_ip)

    return passkey, retrying(attempt)


def rename_passkey(ports: FactorPorts, actor: Actor, passkey_id: str, name: str) -> Passkey:
    """Call a passkey something else.

    Raises:
        NotFound: the actor has no such passkey.
    """

    def attempt() -> Passkey:
        found = ports.factors.passkey(actor.account_id, passkey_id)
        if found is None:
            raise NotFound("passkey")
        renamed = replace(found, name=name)
        ports.committer.commit([ports.factors.rename_passkey(actor.account_id, renamed)])
        return renamed

    return retrying(attempt)


def begin_showing(ports: FactorPorts) -> Mapping[str, Any]:
    """Return what to ask an authenticator, so that it signs with a passkey: `PublicKeyCredentialRequestOptionsJSON`. It
    names nobody: the passkey says whose it is.

    Raises:
        PasskeysOff: they are not offered here.
    """
    return rules.request_options(_site(ports), _challenge(ports, SHOW))


def sign_in_by_passkey(ports: FactorPorts, credential: Mapping[str, Any], visitor: Visitor) -> SignedIn:
    """Open a session for whoever a passkey belongs to: it is had, and unlocked, hence two proofs in one.

    Raises:
        FactorNotAccepted: it does not hold, is nobody's, or the challenge was used or has run out.
        SignInFrozen: nobody may sign in to the account.
        PasskeysOff: they are not offered here.
    """
    owner = ports.factors.passkey_owner(rules.raw(credential["rawId"]))
    if owner is None or credential["response"].get("userHandle") is None:
        raise FactorNotAccepted

    def attempt() -> SignedIn:
        account = existing(ports, owner)
        used = assertion(ports, account, credential, visitor)
        return let_in(ports, account, visitor, (PASSKEY,), used)

    return retrying(attempt)


def assertion(
    ports: FactorPorts, account: Account, credential: Mapping[str, Any], visitor: Visitor
) -> Sequence[Action]:
    """Return what uses up what an account's passkey has signed.

    Raises:
        FactorNotAccepted: it does not hold, or the passkey is not the account's.
        PasskeysOff: they are not offered here.
    """
    site, challenge = _site(ports), rules.challenge_of(credential)
    passkey = ports.factors.passkey(account.id, ports.factors.passkey_id(rules.raw(credential["rawId"])))
    if passkey is None:
        raise FactorNotAccepted
    now = ports.clock.now()
    used = ports.factors.use_challenge(SHOW, challenge, now)
    try:
        after = rules.asserted(site, challenge, credential, passkey, account.id)
    except Cloned as error:
        _tell_of_a_clone(ports, account, used, visitor)
        raise FactorNotAccepted from error
    return [used, ports.factors.use_passkey(account.id, after, now)]


def _tell_of_a_clone(ports: FactorPorts, account: Account, used: Action, visitor: Visitor) -> None:
    """Tell whoever should know that there may be two of a key: once for each challenge."""
    now = ports.clock.now()
    entry = Entry(account.id, "accounts.cloned_passkey", f"account:{account.id}", PASSKEY_WORD, visitor.source_ip)
    notice = ports.outbox.put(told(CLONED, account, PASSKEY_WORD, now))
    ports.committer.commit([used, *audit.noted(ports.audit, entry, now), notice])
    log.warning("a passkey's counter did not rise", account_id=account.id)
    metric("PasskeysCloned")


def _site(ports: FactorPorts) -> Site:
    if ports.site is None:
        raise PasskeysOff
    return ports.site


def _registering(account_id: str) -> str:
    return f"register {account_id}"


def _challenge(ports: FactorPorts, purpose: str) -> str:
    challenge = rules.text(secrets.token_bytes(CHALLENGE_BYTES))
    action = ports.factors.put_challenge(purpose, challenge, ports.clock.now() + CHALLENGE_LIFE)
    retrying(lambda: ports.committer.commit([action]))
    return challenge
