"""What customers ask for, over the wire."""

from typing import Annotated, Literal

from pydantic import Field

from chalicelib.coupons.ports import MOST_TOGETHER
from chalicelib.kit.errors import invalid
from chalicelib.kit.http import Wire
from chalicelib.kit.wire import Moment
from chalicelib.orders import rules

MOST_STEPS = 4  # after the first
_ID = "[0-9a-z]{26}"
ShopId = Annotated[str, Field(pattern=f"^shp_{_ID}$", examples=["shp_01jd3x9k5r8m2q7w4t6y0z1abc"])]
OfferingId = Annotated[str, Field(pattern=f"^off_{_ID}$", examples=["off_01jd3x9k5r8m2q7w4t6y0z1abc"])]
StaffId = Annotated[str, Field(pattern=f"^stf_{_ID}$", examples=["stf_01jd3x9k5r8m2q7w4t6y0z1abc"])]
SessionId = Annotated[str, Field(pattern=f"^ses_{_ID}$", examples=["ses_01jd3x9k5r8m2q7w4t6y0z1abc"])]
LineId = Annotated[str, Field(pattern=f"^lin_{_ID}$", examples=["lin_01jd3x9k5r8m2q7w4t6y0z1abc"])]
CouponId = Annotated[str, Field(pattern=f"^cpn_{_ID}$", examples=["cpn_01jd3x9k5r8m2q7w4t6y0z1abc"])]


class Step(Wire):
    """What follows at the same visit, when the step before it is over."""

    offering_id: OfferingId
    staff_id: StaffId | None = Field(default=None, description="Whom to book; left out: anyone who is free.")


class BookingWish(Wire):
    """A time at a shop: one line for each step of each visit."""

    kind: Literal["booking"]
    shop_id: ShopId
    offering_id: OfferingId
    start: Moment = Field(description="One of the free times of the offering.")
    staff_id: StaffId | None = Field(default=None, description="Whom to book; left out: anyone who is free.")
    then: list[Step] = Field(default_factory=list, max_length=MOST_STEPS, description="Further steps of the visit.")
    weeks: int = Field(
        default=1,
        ge=1,
        le=rules.MOST_LINES,
        strict=True,
        description="So many visits, one a week, each at the same time of the shop's clock: all of them or none.",
    )

    walk_in: bool = Field(
        default=False,
        strict=True,
        description="The merchant books it for somebody at the counter: any time that the shop is open, paid there.",
    )

    def asked(self) -> list[rules.Asked]:
        """Return it as the domain knows it."""
        first = Step(offering_id=self.offering_id, staff_id=self.staff_id)
        steps = [(week, number, step) for week in range(self.weeks) for number, step in enumerate([first, *self.then])]
        return [
            rules.Asked(
                self.kind,
                {
                    "shop_id": self.shop_id,
                    "offering_id": step.offering_id,
                    "start": self.start,
                    "staff_id": step.staff_id,
                    "weeks_later": week,
                    "follows": number > 0,
                    "walk_in": self.walk_in,
                },
            )
            for week, number, step in steps
        ]


class SeatWish(Wire):
    """Seats of a session."""

    kind: Literal["seat"]
    shop_id: ShopId
    session_id: SessionId
    seats: int = Field(default=1, ge=1, le=10, strict=True, description="How many.")

    def asked(self) -> list[rules.Asked]:
        """Return it as the domain knows it."""
        fields = {"shop_id": self.shop_id, "session_id": self.session_id, "seats": self.seats}
        return [rules.Asked(self.kind, fields)]


class Wishes(Wire):
    """What is wanted, in one shop."""

    lines: list[Annotated[BookingWish | SeatWish, Field(discriminator="kind")]] = Field(
        min_length=1,
        max_length=rules.MOST_LINES,
        description=f"With the steps and the weeks at most {rules.MOST_LINES} lines.",
    )

    def asked(self) -> list[rules.Asked]:
        """Return the lines as the domain knows them.

        Raises:
            Invalid: they are too many.
        """
        asked = [one for line in self.lines for one in line.asked()]
        if len(asked) > rules.MOST_LINES:
            raise invalid("lines", f"{len(asked)} with their steps and weeks; at most {rules.MOST_LINES}")
        return asked


class OrderIn(Wishes):
    """What to hold: all of it or nothing, in one shop."""

    coupon_ids: list[CouponId] = Field(
        default_factory=list, max_length=MOST_TOGETHER, description="Some of my coupons that go together."
    )
    coupon_id: CouponId | None = Field(
        default=None,
        description="One of my coupons: the same as `coupon_ids` with it alone.",
        json_schema_extra={"deprecated": True},
    )

    def coupons(self) -> list[str]:
        """Return the ids of the coupons.

        Raises:
            Invalid: they are said in both ways.
        """
        if self.coupon_id is not None and self.coupon_ids:
            raise invalid("coupon_id", "say coupon_ids alone")
        return self.coupon_ids if self.coupon_id is None else [self.coupon_id]
