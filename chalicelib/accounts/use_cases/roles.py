"""What accounts may be. Every change is in the audit log, and ends the sessions that it takes something from."""

from dataclasses import replace

from chalicelib.accounts import rules
from chalicelib.accounts.ports import Account, AccountPorts, Kind
from chalicelib.accounts.rules import FactorFirst, TooManyJobs
from chalicelib.accounts.use_cases.base import change, existing, following
from chalicelib.accounts.use_cases.enter import new_account
from chalicelib.audit import use_cases as audit
from chalicelib.audit.ports import Entry, Why
from chalicelib.kit.auth import Actor, Role
from chalicelib.kit.errors import Forbidden
from chalicelib.kit.observability import log
from chalicelib.kit.permissions import OPERATOR_ROLES
from chalicelib.kit.transaction import Action, retrying

OPERATOR = "system:operator"  # who may invoke a function directly


def granting(ports: AccountPorts, account_id: str, role: Role) -> list[Action]:
    """Return the writes that give an account a role, for the transaction of what earns it; none where it has it.

    Raises:
        NotFound: there is no such account.
    """
    account = existing(ports, account_id)
    if role in account.roles:
        return []
    return [following(ports, account, roles=account.roles | {role})[1]]


def employing(ports: AccountPorts, account_id: str, merchant_id: str, role: Role | None) -> list[Action]:
    """Return the writes that let an account work for a merchant, as manager or staff, or no longer (None); what takes
    something from it ends its sessions.

    Raises:
        NotFound: there is no such account.
        TooManyJobs: it works for many already.
    """
    account = existing(ports, account_id)
    jobs = {merchant: as_what for merchant, as_what in account.memberships.items() if merchant != merchant_id}
    if role is not None:
        jobs[merchant_id] = role
    if len(jobs) > rules.MOST_MEMBERSHIPS:
        raise TooManyJobs(most=rules.MOST_MEMBERSHIPS)
    epoch = account.epoch + (merchant_id in account.memberships)
    return [following(ports, account, memberships=jobs, epoch=epoch)[1]]


def account_of_phone(ports: AccountPorts, phone_text: str) -> str:
    """Return the account of a phone, made if there is none: for whoever is asked to something before they come, by a
    text message that strangers have sent.

    Raises:
        Invalid: not a mobile number. CountryNotServed: no text messages go there. WrongRegion: the phone's accounts
            live elsewhere.
    """
    receiver = rules.receiver(phone=phone_text)
    ports.sms.country(receiver)
    return retrying(lambda: _of_phone(ports, receiver.subject)).id


def set_roles(ports: AccountPorts, actor: Actor, account_id: str, roles: frozenset[Role], why: Why) -> Account:
    """Set what an account may be, and end its sessions: what needs a permission of `kit.permissions.LIVE` ends at once,
    all else with the access tokens.

    Raises:
        NotFound: there is no such account.
        Forbidden: it is the actor's own.
        FactorFirst: an operator's role for who has no second factor: whoever has the first proof alone would enrol one,
            and be that operator.
    """
    if account_id == actor.account_id:
        raise Forbidden

    def changed(account: Account) -> Account:
        if (roles - account.roles) & OPERATOR_ROLES and not account.has_factor:
            raise FactorFirst
        return account if account.roles == roles else replace(account, roles=roles, epoch=account.epoch + 1)

    def beside(before: Account, after: Account) -> list[Action]:
        details = {"before": " ".join(sorted(before.roles)), "after": " ".join(sorted(after.roles))}
        entry = why.entry(actor, "accounts.set_roles", f"account:{account_id}", details)
        return audit.noted(ports.audit, entry, ports.clock.now())

    account = change(ports, account_id, changed, beside)
    log.info("roles set", account_id=account_id, roles=sorted(roles), actor=actor.account_id)
    return account


def grant_role(ports: AccountPorts, role: Role, *, phone_text: str | None = None, account_id: str = "") -> Account:
    """Give a role to the account of a phone, which is made if there is none, or of an id: the operator's way to the
    first admin. Sessions stay: the next refresh brings the role.

    Raises:
        Invalid: not a mobile number. WrongRegion: the phone's accounts live elsewhere; one that is here still is given
            roles by its id.
        NotFound: there is no such account.
    """
    if phone_text is not None:
        phone = rules.normal_phone(phone_text)
        account_id = retrying(lambda: _of_phone(ports, phone)).id

    def beside(_before: Account, after: Account) -> list[Action]:
        entry = Entry(OPERATOR, "accounts.grant_role", f"account:{after.id}", role.value, None)
        return audit.noted(ports.audit, entry, ports.clock.now())

    account = change(ports, account_id, lambda account: _with_role(account, role), beside)
    log.info("role granted", account_id=account.id, role=role)
    return account


def _of_phone(ports: AccountPorts, phone: str) -> Account:
    ports.regions.must_live_here(phone)  # first: the answer must not tell whether there is an account
    account_id = ports.store.account_id_of(Kind.PHONE, phone)
    if account_id:
        return existing(ports, account_id)
    account = new_account(ports, Kind.PHONE, phone, rules.first_language(phone, ports.languages))
    ports.committer.commit(ports.store.create(account))
    return account


def _with_role(account: Account, role: Role) -> Account:
    return replace(account, roles=account.roles | {role})
