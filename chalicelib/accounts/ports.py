"""What accounts need from outside; also the types of this domain that others may use."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from chalicelib.accounts.rules import (
    CODE_TEXT,
    Account,
    Budget,
    Contact,
    CountryNotServed,
    Flow,
    Identity,
    Kind,
    Password,
    Receiver,
    RefreshTokens,
    Session,
    SmsPolicy,
    TooManyJobs,
    Visitor,
    text_price,
)
from chalicelib.audit.ports import AuditPorts
from chalicelib.kit.clock import Clock
from chalicelib.kit.i18n import LANGUAGES, Language, Text
from chalicelib.kit.outbox import Outbox
from chalicelib.kit.regions import Regions
from chalicelib.kit.tokens import Tokens
from chalicelib.kit.transaction import Action, Committer
from chalicelib.risk.ports import SignInPorts

__all__ = [
    "Account",
    "AccountPorts",
    "AccountStore",
    "Agreements",
    "CodeSender",
    "Contact",
    "CountryNotServed",
    "Identity",
    "Kind",
    "Passwords",
    "Receiver",
    "Session",
    "SmsPolicy",
    "TooManyJobs",
    "Visitor",
    "text_price",
]


class CodeSender(Protocol):
    """Brings a sign-in code to receivers of one kind."""

    def send(self, to: str, code: str, language: Language, text: Text = CODE_TEXT) -> None:
        """Send it to a phone or an e-mail address, in these words.

        Raises:
            CodeNotSent: the provider did not take it.
        """
        ...


class AccountStore(Protocol):
    """Where accounts, codes and sessions are kept; what could identify somebody is sealed or blinded inside."""

    def account(self, account_id: str) -> Account | None:
        """Return an account, read consistently; None where there is none."""
        ...

    def account_id_of(self, kind: Kind, subject: str) -> str | None:
        """Return the account of an identity, read consistently; None where there is none."""
        ...

    def create(self, account: Account) -> Sequence[Action]:
        """Return the writes of a new account; contended when one of its identities has one by then."""
        ...

    def replace(self, account: Account) -> Action:
        """Return the write of the next version of an account, provided that it follows the one that stands."""
        ...

    def take_identity(self, account_id: str, identity: Identity) -> Action:
        """Return the write that an identity leads to an account; refused with `IdentityTaken`."""
        ...

    def free_identity(self, account_id: str, identity: Identity) -> Action:
        """Return the removal of an identity that leads to the account; contended where it does not."""
        ...

    def handle(self, account_id: str, kind: Kind, subject: str) -> str:
        """Return the id that an account's own identity has in addresses: nobody reads the subject back from it."""
        ...

    def begin_flow(self, provider: str, redirect_uri: str, account_id: str, now: datetime) -> tuple[Flow, Action]:
        """Return a new way to a provider and back, and its write."""
        ...

    def take_flow(self, provider: str, state: str, binding: str, account_id: str, now: datetime) -> Flow | None:
        """Take a flow, which nobody can take again; None where there is none that is this provider's, this client's
        and this account's, or it has run out or was taken.

        Raises:
            Contention: somebody else is at it.
        """
        ...

    def end_sessions(self, account_id: str) -> Action:
        """Return the write that ends all sessions of an account; contended where there is none."""
        ...

    def spend(self, budget: Budget, refused: type[Exception] | None = None) -> Action:
        """Return the count of what is spent; beyond the budget refused with `TooMany`, or what is named."""
        ...

    def has_room(self, budgets: Sequence[Budget]) -> Sequence[bool]:
        """Say of each budget whether it has room for its amount at this moment; one request."""
        ...

    def give_back(self, budget: Budget) -> Action:
        """Return the write that what was spent was not: what was counted turned out to be right."""
        ...

    def put_code(self, purpose: str, receiver: Receiver, code: str, now: datetime) -> Action:
        """Return the write of a receiver's only code for a purpose; refused with `TooMany` where one that is not used
        was sent less than `rules.RESEND_AFTER` ago.
        """
        ...

    def count_try(self, purpose: str, receiver: Receiver, code: str, now: datetime) -> bool:
        """Count a try and say whether the code is right; always False when there is none, or no try is left.

        Raises:
            Contention: somebody else is at it.
        """
        ...

    def use_code(self, purpose: str, receiver: Receiver, code: str) -> Action:
        """Return the removal of a right code: of all who hold it, one succeeds; refused with `CodeNotAccepted`."""
        ...

    def with_password(self, account_id: str) -> tuple[Account | None, Password | None]:
        """Return an account and its password, both read consistently in one request.

        Raises:
            Contention: the database is too busy to answer.
        """
        ...

    def put_password(self, account_id: str, password: Password) -> Action:
        """Return the write of an account's password, whatever it was before."""
        ...

    def hash_again(self, account_id: str, password: Password) -> Action:
        """Return the write of a password's new hash; refused with `PasswordNotAccepted` where another was set."""
        ...

    def password_stands(self, account_id: str, password: Password) -> Action:
        """Return the condition that no other password was set; refused likewise."""
        ...

    def drop_password(self, account_id: str) -> Action:
        """Return the removal of an account's password, if it has one."""
        ...

    def with_session(self, account_id: str, session_id: str) -> tuple[Account | None, Session | None]:
        """Return an account and one of its sessions, both read consistently in one request.

        Raises:
            Contention: the database is too busy to answer.
        """
        ...

    def sessions(self, account_id: str) -> Sequence[Session]:
        """Return an account's sessions, also such as have run out or are of an earlier epoch."""
        ...

    def open_session(self, session: Session) -> Action: ...

    def rotate(self, session: Session) -> Action:
        """Return the write of a session's next generation; refused with `Superseded`."""
        ...

    def renew(self, before: Session, after: Session) -> Action:
        """Return the write of what becomes of a session that was proven anew; contended where it has changed."""
        ...

    def close_session(self, account_id: str, session_id: str) -> None:
        """End a session; no harm when it is over."""
        ...


class Passwords(Protocol):
    """Hashes passwords, and knows those that everybody tries first."""

    def hash(self, password: str) -> str:
        """Return parameters, salt and hash of a password as one text."""
        ...

    def matches(self, phc: str | None, password: str) -> bool:
        """Say whether a password is the one that was hashed; with None it takes as long to say that it is not."""
        ...

    def is_stale(self, phc: str) -> bool:
        """Say whether it was hashed with other parameters than are asked for now."""
        ...

    def is_common(self, password: str) -> bool:
        """Say whether a password is among the commonest."""
        ...


class Agreements(Protocol):
    """Writes down what people agree to."""

    def agreed(self, account_id: str, versions: Mapping[str, str], language: Language, now: datetime) -> list[Action]:
        """Return the writes of what a new account agrees to: a version for each purpose.

        Raises:
            Problem: something is missing, or is no version of today's.
        """
        ...


@dataclass(frozen=True)
class AccountPorts:
    """What the use cases are given.

    Attributes:
        senders: of codes, for each kind of receiver that this deployment can write to.
        sms: what the operator allows of text messages.
        regions: of the stage; an account lives in one.
        languages: that people are answered in, the region's own first.
        arrives: is told that a code arrived at a receiver, and was typed by whoever has it.
    """

    store: AccountStore
    senders: Mapping[Kind, CodeSender]
    sms: SmsPolicy
    tokens: Tokens
    refresh_tokens: RefreshTokens
    audit: AuditPorts
    sign_ins: SignInPorts
    agreements: Agreements
    passwords: Passwords
    clock: Clock
    committer: Committer
    outbox: Outbox
    regions: Regions = field(default_factory=lambda: Regions(""))
    languages: Sequence[Language] = LANGUAGES
    arrives: Callable[[Receiver], object] = lambda _receiver: None
