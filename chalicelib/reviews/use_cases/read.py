"""Reading reviews and what they add up to."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chalicelib.kit.pagination import Page
from chalicelib.reviews.ports import Rating, RatingPorts, Review, ReviewPorts
from chalicelib.shops import use_cases as shops


def rating(ports: RatingPorts, shop_id: str) -> Rating:
    """Return a shop's rating, all zero where nobody has reviewed it: one consistent read."""
    return ports.store.rating(shop_id)


def review(ports: RatingPorts, review_id: str) -> Review | None:
    """Return a review, None where there is none: one consistent read."""
    return ports.store.review(review_id)


def newest(ports: RatingPorts, shop_id: str, limit: int) -> tuple[Review, ...]:
    """Return a shop's newest reviews, newest first; one of a moment ago may be missing. Whether there is such a shop
    is not asked.
    """
    return ports.store.of_shop(shop_id, None, limit).items


def position_after(ports: RatingPorts, shop_id: str, created_at: datetime, review_id: str) -> Mapping[str, Any]:
    """Return where a shop's list goes on after one of its reviews: no request."""
    return ports.store.after(shop_id, created_at, review_id)


def list_name(shop_id: str) -> str:
    """Return what cursors call the list of a shop's reviews."""
    return f"reviews|{shop_id}"


def of_shop(
    ports: ReviewPorts, shop_id: str, after: Mapping[str, Any] | None, limit: int
) -> tuple[Rating, Page[Review]]:
    """Return a shop's rating and some of its reviews, newest first.

    Raises:
        NotFound: no such shop.
    """
    shops.shop(ports.shops, shop_id)
    return ports.store.rating(shop_id), ports.store.of_shop(shop_id, after, limit)
