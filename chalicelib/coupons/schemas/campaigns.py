"""Campaigns over the wire."""

from typing import Self

from pydantic import Field

from chalicelib.coupons import rules
from chalicelib.coupons.rules.limits import MOST_PER_PERSON
from chalicelib.coupons.schemas.terms import Terms
from chalicelib.kit.http import Wire
from chalicelib.kit.pagination import Page
from chalicelib.kit.wire import MOST_MONEY, Line, Moment

_MOST_BUDGET = 1_000_000 * MOST_MONEY


class Limits(Wire):
    """What a campaign gives away at most, beside its number of coupons, and to whom."""

    money: int | None = Field(
        default=None, ge=1, le=_MOST_BUDGET, strict=True,
        description="The most that all its coupons take off together, minor units; null: no limit.", examples=[500000],
    )  # fmt: skip
    rush: int | None = Field(
        default=None, ge=1, le=10_000, strict=True,
        description="How many claims a second are expected at most; null: a tenth of the number of coupons.",
    )  # fmt: skip
    per_person: int = Field(
        default=1, ge=1, le=MOST_PER_PERSON, strict=True, description="Coupons that one customer can claim."
    )
    per_device: int | None = Field(
        default=None, ge=1, le=100, strict=True,
        description="Coupons that can be claimed on one device, by whomever; null: no limit.",
    )  # fmt: skip
    access: rules.Access = Field(
        default=rules.Access.OPEN,
        description="What it takes to claim: nothing, one of its codes, or to scan what the shop shows.",
    )

    @classmethod
    def of(cls, limits: rules.Limits) -> Self:
        return cls(
            money=limits.money,
            rush=limits.rush,
            per_person=limits.per_person,
            per_device=limits.per_device,
            access=limits.access,
        )

    def domain(self) -> rules.Limits:
        """Return them as the domain knows them."""
        return rules.Limits(**self.model_dump())


class CampaignIn(Wire):
    """Coupons that people can claim. It has a number of coupons, or a budget of money, or both."""

    title: Line = Field(min_length=1, max_length=100, examples=["新客立减 20 元"])
    terms: Terms
    number: int | None = Field(
        default=None, ge=1, le=1_000_000, strict=True,
        description="How many coupons there are; null: as many as are asked for, until the money is spent.",
        examples=[500],
    )  # fmt: skip
    valid_from: Moment
    valid_until: Moment
    limits: Limits = Field(default_factory=Limits)

    def draft(self) -> rules.CampaignDraft:
        """Return it as the domain knows it."""
        return rules.CampaignDraft(
            self.title, self.terms.domain(), self.number, self.valid_from, self.valid_until, self.limits.domain()
        )


class Campaign(Wire):
    """A campaign."""

    id: str = Field(examples=["cmp_01jd3x9k5r8m2q7w4t6y0z1abc"])
    shop_id: str | None = Field(description="Where its coupons are good; null: in every shop.")
    title: str
    terms: Terms
    number: int | None
    left: int | None = Field(
        description="How many can still be claimed; null where their number has no limit, and in a list where it is "
        "counted in several places: a campaign by itself says it."
    )
    sold_out: bool = Field(description="None is left, exactly.")
    money_left: int | None = Field(
        description="What its coupons can still take off together, minor units; null where that has no limit, and in a "
        "list. What an unpaid order reserved too long ago counts as gone until somebody needs it."
    )
    limits: Limits
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
            left=campaign.left,
            sold_out=campaign.is_sold_out,
            money_left=campaign.money_left,
            limits=Limits.of(campaign.limits),
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
