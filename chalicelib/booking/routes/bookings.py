"""Free times, a shop's agenda, and a booking from its sale to its end."""

from collections.abc import Callable

from chalicelib import wiring
from chalicelib.booking import schemas, use_cases
from chalicelib.booking.ports import Booking
from chalicelib.booking.routes.blueprint import TAG, bp
from chalicelib.booking.rules.problems import (
    AnswerTooLate,
    NotOffered,
    NotPossible,
    SlotTaken,
    TooEarly,
    TooManyTries,
    WrongCode,
)
from chalicelib.kit.auth import PUBLIC, Permission
from chalicelib.kit.errors import Busy, Forbidden, NotFound
from chalicelib.kit.http import Call, also_refuses, endpoint
from chalicelib.orders.ports import CouponBound, PaidInAdvance, TooLateToChange, TooManyHolds
from chalicelib.orders.ports import NotPossible as OrderNotPossible

# What ordering and cancelling meet when the line is a booking.
for _path in ("/v1/orders", "/v1/orders/quote"):
    also_refuses("POST", _path, SlotTaken, NotOffered)
also_refuses("POST", "/v1/orders/{order_id}/cancel", NotPossible)


@endpoint(
    bp, "GET", "/v1/shops/{shop_id}/offerings/{offering_id}/times", summary="When an offering is free",
    tag=TAG, needs=PUBLIC, query=schemas.TimesQuery, returns=schemas.Times, errors=(NotFound,),
)  # fmt: skip
def times(call: Call, shop_id: str, offering_id: str) -> schemas.Times:
    query: schemas.TimesQuery = call.query
    found = use_cases.times(wiring.booking(), shop_id, offering_id, query.date, query.staff_id, query.days, query.first)
    return schemas.Times.of(found)


@endpoint(
    bp, "GET", "/v1/shops/{shop_id}/bookings", summary="A shop's agenda of a date", tag=TAG,
    needs=Permission.DIARY_WORK,
    query=schemas.AgendaQuery, returns=schemas.Agenda, errors=(NotFound, Forbidden),
)  # fmt: skip
def agenda(call: Call, shop_id: str) -> schemas.Agenda:
    query: schemas.AgendaQuery = call.query
    scope, cursors = f"agenda|{shop_id}|{query.date}", wiring.cursors()
    after = cursors.unpack(scope, query.cursor)
    page = use_cases.agenda(wiring.booking(), call.actor, shop_id, query.date, after, query.limit)
    show = _as_seen_by(call)
    return schemas.Agenda(items=[show(one) for one in page.items], next_cursor=cursors.pack(scope, page.next))


@endpoint(
    bp, "GET", "/v1/bookings/{booking_id}", summary="A booking", tag=TAG,
    needs=Permission.BOOKING_READ, returns=schemas.Booking,
    errors=(NotFound,),
)  # fmt: skip
def booking(call: Call, booking_id: str) -> schemas.Booking:
    return _as_seen_by(call)(use_cases.get(wiring.booking(), call.actor, booking_id))


@endpoint(
    bp, "POST", "/v1/bookings/{booking_id}/check-in", summary="The customer came, and showed the code", tag=TAG,
    needs=Permission.DIARY_WORK, body=schemas.CheckIn, returns=schemas.Booking, idempotent=True,
    errors=(NotFound, Forbidden, NotPossible, TooEarly, WrongCode, TooManyTries, Busy),
)  # fmt: skip
def check_in(call: Call, booking_id: str) -> schemas.Booking:
    show = _as_seen_by(call)
    return show(use_cases.check_in(wiring.booking(), call.actor, booking_id, call.body.code, call.once(show)))


@endpoint(
    bp, "POST", "/v1/bookings/{booking_id}/complete", summary="The service was given", tag=TAG,
    needs=Permission.DIARY_WORK,
    returns=schemas.Booking, idempotent=True,
    errors=(NotFound, Forbidden, NotPossible, OrderNotPossible, Busy),
)  # fmt: skip
def complete(call: Call, booking_id: str) -> schemas.Booking:
    show = _as_seen_by(call)
    return show(use_cases.complete(wiring.booking(), call.actor, booking_id, call.once(show)))


@endpoint(
    bp, "POST", "/v1/bookings/{booking_id}/no-show", summary="The customer did not come", tag=TAG,
    needs=Permission.DIARY_WORK,
    returns=schemas.Booking, idempotent=True,
    errors=(NotFound, Forbidden, NotPossible, OrderNotPossible, TooEarly, Busy),
)  # fmt: skip
def no_show(call: Call, booking_id: str) -> schemas.Booking:
    show = _as_seen_by(call)
    return show(use_cases.no_show(wiring.booking(), call.actor, booking_id, call.once(show)))


@endpoint(
    bp, "POST", "/v1/bookings/{booking_id}/move", summary="Move a booking: another time, person or offering", tag=TAG,
    needs=Permission.BOOKING_MOVE, body=schemas.MoveIn, returns=schemas.Booking, idempotent=True,
    errors=(
        NotFound, NotPossible, OrderNotPossible, TooLateToChange, NotOffered, SlotTaken, CouponBound, PaidInAdvance,
        TooManyHolds, Busy,
    ),
)  # fmt: skip
def move(call: Call, booking_id: str) -> schemas.Booking:
    show, body = _as_seen_by(call), call.body
    wish = use_cases.Move(body.start, body.staff_id, body.offering_id)
    return show(use_cases.move(wiring.booking(), call.actor, booking_id, wish, call.once(show)))


@endpoint(
    bp, "POST", "/v1/bookings/{booking_id}/accept", summary="Accept a booking that asks for it", tag=TAG,
    needs=Permission.DIARY_WORK, returns=schemas.Booking, idempotent=True,
    errors=(NotFound, Forbidden, NotPossible, AnswerTooLate, Busy),
)  # fmt: skip
def accept(call: Call, booking_id: str) -> schemas.Booking:
    show = _as_seen_by(call)
    return show(use_cases.accept(wiring.booking(), call.actor, booking_id, call.once(show)))


@endpoint(
    bp, "POST", "/v1/bookings/{booking_id}/decline", summary="Decline it; its money goes back", tag=TAG,
    needs=Permission.DIARY_WORK, body=schemas.DeclineIn, returns=schemas.Booking, idempotent=True,
    errors=(NotFound, Forbidden, NotPossible, OrderNotPossible, Busy),
)  # fmt: skip
def decline(call: Call, booking_id: str) -> schemas.Booking:
    show = _as_seen_by(call)
    return show(use_cases.decline(wiring.booking(), call.actor, booking_id, call.body.reason, call.once(show)))


@endpoint(
    bp, "POST", "/v1/bookings/{booking_id}/late", summary="Say that I come late", tag=TAG, needs=Permission.BOOKING_OWN,
    body=schemas.LateIn, returns=schemas.Booking, idempotent=True, errors=(NotFound, NotPossible, Busy),
)  # fmt: skip
def late(call: Call, booking_id: str) -> schemas.Booking:
    show = _as_seen_by(call)
    return show(use_cases.late(wiring.booking(), call.actor, booking_id, call.body.minutes, call.once(show)))


def _as_seen_by(call: Call) -> Callable[[Booking], schemas.Booking]:
    actor, now = call.actor, wiring.clock().now()
    return lambda one: schemas.Booking.of(one, actor, now)
