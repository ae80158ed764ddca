"""Coupons over the wire."""

from datetime import datetime
from typing import Self

from pydantic import Field

from chalicelib.coupons import rules
from chalicelib.coupons.schemas.terms import Terms
from chalicelib.kit.http import Wire
from chalicelib.kit.pagination import Page
from chalicelib.kit.wire import Moment


class Coupon(Wire):
    """A coupon of mine."""

    id: str = Field(examples=["cpn_01jd3x9k5r8m2q7w4t6y0z1abc"])
    campaign_id: str
    shop_id: str | None = Field(description="Where it is good; null: in every shop.")
    title: str
    terms: Terms
    paid_by: rules.PaidBy
    state: rules.CouponState = Field(description="As of now: what ran out is not shown as reserved.")
    order_id: str | None = Field(description="The order that reserves or used it.")
    valid_from: Moment
    valid_until: Moment
    claimed_at: Moment

    @classmethod
    def of(cls, coupon: rules.Coupon, now: datetime) -> Self:
        state = coupon.standing(now)
        is_taken = state in {rules.CouponState.RESERVED, rules.CouponState.USED}
        return cls(
            id=coupon.id,
            campaign_id=coupon.campaign_id,
            shop_id=coupon.shop_id,
            title=coupon.title,
            terms=Terms.of(coupon.terms),
            paid_by=coupon.paid_by,
            state=state,
            order_id=coupon.order_id if is_taken else None,
            valid_from=coupon.valid_from,
            valid_until=coupon.valid_until,
            claimed_at=coupon.claimed_at,
        )


class Coupons(Wire):
    """Some coupons, the one claimed last first."""

    items: list[Coupon]
    next_cursor: str | None = Field(description="Where the list goes on; null at its end.")

    @classmethod
    def of(cls, page: Page[rules.Coupon], cursor: str | None, now: datetime) -> Self:
        return cls(items=[Coupon.of(one, now) for one in page.items], next_cursor=cursor)
