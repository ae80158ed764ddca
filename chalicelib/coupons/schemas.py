"""What coupons say over the wire."""

from datetime import datetime
from typing import Self

from pydantic import Field

from chalicelib.coupons import rules
from chalicelib.kit.http import Wire
from chalicelib.kit.pagination import Page
from chalicelib.kit.wire import MOST_MONEY, Currency, Line, Moment


class Terms(Wire):
    """What a coupon takes off: an amount, or a percentage that may have a cap."""

    currency: Currency
    minimum_spend: int = Field(
        default=0,
        ge=0,
        le=MOST_MONEY,
        strict=True,
        description="The least to spend, minor units.",
        examples=[10000],
    )
    amount_off: int | None = Field(
        default=None, ge=1, le=MOST_MONEY, strict=True, description="Minor units.", examples=[2000]
    )
    percent_bps: int | None = Field(
        default=None, ge=1, le=10_000, strict=True, description="Basis points of the price, instead of an amount."
    )
    cap: int | None = Field(
        default=None, ge=1, le=MOST_MONEY, strict=True, description="The most that a percentage takes off, minor units."
    )

    @classmethod
    def of(cls, terms: rules.Terms) -> Self:
        return cls(
            currency=terms.currency,
            minimum_spend=terms.minimum_spend,
            amount_off=terms.amount_off,
            percent_bps=terms.percent_bps,
            cap=terms.cap,
        )

    def domain(self) -> rules.Terms:
        """Return them as the domain knows them."""
        return rules.Terms(**self.model_dump())


class CampaignIn(Wire):
    """Coupons that people can claim, one each."""

    title: Line = Field(min_length=1, max_length=100, examples=["新客立减 20 元"])
    terms: Terms
    number: int = Field(ge=1, le=1_000_000, strict=True, description="How many coupons there are.", examples=[500])
    valid_from: Moment
    valid_until: Moment

    def draft(self) -> rules.CampaignDraft:
        """Return it as the domain knows it."""
        return rules.CampaignDraft(self.title, self.terms.domain(), self.number, self.valid_from, self.valid_until)


class Campaign(Wire):
    """A campaign."""

    id: str = Field(examples=["cmp_01jd3x9k5r8m2q7w4t6y0z1abc"])
    shop_id: str | None = Field(description="Where its coupons are good; null: in every shop.")
    title: str
    terms: Terms
    number: int
    left: int = Field(description="How many can still be claimed.")
    paid_by: rules.PaidBy
    valid_from: Moment
    valid_until: Moment
    created_at: Moment

    @classmethod
    def of(cls, campaign: rules.Campaign) -> Self:
        return cls(
            id=campaign.id,
            shop_id=campaign.shop_id,
            title=campaign.title,
            terms=Terms.of(campaign.terms),
            number=campaign.number,
            left=campaign.number - campaign.claimed,
            paid_by=campaign.paid_by,
            valid_from=campaign.valid_from,
            valid_until=campaign.valid_until,
            created_at=campaign.created_at,
        )


class Campaigns(Wire):
    """Some campaigns, newest first."""

    items: list[Campaign]
    next_cursor: str | None = Field(description="Where the list goes on; null at its end.")

    @classmethod
    def of(cls, page: Page[rules.Campaign], cursor: str | None) -> Self:
        return cls(items=[Campaign.of(one) for one in page.items], next_cursor=cursor)


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
