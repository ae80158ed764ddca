"""Webhooks out, over HTTP; those that providers send us are in `payments`."""

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.audit.ports import UNSAID, Why
from chalicelib.kit.auth import PUBLIC, Permission
from chalicelib.kit.errors import Busy, Forbidden, Invalid, NotFound
from chalicelib.kit.http import Call, endpoint
from chalicelib.kit.wire import PageQuery
from chalicelib.webhooks import use_cases
from chalicelib.webhooks.problems import (
    ChallengeFailed,
    NoSecret,
    NothingToReplay,
    NotInThisState,
    TooManyEndpoints,
    TooManyTests,
    TooSoon,
)
from chalicelib.webhooks.rules.events import TYPES
from chalicelib.webhooks.schemas import endpoints as schemas

bp = Blueprint(__name__)

_TAG = "webhooks"
_ALL, _ONE = "/v1/webhook-endpoints", "/v1/webhook-endpoints/{endpoint_id}"
_PARTNERS, _PARTNER = "/v1/admin/webhook-partners", "/v1/admin/webhook-partners/{account_id}"
_MINE = (NotFound, Forbidden)


@endpoint(
    bp, "GET", "/v1/webhook-event-types", summary="Types of events that webhooks tell", tag=_TAG, needs=PUBLIC,
    returns=schemas.EventTypes,
)  # fmt: skip
def event_types(_call: Call) -> schemas.EventTypes:
    return schemas.EventTypes.of(TYPES)


@endpoint(
    bp, "POST", _ALL, summary="Make an endpoint for events; it needs a secret and a challenge to become active",
    tag=_TAG, needs=Permission.WEBHOOK_MANAGE, body=schemas.EndpointIn, returns=schemas.Endpoint, status=201,
    idempotent=True, errors=(Forbidden, TooManyEndpoints),
)  # fmt: skip
def create(call: Call) -> schemas.Endpoint:
    once, show = call.once(schemas.Endpoint.of), schemas.Endpoint.of
    return show(use_cases.create(wiring.webhooks(), call.actor, call.body.draft(), once, _why(call)))


@endpoint(
    bp, "GET", _ALL, summary="My endpoints, and who else hears of what concerns me", tag=_TAG,
    needs=Permission.WEBHOOK_MANAGE, returns=schemas.Endpoints, errors=(Forbidden,),
)  # fmt: skip
def of_owner(call: Call) -> schemas.Endpoints:
    ports, actor = wiring.webhooks(), call.actor
    return schemas.Endpoints.of(use_cases.of_owner(ports, actor), use_cases.heard_by(ports, actor))


@endpoint(
    bp, "GET", _ONE, summary="One of my endpoints", tag=_TAG, needs=Permission.WEBHOOK_MANAGE,
    returns=schemas.Endpoint, errors=_MINE,
)  # fmt: skip
def read(call: Call, endpoint_id: str) -> schemas.Endpoint:
    return schemas.Endpoint.of(use_cases.read(wiring.webhooks(), call.actor, endpoint_id))


@endpoint(
    bp, "PATCH", _ONE, summary="Change an endpoint, pause it, let it go on", tag=_TAG,
    needs=Permission.WEBHOOK_MANAGE, body=schemas.EndpointPatch, returns=schemas.Endpoint,
    errors=(*_MINE, NotInThisState),
)  # fmt: skip
def change(call: Call, endpoint_id: str) -> schemas.Endpoint:
    wanted, ports = call.body.change(), wiring.webhooks()
    return schemas.Endpoint.of(use_cases.change(ports, call.actor, endpoint_id, wanted, _why(call)))


@endpoint(
    bp, "DELETE", _ONE, summary="Remove an endpoint", tag=_TAG, needs=Permission.WEBHOOK_MANAGE, status=204,
    errors=(*_MINE, Busy),
)  # fmt: skip
def remove(call: Call, endpoint_id: str) -> None:
    use_cases.remove(wiring.webhooks(), call.actor, endpoint_id, _why(call))


@endpoint(
    bp, "PUT", f"{_ONE}/secret", summary="Make an endpoint's secret, anew where there is one; told this once",
    tag=_TAG, needs=Permission.WEBHOOK_MANAGE, body=schemas.SecretIn, returns=schemas.NewSecret, errors=_MINE,
)  # fmt: skip
def rotate(call: Call, endpoint_id: str) -> schemas.NewSecret:
    ports, keeps = wiring.webhooks(), call.body.keep_old
    return schemas.NewSecret.told(use_cases.rotate(ports, call.actor, endpoint_id, _why(call), keeps_old=keeps))


@endpoint(
    bp, "PUT", f"{_ONE}/challenge", summary="Send a nonce that the endpoint answers signed, to become active",
    tag=_TAG, needs=Permission.WEBHOOK_MANAGE, returns=schemas.Endpoint,
    errors=(*_MINE, Invalid, NoSecret, TooSoon, ChallengeFailed),
)  # fmt: skip
def challenge(call: Call, endpoint_id: str) -> schemas.Endpoint:
    return schemas.Endpoint.of(use_cases.challenge(wiring.webhooks(), call.actor, endpoint_id))


@endpoint(
    bp, "POST", f"{_ONE}/test", summary="Have a test event sent", tag=_TAG, needs=Permission.WEBHOOK_MANAGE,
    returns=schemas.TestSent, status=202, idempotent=True, errors=(*_MINE, NotInThisState, TooManyTests),
)  # fmt: skip
def send_test(call: Call, endpoint_id: str) -> schemas.TestSent:
    def show(event_id: str) -> schemas.TestSent:
        return schemas.TestSent(event_id=event_id)

    return show(use_cases.send_test(wiring.webhooks(), call.actor, endpoint_id, call.once(show)))


@endpoint(
    bp, "GET", f"{_ONE}/deliveries", summary="What is or was sent to an endpoint, the latest event first", tag=_TAG,
    needs=Permission.WEBHOOK_MANAGE, query=PageQuery, returns=schemas.Deliveries, errors=_MINE,
)  # fmt: skip
def log(call: Call, endpoint_id: str) -> schemas.Deliveries:
    scope, cursors = f"webhooks|{endpoint_id}", wiring.cursors()
    after = cursors.unpack(scope, call.query.cursor)
    page = use_cases.log(wiring.webhooks(), call.actor, endpoint_id, after, call.query.limit)
    items = [schemas.Delivery.of(one) for one in page.items]
    return schemas.Deliveries(items=items, next_cursor=cursors.pack(scope, page.next))


@endpoint(
    bp, "GET", f"{_ONE}/deliveries/{{event_id}}", summary="One of them", tag=_TAG,
    needs=Permission.WEBHOOK_MANAGE, returns=schemas.Delivery, errors=_MINE,
)  # fmt: skip
def delivery(call: Call, endpoint_id: str, event_id: str) -> schemas.Delivery:
    return schemas.Delivery.of(use_cases.delivery(wiring.webhooks(), call.actor, endpoint_id, event_id))


@endpoint(
    bp, "POST", f"{_ONE}/replays", summary="Send an event again, or those of a time", tag=_TAG,
    needs=Permission.WEBHOOK_MANAGE, body=schemas.ReplayIn, returns=schemas.ReplayOut, status=202, idempotent=True,
    errors=(*_MINE, NotInThisState, NothingToReplay),
)  # fmt: skip
def replay(call: Call, endpoint_id: str) -> schemas.ReplayOut:
    span, cursors, ports = call.body.span(), wiring.cursors(), wiring.webhooks()
    scope = f"replay|{endpoint_id}|{span}"

    def show(made: use_cases.Replayed) -> schemas.ReplayOut:
        return schemas.ReplayOut.of(made, cursors.pack(scope, made.next))

    once = call.once(show)
    if span is None:
        return show(use_cases.replay(ports, call.actor, endpoint_id, call.body.event_id, once))
    after = cursors.unpack(scope, call.body.goes_on_at)
    return show(use_cases.replay_span(ports, call.actor, endpoint_id, span, after, once))


@endpoint(
    bp, "GET", _PARTNERS, summary="Partners who hear of what concerns merchants", tag=_TAG,
    needs=Permission.WEBHOOK_PARTNERS, returns=schemas.Partners,
)  # fmt: skip
def partners(_call: Call) -> schemas.Partners:
    return schemas.Partners(items=[schemas.Partner.of(one) for one in use_cases.partners(wiring.webhooks())])


@endpoint(
    bp, "PUT", _PARTNER, summary="Let an account hear of what concerns all merchants, or some", tag=_TAG,
    needs=Permission.WEBHOOK_PARTNERS, body=schemas.PartnerIn, returns=schemas.Partner,
)  # fmt: skip
def set_partner(call: Call, account_id: str) -> schemas.Partner:
    body, why = call.body, Why(call.body.reason, call.source_ip)
    made = use_cases.set_partner(wiring.webhooks(), call.actor, account_id, body.name, body.chosen(), why)
    return schemas.Partner.of(made)


@endpoint(
    bp, "DELETE", _PARTNER, summary="Let a partner hear of nobody any more", tag=_TAG,
    needs=Permission.WEBHOOK_PARTNERS, status=204, errors=(NotFound, Busy),
)  # fmt: skip
def end_partner(call: Call, account_id: str) -> None:
    use_cases.end_partner(wiring.webhooks(), call.actor, account_id, _why(call))


def _why(call: Call) -> Why:
    return Why(UNSAID.reason, call.source_ip)
