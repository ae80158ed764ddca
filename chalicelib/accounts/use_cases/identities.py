"""What an account is known by: adding and taking away. Whose it is, is the proof's to show before."""

from collections.abc import Sequence
from dataclasses import replace

from chalicelib.accounts.ports import Account, AccountPorts, Identity, Kind
from chalicelib.accounts.rules import MOST_IDENTITIES, LastIdentity, NotALogin
from chalicelib.accounts.use_cases.base import change
from chalicelib.audit import use_cases as audit
from chalicelib.audit.ports import Entry
from chalicelib.kit.auth import Actor
from chalicelib.kit.errors import Conflict
from chalicelib.kit.transaction import Action

ONE_OF_EACH = frozenset({Kind.PHONE, Kind.EMAIL})
"""Kinds that an account has one of: a new one takes the place of the old."""


def link(
    ports: AccountPorts, actor: Actor, kind: Kind, subject: str, source_ip: str | None, proof: Sequence[Action] = ()
) -> Account:
    """Let an identity that was proved to be the actor's lead to their account; a phone or an e-mail address takes the
    place of the one before. `proof` is what uses the proof up, in the same transaction.

    Raises:
        IdentityTaken: it leads to another account.
        Conflict: there are too many.
    """
    new = Identity(kind, subject, ports.clock.now())

    def wanted(account: Account) -> Account:
        if any(new.is_same(one) for one in account.identities):
            return account
        kept = tuple(one for one in account.identities if kind not in ONE_OF_EACH or one.kind != kind)
        if len(kept) >= MOST_IDENTITIES:
            raise Conflict
        return replace(account, identities=(*kept, new), secured_at=new.linked_at)

    def beside(before: Account, after: Account) -> list[Action]:
        gone = [one for one in before.identities if one not in after.identities]
        entry = Entry(actor.account_id, "accounts.link", f"account:{after.id}", kind.value, source_ip)
        return [
            *proof,
            ports.store.take_identity(after.id, new),
            *(ports.store.free_identity(after.id, one) for one in gone),
            *audit.noted(ports.audit, entry, ports.clock.now()),
        ]

    return change(ports, actor.account_id, wanted, beside)


def unlink(ports: AccountPorts, actor: Actor, kind: Kind, subject: str, source_ip: str | None) -> Account:
    """Let an identity lead to nobody any more.

    Raises:
        NotALogin: the account is not known by it.
        LastIdentity: nothing would be left to sign in by.
    """

    def wanted(account: Account) -> Account:
        left = tuple(one for one in account.identities if (one.kind, one.subject) != (kind, subject))
        if len(left) == len(account.identities):
            raise NotALogin
        if not left:
            raise LastIdentity
        return replace(account, identities=left, secured_at=ports.clock.now())

    def beside(before: Account, after: Account) -> list[Action]:
        gone = next(one for one in before.identities if one not in after.identities)
        entry = Entry(actor.account_id, "accounts.unlink", f"account:{after.id}", kind.value, source_ip)
        return [ports.store.free_identity(after.id, gone), *audit.noted(ports.audit, entry, ports.clock.now())]

    return change(ports, actor.account_id, wanted, beside)
