"""Enrolling second factors and removing them. Whoever does has signed in a moment ago (`Actor.must_be_fresh`): with the
factor that there is, since a session without it is half a one.

Each is one transaction with the account's next version, so that of two at once each sees what the other has done; with
the session that it is done in, which counts as proven twice from now on; and with the audit log and a notice.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from chalicelib.accounts.factor_ports import FactorPorts
from chalicelib.accounts.ports import Account, Session
from chalicelib.accounts.rules import (
    OFFER_LIFE,
    OTP,
    FactorKept,
    FactorNotAccepted,
    Factors,
    NoFactor,
    Totp,
    TotpExists,
)
from chalicelib.accounts.rules import (
    factors as rules,
)
from chalicelib.accounts.use_cases.base import existing, following
from chalicelib.accounts.use_cases.enter import SignedIn, signed_in
from chalicelib.accounts.use_cases.notices import ADDED, REMOVED, told
from chalicelib.accounts.use_cases.sessions import standing_whole
from chalicelib.audit import use_cases as audit
from chalicelib.audit.ports import Entry
from chalicelib.kit.auth import Actor
from chalicelib.kit.errors import NotFound
from chalicelib.kit.permissions import OPERATOR_ROLES
from chalicelib.kit.transaction import Action, retrying

_Removal = Callable[[Factors], tuple[Factors, Sequence[Action]]]
TOTP, PASSKEY_WORD, CODES = "totp", "passkey", "recovery-codes"


@dataclass(frozen=True)
class Offer:
    """A secret for an authenticator app; it is told once.

    Attributes:
        secret: to be typed.
        uri: to be drawn as a QR code.
    """

    secret: str = field(repr=False)
    uri: str = field(repr=False)


@dataclass(frozen=True)
class Enrolled:
    """A factor is enrolled.

    Attributes:
        signed_in: the tokens of the session, which is a whole one.
        recovery_codes: with the first factor: told once; empty with all others.
    """

    signed_in: SignedIn
    recovery_codes: tuple[str, ...] = field(repr=False, default=())


def my_factors(ports: FactorPorts, actor: Actor) -> Factors:
    """Return the actor's second factors."""
    return ports.factors.factors(actor.account_id)


def offer_totp(ports: FactorPorts, actor: Actor) -> Offer:
    """Make a secret for an authenticator app; it is no factor until a code shows that the app has it. An earlier offer
    dies.

    Raises:
        SignInAgain: the sign-in is not fresh.
        TotpExists: an app is enrolled.
    """
    now = ports.clock.now()
    actor.must_be_fresh(now)
    account = existing(ports, actor.account_id)
    totp = Totp(rules.new_secret(), -1, now)
    action = ports.factors.offer_totp(account.id, totp, now + OFFER_LIFE)
    retrying(lambda: ports.committer.commit([action]))
    return Offer(totp.secret, rules.provisioning_uri(totp.secret, account.email or account.phone or account.id))


def confirm_totp(ports: FactorPorts, actor: Actor, code: str, source_ip: str | None) -> Enrolled:
    """Make the offered secret a factor by its first code, which is used up.

    Raises:
        SignInAgain: the sign-in is not fresh.
        TotpExists: an app is enrolled.
        FactorNotAccepted: not its code, or nothing was offered.
    """
    actor.must_be_fresh(ports.clock.now())

    def attempt() -> Enrolled:
        now, (account, session) = ports.clock.now(), standing_whole(ports, actor)
        found = ports.factors.factors(account.id)
        if found.confirmed:
            raise TotpExists
        totp = found.totp
        if totp is None or now - totp.offered_at > OFFER_LIFE:
            raise FactorNotAccepted("code")
        counter = rules.matching(totp, code, now)
        if counter is None:
            raise FactorNotAccepted("code")
        confirmation = [ports.factors.confirm_totp(account.id, totp, counter, now)]
        return enrolled(ports, (account, session), found, (TOTP, OTP), confirmation, source_ip)

    return retrying(attempt)


def enrolled(
    ports: FactorPorts,
    who: tuple[Account, Session],
    before: Factors,
    factor: tuple[str, str],
    writes: Sequence[Action],
    source_ip: str | None,
) -> Enrolled:
    """Commit the writes of a new factor with all that goes with it.

    Args:
        ports: what is needed.
        who: the account and the session that it is done in.
        before: the factors that there are.
        factor: what is enrolled, and the method that was shown by it.
        writes: of the factor itself.
        source_ip: where the request came from.

    Raises:
        Contention: something changed meanwhile.
    """
    account, session = who
    what, method = factor
    now = ports.clock.now()
    codes = () if before.are_any else rules.new_recovery_codes()
    changed, write = following(ports, account, has_factor=True, secured_at=now)
    after = proven(session, method, now)
    kept = [ports.factors.put_recovery_codes(account.id, codes, now)] if codes else []
    beside = [
        *_noted(ports, account, "accounts.enrol", what, source_ip),
        ports.outbox.put(told(ADDED, account, what, now)),
    ]
    ports.committer.commit([*writes, *kept, write, *beside, ports.store.renew(session, after)])
    return Enrolled(signed_in(ports, changed, after), codes)


def remove_totp(ports: FactorPorts, actor: Actor, source_ip: str | None) -> None:
    """Remove the authenticator app; all other sessions end.

    Raises:
        SignInAgain: the sign-in is not fresh.
        NotFound: none is enrolled.
        FactorKept: the last one of the operator's people.
    """

    def removal(found: Factors) -> tuple[Factors, Sequence[Action]]:
        if found.confirmed is None:
            raise NotFound("authenticator app")
        return replace(found, totp=None), [ports.factors.remove_totp(actor.account_id, found.confirmed)]

    _remove(ports, actor, TOTP, removal, source_ip)


def remove_passkey(ports: FactorPorts, actor: Actor, passkey_id: str, source_ip: str | None) -> None:
    """Remove a passkey; all other sessions end.

    Raises:
        SignInAgain: the sign-in is not fresh.
        NotFound: the actor has no such passkey.
        FactorKept: the last one of the operator's people.
    """

    def removal(found: Factors) -> tuple[Factors, Sequence[Action]]:
        gone = next((one for one in found.passkeys if one.id == passkey_id), None)
        if gone is None:
            raise NotFound("passkey")
        left = tuple(one for one in found.passkeys if one != gone)
        return replace(found, passkeys=left), ports.factors.remove_passkey(actor.account_id, gone)

    _remove(ports, actor, PASSKEY_WORD, removal, source_ip)


def _remove(ports: FactorPorts, actor: Actor, what: str, removal: _Removal, source_ip: str | None) -> None:
    actor.must_be_fresh(ports.clock.now())

    def attempt() -> None:
        now, (account, session) = ports.clock.now(), standing_whole(ports, actor)
        left, writes = removal(ports.factors.factors(account.id))
        if not left.are_any and account.roles & OPERATOR_ROLES:
            raise FactorKept
        dropped = [] if left.are_any else [ports.factors.drop_recovery_codes(account.id)]
        _, write = following(ports, account, has_factor=left.are_any, secured_at=now, epoch=account.epoch + 1)
        beside = [
            *_noted(ports, account, "accounts.remove_factor", what, source_ip),
            ports.outbox.put(told(REMOVED, account, what, now)),
        ]
        kept = ports.store.renew(session, replace(session, epoch=account.epoch + 1))
        ports.committer.commit([*writes, *dropped, write, *beside, kept])

    retrying(attempt)


def new_recovery_codes(ports: FactorPorts, actor: Actor, source_ip: str | None) -> tuple[str, ...]:
    """Make new recovery codes in the place of all before; they are told once.

    Raises:
        SignInAgain: the sign-in is not fresh.
        NoFactor: there is nothing to recover from the loss of.
    """
    actor.must_be_fresh(ports.clock.now())
    codes = rules.new_recovery_codes()

    def attempt() -> None:
        now, (account, _) = ports.clock.now(), standing_whole(ports, actor)
        if not account.has_factor:
            raise NoFactor
        _, write = following(ports, account, secured_at=now)
        kept = ports.factors.put_recovery_codes(account.id, codes, now)
        beside = [
            *_noted(ports, account, "accounts.enrol", CODES, source_ip),
            ports.outbox.put(told(ADDED, account, CODES, now)),
        ]
        ports.committer.commit([kept, write, *beside])

    retrying(attempt)
    return codes


def proven(session: Session, method: str, now: datetime) -> Session:
    """Return a session after one more proof: its refresh token changes, and it counts as signed in now."""
    methods = tuple(dict.fromkeys((*session.methods, method)))
    # One generation is left out, so that the token from before has no grace: who has copied it has shown nothing.
    return replace(session, methods=methods, opened_at=now, refreshed_at=now, generation=session.generation + 2)


def _noted(ports: FactorPorts, account: Account, action: str, what: str, source_ip: str | None) -> list[Action]:
    entry = Entry(account.id, action, f"account:{account.id}", what, source_ip)
    return audit.noted(ports.audit, entry, ports.clock.now())
