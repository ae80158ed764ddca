"""What booking says over the wire."""

from chalicelib.booking.schemas.bookings import (
    Agenda,
    AgendaQuery,
    Booking,
    CheckIn,
    DeclineIn,
    FreeTime,
    LateIn,
    MoveIn,
    Times,
    TimesQuery,
)
from chalicelib.booking.schemas.day import Block, BlockIn, Blocks, DayQuery, Note, NoteIn
from chalicelib.booking.schemas.sessions import Session, SessionIn, Sessions, SessionsQuery
from chalicelib.booking.schemas.tickets import Redeem, Ticket, TicketKey, TicketKeys

__all__ = [
    "Agenda",
    "AgendaQuery",
    "Block",
    "BlockIn",
    "Blocks",
    "Booking",
    "CheckIn",
    "DayQuery",
    "DeclineIn",
    "FreeTime",
    "LateIn",
    "MoveIn",
    "Note",
    "NoteIn",
    "Redeem",
    "Session",
    "SessionIn",
    "Sessions",
    "SessionsQuery",
    "Ticket",
    "TicketKey",
    "TicketKeys",
    "Times",
    "TimesQuery",
]
