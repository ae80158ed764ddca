"""The reviews table.

| row | pk | sk | gsi1 |
|---|---|---|---|
| review | review id (follows from the line) | `REVIEW` | `SHOP#<shop>`, `<created at>#<review id>` |
| rating | `RATING#<shop>` | `RATING` | |

A review names its author by account and by an abbreviated name; nothing here leads to a person without the accounts.

| pattern | requests | units (small rows) |
|---|---|---|
| write (review, its index entry, rating) | part of the use case's transaction | 4 write, and 1 for the index |
| take the words out of one | 1 transaction | 3 write, and 3 for the message |
| rating | 1 GetItem, consistent | 1 read |
| a review | 1 GetItem, consistent | 1 read per 4 KB |
| reviews of a shop | 1 Query | 0.5 read per 4 KB |
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.kit.clock import iso, parse
from chalicelib.kit.dynamo import Gsi1, Row, TableMeta, put, update
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import Action
from chalicelib.reviews.rules import AlreadyReviewed, Rating, Review

_REVIEW, _RATING = "REVIEW", "RATING"


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
    gsi1pk = UnicodeAttribute()
    gsi1sk = UnicodeAttribute()
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


def _already(_row: object) -> Exception:
    return AlreadyReviewed()


class ReviewStore:
    """See `reviews.ports.ReviewStore`."""

    def write(self, review: Review) -> list[Action]:
        created_at = iso(review.created_at)
        row = ReviewRow(
            review.id,
            _REVIEW,
            shop_id=review.shop_id,
            order_id=review.order_id,
            line_id=review.line_id,
            author_id=review.author_id,
            author=review.author,
            stars=review.stars,
            text=review.text,
            language=review.language,
            created_at=created_at,
            **_index_key(review.shop_id, review.created_at, review.id),
        )
        return [put(row, ReviewRow.pk.does_not_exist(), _already), self._add(review)]

    def _add(self, review: Review) -> Action:
        changes = [
            RatingRow.sum.add(review.stars),
            RatingRow.count_.add(1),
            RatingRow.version.add(1),
            getattr(RatingRow, f"stars_{review.stars}").add(1),
        ]
        return update(RatingRow(f"RATING#{review.shop_id}", _RATING), changes)

    def silence(self, review: Review) -> Action:
        changes = [ReviewRow.text.set(""), ReviewRow.author.remove()]
        return update(ReviewRow(review.id, _REVIEW), changes, ReviewRow.pk.exists())

    def rating(self, shop_id: str) -> Rating:
        try:
            row = RatingRow.get(f"RATING#{shop_id}", _RATING, consistent_read=True)
        except RatingRow.DoesNotExist:
            return Rating()
        stars = (row.stars_1, row.stars_2, row.stars_3, row.stars_4, row.stars_5)
        one, two, three, four, five = (int(number or 0) for number in stars)
        return Rating(int(row.sum), int(row.count_), int(row.version), (one, two, three, four, five))

    def review(self, review_id: str) -> Review | None:
        try:
            return _review(ReviewRow.get(review_id, _REVIEW, consistent_read=True))
        except ReviewRow.DoesNotExist:
            return None

    def of_shop(self, shop_id: str, after: Mapping[str, Any] | None, limit: int) -> Page[Review]:
        rows = ReviewRow.of_shop.query(
            f"SHOP#{shop_id}",
            scan_index_forward=False,
            last_evaluated_key=dict(after) if after else None,
            limit=limit,
            page_size=limit,
        )
        return Page(tuple(_review(row) for row in rows), rows.last_evaluated_key)

    def after(self, shop_id: str, created_at: datetime, review_id: str) -> Mapping[str, Any]:
        key = {"pk": review_id, "sk": _REVIEW, **_index_key(shop_id, created_at, review_id)}
        return {name: {"S": value} for name, value in key.items()}


def _index_key(shop_id: str, created_at: datetime, review_id: str) -> dict[str, Any]:
    return {"gsi1pk": f"SHOP#{shop_id}", "gsi1sk": f"{iso(created_at)}#{review_id}"}


def _review(row: ReviewRow) -> Review:
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
    )
