"""Privacy over HTTP."""

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.kit.auth import PUBLIC, Permission
from chalicelib.kit.errors import Busy, NotFound
from chalicelib.kit.http import Call, endpoint
from chalicelib.privacy import ports, rules, schemas, use_cases

bp = Blueprint(__name__)

_TAG = "privacy"


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
    needs=Permission.PRIVACY_OWN,
    query=schemas.HistoryQuery, returns=schemas.ConsentHistory,
)  # fmt: skip
def history(call: Call) -> schemas.ConsentHistory:
    scope, cursors = f"consents|{call.actor.account_id}", wiring.cursors()
    after = cursors.unpack(scope, call.query.cursor)
    page = use_cases.history(wiring.consents(), call.actor, after, call.query.limit)
    return schemas.ConsentHistory.of(page, cursors.pack(scope, page.next))
