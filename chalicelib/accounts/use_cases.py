"""What can be done with accounts."""

from chalicelib.accounts.ports import AccountPorts
from chalicelib.accounts.rules import Contact
from chalicelib.kit.errors import NotFound


def contact(ports: AccountPorts, account_id: str) -> Contact:
    """Return how to reach an account: one consistent read.

    Raises:
        NotFound: there is none.
    """
    found = ports.store.account(account_id)
    if found is None:
        raise NotFound("account")
    return Contact(found.id, found.phone, found.name, found.language)
