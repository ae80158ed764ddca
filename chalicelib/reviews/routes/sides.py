"""What the two sides of a line say of each other."""

from chalicelib import wiring
from chalicelib.kit.auth import Permission
from chalicelib.kit.errors import Busy, NotFound
from chalicelib.kit.http import Call, endpoint
from chalicelib.orders.ports import NotPossible
from chalicelib.reviews import schemas, use_cases
from chalicelib.reviews.routes.blueprint import bp
from chalicelib.reviews.rules import AlreadyReviewed, WritingOver

_TAG = "reviews"
_LINE = "/v1/orders/{order_id}/lines/{line_id}"


@endpoint(
    bp,
    "POST",
    f"{_LINE}/guest-review",
    summary="Review the customer of a completed line in your shop",
    tag=_TAG,
    needs=Permission.REVIEW_GUEST,
    body=schemas.GuestReviewIn,
    returns=schemas.GuestReview,
    status=201,
    idempotent=True,
    errors=(NotFound, NotPossible, AlreadyReviewed, WritingOver, Busy),
)
def write_of_guest(call: Call, order_id: str, line_id: str) -> schemas.GuestReview:
    once, show = call.once(schemas.GuestReview.of), schemas.GuestReview.of
    opinion = call.body.opinion(call.language)
    return show(use_cases.write_of_guest(wiring.reviews(), call.actor, order_id, line_id, opinion, once))


@endpoint(
    bp,
    "GET",
    f"{_LINE}/reviews",
    summary="Read what both sides said of a line, each once it is open",
    tag=_TAG,
    needs=Permission.REVIEW_READ,
    returns=schemas.Exchange,
    errors=(NotFound,),
)
def of_line(call: Call, order_id: str, line_id: str) -> schemas.Exchange:
    return schemas.Exchange.of(use_cases.of_line(wiring.reviews(), call.actor, order_id, line_id))


@endpoint(
    bp,
    "GET",
    "/v1/orders/{order_id}/guest",
    summary="What shops said of a guest who has booked, in numbers",
    tag=_TAG,
    needs=Permission.REVIEW_GUEST,
    returns=schemas.GuestRating,
    errors=(NotFound,),
)
def guest(call: Call, order_id: str) -> schemas.GuestRating:
    return schemas.GuestRating.of(use_cases.guest(wiring.reviews(), call.actor, order_id))
