"""Claims over HTTP."""

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.audit.ports import Why
from chalicelib.claims import schemas, use_cases
from chalicelib.claims.problems import AlreadyOpen, ClaimedEnough, NotPossible, TooLateToClaim
from chalicelib.kit.auth import Permission
from chalicelib.kit.errors import Busy, Forbidden, NotFound
from chalicelib.kit.http import Call, endpoint
from chalicelib.kit.wire import PageQuery
from chalicelib.orders import ports as orders

bp = Blueprint(__name__)

_TAG = "claims"
_OF_ORDER = "/v1/orders/{order_id}/claims"
_CLAIM = "/v1/claims/{claim_id}"
_MOVE = (NotFound, Forbidden, NotPossible, Busy)
_GIVE = (*_MOVE, orders.NotPossible, orders.NothingLeft)


@endpoint(
    bp, "POST", _OF_ORDER, summary="Ask for money of a line back", tag=_TAG,
    needs=Permission.CLAIM_OWN, body=schemas.ClaimIn,
    returns=schemas.Claim, status=201, idempotent=True,
    errors=(
        NotFound, Forbidden, orders.NotPossible, orders.NothingLeft, AlreadyOpen, ClaimedEnough, TooLateToClaim, Busy,
    ),
)  # fmt: skip
def ask(call: Call, order_id: str) -> schemas.Claim:
    once, show = call.once(schemas.Claim.of), schemas.Claim.of
    return show(use_cases.ask(wiring.claims(), call.actor, order_id, call.body.wish(), once))


@endpoint(
    bp, "GET", _OF_ORDER, summary="An order's claims, for its customer and its merchant", tag=_TAG,
    needs=Permission.CLAIM_READ,
    returns=schemas.OrderClaims, errors=(NotFound,),
)  # fmt: skip
def of_order(call: Call, order_id: str) -> schemas.OrderClaims:
    return schemas.OrderClaims.of(use_cases.of_order(wiring.claims(), call.actor, order_id))


@endpoint(
    bp, "GET", "/v1/me/claims", summary="What my customers ask back: what is open first, newest first", tag=_TAG,
    needs=Permission.CLAIM_ANSWER, query=PageQuery, returns=schemas.Claims,
)  # fmt: skip
def of_merchant(call: Call) -> schemas.Claims:
    scope, cursors = f"claims|{call.actor.merchant_id}", wiring.cursors()
    after = cursors.unpack(scope, call.query.cursor)
    page = use_cases.of_merchant(wiring.claims(), call.actor, after, call.query.limit)
    return schemas.Claims.of(page.items, cursors.pack(scope, page.next))


@endpoint(
    bp, "POST", f"{_CLAIM}/agree", summary="Give back what is asked for, or a part of it", tag=_TAG,
    needs=Permission.CLAIM_ANSWER,
    body=schemas.AgreeIn, returns=schemas.Claim, idempotent=True, errors=_GIVE,
)  # fmt: skip
def agree(call: Call, claim_id: str) -> schemas.Claim:
    once, show = call.once(schemas.Claim.of), schemas.Claim.of
    why = Why("", call.source_ip)
    return show(use_cases.agree(wiring.claims(), call.actor, claim_id, call.body.amount, once, why))


@endpoint(
    bp, "POST", f"{_CLAIM}/decline", summary="Decline a claim", tag=_TAG,
    needs=Permission.CLAIM_ANSWER, body=schemas.DeclineIn,
    returns=schemas.Claim, idempotent=True, errors=_MOVE,
)  # fmt: skip
def decline(call: Call, claim_id: str) -> schemas.Claim:
    once, show = call.once(schemas.Claim.of), schemas.Claim.of
    return show(use_cases.decline(wiring.claims(), call.actor, claim_id, call.body.reason, once))


@endpoint(
    bp, "POST", f"{_CLAIM}/escalate", summary="Ask the platform to decide", tag=_TAG, needs=Permission.CLAIM_OWN,
    body=schemas.EscalateIn, returns=schemas.Claim, idempotent=True, errors=_MOVE,
)  # fmt: skip
def escalate(call: Call, claim_id: str) -> schemas.Claim:
    once, show = call.once(schemas.Claim.of), schemas.Claim.of
    return show(use_cases.escalate(wiring.claims(), call.actor, claim_id, call.body.text, once))


@endpoint(
    bp, "POST", f"{_CLAIM}/withdraw", summary="Ask no more", tag=_TAG,
    needs=Permission.CLAIM_OWN, returns=schemas.Claim,
    idempotent=True, errors=_MOVE,
)  # fmt: skip
def withdraw(call: Call, claim_id: str) -> schemas.Claim:
    once, show = call.once(schemas.Claim.of), schemas.Claim.of
    return show(use_cases.withdraw(wiring.claims(), call.actor, claim_id, once))


@endpoint(
    bp, "GET", "/v1/admin/claims", summary="What the platform is to decide, the longest escalated first", tag=_TAG,
    needs=Permission.CLAIM_DECIDE, query=PageQuery, returns=schemas.Claims,
)  # fmt: skip
def escalated(call: Call) -> schemas.Claims:
    scope, cursors = "claims-escalated", wiring.cursors()
    page = use_cases.escalated(wiring.claims(), cursors.unpack(scope, call.query.cursor), call.query.limit)
    return schemas.Claims.of(page.items, cursors.pack(scope, page.next))


@endpoint(
    bp, "POST", f"{_CLAIM}/decide", summary="Decide an escalated claim", tag=_TAG, needs=Permission.CLAIM_DECIDE,
    body=schemas.DecideIn, returns=schemas.Claim, idempotent=True, errors=_GIVE,
)  # fmt: skip
def decide(call: Call, claim_id: str) -> schemas.Claim:
    once, body = call.once(schemas.Claim.of), call.body
    why, agrees = Why(body.reason, call.source_ip), body.outcome == "agreed"
    return schemas.Claim.of(
        use_cases.decide(wiring.claims(), call.actor, claim_id, body.amount, why, once, agrees=agrees)
    )
