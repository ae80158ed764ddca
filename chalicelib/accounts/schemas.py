"""What accounts say over the wire."""

from typing import Literal

from pydantic import Field

from chalicelib.accounts.ports import Account as DomainAccount
from chalicelib.accounts.use_cases import SignedIn
from chalicelib.kit.auth import Role
from chalicelib.kit.http import Wire
from chalicelib.kit.i18n import Language
from chalicelib.kit.wire import Line, Moment, left_out

PHONE = Field(
    min_length=5,
    max_length=32,
    description="A mobile number with its country code; kept and answered in E.164.",
    examples=["+8613800138000"],
)
NAME = Field(min_length=1, max_length=80, description="What they call themselves.", examples=["王小明"])


class CodeRequest(Wire):
    """Where a sign-in code is to go."""

    phone: str = PHONE


class CodeSent(Wire):
    """A code is on its way, if the phone is one."""

    expires_in: int = Field(description="Seconds that the code is good for.", examples=[300])


class CodeExchange(Wire):
    """A phone and the code that it received."""

    phone: str = PHONE
    code: str = Field(pattern="^[0-9]{6}$", description="Six digits.", examples=["046213"])


class RefreshRequest(Wire):
    """The refresh token of a session."""

    refresh_token: str = Field(min_length=1, max_length=512, description="As it was last issued.")


class Account(Wire):
    """An account."""

    id: str = Field(examples=["acc_01jd3x9k5r8m2q7w4t6y0z1abc"])
    phone: str = Field(description="E.164.", examples=["+8613800138000"])
    name: str | None = NAME
    language: Language = Field(description="Of what we send them.")
    roles: list[Role] = Field(description="What they may be.", examples=[["customer", "merchant"]])
    created_at: Moment

    @classmethod
    def of(cls, account: DomainAccount) -> "Account":
        return cls(
            id=account.id,
            phone=account.phone,
            name=account.name,
            language=account.language,
            roles=sorted(account.roles),
            created_at=account.created_at,
        )


class _Access(Wire):
    access_token: str = Field(description="A JWT for the Authorization header; opaque to clients.")
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - the scheme's name
    expires_in: int = Field(description="Seconds that the access token is good for.", examples=[900])
    account: Account


class TokenPair(_Access):
    """What a client acts with: the access token until it runs out, then the refresh token for the next pair."""

    refresh_token: str = Field(description="Good for one exchange; the next pair replaces it.")

    @classmethod
    def of(cls, signed_in: SignedIn) -> "TokenPair":
        return cls(
            access_token=signed_in.access_token,
            expires_in=int(signed_in.lasts.total_seconds()),
            refresh_token=signed_in.refresh_token or "",
            account=Account.of(signed_in.account),
        )


class Promotion(_Access):
    """An account with its new role, and an access token that has it and runs out with the one that was shown; the
    session's refresh token stays.
    """

    @classmethod
    def of(cls, signed_in: SignedIn) -> "Promotion":
        return cls(
            access_token=signed_in.access_token,
            expires_in=int(signed_in.lasts.total_seconds()),
            account=Account.of(signed_in.account),
        )


class ProfileChange(Wire):
    """What to change of one's account; what is left out stays."""

    name: Line | None = Field(default_factory=left_out, min_length=1, max_length=80, description="null removes it.")
    language: Language = Field(default_factory=left_out, description="Of what we send them.")


class RolesChange(Wire):
    """All that an account is to be."""

    roles: list[Role] = Field(min_length=1, max_length=len(Role), examples=[["customer", "merchant"]])
