"""What reviews tell."""

from collections.abc import Mapping
from datetime import datetime

from chalicelib.kit.clock import iso
from chalicelib.kit.ids import derived_id
from chalicelib.kit.outbox import MEDIA, MODERATION, NOTIFICATIONS, SEARCH, Message
from chalicelib.reviews.rules import Review, Side
from chalicelib.reviews.rules.media import Medium

MEDIA_SENT, MEDIA_GONE, FORGET_MEDIA = "review.media_sent", "review.media_gone", "review.forget_media"
WRITTEN, EDITED, REPORTED, FLAGGED = "review.written", "review.edited", "review.reported", "review.flagged"
REPLY_WRITTEN, DOUBTED = "review.reply_written", "review.doubted"


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
    """A review can be read: the other side hears of it, once: its id follows from the review's, whatever is held and
    shown again.
    """
    return Message(
        type="review.posted" if review.side is Side.CUSTOMER else "review.guest_posted",
        queues=(NOTIFICATIONS,),
        payload=_about(review, customer_id) | {"stars": review.stars},
        occurred_at=at,
        version=review.version,
        id=derived_id("msg", "posted", review.id),
    )


def replied(review: Review, at: datetime) -> Message:
    """The merchant answered, and it can be read: the author hears of it."""
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


def media_sent(medium: Medium, at: datetime) -> Message:
    """A photograph or film was sent, and is to be made into what readers see."""
    payload = {"review_id": medium.review_id, "place": medium.place, "medium_id": medium.id}
    return Message(MEDIA_SENT, (MEDIA,), payload, at, medium.version)


def media_gone(review_id: str, medium_id: str | None, at: datetime) -> Message:
    """Files of a review are shown to nobody any more, and are to be deleted: those of one medium, or all."""
    return Message(MEDIA_GONE, (MEDIA,), {"review_id": review_id, "medium_id": medium_id}, at)


def forget_media(review_id: str, at: datetime) -> Message:
    """All photographs and films of a review are to go, also those that nobody saw yet."""
    return Message(FORGET_MEDIA, (MEDIA,), {"review_id": review_id}, at)


def to_judge(kind: str, review: Review, at: datetime, trace: Mapping[str, str | None] | None = None) -> Message:
    """Somebody wrote, changed, reported, doubted or answered a review: moderation looks at it. `trace` says from
    where it was written, by indexes that cannot be read back.
    """
    payload = {"review_id": review.id, "shop_id": review.shop_id, "trace": dict(trace or {})}
    return Message(kind, (MODERATION,), payload, at, review.version)


def flagged(review_id: str, reasons: tuple[str, ...], at: datetime) -> Message:
    """A review is held for what a photograph shows: somebody is to look at it."""
    return Message(FLAGGED, (MODERATION,), {"review_id": review_id, "reasons": list(reasons)}, at)
