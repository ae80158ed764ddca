"""What can be done with reviews."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.accounts import use_cases as accounts
from chalicelib.kit.auth import Actor
from chalicelib.kit.idempotency import Once
from chalicelib.kit.ids import derived_id
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import retrying
from chalicelib.orders import use_cases as orders
from chalicelib.reviews import messages
from chalicelib.reviews.ports import RatingPorts, ReviewPorts
from chalicelib.reviews.rules import Rating, Review, abbreviated
from chalicelib.shops import use_cases as shops

# All who review a shop at the same moment add to one row, and DynamoDB lets one transaction at a time touch it.
_ATTEMPTS = 14


@dataclass(frozen=True)
class Opinion:
    """What the customer says; see `Review` for the fields."""

    stars: int
    text: str
    language: str


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


def write(ports: ReviewPorts, actor: Actor, order_id: str, line_id: str, opinion: Opinion, once: Once | None) -> Review:
    """Write the review of a completed line and add it to the shop's rating, in one transaction.

    Raises:
        NotFound: no such line, or not the actor's.
        Conflict: the line is not completed.
        AlreadyReviewed: it has a review.
        Busy: too many reviewed the shop at once.
    """
    order, line = orders.reviewable(ports.orders, actor, order_id, line_id)
    author = accounts.contact(ports.accounts, actor.account_id)
    review = Review(
        id=derived_id("rev", line.id),
        shop_id=line.shop_id,
        order_id=order.id,
        line_id=line.id,
        author_id=actor.account_id,
        author=abbreviated(author.name),
        stars=opinion.stars,
        text=opinion.text,
        language=opinion.language,
        created_at=ports.clock.now(),
    )
    actions = [
        *ports.store.write(review),
        ports.outbox.put(messages.rating_changed(review)),
        ports.outbox.put(messages.posted(review, line.merchant_id)),
    ]
    if once is not None:
        actions.append(ports.idempotency.remember(once, review))
    retrying(lambda: ports.committer.commit(actions), attempts=_ATTEMPTS)
    return review


def of_shop(
    ports: ReviewPorts, shop_id: str, after: Mapping[str, Any] | None, limit: int
) -> tuple[Rating, Page[Review]]:
    """Return a shop's rating and some of its reviews, newest first.

    Raises:
        NotFound: no such shop.
    """
    shops.shop(ports.shops, shop_id)
    return ports.store.rating(shop_id), ports.store.of_shop(shop_id, after, limit)
