"""What is scanned, over the wire."""

from typing import Self

from pydantic import Field

from chalicelib.coupons.rules.scans import Poster as PosterOf
from chalicelib.kit.http import Wire
from chalicelib.kit.pagination import Page
from chalicelib.kit.wire import Line, Moment


class Screen(Wire):
    """What a screen at the shop shows now."""

    token: str = Field(description="What the QR code tells the app.", examples=["S1.cmp_01jd.64000000.q7"])
    svg: str = Field(description="The QR code, an image.", examples=["<svg/>"])
    next_at: Moment = Field(description="When to ask for the next one; this one is good for 30 seconds longer.")


class PosterIn(Wire):
    """A code to be printed."""

    name: Line = Field(min_length=1, max_length=60, examples=["收银台"], description="What tells it from others.")
    per_day: int = Field(
        default=100, ge=1, le=1_000, strict=True, description="Claims within a date of the shop's zone."
    )
    until: Moment | None = Field(default=None, description="When it is no longer good; null: with its campaign.")


class Poster(Wire):
    """A code that is printed."""

    id: str = Field(examples=["pst_01jd3x9k5r8m2q7w4t6y0z1abc"])
    campaign_id: str
    name: str
    token: str = Field(description="What its QR code tells the app.")
    svg: str | None = Field(default=None, description="The QR code, an image; only in the answer about one poster.")
    per_day: int
    until: Moment
    revoked: bool
    created_at: Moment

    @classmethod
    def of(cls, poster: PosterOf, token: str) -> Self:
        return cls(
            id=poster.id,
            campaign_id=poster.campaign_id,
            name=poster.name,
            token=token,
            per_day=poster.per_day,
            until=poster.until,
            revoked=poster.is_revoked,
            created_at=poster.created_at,
        )


class Posters(Wire):
    """Some posters, newest first."""

    items: list[Poster]
    next_cursor: str | None = Field(description="Where the list goes on; null at its end.")

    @classmethod
    def of(cls, page: Page[Poster], cursor: str | None) -> Self:
        return cls(items=list(page.items), next_cursor=cursor)
