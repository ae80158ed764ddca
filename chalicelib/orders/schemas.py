"""What orders say over the wire."""

from typing import Annotated, Literal, Self

from pydantic import Field

from chalicelib.kit.errors import invalid
from chalicelib.kit.http import Wire
from chalicelib.kit.pagination import Page
from chalicelib.kit.wire import Line as OneLine
from chalicelib.kit.wire import Moment, MoneyOut
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


class OrderIn(Wire):
    """What to hold: all of it or nothing, in one shop."""

    lines: list[Annotated[BookingWish | SeatWish, Field(discriminator="kind")]] = Field(
        min_length=1,
        max_length=rules.MOST_LINES,
        description=f"With the steps and the weeks at most {rules.MOST_LINES} lines.",
    )
    coupon_id: CouponId | None = Field(default=None, description="One of my coupons.")

    def asked(self) -> list[rules.Asked]:
        """Return the lines as the domain knows them.

        Raises:
            Invalid: they are too many.
        """
        asked = [one for line in self.lines for one in line.asked()]
        if len(asked) > rules.MOST_LINES:
            raise invalid("lines", f"{len(asked)} with their steps and weeks; at most {rules.MOST_LINES}")
        return asked


class CancelIn(Wire):
    """Why an order is cancelled."""

    reason: OneLine | None = Field(default=None, max_length=500, examples=["我临时有事"])
    line_ids: list[LineId] | None = Field(
        default=None, min_length=1, max_length=rules.MOST_LINES, description="Only these lines; left out: all."
    )


class Part(Wire):
    """What of a line goes back."""

    line_id: LineId
    amount: int = Field(ge=1, le=rules.MOST_MONEY, strict=True, description="Whole minor units.", examples=[2000])


class GiveBackIn(Wire):
    """What goes back to the customer, beside what cancelling brings."""

    lines: list[Part] = Field(min_length=1, max_length=rules.MOST_LINES)
    reason: OneLine | None = Field(default=None, max_length=500, examples=["服务未达标"])

    def parts(self) -> dict[str, int]:
        """Return the amounts by line; those of a line that is named twice add up."""
        amounts: dict[str, int] = {}
        for part in self.lines:
            amounts[part.line_id] = amounts.get(part.line_id, 0) + part.amount
        return amounts


class Policy(Wire):
    """What cancelling a line costs its customer, as frozen when it was sold."""

    free_until_minutes_before: int = Field(description="Free until then, before the start.", examples=[1440])
    late_fee_bps: int = Field(description="Afterwards: basis points of the net price.", examples=[5000])
    no_show_fee_bps: int = Field(description="Who does not come pays so many.", examples=[10_000])

    @classmethod
    def of(cls, policy: rules.Policy) -> Self:
        return cls(**vars(policy))


class Line(Wire):
    """One thing that is bought."""

    id: str = Field(examples=["lin_01jd3x9k5r8m2q7w4t6y0z1abc"])
    kind: str = Field(description="What `ref` names.", examples=["booking"])
    ref: str = Field(examples=["bkg_01jd3x9k5r8m2q7w4t6y0z1abc"])
    title: str = Field(examples=["剪发"])
    quantity: int
    price: MoneyOut = Field(description="Of one.")
    discount: MoneyOut = Field(description="What the coupon takes off the line.")
    net: MoneyOut = Field(description="What the customer pays for it.")
    paid: MoneyOut = Field(description="What of that is paid when it is bought; the rest is paid at the shop.")
    refund: MoneyOut = Field(description="What goes back of it since it was cancelled.")
    given_back: MoneyOut = Field(description="What went back beside that: the shop gave it, or a bank took it.")
    policy: Policy
    starts_at: Moment | None
    ends_at: Moment | None
    state: rules.LineState

    @classmethod
    def of(cls, line: rules.Line) -> Self:
        currency = line.price.currency
        return cls(
            id=line.id,
            kind=line.kind,
            ref=line.ref,
            title=line.title,
            quantity=line.quantity,
            price=MoneyOut.of(line.price),
            discount=MoneyOut(amount=line.discount, currency=currency),
            net=MoneyOut(amount=line.net, currency=currency),
            paid=MoneyOut(amount=line.paid, currency=currency),
            refund=MoneyOut(amount=line.refund, currency=currency),
            given_back=MoneyOut(amount=line.given_back, currency=currency),
            policy=Policy.of(line.policy),
            starts_at=line.starts_at,
            ends_at=line.ends_at,
            state=line.state,
        )


class Order(Wire):
    """What a customer buys at once."""

    id: str = Field(examples=["ord_01jd3x9k5r8m2q7w4t6y0z1abc"])
    customer_id: str = Field(examples=["acc_01jd3x9k5r8m2q7w4t6y0z1abc"])
    merchant_id: str = Field(examples=["acc_01jd3x9k5r8m2q7w4t6y0z1abc"])
    shop_id: str = Field(examples=["shp_01jd3x9k5r8m2q7w4t6y0z1abc"])
    state: rules.OrderState
    lines: list[Line]
    total: MoneyOut = Field(description="What the customer pays when buying.")
    discount: MoneyOut = Field(description="What the coupon takes off; `total` is without it.")
    refunded: MoneyOut = Field(description="What has gone back.")
    coupon_id: str | None
    coupon_paid_by: rules.PaidBy | None
    payment_id: str | None
    hold_until: Moment | None = Field(description="Pay before; null when it is no longer held.")
    created_at: Moment
    confirmed_at: Moment | None
    reason: str | None = Field(description="Why it was cancelled.")
    version: int

    @classmethod
    def of(cls, order: rules.Order) -> Self:
        return cls(
            id=order.id,
            customer_id=order.customer_id,
            merchant_id=order.merchant_id,
            shop_id=order.shop_id,
            state=order.state,
            lines=[Line.of(line) for line in order.lines],
            total=MoneyOut.of(order.money),
            discount=MoneyOut(amount=order.discount, currency=order.currency),
            refunded=MoneyOut(amount=order.refunded, currency=order.currency),
            coupon_id=order.coupon_id,
            coupon_paid_by=order.coupon_paid_by,
            payment_id=order.payment_id,
            hold_until=order.hold_until if order.state == rules.OrderState.HELD else None,
            created_at=order.created_at,
            confirmed_at=order.confirmed_at,
            reason=order.reason,
            version=order.version,
        )


class Orders(Wire):
    """Some orders, newest first."""

    items: list[Order]
    next_cursor: str | None = Field(description="Where the list goes on; null at its end.")

    @classmethod
    def of(cls, page: Page[rules.Order], cursor: str | None) -> Self:
        return cls(items=[Order.of(order) for order in page.items], next_cursor=cursor)
