"""What reviews add up to."""

from collections.abc import Mapping
from datetime import datetime

from pydantic import Field

from chalicelib.kit.http import Wire
from chalicelib.reviews import rules
from chalicelib.reviews.rules import Aspect
from chalicelib.reviews.rules.rating import mean


class GuestRating(Wire):
    """What shops said of a guest."""

    count: int = Field(ge=0, description="How many times; 0 where they are too few shops to tell.")
    average: float | None = Field(description="Mean of the stars to one decimal; null where `count` is 0.")

    @classmethod
    def of(cls, rating: rules.GuestRating) -> "GuestRating":
        return cls(count=rating.count, average=None if rating.tenths is None else rating.tenths / 10)


class Helpful(Wire):
    """How many readers a review helped."""

    helpful: int = Field(ge=0, examples=[12])


class Part(Wire):
    """What an aspect was given."""

    average: float = Field(description="Mean of the stars to one decimal.", examples=[4.6])
    count: int = Field(ge=1, examples=[97])


class Rating(Wire):
    """What all reviews of a shop, or of somebody who works there, add up to."""

    average: float | None = Field(description="Mean of the stars to one decimal; null without reviews.", examples=[4.7])
    score: float = Field(
        description="What lists are sorted by: late reviews weigh more, half as much for each year, and ten with 4.2 "
        "stars are added.",
        examples=[4.65],
    )
    count: int = Field(ge=0, description="Number of reviews.", examples=[128])
    histogram: tuple[int, int, int, int, int] = Field(
        description="Number of reviews with 1, 2, 3, 4 and 5 stars.", examples=[[1, 0, 3, 24, 100]]
    )
    aspects: dict[Aspect, Part] = Field(description="Of those that were given stars.")
    with_media: int = Field(ge=0, description="Number of reviews with photographs or films.", examples=[31])

    @classmethod
    def of(cls, rating: rules.Rating, now: datetime) -> "Rating":
        average = None if rating.tenths is None else rating.tenths / 10
        parts: Mapping[Aspect, Part] = {
            aspect: Part(average=tenths / 10, count=count)
            for aspect, (total, count) in rating.aspects.items()
            if (tenths := mean(total, count, 10)) is not None
        }
        return cls(
            average=average,
            score=rating.score(now) / 100,
            count=rating.count,
            histogram=rating.histogram,
            aspects=dict(parts),
            with_media=rating.media,
        )
