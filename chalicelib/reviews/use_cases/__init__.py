"""What can be done with reviews: one file a kind of doing."""

from chalicelib.reviews.use_cases.changing import edit, reply
from chalicelib.reviews.use_cases.moderate import hold, remove, show
from chalicelib.reviews.use_cases.opening import Swept, open_due
from chalicelib.reviews.use_cases.read import (
    Exchange,
    guest,
    list_name,
    newest,
    of_line,
    of_shop,
    position_after,
    rating,
    ratings,
    review,
    reviews,
)
from chalicelib.reviews.use_cases.voices import Wrong, report, unvote, vote
from chalicelib.reviews.use_cases.writing import Opinion, write, write_of_guest

__all__ = [
    "Exchange",
    "Opinion",
    "Swept",
    "Wrong",
    "edit",
    "guest",
    "hold",
    "list_name",
    "newest",
    "of_line",
    "of_shop",
    "open_due",
    "position_after",
    "rating",
    "ratings",
    "remove",
    "reply",
    "report",
    "review",
    "reviews",
    "show",
    "unvote",
    "vote",
    "write",
    "write_of_guest",
]
