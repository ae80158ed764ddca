"""Signing in at others: what they tell of somebody, the way there and back, and what can go wrong. No I/O."""

import base64
import hashlib
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from chalicelib.kit.errors import Conflict, FieldError, Forbidden, Invalid, NotFound, Unavailable
from chalicelib.kit.i18n import Text

FLOW_LIFE = timedelta(minutes=10)
WECHAT, OIDC = "wechat", "oidc"
"""How somebody proved who they are, where others say so: RFC 8176 has no words for it."""


class AppKind(StrEnum):
    """Where an app of ours lives that WeChat's users sign in to."""

    MINI = "mini"  # a mini program: code2session
    APP = "app"  # a native app, through WeChat's own
    WEB = "web"  # a page, by QR code
    OFFICIAL = "official"  # a page inside WeChat, of an official account: its followers can be sent messages

    @property
    def has_page(self) -> bool:
        """Whether people sign in on a page of WeChat's, and come back from it."""
        return self in {AppKind.WEB, AppKind.OFFICIAL}


@dataclass(frozen=True)
class WechatUser:
    """Somebody, as WeChat tells one of our apps.

    Attributes:
        appid: the app.
        openid: who they are to this app.
        unionid: who they are to all apps of the operator; None where the app is not bound to the open platform.
    """

    appid: str
    openid: str = field(repr=False)
    unionid: str | None = field(repr=False)

    @property
    def subjects(self) -> tuple[str, ...]:
        """What they are known by here, the strongest first. None has a slash in it but the pair."""
        pair = f"{self.appid}/{self.openid}"
        return (self.unionid, pair) if self.unionid else (pair,)


@dataclass(frozen=True)
class OidcUser:
    """Somebody, as the ID token of an OpenID provider tells, checked.

    Attributes:
        issuer: the provider.
        subject: who they are there, never given to anybody else (OpenID Connect Core, 2).
        email: in lower case; None unless it is verified and the provider is the one to say whose it is.
    """

    issuer: str
    subject: str = field(repr=False)
    email: str | None = field(repr=False, default=None)

    @property
    def key(self) -> str:
        """What they are known by here; an address has no space in it."""
        return f"{self.issuer} {self.subject}"


@dataclass(frozen=True)
class Flow:
    """One way to somebody's sign-in page and back: good once, and for `FLOW_LIFE`.

    Attributes:
        state: goes there and comes back: random.
        binding: stays with the client that began: what somebody else began is no use to it (login CSRF).
        provider: `oidc:<name>` or `wechat:<appid>`.
        redirect_uri: where the browser comes back to.
        account_id: whom it links to; empty where somebody signs in.
        nonce: comes back in the ID token, so that none of another time or client passes.
        verifier: of PKCE (RFC 7636): whoever catches the code lacks it.
    """

    state: str = field(repr=False)
    binding: str = field(repr=False)
    provider: str
    redirect_uri: str
    account_id: str
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)

    @property
    def challenge(self) -> str:
        """The verifier as the provider is shown it: S256 of RFC 7636."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@dataclass(frozen=True)
class Begun:
    """What a client needs to go there and come back."""

    url: str
    state: str = field(repr=False)
    binding: str = field(repr=False)


@dataclass(frozen=True)
class Return:
    """What a browser brought back, and what its client kept.

    Attributes:
        code: to be exchanged for who they are.
        state: of the flow.
        binding: likewise.
        issuer: who says to have answered (RFC 9207), where it does.
    """

    code: str = field(repr=False)
    state: str = field(repr=False)
    binding: str = field(repr=False)
    issuer: str | None = None


class UnknownProvider(NotFound):
    """Nobody of this name signs people in here."""

    def __init__(self) -> None:
        super().__init__("provider")


class RedirectRefused(Invalid):
    code = "redirect-not-registered"
    title = Text("Nobody is sent back there", "回调地址未登记")
    detail = Text("Use an address that is registered for the provider, letter by letter.", "请使用已登记的回调地址。")

    def __init__(self) -> None:
        super().__init__(errors=[FieldError("redirect_uri", "not registered")])


class FlowOver(Invalid):
    """Run out, used, begun by another client, or by another account: nobody is told which."""

    code = "sign-in-not-begun"
    title = Text("This sign-in was not begun here, or is over", "登录流程无效或已结束")
    detail = Text("Begin again.", "请重新开始登录。")

    def __init__(self) -> None:
        super().__init__(errors=[FieldError("state", "not accepted")])


class CodeRefused(Invalid):
    """The provider does not know the code any more."""

    code = "provider-code-not-accepted"
    title = Text("The sign-in code is used or has run out", "登录凭证已使用或已过期")
    detail = Text("Sign in at the provider again.", "请重新授权登录。")

    def __init__(self) -> None:
        super().__init__(errors=[FieldError("code", "not accepted")])


class NotBelieved(Invalid):
    """What the provider said of somebody does not hold: the log says why."""

    code = "provider-answer-not-believed"
    title = Text("The provider's answer could not be verified", "登录方的应答未通过校验")
    detail = Text("Begin again. Should it come again, tell us.", "请重新登录；如持续出现，请联系我们。")


class TurnedAway(Forbidden):
    code = "turned-away-by-provider"
    title = Text("The provider does not let this user sign in", "登录方已限制该用户登录")
    detail = Text("Ask the provider, or sign in another way.", "请联系登录方，或使用其他方式登录。")


class ProviderDown(Unavailable):
    code = "sign-in-provider-unavailable"
    title = Text("The provider does not answer", "登录方暂时无法应答")
    detail = Text("Sign in there again in a moment, or another way.", "请稍后重新授权，或使用其他方式登录。")


class EmailKnown(Conflict):
    """Nobody gets into an account by an e-mail address that somebody else vouches for: they sign in to it first."""

    code = "email-known"
    title = Text("There is an account with your e-mail address", "该邮箱已有账号")
    detail = Text("Sign in to it, and link this provider there.", "请先登录该账号，再绑定此登录方式。")
