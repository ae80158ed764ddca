"""What accounts say over the wire."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from chalicelib.accounts import rules
from chalicelib.accounts.ports import Account as DomainAccount
from chalicelib.accounts.ports import Receiver
from chalicelib.accounts.ports import Session as DomainSession
from chalicelib.accounts.use_cases import SignedIn
from chalicelib.audit.ports import LONGEST_REASON
from chalicelib.kit.auth import Role
from chalicelib.kit.http import Wire
from chalicelib.kit.i18n import Language
from chalicelib.kit.permissions import ACCOUNT_ROLES
from chalicelib.kit.wire import Line, Moment, left_out


def _of_an_account(role: Role) -> Role:
    if role not in ACCOUNT_ROLES:
        raise ValueError("a merchant makes somebody that, by invitation")
    return role


AccountRole = Annotated[Role, AfterValidator(_of_an_account)]

Choice = Literal["marketing", "personalisation", "history"]

_PHONE = Field(
    default_factory=left_out,
    min_length=5,
    max_length=32,
    description="A mobile number with its country code; kept and answered in E.164. Either this or `email`.",
    examples=["+8613800138000"],
)
_EMAIL = Field(
    default_factory=left_out,
    min_length=3,
    max_length=320,
    description="An e-mail address; kept and answered in lower case, its domain in ASCII. Either this or `phone`.",
    examples=["ming@example.com"],
)
NAME = Field(min_length=1, max_length=80, description="What they call themselves.", examples=["王小明"])


class Named(Wire):
    """Somebody by a phone or an e-mail address."""

    phone: str = _PHONE
    email: str = _EMAIL

    @property
    def receiver(self) -> Receiver:
        """Whom it is about.

        Raises:
            Invalid: not a phone or an e-mail address, or not exactly one of them.
        """
        return rules.receiver(phone=self.phone, email=self.email)


class CodeRequest(Named):
    """Where a sign-in code is to go: a phone or an e-mail address."""


class CodeSent(Wire):
    """A code is on its way, if somebody is there."""

    expires_in: int = Field(description="Seconds that the code is good for.", examples=[300])


class Agreement(Wire):
    """What somebody agrees to when their account is made: versions of the texts, see `GET /v1/documents`, and choices
    that they ticked.
    """

    terms: str = Field(max_length=20, description="Version of the terms.", examples=["2026-12-01"])
    privacy: str = Field(max_length=20, description="Version of the privacy notice.", examples=["2026-12-01"])
    choices: list[Choice] = Field(
        default_factory=list, max_length=3, description="As the privacy notice explains them.", examples=[["history"]]
    )

    def versions(self) -> dict[str, str]:
        """Return the version of what is agreed to, by purpose."""
        return {"terms": self.terms, "privacy": self.privacy} | dict.fromkeys(self.choices, self.privacy)


CONSENT = Field(default_factory=left_out, description="Counts when the account is made, by the first sign-in.")


class CodeExchange(Named):
    """A phone or an e-mail address, and the code that went there."""

    code: str = Field(pattern="^[0-9]{6}$", description="Six digits.", examples=["046213"])
    consent: Agreement = CONSENT


class JsonWebKey(Wire):
    """A public key (RFC 7517, RFC 8037)."""

    kty: Literal["OKP"]
    crv: Literal["Ed25519"]
    x: str = Field(examples=["11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"])
    kid: str = Field(description="Named in the header of what it signed.", examples=["1"])
    alg: Literal["EdDSA"]
    use: Literal["sig"]


class JsonWebKeys(Wire):
    """The public keys of access tokens; the header `kid` of a token names its key."""

    keys: list[JsonWebKey]


class RefreshRequest(Wire):
    """The refresh token of a session."""

    refresh_token: str = Field(min_length=1, max_length=512, description="As it was last issued.")


class Account(Wire):
    """An account."""

    id: str = Field(examples=["acc_01jd3x9k5r8m2q7w4t6y0z1abc"])
    phone: str | None = Field(description="E.164; null where they have told none.", examples=["+8613800138000"])
    email: str | None = Field(description="In lower case; likewise.", examples=["ming@example.com"])
    name: str | None = NAME
    language: Language = Field(description="Of what we send them.")
    roles: list[Role] = Field(description="What they may be.", examples=[["customer", "merchant"]])
    works_for: dict[str, Role] = Field(
        description="Merchants that they work for, and as what.", examples=[{"acc_01jd8x2n7v4k9x3c6z0b8d1f2g": "staff"}]
    )
    created_at: Moment

    @classmethod
    def of(cls, account: DomainAccount) -> "Account":
        return cls(
            id=account.id,
            phone=account.phone,
            email=account.email,
            name=account.name,
            language=account.language,
            roles=sorted(account.roles),
            works_for=dict(account.memberships),
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
    second_factor: bool = Field(
        description="A second factor is wanted before the tokens are good for anything else.", examples=[False]
    )

    @classmethod
    def of(cls, signed_in: SignedIn) -> "TokenPair":
        return cls(
            access_token=signed_in.access_token,
            expires_in=int(signed_in.lasts.total_seconds()),
            refresh_token=signed_in.refresh_token or "",
            second_factor=signed_in.is_half,
            account=Account.of(signed_in.account),
        )


class ProfileChange(Wire):
    """What to change of one's account; what is left out stays."""

    name: Line | None = Field(default_factory=left_out, min_length=1, max_length=80, description="null removes it.")
    language: Language = Field(default_factory=left_out, description="Of what we send them.")


class RolesChange(Wire):
    """All that an account is to be, and why."""

    roles: list[AccountRole] = Field(min_length=1, max_length=len(ACCOUNT_ROLES), examples=[["customer", "merchant"]])
    reason: Line = Field(min_length=1, max_length=LONGEST_REASON, examples=["Joined the finance team on 1 December."])


class Session(Wire):
    """A signed-in device."""

    id: str = Field(examples=["ses_01jd3x9k5r8m2q7w4t6y0z1abc"])
    agent: str | None = Field(description="The program that signed in, in its own words.", examples=["LinliApp/2.1"])
    methods: list[str] = Field(description="How they proved who they are.", examples=[["sms", "otp"]])
    opened_at: Moment
    refreshed_at: Moment
    current: bool = Field(description="It is the one of this request.")


class Sessions(Wire):
    """Where one is signed in, the device used last first."""

    items: list[Session]

    @classmethod
    def of(cls, sessions: Sequence[DomainSession], current: str) -> "Sessions":
        return cls(
            items=[
                Session(
                    id=one.id,
                    agent=one.agent,
                    methods=list(one.methods),
                    opened_at=one.opened_at,
                    refreshed_at=one.refreshed_at,
                    current=one.id == current,
                )
                for one in sessions
            ]
        )
