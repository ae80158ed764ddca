"""What every use case of accounts stands on: finding one, and changing it."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from chalicelib.accounts.ports import Account, AccountPorts, Contact, Kind
from chalicelib.accounts.rules import FORMER_LIFE
from chalicelib.kit.errors import NotFound
from chalicelib.kit.transaction import Action, retrying


def existing(ports: AccountPorts, account_id: str) -> Account:
    """Return an account.

    Raises:
        NotFound: there is none.
    """
    found = ports.store.account(account_id)
    if found is None:
        raise NotFound("account")
    return found


def account(ports: AccountPorts, account_id: str) -> Account:
    """Return an account to another domain; whose it is to see is that domain's to check. Raises as `existing`."""
    return existing(ports, account_id)


def contact(ports: AccountPorts, account_id: str) -> Contact:
    """Return how to reach an account: one consistent read.

    Raises:
        NotFound: there is none.
    """
    found = existing(ports, account_id)
    former = tuple(
        one for one in found.former if one.subject != found.phone and ports.clock.now() - one.linked_at < FORMER_LIFE
    )
    wechat = [one for one in found.identities if one.kind is Kind.WECHAT and "/" in one.subject]  # a unionid has none
    wechat.sort(key=lambda one: one.linked_at, reverse=True)
    pairs = tuple(one.subject for one in wechat)
    since = {one.kind: one.linked_at for one in reversed(found.identities)}  # the first of a kind is the one reached
    return Contact(found.id, found.phone, found.name, found.language, found.email, former, pairs, since)


def following(ports: AccountPorts, account: Account, **changes: object) -> tuple[Account, Action]:
    """Return the next version of an account, and its write."""
    changed = replace(account, version=account.version + 1, **changes)  # type: ignore[arg-type]
    return changed, ports.store.replace(changed)


def change(
    ports: AccountPorts,
    account_id: str,
    wanted: Callable[[Account], Account],
    beside: Callable[[Account, Account], Sequence[Action]] = lambda _before, _after: (),
) -> Account:
    """Bring an account to what is wanted of it, with the writes that belong to the change, and return it; where it is
    so already nothing is written.

    Raises:
        NotFound: there is none.
    """

    def attempt() -> Account:
        account = existing(ports, account_id)
        changed = wanted(account)
        if changed == account:
            return account
        changed = replace(changed, version=account.version + 1)
        ports.committer.commit([ports.store.replace(changed), *beside(account, changed)])
        return changed

    return retrying(attempt)
