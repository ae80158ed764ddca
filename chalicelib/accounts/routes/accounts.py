"""Accounts over HTTP.

The POSTs take no Idempotency-Key, see `use_cases`; an answer with tokens must not lie in the idempotency table either.
"""

from chalicelib import wiring
from chalicelib.accounts import rules, schemas, use_cases
from chalicelib.accounts.routes.blueprint import bp, visitor
from chalicelib.audit.ports import Why
from chalicelib.kit.auth import PUBLIC, Permission, Role
from chalicelib.kit.errors import Forbidden, NotFound, TooMany
from chalicelib.kit.http import Call, Reply, endpoint
from chalicelib.kit.regions import WrongRegion
from chalicelib.risk.ports import SignInFrozen

_KEYS_KEPT = "public, max-age=300"  # a new key signs at once; whoever meets one that they do not know asks again


@endpoint(
    bp, "POST", "/v1/auth/codes", summary="Send a sign-in code to a phone or an e-mail address", tag="accounts",
    needs=PUBLIC, body=schemas.CodeRequest, returns=schemas.CodeSent, status=202,
    errors=(TooMany, rules.CodeNotSent, rules.SmsPaused, rules.CountryNotServed, WrongRegion),
)  # fmt: skip
def request_code(call: Call) -> schemas.CodeSent:
    use_cases.request_code(wiring.accounts(), call.body.receiver, visitor(call))
    return schemas.CodeSent(expires_in=int(rules.CODE_LIFE.total_seconds()))


@endpoint(
    bp, "POST", "/v1/auth/tokens", summary="Sign in with a code; the first time makes the account", tag="accounts",
    needs=PUBLIC, body=schemas.CodeExchange, returns=schemas.TokenPair,
    errors=(rules.CodeNotAccepted, SignInFrozen, WrongRegion),
)  # fmt: skip
def sign_in(call: Call) -> schemas.TokenPair:
    wish: schemas.CodeExchange = call.body
    signed_in = use_cases.sign_in(wiring.accounts(), wish.receiver, wish.code, visitor(call, wish.consent))
    return schemas.TokenPair.of(signed_in)


@endpoint(
    bp, "POST", "/v1/auth/tokens/refresh", summary="Exchange a refresh token for the next pair", tag="accounts",
    needs=PUBLIC, body=schemas.RefreshRequest, returns=schemas.TokenPair, errors=(rules.SessionOver,),
)  # fmt: skip
def refresh(call: Call) -> schemas.TokenPair:
    return schemas.TokenPair.of(use_cases.refresh(wiring.accounts(), call.body.refresh_token))


@endpoint(
    bp,
    "DELETE",
    "/v1/auth/session",
    summary="Sign out: end this session",
    tag="accounts",
    needs=Permission.ACCOUNT_OWN,
    status=204,
)
def sign_out(call: Call) -> None:
    use_cases.sign_out(wiring.accounts(), call.actor)


@endpoint(
    bp, "GET", "/v1/me/sessions", summary="Where I am signed in", tag="accounts", needs=Permission.ACCOUNT_SECURE,
    returns=schemas.Sessions,
)  # fmt: skip
def sessions(call: Call) -> schemas.Sessions:
    return schemas.Sessions.of(use_cases.my_sessions(wiring.accounts(), call.actor), call.actor.session_id)


@endpoint(
    bp, "DELETE", "/v1/me/sessions/{sign_in_id}", summary="End a session of mine", tag="accounts",
    needs=Permission.ACCOUNT_SECURE, status=204,
)  # fmt: skip
def revoke_session(call: Call, sign_in_id: str) -> None:
    use_cases.revoke(wiring.accounts(), call.actor, sign_in_id)


@endpoint(
    bp, "DELETE", "/v1/me/sessions", summary="End all my sessions but this one", tag="accounts",
    needs=Permission.ACCOUNT_SECURE, status=204,
)  # fmt: skip
def revoke_other_sessions(call: Call) -> None:
    use_cases.revoke_others(wiring.accounts(), call.actor)


@endpoint(
    bp, "GET", "/v1/auth/keys", summary="The public keys of access tokens, as a JSON Web Key set", tag="accounts",
    needs=PUBLIC, returns=schemas.JsonWebKeys,
)  # fmt: skip
def keys(_call: Call) -> Reply:
    found = schemas.JsonWebKeys.model_validate({"keys": wiring.tokens().public_keys()})
    return Reply(found.model_dump_json(), headers={"Cache-Control": _KEYS_KEPT})


@endpoint(
    bp, "GET", "/v1/me", summary="Read one's own account", tag="accounts",
    needs=Permission.ACCOUNT_OWN, returns=schemas.Account,
    errors=(NotFound,),
)  # fmt: skip
def me(call: Call) -> schemas.Account:
    return schemas.Account.of(use_cases.read(wiring.accounts(), call.actor, call.actor.account_id))


@endpoint(
    bp, "PATCH", "/v1/me", summary="Change one's own name or language", tag="accounts", needs=Permission.ACCOUNT_OWN,
    body=schemas.ProfileChange, returns=schemas.Account, errors=(NotFound,),
)  # fmt: skip
def change_profile(call: Call) -> schemas.Account:
    wish: schemas.ProfileChange = call.body
    name = wish.name if "name" in wish.model_fields_set else ...
    account = use_cases.change_profile(wiring.accounts(), call.actor, name=name, language=wish.language)
    return schemas.Account.of(account)


@endpoint(
    bp, "GET", "/v1/admin/accounts/{account_id}", summary="Read an account", tag="accounts",
    needs=Permission.ACCOUNT_READ,
    returns=schemas.Account, errors=(NotFound,),
)  # fmt: skip
def account(call: Call, account_id: str) -> schemas.Account:
    return schemas.Account.of(use_cases.read(wiring.accounts(), call.actor, account_id))


@endpoint(
    bp, "PUT", "/v1/admin/accounts/{account_id}/roles", summary="Set an account's roles and end its sessions",
    tag="accounts",
    needs=Permission.ROLE_SET, body=schemas.RolesChange, returns=schemas.Account,
    errors=(NotFound, Forbidden, rules.FactorFirst),
)  # fmt: skip
def set_roles(call: Call, account_id: str) -> schemas.Account:
    why = Why(call.body.reason, call.source_ip)
    changed = use_cases.set_roles(wiring.accounts(), call.actor, account_id, frozenset(call.body.roles), why)
    if Role.MERCHANT not in changed.roles:  # also where it was not before: an earlier run may have died here
        wiring.disband(call.actor, account_id, call.source_ip)
    return schemas.Account.of(changed)
