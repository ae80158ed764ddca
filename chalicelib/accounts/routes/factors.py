"""Second factors and passkeys. As everywhere in accounts no Idempotency-Key is taken: each offer, code and challenge is
good once, and an answer with secrets or tokens must not lie in the idempotency table.
"""

import io

from chalicelib import wiring
from chalicelib.accounts import schemas, use_cases
from chalicelib.accounts.routes.blueprint import bp, visitor
from chalicelib.accounts.rules import (
    FactorKept,
    FactorNotAccepted,
    NoFactor,
    PasskeysOff,
    PasskeyTaken,
    SessionOver,
    TooManyPasskeys,
    TotpExists,
)
from chalicelib.kit.auth import PUBLIC, Permission
from chalicelib.kit.errors import Busy, NotFound, SignInAgain
from chalicelib.kit.http import Call, endpoint
from chalicelib.risk.ports import SignInFrozen, SlowDown

TAG = "accounts"


@endpoint(
    bp, "GET", "/v1/me/factors", summary="My second factors", tag=TAG, needs=Permission.ACCOUNT_SECURE,
    returns=schemas.Factors,
)  # fmt: skip
def factors(call: Call) -> schemas.Factors:
    return schemas.Factors.of(use_cases.my_factors(wiring.factors(), call.actor))


@endpoint(
    bp, "POST", "/v1/me/totp", summary="Get a secret for an authenticator app", tag=TAG,
    needs=Permission.ACCOUNT_SECURE, returns=schemas.TotpOffer, status=201,
    errors=(SignInAgain, TotpExists, NotFound, Busy),
)  # fmt: skip
def offer_totp(call: Call) -> schemas.TotpOffer:
    offer = use_cases.offer_totp(wiring.factors(), call.actor)
    return schemas.TotpOffer(secret=offer.secret, uri=offer.uri, qr=_drawn(offer.uri))


@endpoint(
    bp, "POST", "/v1/me/totp/confirm", summary="Enrol the authenticator app by its first code", tag=TAG,
    needs=Permission.ACCOUNT_SECURE, body=schemas.TotpConfirmation, returns=schemas.Enrolment,
    errors=(SignInAgain, TotpExists, FactorNotAccepted, Busy),
)  # fmt: skip
def confirm_totp(call: Call) -> schemas.Enrolment:
    enrolled = use_cases.confirm_totp(wiring.factors(), call.actor, call.body.code, call.source_ip)
    return schemas.Enrolment.of(enrolled)


@endpoint(
    bp, "DELETE", "/v1/me/totp", summary="Remove the authenticator app and end all my other sessions", tag=TAG,
    needs=Permission.ACCOUNT_SECURE, status=204, errors=(SignInAgain, NotFound, FactorKept, Busy),
)  # fmt: skip
def remove_totp(call: Call) -> None:
    use_cases.remove_totp(wiring.factors(), call.actor, call.source_ip)


@endpoint(
    bp, "POST", "/v1/me/recovery-codes", summary="Get new recovery codes in the place of all before", tag=TAG,
    needs=Permission.ACCOUNT_SECURE, returns=schemas.RecoveryCodes, status=201, errors=(SignInAgain, NoFactor, Busy),
)  # fmt: skip
def new_recovery_codes(call: Call) -> schemas.RecoveryCodes:
    codes = use_cases.new_recovery_codes(wiring.factors(), call.actor, call.source_ip)
    return schemas.RecoveryCodes(codes=list(codes))


@endpoint(
    bp, "POST", "/v1/me/passkeys/begin", summary="What to ask an authenticator to make a passkey", tag=TAG,
    needs=Permission.ACCOUNT_SECURE, returns=schemas.CreationOptions,
    errors=(SignInAgain, TooManyPasskeys, PasskeysOff, NotFound, Busy),
)  # fmt: skip
def begin_registration(call: Call) -> schemas.CreationOptions:
    return schemas.CreationOptions.model_validate(use_cases.begin_registration(wiring.factors(), call.actor))


@endpoint(
    bp, "POST", "/v1/me/passkeys", summary="Register the passkey that the authenticator has made", tag=TAG,
    needs=Permission.ACCOUNT_SECURE, body=schemas.NewPasskey, returns=schemas.PasskeyEnrolment, status=201,
    errors=(SignInAgain, FactorNotAccepted, PasskeyTaken, TooManyPasskeys, PasskeysOff, Busy),
)  # fmt: skip
def register_passkey(call: Call) -> schemas.PasskeyEnrolment:
    wish: schemas.NewPasskey = call.body
    made = wish.credential.model_dump()
    passkey, enrolled = use_cases.register(wiring.factors(), call.actor, made, wish.name, call.source_ip)
    rest = schemas.Enrolment.of(enrolled)
    return schemas.PasskeyEnrolment(
        passkey=schemas.Passkey.of(passkey), recovery_codes=rest.recovery_codes, tokens=rest.tokens
    )


@endpoint(
    bp, "PATCH", "/v1/me/passkeys/{passkey_id}", summary="Call a passkey something else", tag=TAG,
    needs=Permission.ACCOUNT_SECURE, body=schemas.PasskeyName, returns=schemas.Passkey, errors=(NotFound, Busy),
)  # fmt: skip
def rename_passkey(call: Call, passkey_id: str) -> schemas.Passkey:
    renamed = use_cases.rename_passkey(wiring.factors(), call.actor, passkey_id, call.body.name)
    return schemas.Passkey.of(renamed)


@endpoint(
    bp, "DELETE", "/v1/me/passkeys/{passkey_id}", summary="Remove a passkey and end all my other sessions", tag=TAG,
    needs=Permission.ACCOUNT_SECURE, status=204, errors=(SignInAgain, NotFound, FactorKept, Busy),
)  # fmt: skip
def remove_passkey(call: Call, passkey_id: str) -> None:
    use_cases.remove_passkey(wiring.factors(), call.actor, passkey_id, call.source_ip)


@endpoint(
    bp, "POST", "/v1/auth/passkeys/begin", summary="What to ask an authenticator to sign with a passkey", tag=TAG,
    needs=PUBLIC, returns=schemas.RequestOptions, errors=(PasskeysOff, Busy),
)  # fmt: skip
def begin_showing(_call: Call) -> schemas.RequestOptions:
    return schemas.RequestOptions.model_validate(use_cases.begin_showing(wiring.factors()))


@endpoint(
    bp, "POST", "/v1/auth/passkeys/finish", summary="Sign in by a passkey", tag=TAG, needs=PUBLIC,
    body=schemas.PasskeySignIn, returns=schemas.TokenPair, errors=(FactorNotAccepted, SignInFrozen, PasskeysOff, Busy),
)  # fmt: skip
def sign_in_by_passkey(call: Call) -> schemas.TokenPair:
    shown = call.body.credential.model_dump()
    return schemas.TokenPair.of(use_cases.sign_in_by_passkey(wiring.factors(), shown, visitor(call)))


@endpoint(
    bp, "POST", "/v1/auth/second-factor", summary="Show a second factor: the session is whole, and fresh", tag=TAG,
    needs=Permission.SECOND_FACTOR, body=schemas.SecondFactor, returns=schemas.TokenPair,
    errors=(FactorNotAccepted, SlowDown, SessionOver, SignInFrozen, PasskeysOff, Busy),
)  # fmt: skip
def show_factor(call: Call) -> schemas.TokenPair:
    shown: schemas.SecondFactor = call.body
    return schemas.TokenPair.of(use_cases.show_factor(wiring.factors(), call.actor, shown.shown(), visitor(call)))


def _drawn(uri: str) -> str:
    import segno  # few requests draw

    drawn = io.BytesIO()
    segno.make(uri, error="m", micro=False).save(drawn, kind="svg", xmldecl=False, scale=4, border=4)
    return drawn.getvalue().decode()
