"""Reviews and what they add up to."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chalicelib.kit.clock import iso
from chalicelib.kit.dynamo import put, update
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import Action
from chalicelib.reviews.rules import AlreadyReviewed, Rating, Review, tally
from chalicelib.reviews.store.rows import (
    RATING,
    REVIEW,
    RatingRow,
    ReviewRow,
    changing,
    rating_of,
    review_of,
    row_of,
)

_TALLIED = {
    "sum": RatingRow.sum,
    "count": RatingRow.count_,
    **{f"stars_{number}": getattr(RatingRow, f"stars_{number}") for number in range(1, 6)},
}


def _already(_row: object) -> Exception:
    return AlreadyReviewed()


class ReviewStore:
    """See `reviews.ports.ReviewStore`."""

    def write(self, review: Review) -> list[Action]:
        return [put(row_of(review), ReviewRow.pk.does_not_exist(), _already), *self._add(None, review)]

    def change(self, before: Review, after: Review) -> list[Action]:
        old, new = changing(before), changing(after)
        changes = [
            getattr(ReviewRow, name).remove() if value is None else getattr(ReviewRow, name).set(value)
            for name, value in new.items()
            if value != old[name]
        ]
        stands = ReviewRow.version == before.version
        if before.version == 1:
            stands = ReviewRow.version.does_not_exist() | stands  # written before reviews had versions
        row = ReviewRow(before.id, REVIEW)
        return [update(row, changes, ReviewRow.pk.exists() & stands), *self._add(before, after)]

    def _add(self, before: Review | None, after: Review) -> list[Action]:
        added = tally(before, after)
        if not added:
            return []
        changes = [_TALLIED[name].add(number) for name, number in added.items()]
        return [update(RatingRow(f"RATING#{after.shop_id}", RATING), [*changes, RatingRow.version.add(1)])]

    def rating(self, shop_id: str) -> Rating:
        try:
            return rating_of(RatingRow.get(f"RATING#{shop_id}", RATING, consistent_read=True))
        except RatingRow.DoesNotExist:
            return Rating()

    def review(self, review_id: str) -> Review | None:
        try:
            return review_of(ReviewRow.get(review_id, REVIEW, consistent_read=True))
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
        return Page(tuple(review_of(row) for row in rows), rows.last_evaluated_key)

    def after(self, shop_id: str, created_at: datetime, review_id: str) -> Mapping[str, Any]:
        at = f"{iso(created_at)}#{review_id}"
        key = {"pk": review_id, "sk": REVIEW, "gsi1pk": f"SHOP#{shop_id}", "gsi1sk": at}
        return {name: {"S": value} for name, value in key.items()}
