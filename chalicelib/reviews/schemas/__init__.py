"""What reviews say over the wire."""

from chalicelib.reviews.schemas.ratings import GuestRating, Helpful, Part, Rating
from chalicelib.reviews.schemas.reviews import (
    AnsweredReview,
    Exchange,
    GuestReview,
    ListedReview,
    MediaFile,
    OwnReply,
    OwnReview,
    Reply,
    Review,
    Reviews,
    ShownMedium,
)
from chalicelib.reviews.schemas.sent import GuestReviewIn, ReplyIn, ReportIn, ReviewIn, ReviewsQuery

__all__ = [
    "AnsweredReview",
    "Exchange",
    "GuestRating",
    "GuestReview",
    "GuestReviewIn",
    "Helpful",
    "ListedReview",
    "MediaFile",
    "OwnReply",
    "OwnReview",
    "Part",
    "Rating",
    "Reply",
    "ReplyIn",
    "ReportIn",
    "Review",
    "ReviewIn",
    "Reviews",
    "ReviewsQuery",
    "ShownMedium",
]
