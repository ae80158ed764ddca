"""What can be done with reviews: one file a kind of doing."""

from chalicelib.reviews.use_cases.again import Again, media_again
from chalicelib.reviews.use_cases.changing import edit, reply
from chalicelib.reviews.use_cases.media import (
    Form,
    add_media,
    begin_upload,
    forget_media,
    media_links,
    sent_media,
    take_media_away,
)
from chalicelib.reviews.use_cases.moderate import hold, pass_reply, remove, show
from chalicelib.reviews.use_cases.opening import Swept, open_due
from chalicelib.reviews.use_cases.read import (
    Exchange,
    guest,
    list_name,
    newest,
    of_line,
    of_order_line,
    of_shop,
    position_after,
    rating,
    ratings,
    review,
    reviews,
)
from chalicelib.reviews.use_cases.voices import Wrong, report, unvote, vote
from chalicelib.reviews.use_cases.working import work_media
from chalicelib.reviews.use_cases.writing import Opinion, write, write_of_guest

__all__ = [
    "Again",
    "Exchange",
    "Form",
    "Opinion",
    "Swept",
    "Wrong",
    "add_media",
    "begin_upload",
    "edit",
    "forget_media",
    "guest",
    "hold",
    "list_name",
    "media_again",
    "media_links",
    "newest",
    "of_line",
    "of_order_line",
    "of_shop",
    "open_due",
    "pass_reply",
    "position_after",
    "rating",
    "ratings",
    "remove",
    "reply",
    "report",
    "review",
    "reviews",
    "sent_media",
    "show",
    "take_media_away",
    "unvote",
    "vote",
    "work_media",
    "write",
    "write_of_guest",
]
