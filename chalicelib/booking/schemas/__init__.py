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

__all__ = [
    "Agenda",
    "AgendaQuery",
    "Booking",
    "CheckIn",
    "DeclineIn",
    "FreeTime",
    "LateIn",
    "MoveIn",
    "Times",
    "TimesQuery",
]
