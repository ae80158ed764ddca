"""Passwords over the wire: as they were typed, nothing taken off their ends."""

from typing import Annotated

from pydantic import Field, StringConstraints

from chalicelib.accounts.rules import LONGEST_PASSWORD, SHORTEST_PASSWORD
from chalicelib.accounts.schemas.accounts import Named
from chalicelib.kit.http import Wire

_AsTyped = StringConstraints(strip_whitespace=False)
# Letters that are made of several may become fewer in their normal form, which is what is counted.
_LONGEST_TYPED = 4 * LONGEST_PASSWORD


class PasswordSignIn(Named):
    """A phone or an e-mail address, and the password of the account that is known by it."""

    password: Annotated[str, _AsTyped] = Field(min_length=1, max_length=_LONGEST_TYPED, examples=["seven quiet herons"])


class PasswordChange(Wire):
    """A password to sign in by from now on."""

    password: Annotated[str, _AsTyped] = Field(
        min_length=SHORTEST_PASSWORD,
        max_length=_LONGEST_TYPED,
        description="8 to 128 characters of any kind; not one of the commonest, and without one's name or address.",
        examples=["seven quiet herons"],
    )
