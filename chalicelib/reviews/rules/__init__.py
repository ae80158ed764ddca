"""Reviews: what they say, the states they are in, what they add up to, and who reads what of them. No I/O."""

from chalicelib.reviews.rules.aspects import Aspect, aspects_of
from chalicelib.reviews.rules.guests import GuestRating, guest_rating
from chalicelib.reviews.rules.listing import Sort, Wanted
from chalicelib.reviews.rules.names import abbreviated
from chalicelib.reviews.rules.problems import (
    AlreadyReviewed,
    EditingOver,
    NotInState,
    OwnReview,
    ReplyNotPossible,
    WritingOver,
)
from chalicelib.reviews.rules.rating import OF_SHOP, Rating, Tally, added_up, tallies, weight
from chalicelib.reviews.rules.replies import replied_review, reply_id
from chalicelib.reviews.rules.review import STARS, Reply, ReplyState, Review, Side, review_id
from chalicelib.reviews.rules.states import Event, State, after

__all__ = [
    "OF_SHOP",
    "STARS",
    "AlreadyReviewed",
    "Aspect",
    "EditingOver",
    "Event",
    "GuestRating",
    "NotInState",
    "OwnReview",
    "Rating",
    "Reply",
    "ReplyNotPossible",
    "ReplyState",
    "Review",
    "Side",
    "Sort",
    "State",
    "Tally",
    "Wanted",
    "WritingOver",
    "abbreviated",
    "added_up",
    "after",
    "aspects_of",
    "guest_rating",
    "replied_review",
    "reply_id",
    "review_id",
    "tallies",
    "weight",
]
