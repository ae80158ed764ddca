"""Vetting over HTTP: what applicants do, and what reviewers do.

The forms and links are good for minutes and let in whoever has them: these two POSTs take no Idempotency-Key, for their
answers must not lie in a table, and a repeat only makes another one.
"""

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.audit.ports import Why
from chalicelib.kit.errors import Busy, NotFound
from chalicelib.kit.files import FilesDown
from chalicelib.kit.http import Call, endpoint
from chalicelib.kit.permissions import Permission
from chalicelib.vetting import problems, schemas, use_cases

bp = Blueprint(__name__)

_MINE, _ADMIN = "/v1/me/merchant/application", "/v1/admin/vetting"
_APPLY, _DECIDE, _NAMES = Permission.VETTING_APPLY, Permission.VETTING_DECIDE, Permission.VETTING_NAMES


@endpoint(
    bp, "GET", _MINE, summary="Read one's own application to become a merchant", tag="vetting", needs=_APPLY,
    returns=schemas.Application, errors=(NotFound,),
)  # fmt: skip
def mine(call: Call) -> schemas.Application:
    return schemas.Application.of(use_cases.mine(wiring.vetting(), call.actor))


@endpoint(
    bp, "PUT", _MINE, summary="Say what one's business is, to become a merchant or with a new licence", tag="vetting",
    needs=_APPLY, body=schemas.Details, returns=schemas.Application, errors=(problems.NotPossible, Busy),
)  # fmt: skip
def describe(call: Call) -> schemas.Application:
    return schemas.Application.of(use_cases.describe(wiring.vetting(), call.actor, call.body.domain()))


@endpoint(
    bp, "POST", f"{_MINE}/uploads", summary="Get a form that takes one image of the licence", tag="vetting",
    needs=_APPLY, body=schemas.UploadIn, returns=schemas.UploadForm, status=201,
    errors=(NotFound, problems.NotPossible, problems.TooManyUploads, Busy),
)  # fmt: skip
def begin_upload(call: Call) -> schemas.UploadForm:
    return schemas.UploadForm.of(use_cases.begin_upload(wiring.vetting(), call.actor, call.body.media))


@endpoint(
    bp, "POST", f"{_MINE}/documents", summary="Register an uploaded file", tag="vetting", needs=_APPLY,
    body=schemas.DocumentIn, returns=schemas.Application, status=201, idempotent=True,
    errors=(
        NotFound, problems.NotPossible, problems.NotUploaded, problems.DocumentRefused, problems.TooManyDocuments,
        FilesDown, Busy,
    ),
)  # fmt: skip
def add_document(call: Call) -> schemas.Application:
    once, show = call.once(schemas.Application.of), schemas.Application.of
    return show(use_cases.add_document(wiring.vetting(), call.actor, call.body.document_id, once))


@endpoint(
    bp, "DELETE", f"{_MINE}/documents/{{document_id}}", summary="Take a document out", tag="vetting", needs=_APPLY,
    returns=schemas.Application, errors=(NotFound, problems.NotPossible, Busy),
)  # fmt: skip
def remove_document(call: Call, document_id: str) -> schemas.Application:
    return schemas.Application.of(use_cases.remove_document(wiring.vetting(), call.actor, document_id))


@endpoint(
    bp, "POST", f"{_MINE}/submit", summary="Hand the application in; it is checked at once", tag="vetting",
    needs=_APPLY, returns=schemas.Application, idempotent=True,
    errors=(NotFound, problems.NotPossible, problems.DocumentsMissing, problems.AppliedEnough, Busy),
)  # fmt: skip
def submit(call: Call) -> schemas.Application:
    once, show = call.once(schemas.Application.of), schemas.Application.of
    return show(use_cases.submit(wiring.vetting(), call.actor, call.source_ip, once))


@endpoint(
    bp, "GET", f"{_ADMIN}/applications", summary="Applications in a state, the one in it longest first", tag="vetting",
    needs=_DECIDE, query=schemas.WaitingQuery, returns=schemas.WaitingList,
)  # fmt: skip
def waiting(call: Call) -> schemas.WaitingList:
    query: schemas.WaitingQuery = call.query
    scope, cursors = f"vetting|{query.state}", wiring.cursors()
    page = use_cases.waiting(wiring.vetting(), query.state, cursors.unpack(scope, query.cursor), query.limit)
    return schemas.WaitingList.of(page.items, cursors.pack(scope, page.next))


@endpoint(
    bp, "GET", f"{_ADMIN}/applications/{{account_id}}", summary="Read an application", tag="vetting", needs=_DECIDE,
    returns=schemas.Application, errors=(NotFound,),
)  # fmt: skip
def application(_call: Call, account_id: str) -> schemas.Application:
    return schemas.Application.of(use_cases.application(wiring.vetting(), account_id))


@endpoint(
    bp, "POST", f"{_ADMIN}/applications/{{account_id}}/links", summary="Look at an application's documents",
    tag="vetting", needs=_DECIDE, body=schemas.LookIn, returns=schemas.Links, errors=(NotFound,),
)  # fmt: skip
def links(call: Call, account_id: str) -> schemas.Links:
    return schemas.Links.of(use_cases.links(wiring.vetting(), call.actor, account_id, _why(call)))


@endpoint(
    bp, "POST", f"{_ADMIN}/applications/{{account_id}}/decision", summary="Approve, reject, or ask for more",
    tag="vetting", needs=_DECIDE, body=schemas.DecisionIn, returns=schemas.Application, idempotent=True,
    errors=(NotFound, problems.NotPossible, problems.LicenceOver, Busy),
)  # fmt: skip
def decide(call: Call, account_id: str) -> schemas.Application:
    once, show = call.once(schemas.Application.of), schemas.Application.of
    return show(use_cases.decide(wiring.vetting(), call.actor, account_id, call.body.outcome, _why(call), once))


@endpoint(
    bp, "GET", f"{_ADMIN}/blocked-names", summary="Names that no business may have", tag="vetting", needs=_NAMES,
    returns=schemas.BlockedNames,
)  # fmt: skip
def blocked(_call: Call) -> schemas.BlockedNames:
    return schemas.BlockedNames(items=[schemas.BlockedName.of(one) for one in use_cases.blocked(wiring.vetting())])


@endpoint(
    bp, "POST", f"{_ADMIN}/blocked-names", summary="Block a name", tag="vetting", needs=_NAMES,
    body=schemas.BlockedNameIn, returns=schemas.BlockedName, status=201, idempotent=True, errors=(Busy,),
)  # fmt: skip
def block(call: Call) -> schemas.BlockedName:
    once, show = call.once(schemas.BlockedName.of), schemas.BlockedName.of
    return show(use_cases.block(wiring.vetting(), call.actor, call.body.text, _why(call), once))


@endpoint(
    bp, "DELETE", f"{_ADMIN}/blocked-names/{{name_id}}", summary="Block a name no more", tag="vetting", needs=_NAMES,
    status=204, errors=(NotFound, Busy),
)  # fmt: skip
def unblock(call: Call, name_id: str) -> None:
    use_cases.unblock(wiring.vetting(), call.actor, name_id, call.source_ip)


def _why(call: Call) -> Why:
    return Why(call.body.reason, call.source_ip)
