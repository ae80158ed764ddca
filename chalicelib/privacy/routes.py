"""Privacy over HTTP."""

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.audit.ports import Why
from chalicelib.kit.auth import PUBLIC, Permission
from chalicelib.kit.errors import Busy, NotFound, SignInAgain
from chalicelib.kit.files import FilesDown
from chalicelib.kit.http import Call, also_refuses, endpoint
from chalicelib.privacy import ports, requests, rules, schemas, use_cases

bp = Blueprint(__name__)

_TAG = "privacy"
also_refuses("POST", "/v1/auth/tokens", ports.ConsentMissing, rules.DocumentOutdated)  # who signs up may agree there


@endpoint(
    bp, "GET", "/v1/documents/{document}", summary="Read the terms or the privacy notice", tag=_TAG, needs=PUBLIC,
    query=schemas.TextQuery, returns=schemas.DocumentText, errors=(NotFound,),
)  # fmt: skip
def text(call: Call, document: str) -> schemas.DocumentText:
    version, words = use_cases.text(wiring.consents(), document, call.query.version, call.language)
    name = ports.Document(document)
    is_current = version == rules.current(name)
    return schemas.DocumentText(document=name, version=version, current=is_current, language=call.language, text=words)


@endpoint(
    bp, "GET", "/v1/me/consents", summary="What I agree to, and what is still to be asked for", tag=_TAG,
    needs=Permission.PRIVACY_OWN, returns=schemas.Consents,
)  # fmt: skip
def consents(call: Call) -> schemas.Consents:
    return schemas.Consents.of(use_cases.consents(wiring.consents(), call.actor.account_id))


@endpoint(
    bp, "PUT", "/v1/me/consents/{purpose}", summary="Agree to a text or a choice, or withdraw a choice", tag=_TAG,
    needs=Permission.PRIVACY_OWN, body=schemas.ConsentChange, returns=schemas.Consent,
    errors=(NotFound, rules.CannotBeWithdrawn, rules.DocumentOutdated, Busy),
)  # fmt: skip
def say(call: Call, purpose: str) -> schemas.Consent:
    if purpose not in set(ports.Purpose):
        raise NotFound("purpose")
    wish, of = call.body, ports.Purpose(purpose)
    said = use_cases.say(wiring.consents(), call.actor, of, wish.version, call.language, agreed=wish.agreed)
    return schemas.Consent.of(said)


@endpoint(
    bp, "GET", "/v1/me/consents/history", summary="All that I ever agreed to or withdrew", tag=_TAG,
    needs=Permission.PRIVACY_OWN, query=schemas.HistoryQuery, returns=schemas.ConsentHistory,
)  # fmt: skip
def history(call: Call) -> schemas.ConsentHistory:
    scope, cursors = f"consents|{call.actor.account_id}", wiring.cursors()
    after = cursors.unpack(scope, call.query.cursor)
    page = use_cases.history(wiring.consents(), call.actor, after, call.query.limit)
    return schemas.ConsentHistory.of(page, cursors.pack(scope, page.next))


@endpoint(
    bp, "POST", "/v1/me/exports", summary="Ask for a copy of all that is known of me", tag=_TAG,
    needs=Permission.ACCOUNT_SECURE, returns=schemas.Export, status=202, idempotent=True,
    errors=(SignInAgain, requests.CopyOnItsWay, requests.CopiesEnough, Busy),
)  # fmt: skip
def ask_export(call: Call) -> schemas.Export:
    show = schemas.Export.of
    return show(use_cases.ask_export(wiring.privacy(), call.actor, call.once(show)))


@endpoint(
    bp, "GET", "/v1/me/exports", summary="The copies that I asked for", tag=_TAG, needs=Permission.ACCOUNT_SECURE,
    returns=schemas.Exports,
)  # fmt: skip
def exports(call: Call) -> schemas.Exports:
    return schemas.Exports(items=[schemas.Export.of(one) for one in use_cases.exports(wiring.privacy(), call.actor)])


@endpoint(
    bp, "GET", "/v1/me/exports/{export_id}", summary="A copy, with its link where it is ready", tag=_TAG,
    needs=Permission.ACCOUNT_SECURE, returns=schemas.Export, errors=(NotFound, SignInAgain, FilesDown),
)  # fmt: skip
def fetch_export(call: Call, export_id: str) -> schemas.Export:
    return schemas.Export.of(use_cases.fetch_export(wiring.privacy(), call.actor, export_id))


@endpoint(
    bp, "POST", "/v1/me/erasure", summary="Have my account erased after 7 days", tag=_TAG,
    needs=Permission.ACCOUNT_SECURE, body=schemas.ErasureWish, returns=schemas.Erasure, status=202, idempotent=True,
    errors=(requests.SignInAgain, requests.StillOpen, Busy),
)  # fmt: skip
def ask_erasure(call: Call) -> schemas.Erasure:
    def show(standing: use_cases.Standing) -> schemas.Erasure:
        return schemas.Erasure.of(standing, call.language)

    why, at = Why(call.body.reason or "", call.source_ip), call.actor.signed_in_at
    return show(use_cases.ask_erasure(wiring.privacy(), call.actor, at, why, call.once(show)))


@endpoint(
    bp, "GET", "/v1/me/erasure", summary="Where my erasure stands, and what is open", tag=_TAG,
    needs=Permission.ACCOUNT_SECURE, returns=schemas.Erasure,
)  # fmt: skip
def erasure(call: Call) -> schemas.Erasure:
    return schemas.Erasure.of(use_cases.erasure(wiring.privacy(), call.actor), call.language)


@endpoint(
    bp, "DELETE", "/v1/me/erasure", summary="Keep my account after all", tag=_TAG,
    needs=Permission.ACCOUNT_SECURE, status=204, errors=(requests.CannotWithdraw, Busy),
)  # fmt: skip
def withdraw_erasure(call: Call) -> None:
    use_cases.withdraw_erasure(wiring.privacy(), call.actor, Why("", call.source_ip))
