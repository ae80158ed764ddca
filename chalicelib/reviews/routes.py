"""Writing and reading reviews."""

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.kit.auth import PUBLIC, Permission
from chalicelib.kit.errors import Busy, NotFound
from chalicelib.kit.http import Call, endpoint
from chalicelib.kit.wire import PageQuery
from chalicelib.orders.ports import NotPossible
from chalicelib.reviews import schemas, use_cases
from chalicelib.reviews.rules import AlreadyReviewed

bp = Blueprint(__name__)


@endpoint(
    bp,
    "POST",
    "/v1/orders/{order_id}/lines/{line_id}/review",
    summary="Review a completed line of your order",
    tag="reviews",
    needs=Permission.REVIEW_WRITE,
    body=schemas.ReviewIn,
    returns=schemas.Review,
    status=201,
    idempotent=True,
    errors=(NotFound, NotPossible, AlreadyReviewed, Busy),
)
def write(call: Call, order_id: str, line_id: str) -> schemas.Review:
    once = call.once(schemas.Review.of)
    opinion = call.body.opinion(call.language)
    return schemas.Review.of(use_cases.write(wiring.reviews(), call.actor, order_id, line_id, opinion, once))


@endpoint(
    bp,
    "GET",
    "/v1/shops/{shop_id}/reviews",
    summary="Read a shop's rating and reviews",
    tag="reviews",
    needs=PUBLIC,
    query=PageQuery,
    returns=schemas.Reviews,
    errors=(NotFound,),
)
def of_shop(call: Call, shop_id: str) -> schemas.Reviews:
    scope, cursors = use_cases.list_name(shop_id), wiring.cursors()
    after = cursors.unpack(scope, call.query.cursor)
    rating, page = use_cases.of_shop(wiring.reviews(), shop_id, after, call.query.limit)
    return schemas.Reviews(
        rating=schemas.Rating.of(rating),
        items=tuple(schemas.Review.of(review) for review in page.items),
        next_cursor=cursors.pack(scope, page.next),
    )
