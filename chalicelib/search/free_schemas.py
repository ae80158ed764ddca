"""What a search for free times may say, and what it answers, over the wire."""

from datetime import date as local_date
from datetime import datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from chalicelib.kit.datum import Datum
from chalicelib.kit.errors import invalid
from chalicelib.kit.http import Wire
from chalicelib.kit.wire import MoneyOut, PageQuery
from chalicelib.search.free_maps import DATES, SHOWN
from chalicelib.search.free_ports import Ask, FreeStart
from chalicelib.search.page_schemas import NextTime
from chalicelib.search.ports import Card
from chalicelib.search.queries import Placed
from chalicelib.search.schemas import FoundShop, found
from chalicelib.search.use_cases.free import FreeHit

MOST_M = 5_000.0

_Begin = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["17:00"])]
_End = Annotated[str, Field(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$", examples=["19:00"])]


class FreeQuery(PageQuery, Placed):
    """Where, when and what: shops of a category around a position at which something is free."""

    radius: float = Field(gt=0, le=MOST_M, description="Metres, inclusive.", examples=[2000])
    date: local_date = Field(
        description=f"By each shop's own clock: the present date or one of the {DATES - 1} after it.",
        examples=["2030-05-01"],
    )
    from_: _Begin = Field(alias="from", description="It begins then or later, by the shop's clock.")
    to: _End = Field(description="It is over by then; later than `from`, `24:00` at most.")
    category: str = Field(min_length=1, max_length=64, description="Of the shops.", examples=["barber"])
    minutes: int | None = Field(default=None, ge=5, le=720, description="Only what takes exactly so long.")

    @model_validator(mode="after")
    def _in_order(self) -> "FreeQuery":
        if self.from_ >= self.to:
            raise ValueError("to must be later than from: a window lies within one date")
        return self

    def ask(self, now: datetime) -> Ask:
        """Return it as the domain knows it.

        Raises:
            Invalid: no free times are kept of that date, wherever the shop is.
        """
        today = now.date()
        if not today - timedelta(days=1) <= self.date <= today + timedelta(days=DATES):
            raise invalid("date", f"is the present date or one of the {DATES - 1} after it")
        return Ask(self.date, self.from_, self.to, self.minutes)

    def scope(self) -> str:
        """What a cursor is good for: the same search and no other; the page's size may change."""
        asked = self.model_dump(mode="json", exclude={"limit", "cursor"})
        return f"free|{sorted(asked.items())!r}"


class FreeTimeFound(NextTime):
    """Something that can be had."""

    offering_id: str = Field(examples=["off_01jd3x9k5r8m2q7w4t6y0z1abc"])
    minutes: int = Field(description="How long it takes.", examples=[60])
    price: MoneyOut

    @classmethod
    def found(cls, one: FreeStart, card: Card) -> "FreeTimeFound":
        """Return a start as it is answered."""
        return cls(
            start=one.start,
            local_start=one.start.astimezone(ZoneInfo(card.zone)).isoformat(),
            offering_id=one.offering_id,
            minutes=one.minutes,
            price=MoneyOut(amount=one.price, currency=card.currency),
        )


class FreeShop(Wire):
    """A shop, and what is free there."""

    shop: FoundShop
    free: list[FreeTimeFound] = Field(
        description=f"The first {SHOWN} at most; of several that begin at once the cheapest."
    )

    @classmethod
    def of(cls, one: FreeHit, now: datetime, datum: Datum) -> "FreeShop":
        """Return a shop as it is answered."""
        card = one.hit.card
        return cls(shop=found(one.hit, now, datum), free=[FreeTimeFound.found(start, card) for start in one.starts])


class FreeShops(Wire):
    """One page by distance, then by id. What was taken a moment ago may still show: holding it finds out."""

    items: list[FreeShop]
    next_cursor: str | None = Field(
        description="Null on the last page. A page may have fewer items than asked for, and more come after it."
    )
