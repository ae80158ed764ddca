"""What customers write of shops, and everybody reads."""

from functools import partial

from chalicelib import wiring
from chalicelib.kit.auth import PUBLIC, Permission
from chalicelib.kit.errors import Busy, NotFound
from chalicelib.kit.http import Call, endpoint
from chalicelib.orders.ports import NotPossible
from chalicelib.reviews import schemas, use_cases
from chalicelib.reviews.routes.blueprint import bp
from chalicelib.reviews.routes.traces import trace
from chalicelib.reviews.rules import AlreadyReviewed, EditingOver, ReplyNotPossible, WritingOver

_TAG = "reviews"
_REVIEW = "/v1/reviews/{review_id}"


@endpoint(
    bp,
    "POST",
    "/v1/orders/{order_id}/lines/{line_id}/review",
    summary="Review a completed line of your order",
    tag=_TAG,
    needs=Permission.REVIEW_WRITE,
    body=schemas.ReviewIn,
    returns=schemas.OwnReview,
    status=201,
    idempotent=True,
    errors=(NotFound, NotPossible, AlreadyReviewed, WritingOver, Busy),
)
def write(call: Call, order_id: str, line_id: str) -> schemas.OwnReview:
    once = call.once(schemas.OwnReview.of)
    opinion = call.body.opinion(call.language)
    return schemas.OwnReview.of(
        use_cases.write(wiring.reviews(), call.actor, order_id, line_id, opinion, once, trace(call))
    )


@endpoint(
    bp,
    "PUT",
    _REVIEW,
    summary="Change what you wrote",
    tag=_TAG,
    needs=Permission.REVIEW_WRITE,
    body=schemas.ReviewIn,
    returns=schemas.OwnReview,
    errors=(NotFound, EditingOver, Busy),
)
def edit(call: Call, review_id: str) -> schemas.OwnReview:
    opinion = call.body.opinion(call.language)
    return schemas.OwnReview.of(use_cases.edit(wiring.reviews(), call.actor, review_id, opinion))


@endpoint(
    bp,
    "PUT",
    f"{_REVIEW}/reply",
    summary="Answer a review of your shop, or change the answer",
    tag=_TAG,
    needs=Permission.REVIEW_REPLY,
    body=schemas.ReplyIn,
    returns=schemas.AnsweredReview,
    errors=(NotFound, ReplyNotPossible, Busy),
)
def reply(call: Call, review_id: str) -> schemas.AnsweredReview:
    return schemas.AnsweredReview.of(use_cases.reply(wiring.reviews(), call.actor, review_id, call.body.text))


@endpoint(
    bp,
    "GET",
    "/v1/shops/{shop_id}/reviews",
    summary="Read a shop's rating and reviews",
    tag=_TAG,
    needs=PUBLIC,
    query=schemas.ReviewsQuery,
    returns=schemas.Reviews,
    errors=(NotFound,),
)
def of_shop(call: Call, shop_id: str) -> schemas.Reviews:
    query, ports = call.query, wiring.reviews()
    sort, wanted = query.sort, query.wanted()
    scope, cursors = use_cases.list_name(shop_id, sort, wanted), wiring.cursors()
    after = cursors.unpack(scope, query.cursor)
    rating, page = use_cases.of_shop(ports, shop_id, sort, wanted, after, query.limit)
    return schemas.Reviews(
        rating=schemas.Rating.of(rating, ports.clock.now()),
        items=tuple(
            schemas.ListedReview.showing(review, partial(use_cases.media_links, wiring.files(), review.id))
            for review in page.items
        ),
        next_cursor=cursors.pack(scope, page.next),
    )
