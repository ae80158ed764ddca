"""Accounts over HTTP.

The POSTs take no Idempotency-Key, see `use_cases`; an answer with tokens must not lie in the idempotency table either.
"""

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.accounts import rules, schemas, use_cases
from chalicelib.kit.auth import ADMINS, PUBLIC, SIGNED_IN
from chalicelib.kit.errors import NotFound, TooMany
from chalicelib.kit.http import Call, endpoint

bp = Blueprint(__name__)


@endpoint(
    bp, "POST", "/v1/auth/codes", summary="Send a sign-in code to a phone", tag="accounts", roles=PUBLIC,
    body=schemas.CodeRequest, returns=schemas.CodeSent, status=202, errors=(TooMany, rules.CodeNotSent),
)  # fmt: skip
def request_code(call: Call) -> schemas.CodeSent:
    use_cases.request_code(wiring.accounts(), call.body.phone, call.source_ip, call.language)
    return schemas.CodeSent(expires_in=int(rules.CODE_LIFE.total_seconds()))


@endpoint(
    bp, "POST", "/v1/auth/tokens", summary="Sign in with a code; the first time makes the account", tag="accounts",
    roles=PUBLIC, body=schemas.CodeExchange, returns=schemas.TokenPair, errors=(rules.CodeNotAccepted,),
)  # fmt: skip
def sign_in(call: Call) -> schemas.TokenPair:
    signed_in = use_cases.sign_in(wiring.accounts(), call.body.phone, call.body.code, call.language)
    return schemas.TokenPair.of(signed_in)


@endpoint(
    bp, "POST", "/v1/auth/tokens/refresh", summary="Exchange a refresh token for the next pair", tag="accounts",
    roles=PUBLIC, body=schemas.RefreshRequest, returns=schemas.TokenPair, errors=(rules.SessionOver,),
)  # fmt: skip
def refresh(call: Call) -> schemas.TokenPair:
    return schemas.TokenPair.of(use_cases.refresh(wiring.accounts(), call.body.refresh_token))


@endpoint(
    bp, "DELETE", "/v1/auth/session", summary="Sign out: end this session", tag="accounts", roles=SIGNED_IN, status=204
)
def sign_out(call: Call) -> None:
    use_cases.sign_out(wiring.accounts(), call.actor)


@endpoint(
    bp, "GET", "/v1/me", summary="Read one's own account", tag="accounts", roles=SIGNED_IN, returns=schemas.Account,
    errors=(NotFound,),
)  # fmt: skip
def me(call: Call) -> schemas.Account:
    return schemas.Account.of(use_cases.read(wiring.accounts(), call.actor, call.actor.account_id))


@endpoint(
    bp, "PATCH", "/v1/me", summary="Change one's own name or language", tag="accounts", roles=SIGNED_IN,
    body=schemas.ProfileChange, returns=schemas.Account, errors=(NotFound,),
)  # fmt: skip
def change_profile(call: Call) -> schemas.Account:
    wish: schemas.ProfileChange = call.body
    name = wish.name if "name" in wish.model_fields_set else ...
    account = use_cases.change_profile(wiring.accounts(), call.actor, name=name, language=wish.language)
    return schemas.Account.of(account)


@endpoint(
    bp, "POST", "/v1/me/merchant", summary="Become a merchant", tag="accounts", roles=SIGNED_IN,
    returns=schemas.Promotion, errors=(NotFound,),
)  # fmt: skip
def become_merchant(call: Call) -> schemas.Promotion:
    return schemas.Promotion.of(use_cases.become_merchant(wiring.accounts(), call.actor))


@endpoint(
    bp, "GET", "/v1/admin/accounts/{account_id}", summary="Read an account", tag="accounts", roles=ADMINS,
    returns=schemas.Account, errors=(NotFound,),
)  # fmt: skip
def account(call: Call, account_id: str) -> schemas.Account:
    return schemas.Account.of(use_cases.read(wiring.accounts(), call.actor, account_id))


@endpoint(
    bp, "PUT", "/v1/admin/accounts/{account_id}/roles", summary="Set an account's roles and end its sessions",
    tag="accounts", roles=ADMINS, body=schemas.RolesChange, returns=schemas.Account, errors=(NotFound,),
)  # fmt: skip
def set_roles(call: Call, account_id: str) -> schemas.Account:
    changed = use_cases.set_roles(wiring.accounts(), call.actor, account_id, frozenset(call.body.roles))
    return schemas.Account.of(changed)
