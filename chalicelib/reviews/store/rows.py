"""The rows of the reviews table."""

from typing import Any

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute, UnicodeSetAttribute

from chalicelib.kit.clock import iso, parse
from chalicelib.kit.dynamo import Gsi1, Row, TableMeta
from chalicelib.reviews.rules import Rating, Review, State

REVIEW, RATING = "REVIEW", "RATING"


class ReviewRow(Row):
    class Meta(TableMeta):
        table = "reviews"

    shop_id = UnicodeAttribute()
    order_id = UnicodeAttribute()
    line_id = UnicodeAttribute()
    author_id = UnicodeAttribute()
    author = UnicodeAttribute(null=True)
    stars = NumberAttribute()
    text = UnicodeAttribute(default="")
    language = UnicodeAttribute()
    created_at = UnicodeAttribute()
    state = UnicodeAttribute(default=State.SHOWN)
    opened = BooleanAttribute(default=True)
    reasons = UnicodeSetAttribute(null=True)
    version = NumberAttribute(default=1)
    gsi1pk = UnicodeAttribute(null=True)
    gsi1sk = UnicodeAttribute(null=True)
    of_shop = Gsi1()


class RatingRow(Row):
    class Meta(TableMeta):
        table = "reviews"

    sum = NumberAttribute(default=0)
    count_ = NumberAttribute(default=0, attr_name="count")  # `count` is a method of every PynamoDB model
    version = NumberAttribute(default=0)
    stars_1 = NumberAttribute(default=0)
    stars_2 = NumberAttribute(default=0)
    stars_3 = NumberAttribute(default=0)
    stars_4 = NumberAttribute(default=0)
    stars_5 = NumberAttribute(default=0)


def changing(review: Review) -> dict[str, Any]:
    """Return the attributes of a review that may change, None for those that it has not."""
    shown = review.state is State.SHOWN
    return {
        "author": review.author,
        "stars": review.stars,
        "text": review.text,
        "language": review.language,
        "state": str(review.state),
        "opened": review.opened,
        "reasons": set(review.reasons) or None,
        "version": review.version,
        "gsi1pk": f"SHOP#{review.shop_id}" if shown else None,
        "gsi1sk": f"{iso(review.created_at)}#{review.id}" if shown else None,
    }


def row_of(review: Review) -> ReviewRow:
    """Return the row of a new review."""
    return ReviewRow(
        review.id,
        REVIEW,
        shop_id=review.shop_id,
        order_id=review.order_id,
        line_id=review.line_id,
        author_id=review.author_id,
        created_at=iso(review.created_at),
        **changing(review),
    )


def review_of(row: ReviewRow) -> Review:
    """Return the review that a row holds."""
    return Review(
        id=row.pk,
        shop_id=row.shop_id,
        order_id=row.order_id,
        line_id=row.line_id,
        author_id=row.author_id,
        author=row.author,
        stars=int(row.stars),
        text=row.text or "",
        language=row.language,
        created_at=parse(row.created_at),
        state=State(row.state),
        opened=row.opened,
        reasons=tuple(sorted(row.reasons or ())),
        version=int(row.version),
    )


def rating_of(row: RatingRow) -> Rating:
    """Return the rating that a row holds."""
    stars = (row.stars_1, row.stars_2, row.stars_3, row.stars_4, row.stars_5)
    one, two, three, four, five = (int(number or 0) for number in stars)
    return Rating(int(row.sum or 0), int(row.count_ or 0), int(row.version or 0), (one, two, three, four, five))
