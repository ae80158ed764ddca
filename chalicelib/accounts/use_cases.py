"""What can be done with accounts.

None of these needs an Idempotency-Key: a code may be asked for again within its budget, signing in uses the code up,
and every other change says what is to be, so that a repeat changes nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from types import EllipsisType

from chalicelib.accounts import rules
from chalicelib.accounts.ports import AccountPorts
from chalicelib.accounts.rules import Account, CodeNotAccepted, Contact, Session, SessionOver, Superseded
from chalicelib.kit.auth import ACCESS_LIFE, Actor, Role, expiry
from chalicelib.kit.errors import NotFound
from chalicelib.kit.i18n import Language
from chalicelib.kit.ids import new_id
from chalicelib.kit.observability import log
from chalicelib.kit.transaction import retrying


@dataclass(frozen=True)
class SignedIn:
    """What a client gets to act with.

    Attributes:
        account: whose.
        access_token: carries the roles of the moment that it is issued.
        refresh_token: good once, and `rules.GRACE` longer; None where the client keeps the one that it has.
        lasts: how long the access token is good.
    """

    account: Account
    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False, default=None)
    lasts: timedelta = ACCESS_LIFE


def request_code(ports: AccountPorts, phone_text: str, source_ip: str, language: Language) -> None:
    """Send a sign-in code to a phone, known or not: the answer does not tell. An earlier code dies.

    Raises:
        Invalid: not a mobile number.
        TooMany: the budget of the phone or of the source address is spent.
        CodeNotSent: the provider did not take it.
    """
    phone, code = rules.normal_phone(phone_text), rules.new_code()

    def attempt() -> None:
        now = ports.clock.now()
        window = rules.window(now)
        ports.committer.commit(
            [
                ports.store.spend("phone", phone, window, rules.CODES_PER_PHONE),
                ports.store.spend("address", rules.network(source_ip), window, rules.CODES_PER_ADDRESS),
                ports.store.put_code(phone, code, now + rules.CODE_LIFE),
            ]
        )

    retrying(attempt)
    ports.sender.send(phone, code, language)


def sign_in(ports: AccountPorts, phone_text: str, code: str, language: Language) -> SignedIn:
    """Turn a code into a session; the first time the account is made, with `language`. Of several requests with the
    same right code one succeeds.

    Raises:
        Invalid: not a mobile number.
        CodeNotAccepted: wrong, run out, used or tried too often.
    """
    phone = rules.normal_phone(phone_text)
    if not retrying(lambda: ports.store.count_try(phone, code, ports.clock.now())):
        raise CodeNotAccepted

    def attempt() -> SignedIn:
        known = _by_phone(ports, phone)
        account = known or _new_account(ports, phone, language)
        creation = [] if known else ports.store.create(account)
        session = Session(account.id, new_id("ses"), account.epoch, 1, ports.clock.now())
        ports.committer.commit([ports.store.use_code(phone, code), *creation, ports.store.open_session(session)])
        return _signed_in(ports, account, session)

    return retrying(attempt)


def refresh(ports: AccountPorts, refresh_token: str) -> SignedIn:
    """Exchange a refresh token for a new pair, with the account's roles as they are now.

    Clients that do so several times at once are all given the same new refresh token. A token that was replaced longer
    than `rules.GRACE` ago has been copied: its session ends.

    Raises:
        SessionOver: forged, run out, revoked or copied.
    """
    account_id, session_id, generation = ports.refresh_tokens.read(refresh_token)

    def attempt() -> SignedIn:
        now = ports.clock.now()
        account = ports.store.account(account_id)
        if account is None:
            raise SessionOver
        session = Session(account_id, session_id, account.epoch, generation + 1, now)
        try:
            ports.committer.commit([ports.store.rotate(session)])
        except Superseded as error:
            _admit_or_revoke(ports, error.standing, account, generation)
        return _signed_in(ports, account, session)

    return retrying(attempt)


def _admit_or_revoke(ports: AccountPorts, standing: Session | None, account: Account, generation: int) -> None:
    now = ports.clock.now()
    if standing is None or standing.epoch != account.epoch or now - standing.refreshed_at > rules.SESSION_LIFE:
        raise SessionOver
    if not rules.within_grace(standing, generation, now):
        log.warning("refresh token used again", account_id=account.id, session_id=standing.id)
        ports.store.close_session(account.id, standing.id)
        raise SessionOver


def sign_out(ports: AccountPorts, actor: Actor) -> None:
    """End the session of a request; its access tokens stay good until they run out (`kit.auth.ACCESS_LIFE`)."""
    ports.store.close_session(actor.account_id, actor.session_id)


def read(ports: AccountPorts, actor: Actor, account_id: str) -> Account:
    """Return an account to its owner or an admin.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    actor.must_be(account_id, "account")
    return _existing(ports, account_id)


def change_profile(
    ports: AccountPorts, actor: Actor, *, name: str | EllipsisType | None = ..., language: Language | None = None
) -> Account:
    """Change one's own name (None removes it, `...` leaves it) and language (None leaves it)."""

    def changed(account: Account) -> Account:
        return replace(
            account,
            name=account.name if name is ... else name,
            language=language or account.language,
        )

    return _change(ports, actor.account_id, changed)


def become_merchant(ports: AccountPorts, actor: Actor) -> SignedIn:
    """Give the caller the merchant role, and an access token that has it already; it runs out with the caller's own."""
    account = _change(ports, actor.account_id, lambda account: _with_role(account, Role.MERCHANT))
    now = ports.clock.now()
    token = ports.tokens.issue(replace(actor, roles=account.roles), now)
    return SignedIn(account, token, lasts=expiry(actor, now) - now)


def set_roles(ports: AccountPorts, actor: Actor, account_id: str, roles: frozenset[Role]) -> Account:
    """Set what an account may be, and end its sessions: access tokens with its former roles are good for
    `kit.auth.ACCESS_LIFE` at most. The route lets admins only come here.

    Raises:
        NotFound: there is no such account.
    """

    def changed(account: Account) -> Account:
        return account if account.roles == roles else replace(account, roles=roles, epoch=account.epoch + 1)

    account = _change(ports, account_id, changed)
    log.info("roles set", account_id=account_id, roles=sorted(roles), actor=actor.account_id)
    return account


def grant_role(ports: AccountPorts, role: Role, *, phone_text: str | None = None, account_id: str = "") -> Account:
    """Give a role to the account of a phone, which is made if there is none, or of an id: the operator's way to the
    first admin. Sessions stay: the next refresh brings the role.

    Raises:
        Invalid: not a mobile number.
        NotFound: there is no such account.
    """
    if phone_text is not None:
        phone = rules.normal_phone(phone_text)
        account_id = retrying(lambda: _existing_or_new(ports, phone)).id
    account = _change(ports, account_id, lambda account: _with_role(account, role))
    log.info("role granted", account_id=account.id, role=role)
    return account


def contact(ports: AccountPorts, account_id: str) -> Contact:
    """Return how to reach an account: one consistent read.

    Raises:
        NotFound: there is none.
    """
    found = _existing(ports, account_id)
    return Contact(found.id, found.phone, found.name, found.language)


def _existing(ports: AccountPorts, account_id: str) -> Account:
    found = ports.store.account(account_id)
    if found is None:
        raise NotFound("account")
    return found


def _by_phone(ports: AccountPorts, phone: str) -> Account | None:
    account_id = ports.store.account_id_of(phone)
    return _existing(ports, account_id) if account_id else None


def _existing_or_new(ports: AccountPorts, phone: str) -> Account:
    account = _by_phone(ports, phone)
    if account is None:
        account = _new_account(ports, phone, rules.first_language(phone))
        ports.committer.commit(ports.store.create(account))
    return account


def _new_account(ports: AccountPorts, phone: str, language: Language) -> Account:
    return Account(
        id=new_id("acc"),
        phone=phone,
        name=None,
        language=language,
        roles=frozenset({Role.CUSTOMER}),
        version=1,
        created_at=ports.clock.now(),
    )


def _with_role(account: Account, role: Role) -> Account:
    return replace(account, roles=account.roles | {role})


def _change(ports: AccountPorts, account_id: str, change: Callable[[Account], Account]) -> Account:
    def attempt() -> Account:
        account = _existing(ports, account_id)
        changed = change(account)
        if changed == account:
            return account
        changed = replace(changed, version=account.version + 1)
        ports.committer.commit([ports.store.replace(changed)])
        return changed

    return retrying(attempt)


def _signed_in(ports: AccountPorts, account: Account, session: Session) -> SignedIn:
    actor = Actor(account.id, account.roles, session.id)
    return SignedIn(
        account,
        ports.tokens.issue(actor, ports.clock.now()),
        ports.refresh_tokens.issue(account.id, session.id, session.generation),
    )
