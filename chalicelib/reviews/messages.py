"""What reviews tell."""

from datetime import datetime

from chalicelib.kit.clock import iso
from chalicelib.kit.outbox import NOTIFICATIONS, SEARCH, Message
from chalicelib.reviews.rules import Review, Side


def rating_changed(review: Review, at: datetime) -> Message:
    """What a shop's page shows of its reviews changed, and by which of them: the index may not show it yet. `version`
    stays 0: the rating's rows count by themselves, so that nobody who adds to one knows its version; consumers read
    `use_cases.rating`, which says it, and keep what is newest.
    """
    return Message(
        type="review.rating_changed",
        queues=(SEARCH,),
        payload={"shop_id": review.shop_id, "review_id": review.id},
        occurred_at=at,
    )


def waiting(review: Review, customer_id: str) -> Message:
    """One side wrote: the other hears of it and until when it can write, and not what."""
    return Message(
        type="review.awaited" if review.side is Side.CUSTOMER else "review.guest_awaited",
        queues=(NOTIFICATIONS,),
        payload=_about(review, customer_id) | {"until": iso(review.opens_at or review.created_at)},
        occurred_at=review.created_at,
        version=review.version,
    )


def posted(review: Review, customer_id: str, at: datetime) -> Message:
    """A review can be read: the other side hears of it."""
    return Message(
        type="review.posted" if review.side is Side.CUSTOMER else "review.guest_posted",
        queues=(NOTIFICATIONS,),
        payload=_about(review, customer_id) | {"stars": review.stars},
        occurred_at=at,
        version=review.version,
    )


def replied(review: Review, at: datetime) -> Message:
    """The merchant answered: the author hears of it."""
    return Message(
        type="review.replied",
        queues=(NOTIFICATIONS,),
        payload=_about(review, review.author_id) | {"stars": review.stars},
        occurred_at=at,
        version=review.version,
    )


def _about(review: Review, customer_id: str) -> dict[str, object]:
    return {
        "review_id": review.id,
        "order_id": review.order_id,
        "line_id": review.line_id,
        "shop_id": review.shop_id,
        "merchant_id": review.merchant_id,
        "customer_id": customer_id,
    }
