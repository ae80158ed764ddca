"""Orders over the wire."""

from typing import Self

from pydantic import Field

from chalicelib.kit.http import Wire
from chalicelib.kit.pagination import Page
from chalicelib.kit.wire import Moment, MoneyOut
from chalicelib.orders import rules


class Policy(Wire):
    """What cancelling a line costs its customer, as frozen when it was sold."""

    free_until_minutes_before: int = Field(description="Free until then, before the start.", examples=[1440])
    late_fee_bps: int = Field(description="Afterwards: basis points of the net price.", examples=[5000])
    no_show_fee_bps: int = Field(description="Who does not come pays so many.", examples=[10_000])

    @classmethod
    def of(cls, policy: rules.Policy) -> Self:
        return cls(**vars(policy))


class Discount(Wire):
    """What one coupon takes off, and who bears it."""

    coupon_id: str = Field(examples=["cpn_01jd3x9k5r8m2q7w4t6y0z1abc"])
    amount: MoneyOut
    by_platform: MoneyOut = Field(description="What of that the platform bears.")
    by_merchant: MoneyOut = Field(description="And what the shop does.")

    @classmethod
    def of(cls, part: rules.Part, currency: str) -> Self:
        return cls(
            coupon_id=part.coupon_id,
            amount=MoneyOut(amount=part.amount, currency=currency),
            by_platform=MoneyOut(amount=part.platform, currency=currency),
            by_merchant=MoneyOut(amount=part.merchant, currency=currency),
        )


class Line(Wire):
    """One thing that is bought."""

    id: str = Field(examples=["lin_01jd3x9k5r8m2q7w4t6y0z1abc"])
    kind: str = Field(description="What `ref` names.", examples=["booking"])
    ref: str = Field(examples=["bkg_01jd3x9k5r8m2q7w4t6y0z1abc"])
    title: str = Field(examples=["剪发"])
    quantity: int
    price: MoneyOut = Field(description="Of one.")
    discount: MoneyOut = Field(description="What coupons take off the line.")
    discounts: list[Discount] = Field(description="Of each coupon, in the order in which they were applied.")
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
            discounts=[Discount.of(part, currency) for part in line.discounts],
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
    discount: MoneyOut = Field(description="What coupons take off; `total` is without it.")
    discounts: list[Discount] = Field(description="Of each coupon, in the order in which they were applied.")
    refunded: MoneyOut = Field(description="What has gone back.")
    coupon_ids: list[str] = Field(description="In the order in which they were applied.")
    coupon_id: str | None = Field(description="The first of them.", json_schema_extra={"deprecated": True})
    coupon_paid_by: rules.PaidBy | None = Field(description="Who bears the discount.")
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
            discounts=[Discount.of(part, order.currency) for part in order.discounts],
            refunded=MoneyOut(amount=order.refunded, currency=order.currency),
            coupon_ids=list(order.coupon_ids),
            coupon_id=order.coupon_ids[0] if order.coupon_ids else None,
            coupon_paid_by=order.paid_by,
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
