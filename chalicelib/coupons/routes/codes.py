"""Codes in bulk over HTTP."""

from chalicelib import wiring
from chalicelib.audit.ports import Why
from chalicelib.coupons import schemas, use_cases
from chalicelib.coupons.routes.blueprint import bp
from chalicelib.coupons.rules.problems import BatchNotReady, NotByCode
from chalicelib.kit.auth import Permission
from chalicelib.kit.errors import Busy, Forbidden, NotFound, SignInAgain
from chalicelib.kit.files import FilesDown
from chalicelib.kit.http import Call, endpoint
from chalicelib.kit.wire import PageQuery

_TAG = "coupons"
_OF_CAMPAIGN = "/v1/campaigns/{campaign_id}/code-batches"
_ONE = f"{_OF_CAMPAIGN}/{{code_batch_id}}"


@endpoint(
    bp, "POST", _OF_CAMPAIGN, summary="Begin a batch of codes of a campaign", tag=_TAG,
    needs=Permission.COUPON_MANAGE, body=schemas.CodesIn, returns=schemas.Codes, status=201, idempotent=True,
    errors=(NotFound, Forbidden, NotByCode, Busy),
)  # fmt: skip
def open_codes(call: Call, campaign_id: str) -> schemas.Codes:
    once, why = call.once(schemas.Codes.of), Why("", call.source_ip)
    made = use_cases.open_codes(wiring.claiming(), call.actor, campaign_id, call.body.number, once, why)
    return schemas.Codes.of(made)


@endpoint(
    bp, "GET", _OF_CAMPAIGN, summary="A campaign's batches of codes, newest first", tag=_TAG,
    needs=Permission.COUPON_MANAGE, query=PageQuery, returns=schemas.CodeBatches, errors=(NotFound, Forbidden),
)  # fmt: skip
def code_batches(call: Call, campaign_id: str) -> schemas.CodeBatches:
    scope, cursors = f"codes|{campaign_id}", wiring.cursors()
    after = cursors.unpack(scope, call.query.cursor)
    page = use_cases.code_batches(wiring.claiming(), call.actor, campaign_id, after, call.query.limit)
    return schemas.CodeBatches.of(page, cursors.pack(scope, page.next))


@endpoint(
    bp, "PUT", _ONE, summary="Make the next codes of a batch; again until all are made", tag=_TAG,
    needs=Permission.COUPON_MANAGE, returns=schemas.Codes, errors=(NotFound, Forbidden, Busy),
)  # fmt: skip
def make_codes(call: Call, campaign_id: str, code_batch_id: str) -> schemas.Codes:
    return schemas.Codes.of(use_cases.make_codes(wiring.claiming(), call.actor, campaign_id, code_batch_id))


@endpoint(
    bp, "POST", _ONE, summary="Get all codes of a batch, once", tag=_TAG,
    needs=Permission.COUPON_MANAGE, returns=schemas.ExportedCodes, idempotent=True,
    errors=(NotFound, Forbidden, SignInAgain, BatchNotReady, FilesDown, Busy),
)  # fmt: skip
def export_codes(call: Call, campaign_id: str, code_batch_id: str) -> schemas.ExportedCodes:
    once, why = call.once(schemas.ExportedCodes.of), Why("", call.source_ip)
    return schemas.ExportedCodes.of(
        use_cases.export_codes(wiring.claiming(), call.actor, campaign_id, code_batch_id, once, why)
    )


@endpoint(
    bp, "DELETE", _ONE, summary="Make all codes of a batch that nobody used good for nothing", tag=_TAG,
    needs=Permission.COUPON_MANAGE, returns=schemas.Codes, errors=(NotFound, Forbidden, FilesDown, Busy),
)  # fmt: skip
def revoke_codes(call: Call, campaign_id: str, code_batch_id: str) -> schemas.Codes:
    why = Why("", call.source_ip)
    return schemas.Codes.of(use_cases.revoke_codes(wiring.claiming(), call.actor, campaign_id, code_batch_id, why))
