"""Texts to many."""

from chalicelib import wiring
from chalicelib.kit.auth import Permission
from chalicelib.kit.errors import Busy, Forbidden, Invalid, NotFound
from chalicelib.kit.http import Call, endpoint
from chalicelib.kit.wire import PageQuery
from chalicelib.outreach import schemas, use_cases
from chalicelib.outreach.ports import Draft
from chalicelib.outreach.routes.blueprint import TAG, bp
from chalicelib.outreach.rules.problems import NotAllowedText, NotSending, SentEnough

_MINE = "/v1/me/outreach"
_ONE = f"{_MINE}/{{outreach_id}}"


@endpoint(
    bp, "POST", "/v1/shops/{shop_id}/outreach", summary="Write to customers who have tags and want to hear", tag=TAG,
    needs=Permission.OUTREACH_MANAGE, body=schemas.OutreachIn, returns=schemas.OutreachOut, status=201, idempotent=True,
    errors=(NotFound, Forbidden, Invalid, NotAllowedText, SentEnough, Busy),
)  # fmt: skip
def begin(call: Call, shop_id: str) -> schemas.OutreachOut:
    once, show, body = call.once(schemas.OutreachOut.of), schemas.OutreachOut.of, call.body
    draft = Draft(
        name=body.name,
        tags=tuple(body.tags),
        text=body.text.model_dump(),
        coupon_campaign=body.coupon_campaign_id,
        starts_at=body.starts_at or wiring.clock().now(),
        per_hour=body.per_hour,
    )
    return show(use_cases.begin(wiring.outreach(), call.actor, shop_id, draft, once))


@endpoint(
    bp, "GET", _MINE, summary="What I write and have written to many", tag=TAG, needs=Permission.OUTREACH_MANAGE,
    query=PageQuery, returns=schemas.OutreachList,
)  # fmt: skip
def mine(call: Call) -> schemas.OutreachList:
    scope, cursors = f"outreach|{call.actor.merchant_id}", wiring.cursors()
    after = cursors.unpack(scope, call.query.cursor)
    page = use_cases.mine(wiring.outreach(), call.actor, after, call.query.limit)
    return schemas.OutreachList.of(page.items, cursors.pack(scope, page.next))


@endpoint(
    bp, "GET", _ONE, summary="What came of something that I wrote to many", tag=TAG, needs=Permission.OUTREACH_MANAGE,
    returns=schemas.OutreachReport, errors=(NotFound,),
)  # fmt: skip
def report(call: Call, outreach_id: str) -> schemas.OutreachReport:
    return schemas.OutreachReport.of(use_cases.get(wiring.outreach(), call.actor, outreach_id))


@endpoint(
    bp, "DELETE", _ONE, summary="Send it to nobody else", tag=TAG, needs=Permission.OUTREACH_MANAGE,
    returns=schemas.OutreachOut, errors=(NotFound, NotSending, Busy),
)  # fmt: skip
def stop(call: Call, outreach_id: str) -> schemas.OutreachOut:
    return schemas.OutreachOut.of(use_cases.stop(wiring.outreach(), call.actor, outreach_id))
