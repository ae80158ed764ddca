"""What a coupon takes off, over the wire."""

from typing import Self

from pydantic import Field

from chalicelib.coupons import rules
from chalicelib.kit.http import Wire
from chalicelib.kit.wire import MOST_MONEY, Currency


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
