"""Who somebody is: all of it goes, and an empty account stays whose id leads to nobody."""

from dataclasses import replace

from chalicelib.accounts.ports import AccountPorts
from chalicelib.kit.personal import Told, plain
from chalicelib.kit.transaction import retrying


def personal_data(ports: AccountPorts, account_id: str) -> Told:
    """Return what they are known by, and where they are signed in."""
    account = ports.store.account(account_id)
    return {
        "account": [plain(account, "version", "epoch")] if account else [],
        "sessions": [plain(one, "epoch", "generation") for one in ports.store.sessions(account_id)],
    }


def erase(ports: AccountPorts, account_id: str) -> None:
    """Empty the account: nobody signs in to it any more, its sessions are over, and what it was known by is free."""

    def attempt() -> None:
        account = ports.store.account(account_id)
        if account is None or not account.identities:
            return
        empty = replace(
            account,
            identities=(),
            name=None,
            roles=frozenset(),
            memberships={},
            has_factor=False,
            epoch=account.epoch + 1,
            version=account.version + 1,
        )
        freed = [ports.store.free_identity(account_id, one) for one in account.identities]
        ports.committer.commit([ports.store.replace(empty), ports.store.drop_password(account_id), *freed])

    retrying(attempt)
    for session in ports.store.sessions(account_id):
        ports.store.close_session(account_id, session.id)
