"""Acting for a customer over HTTP. The POST takes no Idempotency-Key: a token must not lie in that table."""

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.audit.ports import Why
from chalicelib.kit.auth import Permission
from chalicelib.kit.errors import NotFound
from chalicelib.kit.http import Call, endpoint
from chalicelib.support import schemas, use_cases

bp = Blueprint(__name__)


@endpoint(
    bp, "POST", "/v1/admin/acting", summary="Act as a customer, for a quarter of an hour at most", tag="support",
    needs=Permission.SUPPORT_ACT, body=schemas.ActIn, returns=schemas.Acting, errors=(NotFound,),
)  # fmt: skip
def act(call: Call) -> schemas.Acting:
    why = Why(call.body.reason, call.source_ip)
    return schemas.Acting.of(use_cases.act(wiring.support(), call.actor, call.body.customer_id, why))
