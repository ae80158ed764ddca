"""Waits over the wire."""

from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from chalicelib.booking.rules import waits as rules
from chalicelib.booking.schemas.bookings import LocalDate, LocalTime
from chalicelib.booking.use_cases.wait import Seen
from chalicelib.kit.cells import MOST_LAT
from chalicelib.kit.http import Wire
from chalicelib.kit.wire import Moment, Position

_ID = "[0-9a-z]{26}"
Clock = Annotated[
    str,
    Field(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$", description="By the shop's clock.", examples=["18:00"]),
]
From = Annotated[Clock, Field(description="The earliest start by the shop's clock.")]
Until = Annotated[Clock, Field(description="It starts before this, by the shop's clock.")]
Shop = Annotated[str, Field(pattern=f"^shp_{_ID}$", examples=["shp_01jd3x9k5r8m2q7w4t6y0z1abc"])]
OfferingId = Annotated[str, Field(pattern=f"^off_{_ID}$", examples=["off_01jd3x9k5r8m2q7w4t6y0z1abc"])]
StaffId = Annotated[str, Field(pattern=f"^stf_{_ID}$", examples=["stf_01jd3x9k5r8m2q7w4t6y0z1abc"])]
Category = Annotated[str, Field(pattern="^[a-z0-9]+(-[a-z0-9]+)*$", max_length=40, examples=["hair-care"])]


class _When(Wire):
    from_time: From = "00:00"
    until_time: Until = "24:00"

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.until_time <= self.from_time:
            raise ValueError("until_time must be after from_time")
        return self


class WaitAtShop(_When):
    """A time of one shop's offering."""

    shop_id: Shop
    offering_id: OfferingId
    staff_id: StaffId | None = Field(default=None, description="Only with this member of the staff.")
    first_date: LocalDate
    last_date: LocalDate = Field(description=f"At most {rules.MOST_DAYS} dates in all.")

    @model_validator(mode="after")
    def _few_dates(self) -> Self:
        if not 0 <= (self.last_date - self.first_date).days < rules.MOST_DAYS:
            raise ValueError(f"from 1 to {rules.MOST_DAYS} dates")
        return self

    def ask(self) -> rules.AtShop:
        """Return it as the domain knows it."""
        return rules.AtShop(
            first=self.first_date,
            last=self.last_date,
            since=self.from_time,
            until=self.until_time,
            shop_id=self.shop_id,
            offering_id=self.offering_id,
            staff_id=self.staff_id,
        )

    @classmethod
    def of(cls, ask: rules.AtShop) -> "WaitAtShop":
        return cls.model_construct(
            from_time=ask.since,
            until_time=ask.until,
            shop_id=ask.shop_id,
            offering_id=ask.offering_id,
            staff_id=ask.staff_id,
            first_date=ask.first,
            last_date=ask.last,
        )


class WaitNearby(_When):
    """A time of any shop of a category near a place."""

    position: Position
    radius: int = Field(ge=100, le=rules.MOST_RADIUS_M, strict=True, description="Metres.", examples=[2000])
    category: Category
    date: LocalDate

    @model_validator(mode="after")
    def _inhabited(self) -> Self:
        if abs(self.position.lat) > MOST_LAT:
            raise ValueError(f"nearby ends at {MOST_LAT} degrees of latitude")
        return self

    def ask(self) -> rules.Nearby:
        """Return it as the domain knows it."""
        return rules.Nearby(
            first=self.date,
            last=self.date,
            since=self.from_time,
            until=self.until_time,
            lat=self.position.lat,
            lon=self.position.lon,
            radius_m=self.radius,
            category=self.category,
        )

    @classmethod
    def of(cls, ask: rules.Nearby) -> "WaitNearby":
        return cls.model_construct(
            from_time=ask.since,
            until_time=ask.until,
            position=Position(lat=ask.lat, lon=ask.lon),
            radius=ask.radius_m,
            category=ask.category,
            date=ask.first,
        )


class WaitIn(Wire):
    """What to wait for: either at a shop, or nearby."""

    at_shop: WaitAtShop | None = None
    nearby: WaitNearby | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.at_shop is None) == (self.nearby is None):
            raise ValueError("say either at_shop or nearby")
        return self

    def ask(self) -> rules.AtShop | rules.Nearby:
        """Return it as the domain knows it."""
        wish = self.at_shop or self.nearby
        assert wish is not None  # `_one`
        return wish.ask()


class Offered(Wire):
    """A time that is held for somebody who waited. Pay the order, or cancel it: then the next in line is offered it."""

    order_id: str
    until: Moment = Field(description="Pay by then; afterwards others can have it.")
    shop_id: str
    offering_id: str
    start: Moment
    local_start: LocalTime


class Wait(Wire):
    """A wait."""

    id: str = Field(examples=["wai_01jd5w8z3k0c9m2v7q4t6y8x1a"])
    state: Literal["waiting", "offered", "fulfilled", "withdrawn", "over"]
    at_shop: WaitAtShop | None = Field(description="null where it is nearby.")
    nearby: WaitNearby | None = Field(description="null where it is at a shop.")
    offer: Offered | None = Field(description="What is offered now, or fulfilled it.")
    created_at: Moment
    ends_at: Moment = Field(description="Then it is over by itself.")

    @classmethod
    def of(cls, seen: Seen) -> "Wait":
        wait, ask = seen.wait, seen.wait.ask
        return cls(
            id=wait.id,
            state=seen.state.value,  # type: ignore[arg-type] # what is shown is one of these
            at_shop=WaitAtShop.of(ask) if isinstance(ask, rules.AtShop) else None,
            nearby=WaitNearby.of(ask) if isinstance(ask, rules.Nearby) else None,
            offer=_offer(seen),
            created_at=wait.created_at,
            ends_at=wait.ends_at,
        )


class Waits(Wire):
    """Some of a customer's waits, newest first."""

    items: list[Wait]
    next_cursor: str | None = Field(description="Where the list goes on; null at its end.")


def _offer(seen: Seen) -> Offered | None:
    wait, offer = seen.wait, seen.wait.offer
    if seen.state not in {rules.State.OFFERED, rules.State.FULFILLED} or offer is None:
        return None
    assert wait.order_id is not None and wait.until is not None  # noqa: PT018 - both came with the offer
    return Offered(
        order_id=wait.order_id,
        until=wait.until,
        shop_id=offer.shop_id,
        offering_id=offer.offering_id,
        start=offer.start,
        local_start=offer.start.astimezone(ZoneInfo(offer.zone)).isoformat(),
    )
