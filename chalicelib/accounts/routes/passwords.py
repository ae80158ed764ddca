"""Passwords over HTTP. No Idempotency-Key: to set one again changes nothing but the sessions."""

from chalicelib import wiring
from chalicelib.accounts import rules, schemas, use_cases
from chalicelib.accounts.routes.blueprint import bp, visitor
from chalicelib.kit.auth import PUBLIC, Permission
from chalicelib.kit.errors import Forbidden, NotFound, SignInAgain
from chalicelib.kit.http import Call, endpoint
from chalicelib.kit.regions import WrongRegion
from chalicelib.risk.ports import SignInFrozen, SlowDown


@endpoint(
    bp, "POST", "/v1/auth/password", summary="Sign in by password", tag="accounts", needs=PUBLIC,
    body=schemas.PasswordSignIn, returns=schemas.TokenPair,
    errors=(rules.PasswordNotAccepted, SlowDown, SignInFrozen, WrongRegion),
)  # fmt: skip
def sign_in_by_password(call: Call) -> schemas.TokenPair:
    wish: schemas.PasswordSignIn = call.body
    signed_in = use_cases.sign_in_by_password(wiring.accounts(), wish.receiver, wish.password, visitor(call))
    return schemas.TokenPair.of(signed_in)


@endpoint(
    bp, "PUT", "/v1/me/password", summary="Set one's password and end all other sessions", tag="accounts",
    needs=Permission.ACCOUNT_SECURE, body=schemas.PasswordChange, returns=schemas.TokenPair,
    errors=(rules.PasswordRefused, SignInAgain, Forbidden, NotFound),
)  # fmt: skip
def set_password(call: Call) -> schemas.TokenPair:
    changed = use_cases.set_password(wiring.accounts(), call.actor, call.body.password, visitor(call))
    return schemas.TokenPair.of(changed)
