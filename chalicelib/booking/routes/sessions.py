"""Sessions: planned, seen and called off."""

from collections.abc import Callable

from chalicelib import wiring
from chalicelib.booking import schemas, use_cases
from chalicelib.booking.ports import Room
from chalicelib.booking.routes.blueprint import TAG, bp
from chalicelib.booking.rules.problems import NotOffered, SlotTaken
from chalicelib.booking.rules.sessions import NoSeats, NotAClass, SessionOver
from chalicelib.kit.auth import PUBLIC, Permission
from chalicelib.kit.errors import Busy, Forbidden, NotFound
from chalicelib.kit.http import Call, also_refuses, endpoint

# What ordering and moving meet when the line is a seat.
for _path in ("/v1/orders", "/v1/orders/quote"):
    also_refuses("POST", _path, NoSeats, SessionOver, NotAClass)
also_refuses("POST", "/v1/bookings/{booking_id}/move", NotAClass)


@endpoint(
    bp, "POST", "/v1/shops/{shop_id}/sessions", summary="Plan a session of an offering with seats", tag=TAG,
    needs=Permission.DIARY_PLAN, body=schemas.SessionIn, returns=schemas.Session, status=201, idempotent=True,
    errors=(NotFound, Forbidden, NotAClass, NotOffered, SlotTaken, Busy),
)  # fmt: skip
def plan_session(call: Call, shop_id: str) -> schemas.Session:
    show, body = _now(), call.body
    wish = use_cases.Planned(body.offering_id, body.start, body.staff_id)
    return show(Room(use_cases.plan(wiring.booking(), call.actor, shop_id, wish, call.once(show))))


@endpoint(
    bp, "GET", "/v1/shops/{shop_id}/sessions", summary="A shop's sessions and their free seats", tag=TAG, needs=PUBLIC,
    query=schemas.SessionsQuery, returns=schemas.Sessions, errors=(NotFound,),
)  # fmt: skip
def sessions(call: Call, shop_id: str) -> schemas.Sessions:
    found = use_cases.rooms(wiring.booking(), shop_id, call.query.date, call.query.days)
    return schemas.Sessions(items=list(map(_now(), found)))


@endpoint(
    bp, "POST", "/v1/sessions/{session_id}/cancel", summary="Call a session off; all get their money back", tag=TAG,
    needs=Permission.DIARY_PLAN, returns=schemas.Session, idempotent=True, errors=(NotFound, Forbidden, Busy),
)  # fmt: skip
def call_off(call: Call, session_id: str) -> schemas.Session:
    show = _now()
    return show(use_cases.call_off(wiring.booking(), call.actor, session_id, call.once(show)))


def _now() -> Callable[[Room], schemas.Session]:
    now = wiring.clock().now()
    return lambda room: schemas.Session.of(room, now)
