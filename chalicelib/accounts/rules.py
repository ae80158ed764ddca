"""Accounts: types, and what may be done with codes, sessions and roles. No I/O."""

from dataclasses import dataclass
from datetime import datetime

from chalicelib.kit.auth import Role
from chalicelib.kit.i18n import Language


@dataclass(frozen=True)
class Account:
    """Somebody who signed in at least once, or whom an operator gave a role.

    Attributes:
        id: `acc_...`.
        phone: E.164.
        name: as they call themselves.
        language: of what we send them.
        roles: what they may be.
        version: rises with each change.
        created_at: when.
    """

    id: str
    phone: str
    name: str | None
    language: Language
    roles: frozenset[Role]
    version: int
    created_at: datetime


@dataclass(frozen=True)
class Contact:
    """How to reach an account.

    Attributes:
        account_id: whom.
        phone: E.164.
        name: as they call themselves.
        language: to write in.
    """

    account_id: str
    phone: str
    name: str | None
    language: Language
