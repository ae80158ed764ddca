"""What accounts need from outside; also the types of this domain that others may use."""

from dataclasses import dataclass
from typing import Protocol

from chalicelib.accounts.rules import Account, Contact

__all__ = ["Account", "AccountPorts", "AccountStore", "Contact"]


class AccountStore(Protocol):
    """Where accounts are kept."""

    def account(self, account_id: str) -> Account | None:
        """Return an account, read consistently; None where there is none."""
        ...


@dataclass(frozen=True)
class AccountPorts:
    """What the use cases are given."""

    store: AccountStore
