"""What an account is known by: adding and taking away. Whose it is, is the proof's to show before. Either ends all
sessions but the one that it is done in: whoever was let in by what is gone, or before it was set right, is out.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from chalicelib.accounts import messages
from chalicelib.accounts.ports import Account, AccountPorts, Identity, Kind
from chalicelib.accounts.rules import MOST_IDENTITIES, LastIdentity, NotALogin, former_phones
from chalicelib.accounts.use_cases.sessions import standing_whole
from chalicelib.audit import use_cases as audit
from chalicelib.audit.ports import Entry
from chalicelib.kit.auth import Actor
from chalicelib.kit.errors import Conflict
from chalicelib.kit.transaction import Action, retrying

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
        SessionOver, SecondFactorNeeded: see `standing_whole`.
    """
    return link_all(ports, actor, kind, (subject,), source_ip, proof)


def link_all(
    ports: AccountPorts,
    actor: Actor,
    kind: Kind,
    subjects: Sequence[str],
    source_ip: str | None,
    proof: Sequence[Action] = (),
) -> Account:
    """Link what are several names of one person, see `link`."""
    now = ports.clock.now()
    new = [Identity(kind, subject, now) for subject in subjects]

    def wanted(account: Account) -> Account:
        lacking = tuple(one for one in new if not any(one.is_same(had) for had in account.identities))
        if not lacking:
            return account
        kept = tuple(one for one in account.identities if kind not in ONE_OF_EACH or one.kind != kind)
        if len(kept) + len(lacking) > MOST_IDENTITIES:
            raise Conflict
        left = (*kept, *lacking)
        return replace(account, identities=left, secured_at=now, former=former_phones(account, left, now))

    def beside(before: Account, after: Account) -> list[Action]:
        entry = Entry(actor.account_id, "accounts.link", f"account:{after.id}", kind.value, source_ip)
        return [
            *proof,
            *(ports.store.take_identity(after.id, one) for one in after.identities if one not in before.identities),
            *(ports.store.free_identity(after.id, one) for one in before.identities if one not in after.identities),
            ports.outbox.put(messages.linked(after, kind, now)),
            *audit.noted(ports.audit, entry, now),
        ]

    return _changed(ports, actor, wanted, beside)


def unlink_all(
    ports: AccountPorts, actor: Actor, is_meant: Callable[[Identity], bool], source_ip: str | None
) -> Account:
    """Let every identity that is meant, all of one kind, lead to nobody any more.

    Raises:
        NotALogin: the account is not known by it.
        LastIdentity: nothing would be left to sign in by.
        SessionOver, SecondFactorNeeded: see `standing_whole`.
    """

    def wanted(account: Account) -> Account:
        left = tuple(one for one in account.identities if not is_meant(one))
        if len(left) == len(account.identities):
            raise NotALogin
        if not left:
            raise LastIdentity
        now = ports.clock.now()
        return replace(account, identities=left, secured_at=now, former=former_phones(account, left, now))

    def beside(before: Account, after: Account) -> list[Action]:
        gone, now = [one for one in before.identities if one not in after.identities], ports.clock.now()
        entry = Entry(actor.account_id, "accounts.unlink", f"account:{after.id}", gone[0].kind.value, source_ip)
        return [
            *(ports.store.free_identity(after.id, one) for one in gone),
            ports.outbox.put(messages.unlinked(after, gone[0].kind, now)),
            *audit.noted(ports.audit, entry, now),
        ]

    return _changed(ports, actor, wanted, beside)


def _changed(
    ports: AccountPorts,
    actor: Actor,
    wanted: Callable[[Account], Account],
    beside: Callable[[Account, Account], Sequence[Action]],
) -> Account:
    """Bring the actor's account to what is wanted of it, see `base.change`; their session goes on, all others end."""

    def attempt() -> Account:
        account, session = standing_whole(ports, actor)
        changed = wanted(account)
        if changed == account:
            return account
        changed = replace(changed, version=account.version + 1, epoch=account.epoch + 1)
        kept = ports.store.renew(session, replace(session, epoch=changed.epoch))
        ports.committer.commit([ports.store.replace(changed), *beside(account, changed), kept])
        return changed

    return retrying(attempt)
