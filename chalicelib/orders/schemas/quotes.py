"""What an order would cost, over the wire."""

from collections.abc import Mapping
from typing import Self

from pydantic import Field

from chalicelib.coupons.ports import MOST_TOGETHER, WORDS, Misfit
from chalicelib.kit.http import Wire
from chalicelib.kit.i18n import Language
from chalicelib.kit.wire import Moment, MoneyOut
from chalicelib.orders import rules
from chalicelib.orders.schemas.orders import Discount
from chalicelib.orders.schemas.wishes import CouponId, Wishes


class QuoteIn(Wishes):
    """What to reckon up: nothing is held."""

    coupon_ids: list[CouponId] | None = Field(
        default=None,
        max_length=MOST_TOGETHER,
        description="With these of my coupons; left out: with those that save the most.",
    )


class QuotedLine(Wire):
    """One thing that would be bought."""

    title: str = Field(examples=["剪发"])
    quantity: int
    price: MoneyOut = Field(description="Of one.")
    discount: MoneyOut = Field(description="What coupons take off the line.")
    discounts: list[Discount]
    net: MoneyOut = Field(description="What the customer pays for it.")
    paid: MoneyOut = Field(description="What of that is paid when it is bought; the rest is paid at the shop.")
    starts_at: Moment | None
    ends_at: Moment | None

    @classmethod
    def of(cls, line: rules.Line) -> Self:
        currency = line.price.currency
        return cls(
            title=line.title,
            quantity=line.quantity,
            price=MoneyOut.of(line.price),
            discount=MoneyOut(amount=line.discount, currency=currency),
            discounts=[Discount.of(part, currency) for part in line.discounts],
            net=MoneyOut(amount=line.net, currency=currency),
            paid=MoneyOut(amount=line.paid, currency=currency),
            starts_at=line.starts_at,
            ends_at=line.ends_at,
        )


class LeftOut(Wire):
    """One of my coupons that does not go into the order, and why."""

    coupon_id: str = Field(examples=["cpn_01jd3x9k5r8m2q7w4t6y0z1abc"])
    reason: Misfit
    words: str = Field(description="The reason for people.", examples=["未达到最低消费金额。"])


class Quote(Wire):
    """What an order would cost now. A later order may find another price, or what it is for taken."""

    lines: list[QuotedLine]
    total: MoneyOut = Field(description="What the customer would pay when buying.")
    discount: MoneyOut = Field(description="What coupons would take off; `total` is without it.")
    coupon_ids: list[str] = Field(description="In the order in which they are applied; order with these.")
    discounts: list[Discount]
    left_out: list[LeftOut]

    @classmethod
    def of(cls, order: rules.Order, left_out: Mapping[str, Misfit], language: Language) -> Self:
        return cls(
            lines=[QuotedLine.of(line) for line in order.lines],
            total=MoneyOut.of(order.money),
            discount=MoneyOut(amount=order.discount, currency=order.currency),
            coupon_ids=list(order.coupon_ids),
            discounts=[Discount.of(part, order.currency) for part in order.discounts],
            left_out=[
                LeftOut(coupon_id=coupon_id, reason=reason, words=WORDS[reason].render(language))
                for coupon_id, reason in sorted(left_out.items())
            ],
        )
