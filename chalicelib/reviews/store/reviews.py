"""Reviews, what they add up to, and their lists."""

import random
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from itertools import groupby
from typing import Any

from pynamodb.expressions.condition import Condition

from chalicelib.kit.clock import iso
from chalicelib.kit.dynamo import check, delete, put, update
from chalicelib.kit.pagination import Page
from chalicelib.kit.paging import page_of, paged
from chalicelib.kit.transaction import Action
from chalicelib.reviews.rules import OF_SHOP, AlreadyReviewed, Rating, Review, Sort, State, added_up, tallies
from chalicelib.reviews.rules.rating import UNWEIGHED
from chalicelib.reviews.store.rows import (
    BLIND_PARTS,
    REVIEW,
    ListRow,
    PartRow,
    ReviewRow,
    WasRow,
    as_read,
    changing,
    helpful_key,
    list_keys,
    media_key,
    review_of,
    row_of,
    stars_key,
    votes_as_read,
    was_row,
)

PARTS = 8
"""Rows of a rating. Where 200 write at once, and a transaction takes 8 ms, each is turned away three times in the mean
and all are through within a second; with one row eight times and three seconds. More rows than these would no longer be
read with one unit; see decision 0059.
"""
_ATTRIBUTES = {attribute.attr_name: attribute for attribute in PartRow.get_attributes().values()}
_OLD = "RATING"
"""The one row that a rating had before it lay in parts: read beside them, and never written again."""
_FIRST_PART, _LAST_PART = "#", _OLD  # a person's begin with the person's id, in small letters


def _already(_row: object) -> Exception:
    return AlreadyReviewed()


class ReviewStore:
    """See `reviews.ports.ReviewStore`.

    Args:
        parts: in how many rows a rating lies; those that were written stay.
    """

    def __init__(self, parts: int = PARTS) -> None:
        self._parts = parts

    def write(self, review: Review, other: Review | None, opened: Review | None) -> list[Action]:
        actions = [put(row_of(review), ReviewRow.pk.does_not_exist(), _already), *self._counted(None, review)]
        if other is None or opened is None:
            return [*actions, check(ReviewRow(review.other_id, REVIEW), ReviewRow.pk.does_not_exist())]
        return [*actions, *self.change(other, opened)]

    def change(self, before: Review, after: Review) -> list[Action]:
        old, new = changing(before) if before.version else {}, changing(after)
        changes = [
            getattr(ReviewRow, name).remove() if value is None else getattr(ReviewRow, name).set(value)
            for name, value in new.items()
            if name not in old or value != old[name]
        ]
        condition = as_read(before)
        if new["gsi2sk"] != old.get("gsi2sk"):  # made of a number that others add to
            condition &= votes_as_read(before)
        return [update(ReviewRow(before.id, REVIEW), changes, condition), *self._counted(before, after)]

    def keep(self, before: Review, until: datetime) -> Action:
        return put(was_row(before, iso(until)), WasRow.pk.does_not_exist())

    def forget(self, review_id: str) -> list[Action]:
        rows = WasRow.query(review_id, WasRow.sk.startswith("WAS#"), consistent_read=True)
        return [delete(row) for row in rows]

    def _counted(self, before: Review | None, after: Review) -> list[Action]:
        """Return the writes that follow from what a review counts for: the rating, and lists."""
        actions = [self._add(after.shop_id, of, tally) for of, tally in tallies(before, after).items()]
        was, now = list_keys(before), list_keys(after)
        actions += [delete(ListRow(*key)) for key in sorted(was - now)]
        return actions + [put(ListRow(*key)) for key in sorted(now - was)]

    def _add(self, shop_id: str, of: str, tally: Mapping[str, int]) -> Action:
        part = f"{of}#{random.randrange(self._parts):02d}"  # noqa: S311 - spreads writers, hides nothing
        changes = [_ATTRIBUTES[name].add(number) for name, number in tally.items()]
        return update(PartRow(f"RATING#{shop_id}", part), [*changes, PartRow.version.add(1)])

    def rating(self, shop_id: str) -> Rating:
        rows = PartRow.query(f"RATING#{shop_id}", PartRow.sk.between(_FIRST_PART, _LAST_PART), consistent_read=True)
        return added_up([_part(row) for row in rows])

    def ratings(self, shop_id: str) -> Mapping[str, Rating]:
        rows = PartRow.query(f"RATING#{shop_id}", consistent_read=True)
        known = ((OF_SHOP if row.sk == _OLD else row.sk.partition("#")[0], _part(row)) for row in rows)
        grouped = {of: added_up([row for _, row in some]) for of, some in groupby(known, key=lambda one: one[0])}
        return {OF_SHOP: Rating()} | grouped

    def review(self, review_id: str) -> Review | None:
        try:
            return review_of(ReviewRow.get(review_id, REVIEW, consistent_read=True))
        except ReviewRow.DoesNotExist:
            return None

    def reviews(self, review_ids: Collection[str]) -> Mapping[str, Review]:
        return self._all(review_ids, consistent=True)

    def _all(self, review_ids: Iterable[str], *, consistent: bool) -> dict[str, Review]:
        keys = [(one, REVIEW) for one in dict.fromkeys(review_ids)]
        return {row.pk: review_of(row) for row in ReviewRow.batch_get(keys, consistent_read=consistent)}

    def of_shop(self, shop_id: str, sort: Sort, after: Mapping[str, Any] | None, limit: int) -> Page[Review]:
        if sort is Sort.MEDIA:
            return self._listed(f"MEDIA#{shop_id}", None, after, limit)
        if sort in (Sort.HIGHEST, Sort.LOWEST):
            return self._listed(f"STARS#{shop_id}", None, after, limit, forward=sort is Sort.LOWEST)
        index = ReviewRow.by_helpful if sort is Sort.HELPFUL else ReviewRow.by_time
        rows = index.query(f"SHOP#{shop_id}", scan_index_forward=False, **paged(after, limit))
        return page_of(rows, review_of)

    def with_stars(self, shop_id: str, stars: int, after: Mapping[str, Any] | None, limit: int) -> Page[Review]:
        return self._listed(f"STARS#{shop_id}", ListRow.sk.startswith(f"{stars}#"), after, limit)

    def _listed(
        self, of: str, keys: Condition | None, after: Mapping[str, Any] | None, limit: int, *, forward: bool = False
    ) -> Page[Review]:
        rows = ListRow.query(of, keys, scan_index_forward=forward, **paged(after, limit))
        ids = [row.sk.rpartition("#")[2] for row in rows]
        known = self._all(ids, consistent=False) if ids else {}
        found = tuple(known[one] for one in ids if one in known and known[one].state is State.SHOWN)
        return Page(found, rows.last_evaluated_key)

    def of_guest(self, account_id: str, limit: int) -> tuple[Review, ...]:
        rows = ReviewRow.by_time.query(f"GUEST#{account_id}", scan_index_forward=False, limit=limit, page_size=limit)
        return tuple(review_of(row) for row in rows)

    def due(self, as_of: datetime, limit: int) -> tuple[str, ...]:
        until, most = ReviewRow.gsi1sk < f"{iso(as_of)}#~", -(-limit // BLIND_PARTS)
        return tuple(
            row.pk
            for part in range(BLIND_PARTS)
            for row in ReviewRow.by_time.query(f"BLIND#{part}", until, limit=most, page_size=most)
        )

    def position(self, review: Review, sort: Sort) -> Mapping[str, Any]:
        if sort in (Sort.HIGHEST, Sort.LOWEST, Sort.MEDIA):
            pk, sk = media_key(review) if sort is Sort.MEDIA else stars_key(review)
            return _position(pk=pk, sk=sk)
        if sort is Sort.HELPFUL:
            helpful = helpful_key(review, review.helpful)
            return _position(pk=review.id, sk=REVIEW, gsi2pk=f"SHOP#{review.shop_id}", gsi2sk=helpful)
        return self.after(review.shop_id, review.created_at, review.id)

    def after(self, shop_id: str, created_at: datetime, review_id: str) -> Mapping[str, Any]:
        return _position(pk=review_id, sk=REVIEW, gsi1pk=f"SHOP#{shop_id}", gsi1sk=f"{iso(created_at)}#{review_id}")


def _part(row: PartRow) -> dict[str, Any]:
    part = row.attribute_values | {"count": row.count_}
    if row.sk != _OLD:
        return part
    return part | {"recent": int(row.sum or 0) * UNWEIGHED, "weight": int(row.count_ or 0) * UNWEIGHED}


def _position(**key: str) -> Mapping[str, Any]:
    return {name: {"S": value} for name, value in key.items()}
