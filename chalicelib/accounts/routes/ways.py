"""The ways to sign in to one's own account."""

from chalicelib import wiring
from chalicelib.accounts import rules, schemas, use_cases
from chalicelib.accounts.routes.blueprint import bp, visitor
from chalicelib.accounts.routes.elsewhere import FROM_OIDC, FROM_WECHAT
from chalicelib.kit.auth import Permission
from chalicelib.kit.errors import Busy, Conflict, NotFound, SignInAgain, TooMany
from chalicelib.kit.http import Call, endpoint
from chalicelib.kit.regions import WrongRegion

_PATH = "/v1/me/identities"
_MINE = Permission.ACCOUNT_SECURE
_LINKS = (SignInAgain, rules.IdentityTaken, Conflict)


@endpoint(
    bp, "GET", _PATH, summary="The ways to sign in to my account", tag="accounts", needs=_MINE, returns=schemas.Ways,
    errors=(NotFound,),
)  # fmt: skip
def ways(call: Call) -> schemas.Ways:
    return schemas.Ways.of(use_cases.ways(wiring.accounts(), call.actor))


@endpoint(
    bp, "POST", f"{_PATH}/codes", summary="Send a code to a phone or an address that I want to sign in by",
    tag="accounts", needs=_MINE, body=schemas.CodeRequest, returns=schemas.CodeSent, status=202,
    errors=(SignInAgain, TooMany, rules.CodeNotSent, rules.SmsPaused, rules.CountryNotServed, WrongRegion),
)  # fmt: skip
def request_link_code(call: Call) -> schemas.CodeSent:
    use_cases.request_link_code(wiring.accounts(), call.actor, call.body.receiver, visitor(call))
    return schemas.CodeSent(expires_in=int(rules.CODE_LIFE.total_seconds()))


@endpoint(
    bp, "POST", _PATH, summary="Sign in by this phone or address from now on", tag="accounts", needs=_MINE,
    body=schemas.LinkCode, returns=schemas.Ways, errors=(*_LINKS, rules.CodeNotAccepted, Busy),
)  # fmt: skip
def link_by_code(call: Call) -> schemas.Ways:
    body: schemas.LinkCode = call.body
    ports, who = wiring.accounts(), visitor(call)
    return schemas.Ways.of(use_cases.link_by_code(ports, call.actor, body.receiver, body.code, who))


@endpoint(
    bp, "POST", f"{_PATH}/wechat", summary="Sign in by this WeChat user from now on", tag="accounts", needs=_MINE,
    body=schemas.WechatReturn, returns=schemas.Ways, errors=(*_LINKS, *FROM_WECHAT),
)  # fmt: skip
def link_wechat(call: Call) -> schemas.Ways:
    body: schemas.WechatReturn = call.body
    return schemas.Ways.of(use_cases.link_wechat(wiring.elsewhere(), call.actor, body.app, body.back(), visitor(call)))


@endpoint(
    bp, "POST", f"{_PATH}/wechat/page", summary="Begin to link a WeChat user by QR code", tag="accounts", needs=_MINE,
    body=schemas.BeginWechat, returns=schemas.Begun, status=201,
    errors=(SignInAgain, rules.UnknownProvider, rules.RedirectRefused),
)  # fmt: skip
def begin_link_wechat(call: Call) -> schemas.Begun:
    body: schemas.BeginWechat = call.body
    return schemas.Begun.of(use_cases.begin_link_wechat(wiring.elsewhere(), call.actor, body.app, body.redirect_uri))


@endpoint(
    bp, "POST", f"{_PATH}/oidc/{{provider}}", summary="Begin to link an OpenID provider", tag="accounts", needs=_MINE,
    body=schemas.BeginOidc, returns=schemas.Begun, status=201,
    errors=(SignInAgain, rules.UnknownProvider, rules.RedirectRefused, rules.ProviderDown),
)  # fmt: skip
def begin_link_oidc(call: Call, provider: str) -> schemas.Begun:
    body: schemas.BeginOidc = call.body
    return schemas.Begun.of(use_cases.begin_link_oidc(wiring.elsewhere(), call.actor, provider, body.redirect_uri))


@endpoint(
    bp, "POST", f"{_PATH}/oidc/{{provider}}/callback", tag="accounts", needs=_MINE, body=schemas.OidcReturn,
    returns=schemas.Ways, errors=(*_LINKS, *FROM_OIDC),
    summary="Sign in by who came back from an OpenID provider from now on",
)  # fmt: skip
def link_oidc(call: Call, provider: str) -> schemas.Ways:
    body: schemas.OidcReturn = call.body
    return schemas.Ways.of(use_cases.link_oidc(wiring.elsewhere(), call.actor, provider, body.back(), visitor(call)))


@endpoint(
    bp, "DELETE", f"{_PATH}/{{identity_id}}", summary="Sign in this way no more", tag="accounts", needs=_MINE,
    status=204, errors=(SignInAgain, NotFound, rules.LastIdentity, Busy),
)  # fmt: skip
def unlink(call: Call, identity_id: str) -> None:
    use_cases.unlink_way(wiring.accounts(), call.actor, identity_id, call.source_ip)
