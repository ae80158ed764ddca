"""Where every way to sign in ends: the account is found or made, and a session opened, in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from chalicelib.accounts import rules
from chalicelib.accounts.ports import Account, AccountPorts, Identity, Kind, Visitor
from chalicelib.accounts.rules import Session
from chalicelib.accounts.use_cases.base import existing
from chalicelib.kit.auth import ACCESS_LIFE, Actor, Role
from chalicelib.kit.i18n import Language
from chalicelib.kit.ids import new_id
from chalicelib.kit.observability import log
from chalicelib.kit.transaction import Action, retrying
from chalicelib.risk import use_cases as risk
from chalicelib.risk.ports import Ruling, SignIn, SignInFrozen


@dataclass(frozen=True)
class SignedIn:
    """What a client gets to act with.

    Attributes:
        account: whose.
        access_token: carries the roles of the moment that it is issued.
        refresh_token: good once, and `rules.GRACE` longer; None where the client keeps the one that it has.
        lasts: how long the access token is good.
        is_half: a second factor is wanted before the session may do anything else.
    """

    account: Account
    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False, default=None)
    lasts: timedelta = ACCESS_LIFE
    is_half: bool = False


def enter(
    ports: AccountPorts,
    kind: Kind,
    subject: str,
    visitor: Visitor,
    methods: tuple[str, ...],
    proof: Sequence[Action] = (),
) -> SignedIn:
    """Open a session for whoever an identity belongs to; the first time the account is made. It is half a session where
    the account has a second factor that was not shown.

    Args:
        ports: what is needed.
        kind: of the identity.
        subject: in its normal form; that it is the visitor's has been proved.
        visitor: whose language a new account gets, and whose consent is written down with it.
        methods: how it was proved, see `kit.auth.Actor`.
        proof: what uses the proof up, in the same transaction.

    Raises:
        SignInFrozen: nobody may sign in to the account.
    """

    def attempt() -> SignedIn:
        account_id = ports.store.account_id_of(kind, subject)
        known = existing(ports, account_id) if account_id else None
        account = known or new_account(ports, kind, subject, visitor.language)
        creation = [] if known else created(ports, account, visitor)
        return let_in(ports, account, visitor, methods, [*proof, *creation])

    return retrying(attempt)


def let_in(
    ports: AccountPorts, account: Account, visitor: Visitor, methods: tuple[str, ...], beside: Sequence[Action]
) -> SignedIn:
    """Open a session of an account, with the writes that belong to it, in one transaction.

    Raises:
        SignInFrozen: nobody may sign in to the account.
        Contention: somebody signs in to it at this moment; ask again.
    """
    session = opened(ports, account, visitor, methods)
    ruled = admitted(ports, account, session, visitor)
    ports.committer.commit([*beside, *ruled, ports.store.open_session(session)])
    return signed_in(ports, account, session)


def admitted(ports: AccountPorts, account: Account, session: Session, visitor: Visitor) -> Sequence[Action]:
    """Ask risk whether a session may be opened, or become a whole one; return what belongs into its transaction. Half a
    session is not remembered: its device is known when the second factor has been shown.

    Raises:
        SignInFrozen: nobody may sign in to the account.
    """
    asked = SignIn(
        account.id,
        "+".join(session.methods),
        visitor.device,
        visitor.source_ip,
        ports.clock.now(),
        visitor.agent,
        since=account.created_at,
        changed_at=account.secured_at,
        has_second_factor=account.has_factor,
        is_proven_twice=rules.is_strong(session.methods),
        headers=visitor.headers,
    )
    verdict = risk.signing_in(ports.sign_ins, asked)
    if verdict.ruling == Ruling.REFUSE:
        raise SignInFrozen
    return () if is_half(account, session) else verdict.actions


def is_half(account: Account, session: Session) -> bool:
    """Say whether a second factor of the account's has not been shown yet."""
    return account.has_factor and not rules.is_strong(session.methods)


def created(ports: AccountPorts, account: Account, visitor: Visitor) -> list[Action]:
    """Return the writes of an account that is new, and of what its owner agrees to."""
    writes = list(ports.store.create(account))
    if visitor.consent is None:
        return writes
    return writes + ports.agreements.agreed(account.id, visitor.consent, visitor.language, account.created_at)


def new_account(ports: AccountPorts, kind: Kind, subject: str, language: Language) -> Account:
    """Return an account that is not there yet."""
    now = ports.clock.now()
    return Account(
        id=new_id("acc"),
        identities=(Identity(kind, subject, now),),
        name=None,
        language=language,
        roles=frozenset({Role.CUSTOMER}),
        version=1,
        created_at=now,
    )


def opened(ports: AccountPorts, account: Account, visitor: Visitor, methods: tuple[str, ...]) -> Session:
    """Return a session that begins now."""
    now, device = ports.clock.now(), risk.device(ports.sign_ins, visitor.device)
    return Session(account.id, new_id("ses"), account.epoch, 1, now, now, methods, visitor.agent, device)


def signed_in(ports: AccountPorts, account: Account, session: Session) -> SignedIn:
    """Return the tokens of a session as it stands. What was proved just now is logged; what was refused is in the line
    of its request.
    """
    half = is_half(account, session)
    if session.opened_at == session.refreshed_at:
        log.info("signed in", account_id=account.id, session_id=session.id, methods=session.methods, is_half=half)
    actor = Actor(
        account.id,
        account.roles,
        session.id,
        memberships=account.memberships,
        methods=session.methods,
        signed_in_at=session.opened_at,
        is_half=half,
    )
    return SignedIn(
        account,
        ports.tokens.issue(actor, ports.clock.now()),
        ports.refresh_tokens.issue(account.id, session.id, session.generation),
        is_half=half,
    )
