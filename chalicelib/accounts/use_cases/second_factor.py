"""Showing a second factor: half a sign-in becomes a whole one, and a whole one is fresh again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chalicelib.accounts.factor_ports import FactorPorts
from chalicelib.accounts.ports import Account, Visitor
from chalicelib.accounts.rules import (
    DAY,
    FACTOR_TRIES,
    FACTOR_TRIES_A_DAY,
    OTP,
    PASSKEY,
    RECOVERY,
    Budget,
    FactorNotAccepted,
    Factors,
    window,
)
from chalicelib.accounts.rules import (
    factors as rules,
)
from chalicelib.accounts.use_cases.enter import SignedIn, admitted, signed_in
from chalicelib.accounts.use_cases.factors import CODES, proven
from chalicelib.accounts.use_cases.notices import RECOVERED, told
from chalicelib.accounts.use_cases.passkeys import assertion
from chalicelib.accounts.use_cases.sessions import standing
from chalicelib.audit import use_cases as audit
from chalicelib.audit.ports import Entry
from chalicelib.kit.auth import Actor
from chalicelib.kit.transaction import Action, retrying
from chalicelib.risk import use_cases as risk
from chalicelib.risk.ports import Try


@dataclass(frozen=True)
class Shown:
    """What somebody shows, one of these.

    Attributes:
        totp: a code of their authenticator app.
        recovery_code: one of their recovery codes.
        credential: what their passkey signed: `AuthenticationResponseJSON`.
    """

    totp: str | None = field(repr=False, default=None)
    recovery_code: str | None = field(repr=False, default=None)
    credential: Mapping[str, Any] | None = field(repr=False, default=None)


def show_factor(ports: FactorPorts, actor: Actor, shown: Shown, visitor: Visitor) -> SignedIn:
    """Make the actor's session a whole one, signed in now. A code is used up with it: of several requests with one code
    one succeeds. Wrong codes are counted before they are looked at, by risk and, from wherever they come, by account:
    only who has the first proof can use these up.

    Raises:
        FactorNotAccepted: not a factor of the account's, or used up.
        TooMany: too many wrong ones; as SlowDown too many from here.
        SessionOver: the session does not stand.
        SignInFrozen: nobody may sign in to the account.
    """
    if shown.credential is not None:
        return _become_whole(ports, actor, shown, visitor, ())
    method = "recovery-code" if shown.totp is None else "totp"
    tried = Try(actor.account_id, "", method, visitor.device, visitor.source_ip, ports.clock.now())
    risk.trying(ports.sign_ins, tried)
    whose = f"factors of {actor.account_id}"
    budgets = [
        Budget("factor", whose, window(tried.at), FACTOR_TRIES),
        Budget("factor-day", whose, window(tried.at, DAY), FACTOR_TRIES_A_DAY),
    ]
    retrying(lambda: ports.committer.commit([ports.store.spend(one) for one in budgets]))
    try:
        return _become_whole(ports, actor, shown, visitor, [ports.store.give_back(one) for one in budgets])
    except FactorNotAccepted:
        risk.sign_in_failed(ports.sign_ins, tried)
        raise


def _become_whole(
    ports: FactorPorts, actor: Actor, shown: Shown, visitor: Visitor, beside: Sequence[Action]
) -> SignedIn:
    def attempt() -> SignedIn:
        account, session = standing(ports, actor)
        method, used = _looked_at(ports, account, shown, visitor)
        after = proven(session, method, ports.clock.now())
        ruled = admitted(ports, account, after, visitor)
        ports.committer.commit([*used, *ruled, *beside, ports.store.renew(session, after)])
        return signed_in(ports, account, after)

    return retrying(attempt)


def _looked_at(ports: FactorPorts, account: Account, shown: Shown, visitor: Visitor) -> tuple[str, Sequence[Action]]:
    """Return the method that was shown, and what uses it up."""
    if shown.credential is not None:
        return PASSKEY, assertion(ports, account, shown.credential, visitor)
    found = ports.factors.factors(account.id)
    if shown.totp is not None:
        return OTP, [_totp_used(ports, account, found, shown.totp)]
    return RECOVERY, _recovery_used(ports, account, found, shown.recovery_code or "", visitor)


def _totp_used(ports: FactorPorts, account: Account, found: Factors, code: str) -> Action:
    now, totp = ports.clock.now(), found.confirmed
    counter = rules.matching(totp, code, now) if totp else None
    if totp is None or counter is None:
        raise FactorNotAccepted("totp")
    return ports.factors.use_totp(account.id, totp, counter, now)


def _recovery_used(
    ports: FactorPorts, account: Account, found: Factors, code: str, visitor: Visitor
) -> Sequence[Action]:
    now, left = ports.clock.now(), max(0, found.codes_left - 1)
    entry = Entry(account.id, "accounts.recover", f"account:{account.id}", CODES, visitor.source_ip, {"left": left})
    return [
        ports.factors.use_recovery_code(account.id, rules.normal_recovery_code(code)),
        *audit.noted(ports.audit, entry, now),
        ports.outbox.put(told(RECOVERED, account, CODES, now, left)),
    ]
