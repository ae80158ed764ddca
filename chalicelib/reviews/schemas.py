"""What reviews say over the wire."""

from typing import Annotated

from pydantic import Field

from chalicelib.kit.http import Wire
from chalicelib.kit.wire import Moment
from chalicelib.reviews import rules
from chalicelib.reviews.use_cases import Opinion

Stars = Annotated[int, Field(ge=1, le=5, description="1 (poor) to 5 (excellent).", examples=[5])]
Tag = Annotated[
    str,
    Field(
        max_length=35,
        pattern="^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$",
        description="BCP 47 tag of the text.",
        examples=["zh-CN"],
    ),
]


class ReviewIn(Wire):
    """What you think of a completed line of your order."""

    stars: Annotated[Stars, Field(strict=True)]
    text: str = Field(default="", max_length=2000, examples=["手艺很好，下次再来。"])
    language: Tag | None = Field(default=None, description="BCP 47 tag of the text; none: that of your request.")

    def opinion(self, fallback: str) -> Opinion:
        """Return it as the domain knows it."""
        return Opinion(stars=self.stars, text=self.text, language=self.language or fallback)


class Review(Wire):
    """A customer's review of one line of an order."""

    id: str = Field(examples=["rev_3c6z0b8d1f2g5h1w8q2n7v4k9x"])
    shop_id: str = Field(examples=["shp_01jd8x2n7v4k9x3c6z0b8d1f2g"])
    author: str | None = Field(
        description="The customer's name, abbreviated; null where there was none.", examples=["张*"]
    )
    stars: Stars
    text: str
    language: Tag
    created_at: Moment

    @classmethod
    def of(cls, review: rules.Review) -> "Review":
        return cls(
            id=review.id,
            shop_id=review.shop_id,
            author=review.author,
            stars=review.stars,
            text=review.text,
            language=review.language,
            created_at=review.created_at,
        )


class Rating(Wire):
    """What all reviews of a shop add up to."""

    average: float | None = Field(description="Mean of the stars to one decimal; null without reviews.", examples=[4.7])
    count: int = Field(ge=0, description="Number of reviews.", examples=[128])
    histogram: tuple[int, int, int, int, int] = Field(
        description="Number of reviews with 1, 2, 3, 4 and 5 stars.", examples=[[1, 0, 3, 24, 100]]
    )

    @classmethod
    def of(cls, rating: rules.Rating) -> "Rating":
        average = None if rating.tenths is None else rating.tenths / 10
        return cls(average=average, count=rating.count, histogram=rating.histogram)


class Reviews(Wire):
    """A shop's rating and some of its reviews, newest first."""

    rating: Rating
    items: tuple[Review, ...]
    next_cursor: str | None = Field(description="Where the list goes on; null at its end.")
