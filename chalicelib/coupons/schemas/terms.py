"""What a coupon takes off, over the wire."""

from datetime import time
from typing import Annotated, Self

from pydantic import Field

from chalicelib.coupons import rules
from chalicelib.kit.http import Wire
from chalicelib.kit.wire import MOST_MONEY, Currency

MOST_NAMED = 20  # shops, categories, offerings in a condition
MOST_TIERS = 5
_ID = "[0-9a-z]{26}"
_Clock = Annotated[
    str, Field(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$", description="By the shop's clock.", examples=["14:00"])
]


class Tier(Wire):
    """Spend so much, save so much."""

    spend: int = Field(ge=1, le=MOST_MONEY, strict=True, description="From here on, minor units.", examples=[10000])
    off: int = Field(ge=1, le=MOST_MONEY, strict=True, description="Minor units.", examples=[2000])


class Conditions(Wire):
    """What a coupon is for; what is left out asks for nothing."""

    shop_ids: list[Annotated[str, Field(pattern=f"^shp_{_ID}$")]] = Field(
        default_factory=list, max_length=MOST_NAMED, description="In one of these shops."
    )
    categories: list[Annotated[str, Field(pattern="^[a-z0-9-]{1,40}$", examples=["hair"])]] = Field(
        default_factory=list, max_length=MOST_NAMED, description="In a shop of one of these."
    )
    offering_ids: list[Annotated[str, Field(pattern=f"^off_{_ID}$")]] = Field(
        default_factory=list, max_length=MOST_NAMED, description="For lines of one of these alone."
    )
    weekdays: list[Annotated[int, Field(ge=1, le=7, strict=True)]] = Field(
        default_factory=list, max_length=7, description="For visits on these days, 1 is Monday."
    )
    from_time: _Clock | None = Field(default=None, description="For visits that begin from then on.")
    until_time: _Clock | None = Field(default=None, description="And before then, past midnight where it is earlier.")
    first_of: rules.FirstOf | None = Field(
        default=None, description="For the customer's first order on the platform, or in the shop."
    )
    new_for_days: int | None = Field(
        default=None, ge=1, le=365, strict=True, description="For customers whose account is at most so many days old."
    )

    @classmethod
    def of(cls, asked: rules.Conditions) -> Self:
        return cls(
            shop_ids=list(asked.shop_ids),
            categories=list(asked.categories),
            offering_ids=list(asked.offering_ids),
            weekdays=list(asked.weekdays),
            from_time=_clock(asked.from_time),
            until_time=_clock(asked.until_time),
            first_of=asked.first_of,
            new_for_days=asked.new_for_days,
        )

    def domain(self) -> rules.Conditions:
        """Return them as the domain knows them."""
        return rules.Conditions(
            shop_ids=tuple(sorted(set(self.shop_ids))),
            categories=tuple(sorted(set(self.categories))),
            offering_ids=tuple(sorted(set(self.offering_ids))),
            weekdays=tuple(sorted(set(self.weekdays))),
            from_time=time.fromisoformat(self.from_time) if self.from_time else None,
            until_time=time.fromisoformat(self.until_time) if self.until_time else None,
            first_of=self.first_of,
            new_for_days=self.new_for_days,
        )


def _clock(at: time | None) -> str | None:
    return None if at is None else at.isoformat("minutes")


class Terms(Wire):
    """What a coupon takes off: an amount, a percentage that may have a cap, or more the more is spent."""

    currency: Currency
    minimum_spend: int = Field(
        default=0,
        ge=0,
        le=MOST_MONEY,
        strict=True,
        description="The least to spend on what it is for, minor units.",
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
    tiers: list[Tier] = Field(
        default_factory=list,
        max_length=MOST_TIERS,
        description="Instead of an amount: the highest that is reached counts; the lowest first.",
    )
    conditions: Conditions = Field(default_factory=Conditions)
    stacks_as: Annotated[str, Field(pattern="^[a-z0-9-]{1,20}$", examples=["season"])] | None = Field(
        default=None, description="Goes together with coupons of other names, one of each; null: with no other."
    )
    returned: rules.Returned = Field(
        default=rules.Returned.IN_TIME,
        description="Whether it comes back when its customer calls off all of the order.",
    )
    platform_bps: int | None = Field(
        default=None,
        ge=0,
        le=10_000,
        strict=True,
        description="So much of the discount is paid by the platform, the rest by the shop, which has to join where it"
        " pays anything; null: all of it in a campaign of the platform, nothing in a shop's.",
    )

    @classmethod
    def of(cls, terms: rules.Terms) -> Self:
        return cls(
            currency=terms.currency,
            minimum_spend=terms.minimum_spend,
            amount_off=terms.amount_off,
            percent_bps=terms.percent_bps,
            cap=terms.cap,
            tiers=[Tier(spend=tier.spend, off=tier.off) for tier in terms.tiers],
            conditions=Conditions.of(terms.conditions),
            stacks_as=terms.stacks_as,
            returned=terms.returned,
            platform_bps=terms.platform_bps,
        )

    def domain(self) -> rules.Terms:
        """Return them as the domain knows them."""
        return rules.Terms(
            currency=self.currency,
            minimum_spend=self.minimum_spend,
            amount_off=self.amount_off,
            percent_bps=self.percent_bps,
            cap=self.cap,
            tiers=tuple(rules.Tier(tier.spend, tier.off) for tier in self.tiers),
            conditions=self.conditions.domain(),
            stacks_as=self.stacks_as,
            returned=self.returned,
            platform_bps=self.platform_bps,
        )
