"""What reviews tell."""

from datetime import datetime

from chalicelib.kit.outbox import NOTIFICATIONS, SEARCH, Message
from chalicelib.reviews.rules import Review


def rating_changed(review: Review, at: datetime) -> Message:
    """A shop's rating changed, and by which review: the index of the shop's reviews may not show it yet. `version`
    stays 0: the rating's row counts by itself, so that nobody who adds to it knows its version; consumers read
    `use_cases.rating`, which says it, and keep what is newest.
    """
    return Message(
        type="review.rating_changed",
        queues=(SEARCH,),
        payload={"shop_id": review.shop_id, "review_id": review.id},
        occurred_at=at,
    )


def posted(review: Review, merchant_id: str) -> Message:
    """Somebody reviewed a shop."""
    return Message(
        type="review.posted",
        queues=(NOTIFICATIONS,),
        payload={
            "review_id": review.id,
            "shop_id": review.shop_id,
            "merchant_id": merchant_id,
            "stars": review.stars,
        },
        occurred_at=review.created_at,
        version=1,
    )
