"""Bookings and free times over the wire."""

from datetime import date, datetime
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, model_validator

from chalicelib.booking.ports import Booking as _Booking
from chalicelib.booking.ports import State
from chalicelib.booking.rules.booking import MOST_LATE
from chalicelib.booking.use_cases import Times as _Times
from chalicelib.kit.auth import Actor
from chalicelib.kit.http import Wire
from chalicelib.kit.wire import Line, Moment, PageQuery

_YEARS = range(2000, 2200)


def _sensible(day: date) -> date:
    # The zones' rules are made for these; the ends of the calendar would overflow.
    if day.year not in _YEARS:
        raise ValueError("not a date that anybody books")
    return day


LocalDate = Annotated[
    date, AfterValidator(_sensible), Field(description="Date by the shop's own clock.", examples=["2030-05-01"])
]
LocalTime = Annotated[
    str,
    Field(
        description="The start as the shop's clock shows it, with its offset: it tells the two hours apart when clocks "
        "are put back.",
        json_schema_extra={"format": "date-time"},
        examples=["2030-05-01T17:30:00+08:00"],
    ),
]


def local(moment: datetime, zone: str) -> str:
    """Return a moment as a clock in the zone shows it, with its offset."""
    return moment.astimezone(ZoneInfo(zone)).isoformat()


class TimesQuery(Wire):
    """Which free times."""

    date: LocalDate
    days: int = Field(default=1, ge=1, le=31, description="So many dates from then on.")
    first: int | None = Field(default=None, ge=1, le=1000, description="Only so many times; 1 is the earliest.")
    staff_id: str | None = Field(default=None, max_length=64, description="Only with this member of the staff.")


class FreeTime(Wire):
    """A time that can be had."""

    start: Moment
    end: Moment
    local_start: LocalTime
    staff_ids: list[str] = Field(description="Who is free; empty where the shop names no staff.")


class Times(Wire):
    """When an offering is free."""

    shop_id: str
    offering_id: str
    date: LocalDate
    through: LocalDate = Field(description="The last date that was looked at; ask again from the next one on.")
    zone: str = Field(description="IANA time zone of the shop.", examples=["Asia/Shanghai"])
    times: list[FreeTime] = Field(description="In order.")

    @classmethod
    def of(cls, found: _Times) -> "Times":
        shop = found.shop
        times = [
            FreeTime(
                start=one.start,
                end=one.end,
                local_start=local(one.start, shop.zone),
                staff_ids=list(one.staff_ids),
            )
            for one in found.times
        ]
        return cls(
            shop_id=shop.id,
            offering_id=found.offering_id,
            date=found.day,
            through=found.through,
            zone=shop.zone,
            times=times,
        )


class AgendaQuery(PageQuery):
    """Which part of a shop's agenda."""

    date: LocalDate


class CheckIn(Wire):
    """The proof that the customer came."""

    code: str = Field(min_length=1, max_length=32, description="As the customer shows it.", examples=["7KXM2P"])


class MoveIn(Wire):
    """What is to be different; what is left out stays, but of the staff: anyone, where time or offering change."""

    start: Moment | None = None
    staff_id: str | None = Field(default=None, max_length=64)
    offering_id: str | None = Field(default=None, max_length=64, description="Another offering of the same shop.")

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not (self.start or self.staff_id or self.offering_id):
            raise ValueError("say what is to be different")
        return self


class DeclineIn(Wire):
    """Why a booking is declined."""

    reason: Line | None = Field(default=None, max_length=500, examples=["当天已约满"])


class LateIn(Wire):
    """How late the customer comes."""

    minutes: int = Field(ge=0, le=MOST_LATE, strict=True, examples=[15])


class Booking(Wire):
    """A time that a customer has in a shop."""

    id: str = Field(examples=["bkg_01jd5w8z3k0c9m2v7q4t6y8x1a"])
    order_id: str
    line_id: str = Field(description="The line of the order that sold it.")
    shop_id: str
    offering_id: str
    staff_id: str | None = Field(description="Who serves; null where the shop names no staff, or none is needed.")
    resource_ids: list[str] = Field(description="The rooms and things that are taken.")
    customer_id: str
    title: str = Field(description="The offering's name when it was sold.")
    state: State
    start: Moment
    end: Moment
    local_start: LocalTime
    zone: str = Field(description="IANA time zone of the shop.")
    hold_until: Moment | None = Field(description="Until when an unpaid booking is kept.")
    answer_by: Moment | None = Field(description="Until when the merchant has to accept it; otherwise it is declined.")
    late_minutes: int = Field(description="How late the customer says they come.")
    session_id: str | None = Field(description="The session that it is of; null for a time of one's own.")
    seats: list[int] = Field(description="The numbers of its seats there.")
    code: str | None = Field(description="The customer shows it in the shop; only the customer sees it.")

    @classmethod
    def of(cls, booking: _Booking, actor: Actor, now: datetime) -> "Booking":
        """Return it as `actor` may see it."""
        state = booking.state_at(now)
        shows_code = actor.account_id == booking.customer_id and state == State.CONFIRMED
        return cls(
            id=booking.id,
            order_id=booking.order_id,
            line_id=booking.line_id,
            shop_id=booking.shop_id,
            offering_id=booking.offering_id,
            staff_id=booking.staff_id,
            resource_ids=booking.resource_ids,
            customer_id=booking.customer_id,
            title=booking.title,
            state=state,
            start=booking.starts_at,
            end=booking.ends_at,
            local_start=local(booking.starts_at, booking.zone),
            zone=booking.zone,
            hold_until=booking.hold_until,
            answer_by=booking.answer_by,
            late_minutes=booking.late_minutes,
            session_id=booking.session_id,
            seats=list(booking.seats),
            code=booking.code if shows_code else None,
        )


class Agenda(Wire):
    """What a shop has sold for a date, by start."""

    items: list[Booking]
    next_cursor: str | None = Field(description="Where the list goes on; null when it ends.")
