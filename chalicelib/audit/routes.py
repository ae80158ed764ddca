"""The audit log over HTTP."""

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.audit import schemas, use_cases
from chalicelib.kit.auth import Permission
from chalicelib.kit.http import Call, endpoint

bp = Blueprint(__name__)


@endpoint(
    bp, "GET", "/v1/admin/audit", summary="What was done to an object, or by an actor, newest first", tag="audit",
    needs=Permission.AUDIT_READ, query=schemas.EntriesQuery, returns=schemas.Entries,
)  # fmt: skip
def read(call: Call) -> schemas.Entries:
    query: schemas.EntriesQuery = call.query
    of = f"object|{query.object}" if query.object is not None else f"actor|{query.actor}"
    scope, cursors = f"audit|{of}", wiring.cursors()
    after = cursors.unpack(scope, query.cursor)
    page = use_cases.read(wiring.audit(), query.object, query.actor, after, query.limit)
    return schemas.Entries.of(page, cursors.pack(scope, page.next))
