"""Reading and changing what an account says of itself."""

from dataclasses import replace
from types import EllipsisType

from chalicelib.accounts.ports import Account, AccountPorts
from chalicelib.accounts.use_cases.base import change, existing
from chalicelib.kit.auth import Actor
from chalicelib.kit.errors import NotFound, invalid
from chalicelib.kit.i18n import Language


def read(ports: AccountPorts, actor: Actor, account_id: str) -> Account:
    """Return an account to its owner, or to the operator's people who may.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    actor.must_be(account_id, "account")
    return existing(ports, account_id)


def change_profile(
    ports: AccountPorts, actor: Actor, *, name: str | EllipsisType | None = ..., language: Language | None = None
) -> Account:
    """Change one's own name (None removes it, `...` leaves it) and language (None leaves it).

    Raises:
        NotFound: there is no such account, or it was erased: an access token outlives it by minutes.
        Invalid: nobody is written to in this language here.
    """
    if language is not None and language not in ports.languages:
        raise invalid("language", f"one of {', '.join(ports.languages)}")

    def changed(account: Account) -> Account:
        if not account.identities:
            raise NotFound("account")
        return replace(
            account,
            name=account.name if name is ... else name,
            language=language or account.language,
        )

    return change(ports, actor.account_id, changed)
