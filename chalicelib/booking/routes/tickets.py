"""Tickets: shown as a QR code, checked with a public key, handed in once."""

import io

from chalicelib import wiring
from chalicelib.booking import schemas, use_cases
from chalicelib.booking.routes.blueprint import TAG, bp
from chalicelib.booking.rules.problems import NotPossible, TooEarly
from chalicelib.booking.rules.tickets import WrongTicket
from chalicelib.kit.auth import PUBLIC, Permission
from chalicelib.kit.errors import Busy, Forbidden, NotFound
from chalicelib.kit.http import Call, Reply, endpoint

_SVG = "image/svg+xml"


@endpoint(
    bp, "GET", "/v1/bookings/{booking_id}/ticket", summary="What I show at the door", tag=TAG,
    needs=Permission.BOOKING_OWN,
    returns=schemas.Ticket, errors=(NotFound, NotPossible),
)  # fmt: skip
def ticket(call: Call, booking_id: str) -> schemas.Ticket:
    return schemas.Ticket(ticket=use_cases.ticket(wiring.booking(), call.actor, booking_id))


@endpoint(
    bp, "GET", "/v1/bookings/{booking_id}/ticket.svg", summary="The same, drawn as a QR code", tag=TAG,
    needs=Permission.BOOKING_OWN, errors=(NotFound, NotPossible), media=_SVG,
)  # fmt: skip
def ticket_drawn(call: Call, booking_id: str) -> Reply:
    # Most requests draw nothing.
    import segno

    text = use_cases.ticket(wiring.booking(), call.actor, booking_id)
    drawn = io.BytesIO()
    segno.make(text, error="m", micro=False).save(drawn, kind="svg", xmldecl=False, scale=4, border=4)
    return Reply(drawn.getvalue().decode(), 200, _SVG)


@endpoint(
    bp, "POST", "/v1/bookings/{booking_id}/redeem", summary="The customer came, and showed the ticket", tag=TAG,
    needs=Permission.DIARY_WORK, body=schemas.Redeem, returns=schemas.Booking, idempotent=True,
    errors=(NotFound, Forbidden, WrongTicket, NotPossible, TooEarly, Busy),
)  # fmt: skip
def redeem(call: Call, booking_id: str) -> schemas.Booking:
    actor, now = call.actor, wiring.clock().now()
    once = call.once(lambda one: schemas.Booking.of(one, actor, now))
    return schemas.Booking.of(use_cases.redeem(wiring.booking(), actor, booking_id, call.body.ticket, once), actor, now)


@endpoint(
    bp, "GET", "/v1/ticket-keys", summary="The public keys of tickets", tag=TAG, needs=PUBLIC,
    returns=schemas.TicketKeys,
)  # fmt: skip
def ticket_keys(_call: Call) -> schemas.TicketKeys:
    return schemas.TicketKeys(keys=[schemas.TicketKey(**wiring.tickets().public_key)])
