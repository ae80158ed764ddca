"""Who somebody is: all of it goes, and an empty account stays whose id leads to nobody."""

from dataclasses import replace

from chalicelib.accounts.factor_ports import FactorPorts
from chalicelib.accounts.use_cases.reset import removing
from chalicelib.kit.personal import Told, plain
from chalicelib.kit.transaction import retrying


def personal_data(ports: FactorPorts, account_id: str) -> Told:
    """Return what they are known by, how they sign in beside, and where they are signed in. Keys and secrets are not
    told: they would let in whoever reads the copy.
    """
    account, found = ports.store.account(account_id), ports.factors.factors(account_id)
    return {
        "account": [plain(account, "version", "epoch")] if account else [],
        "authenticator_app": [plain(found.totp, "secret", "counter")] if found.totp else [],
        "passkeys": [plain(one, "id", "credential_id", "public_key", "counter") for one in found.passkeys],
        "sessions": [plain(one, "device", "epoch", "generation") for one in ports.store.sessions(account_id)],
    }


def erase(ports: FactorPorts, account_id: str) -> None:
    """Empty the account: nobody signs in to it any more, its sessions are over, and what it was known by is free."""

    def attempt() -> None:
        account = ports.store.account(account_id)
        if account is None or account.is_erased:
            return
        empty = replace(
            account,
            identities=(),
            former=(),
            name=None,
            roles=frozenset(),
            memberships={},
            has_factor=False,
            epoch=account.epoch + 1,
            version=account.version + 1,
        )
        freed = [ports.store.free_identity(account_id, one) for one in account.identities]
        gone = removing(ports, account_id, ports.factors.factors(account_id))
        ports.committer.commit([ports.store.replace(empty), ports.store.drop_password(account_id), *freed, *gone])

    retrying(attempt)
    for session in ports.store.sessions(account_id):
        ports.store.close_session(account_id, session.id)
