"""Campaigns over the wire."""

from typing import Self

from pydantic import Field

from chalicelib.coupons import rules
from chalicelib.coupons.schemas.terms import Terms
from chalicelib.kit.http import Wire
from chalicelib.kit.pagination import Page
from chalicelib.kit.wire import Line, Moment


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
