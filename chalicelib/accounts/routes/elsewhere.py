"""Signing in at others: WeChat, and OpenID providers."""

from chalicelib import wiring
from chalicelib.accounts import rules, schemas, use_cases
from chalicelib.accounts.routes.blueprint import bp, visitor
from chalicelib.kit.auth import PUBLIC
from chalicelib.kit.errors import Busy
from chalicelib.kit.http import Call, endpoint
from chalicelib.risk.ports import SignInFrozen

FROM_WECHAT = (rules.UnknownProvider, rules.FlowOver, rules.CodeRefused, rules.TurnedAway, rules.ProviderDown, Busy)
FROM_OIDC = (rules.UnknownProvider, rules.FlowOver, rules.CodeRefused, rules.NotBelieved, rules.ProviderDown, Busy)


@endpoint(
    bp, "POST", "/v1/auth/wechat", summary="Sign in by WeChat; the first time makes the account", tag="accounts",
    needs=PUBLIC, body=schemas.WechatSignIn, returns=schemas.TokenPair, errors=(*FROM_WECHAT, SignInFrozen),
)  # fmt: skip
def sign_in_wechat(call: Call) -> schemas.TokenPair:
    body: schemas.WechatSignIn = call.body
    who = visitor(call, body.consent)
    return schemas.TokenPair.of(use_cases.sign_in_wechat(wiring.elsewhere(), body.app, body.back(), who))


@endpoint(
    bp, "POST", "/v1/auth/wechat/page", summary="Begin to sign in on a page by WeChat's QR code", tag="accounts",
    needs=PUBLIC, body=schemas.BeginWechat, returns=schemas.Begun, status=201,
    errors=(rules.UnknownProvider, rules.RedirectRefused),
)  # fmt: skip
def begin_wechat(call: Call) -> schemas.Begun:
    body: schemas.BeginWechat = call.body
    return schemas.Begun.of(use_cases.begin_wechat(wiring.elsewhere(), body.app, body.redirect_uri))


@endpoint(
    bp, "POST", "/v1/auth/oidc/{provider}", summary="Begin to sign in at an OpenID provider", tag="accounts",
    needs=PUBLIC, body=schemas.BeginOidc, returns=schemas.Begun, status=201,
    errors=(rules.UnknownProvider, rules.RedirectRefused, rules.ProviderDown),
)  # fmt: skip
def begin_oidc(call: Call, provider: str) -> schemas.Begun:
    body: schemas.BeginOidc = call.body
    return schemas.Begun.of(use_cases.begin_oidc(wiring.elsewhere(), provider, body.redirect_uri))


@endpoint(
    bp, "POST", "/v1/auth/oidc/{provider}/callback", tag="accounts",
    summary="Sign in with what an OpenID provider sent back; the first time makes the account",
    needs=PUBLIC, body=schemas.OidcSignIn, returns=schemas.TokenPair,
    errors=(*FROM_OIDC, rules.EmailKnown, SignInFrozen),
)  # fmt: skip
def sign_in_oidc(call: Call, provider: str) -> schemas.TokenPair:
    body: schemas.OidcSignIn = call.body
    who = visitor(call, body.consent)
    return schemas.TokenPair.of(use_cases.sign_in_oidc(wiring.elsewhere(), provider, body.back(), who))
