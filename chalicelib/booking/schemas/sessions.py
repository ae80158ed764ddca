"""Sessions over the wire."""

from datetime import datetime

from pydantic import Field

from chalicelib.booking.ports import Room
from chalicelib.booking.schemas.bookings import LocalDate, LocalTime, local
from chalicelib.kit.http import Wire
from chalicelib.kit.wire import Moment, MoneyOut


class SessionIn(Wire):
    """A session to be planned."""

    offering_id: str = Field(max_length=64, description="One with seats.")
    start: Moment = Field(description="Any time that the shop is open.")
    staff_id: str | None = Field(default=None, max_length=64, description="With whom; left out: anyone who can.")


class SessionsQuery(Wire):
    """Which sessions."""

    date: LocalDate
    days: int = Field(default=1, ge=1, le=31, description="So many dates from then on.")


class Session(Wire):
    """Something that many attend at once."""

    id: str = Field(examples=["ses_01jd5w8z3k0c9m2v7q4t6y8x1a"])
    shop_id: str
    offering_id: str
    title: str = Field(description="The offering's name when it was planned.")
    price: MoneyOut = Field(description="Of one seat.")
    start: Moment
    end: Moment
    local_start: LocalTime
    zone: str = Field(description="IANA time zone of the shop.")
    staff_id: str | None
    seats: int
    free: int = Field(description="Seats that can be had; what was taken a moment ago may still show.")
    cancelled: bool

    @classmethod
    def of(cls, room: Room, now: datetime) -> "Session":
        session = room.session
        over = session.cancelled or session.starts_at <= now
        return cls(
            id=session.id,
            shop_id=session.shop_id,
            offering_id=session.offering_id,
            title=session.title,
            price=MoneyOut.of(session.price),
            start=session.starts_at,
            end=session.ends_at,
            local_start=local(session.starts_at, session.zone),
            zone=session.zone,
            staff_id=session.staff_id,
            seats=session.seats,
            free=0 if over else len(room.free(now)),
            cancelled=session.cancelled,
        )


class Sessions(Wire):
    """Sessions by start."""

    items: list[Session]
