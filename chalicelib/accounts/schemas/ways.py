"""What signing in at others and the ways to sign in say over the wire."""

from collections.abc import Sequence

from pydantic import Field

from chalicelib.accounts.ports import Kind
from chalicelib.accounts.rules import FLOW_LIFE, Return
from chalicelib.accounts.rules import Begun as DomainBegun
from chalicelib.accounts.schemas.accounts import CONSENT, Agreement, CodeRequest
from chalicelib.accounts.use_cases import Way as DomainWay
from chalicelib.kit.http import Wire
from chalicelib.kit.wire import Moment

_APP = Field(min_length=1, max_length=64, description="The app's id at WeChat.", examples=["wx1234567890abcdef"])
_CODE = Field(min_length=1, max_length=2048, description="As the provider gave it; good once.", examples=["0a1b2c3d4e"])
_STATE = Field(min_length=1, max_length=128, description="As the browser brought it back.", examples=["9m2Jr1Fv0Yq"])
_BINDING = Field(
    min_length=1,
    max_length=128,
    description="As the client was given it, and kept it.",
    examples=["k3Wc8Zt5Lx"],
)
_REDIRECT = Field(
    min_length=1, max_length=500, description="Where the browser comes back to; registered, letter by letter.",
    examples=["https://app.example.com/signed-in"],
)  # fmt: skip


class BeginWechat(Wire):
    """Which app's page signs somebody in, and where they come back to."""

    app: str = _APP
    redirect_uri: str = _REDIRECT


class BeginOidc(Wire):
    """Where somebody comes back to."""

    redirect_uri: str = _REDIRECT


class Begun(Wire):
    """Where to send the browser, and what to keep until it comes back.

    The client compares the `state` that comes back with this one; `binding` it keeps to itself, in this browser or on
    this device, and never puts into an address.
    """

    authorization_url: str = Field(examples=["https://id.example.com/authorize?client_id=linli&..."])
    state: str = _STATE
    binding: str = _BINDING
    expires_in: int = Field(description="Seconds to come back in.", examples=[600])

    @classmethod
    def of(cls, begun: DomainBegun) -> "Begun":
        life = int(FLOW_LIFE.total_seconds())
        return cls(authorization_url=begun.url, state=begun.state, binding=begun.binding, expires_in=life)


class WechatReturn(Wire):
    """A code of WeChat's: of `wx.login` in a mini program, of the SDK in an app; from a page with both others."""

    app: str = _APP
    code: str = _CODE
    state: str = Field(default="", max_length=128, description="From a page: as it came back.")
    binding: str = Field(default="", max_length=128, description="Likewise: as it was kept.")

    def back(self) -> Return:
        """Return it as the use cases take it."""
        return Return(self.code, self.state, self.binding)


class OidcReturn(Wire):
    """What the browser brought back from an OpenID provider, and what the client kept."""

    code: str = _CODE
    state: str = _STATE
    binding: str = _BINDING
    iss: str | None = Field(
        default=None, max_length=500, description="As the browser brought it back, where it did (RFC 9207).",
        examples=["https://id.example.com"],
    )  # fmt: skip

    def back(self) -> Return:
        """Return it as the use cases take it."""
        return Return(self.code, self.state, self.binding, self.iss)


class WechatSignIn(WechatReturn):
    """A code of WeChat's, and what its owner agrees to should they be new."""

    consent: Agreement = CONSENT


class OidcSignIn(OidcReturn):
    """What the browser brought back from an OpenID provider, and what its owner agrees to should they be new."""

    consent: Agreement = CONSENT


class LinkCode(CodeRequest):
    """A phone or an e-mail address, and the code that went there for this account."""

    code: str = Field(pattern="^[0-9]{6}$", description="Six digits.", examples=["046213"])


class Way(Wire):
    """One way to sign in."""

    id: str = Field(description="To take it away by.", examples=["idn_0f3a9c2e7b1d4f6a8c0e2b4d6f8a1c3e"])
    kind: Kind
    shown: str = Field(description="Enough to recognise it by.", examples=["+86138****8000"])
    linked_at: Moment


class Ways(Wire):
    """The ways to sign in to an account, the oldest first."""

    items: list[Way]

    @classmethod
    def of(cls, ways: Sequence[DomainWay]) -> "Ways":
        return cls(items=[Way(id=one.id, kind=one.kind, shown=one.shown, linked_at=one.linked_at) for one in ways])
