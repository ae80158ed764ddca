"""What lines say over the wire, where they are called queues."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field

from chalicelib.kit.http import Wire
from chalicelib.kit.wire import Line as OneLine
from chalicelib.kit.wire import Moment, PageQuery, left_out
from chalicelib.queueing import line, rules

Name = Annotated[OneLine, Field(min_length=1, max_length=40, description="One line.", examples=["2 人桌"])]
Prefix = Annotated[
    str, Field(pattern="^[A-Z]$", description="Letter before its numbers; unlike the shop's others.", examples=["A"])
]
Minutes = Annotated[
    int, Field(ge=1, le=240, strict=True, description="From call to call, as you guess, in minutes.", examples=[10])
]
Party = Annotated[int, Field(ge=1, le=99, strict=True, description="People of a party.", examples=[2])]
QueueId = Annotated[str, Field(examples=["que_01jd8x2n7v4k9x3c6z0b8d1f2g"])]
ShopId = Annotated[str, Field(examples=["shp_01jd3x9k5r8m2q7w4t6y0z1abc"])]
Number = Annotated[str, Field(description="The number as it is called.", examples=["A012"])]
LocalDate = Annotated[date, Field(description="Date by the shop's own clock.", examples=["2030-05-01"])]


class QueueIn(Wire):
    """A queue to be opened at a shop's door."""

    name: Name
    prefix: Prefix
    minutes: Minutes
    min_party: Party = 1
    max_party: Party = 99

    def draft(self) -> line.LineDraft:
        """Return it as the domain knows it."""
        return line.LineDraft(**dict(self))


class QueueChange(Wire):
    """What to change of a queue; what is left out stays. Who waits stays too, whatever changes."""

    name: Name = Field(default_factory=left_out)
    minutes: Minutes = Field(default_factory=left_out, description="What was measured today is forgotten.")
    min_party: Party = Field(default_factory=left_out)
    max_party: Party = Field(default_factory=left_out)
    open: bool = Field(default_factory=left_out, strict=True, description="It gives out numbers.")

    def fields(self) -> dict[str, Any]:
        """Return what was sent, as the domain names it."""
        names = {"open": "is_open"}
        return {names.get(name, name): getattr(self, name) for name in self.model_fields_set}


class Queue(Wire):
    """A queue at a shop's door, today."""

    id: QueueId
    shop_id: ShopId
    name: Name
    prefix: Prefix
    minutes: Minutes
    min_party: Party
    max_party: Party
    open: bool = Field(description="It gives out numbers; a closed shop's queues do not.")
    date: LocalDate
    waiting: int = Field(ge=0, description="How many tickets wait.", examples=[7])
    last_called: Number | None = Field(description="The number called last; null before the first of the date.")
    estimated_minutes: int = Field(ge=0, description="Until somebody who takes a number now is called.", examples=[80])

    @classmethod
    def of(cls, one: line.Line) -> "Queue":
        waiting = one.waiting.bit_count()
        return cls(
            id=one.id,
            shop_id=one.shop_id,
            name=one.name,
            prefix=one.prefix,
            minutes=one.minutes,
            min_party=one.min_party,
            max_party=one.max_party,
            open=one.is_open,
            date=one.day,
            waiting=waiting,
            last_called=one.label(one.last_called) if one.last_called else None,
            estimated_minutes=one.minutes_for(waiting + 1),
        )


class Queues(Wire):
    """A shop's queues, by letter."""

    items: list[Queue]


class TicketIn(Wire):
    """Who comes."""

    party: Party


class TicketsQuery(PageQuery):
    """Which tickets of today."""

    state: Literal["waiting", "called", "skipped"] = "waiting"


class Ticket(Wire):
    """A customer's number in a queue."""

    id: str = Field(examples=["tkt_01jd8x2n7v4k9x3c6z0b8d1f2g_20300501_12"])
    shop_id: ShopId
    queue_id: QueueId
    customer_id: str
    number: Number
    date: LocalDate
    party: Party
    state: rules.State
    ahead: int | None = Field(description="How many wait in front; null unless it waits.", examples=[3])
    estimated_minutes: int | None = Field(description="Until it is called; null unless it waits.", examples=[40])
    taken_at: Moment
    called_at: Moment | None = Field(description="When it was called last.")
    recalls: int = Field(ge=0, le=rules.MOST_RECALLS, description="How often it was called again.")

    @classmethod
    def of(cls, place: rules.Place) -> "Ticket":
        ticket = place.ticket
        return cls(
            id=ticket.id,
            shop_id=ticket.shop_id,
            queue_id=ticket.queue_id,
            customer_id=ticket.customer_id,
            number=ticket.label,
            date=ticket.day,
            party=ticket.party,
            state=place.state,
            ahead=place.ahead,
            estimated_minutes=place.minutes,
            taken_at=ticket.taken_at,
            called_at=ticket.called_at,
            recalls=ticket.recalls,
        )


class Tickets(Wire):
    """Some of a queue's tickets of today, by number."""

    items: list[Ticket]
    next_cursor: str | None = Field(description="Where the list goes on; null at its end.")
