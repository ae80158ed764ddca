"""What readers say of reviews."""

from chalicelib import wiring
from chalicelib.kit.auth import Permission
from chalicelib.kit.errors import Busy, NotFound
from chalicelib.kit.http import Call, endpoint
from chalicelib.reviews import schemas, use_cases
from chalicelib.reviews.routes.blueprint import bp
from chalicelib.reviews.routes.traces import on_device_of, origin
from chalicelib.reviews.rules import OwnReview

_TAG = "reviews"
_REVIEW = "/v1/reviews/{review_id}"


@endpoint(
    bp,
    "PUT",
    f"{_REVIEW}/helpful",
    summary="Say that a review helped you",
    tag=_TAG,
    needs=Permission.REVIEW_VOICE,
    returns=schemas.Helpful,
    errors=(NotFound, OwnReview, Busy),
)
def vote(call: Call, review_id: str) -> schemas.Helpful:
    return schemas.Helpful(helpful=use_cases.vote(wiring.reviews(), call.actor, review_id, on_device_of(call)).helpful)


@endpoint(
    bp,
    "DELETE",
    f"{_REVIEW}/helpful",
    summary="Take back that a review helped you",
    tag=_TAG,
    needs=Permission.REVIEW_VOICE,
    status=204,
    errors=(NotFound, Busy),
)
def unvote(call: Call, review_id: str) -> None:
    use_cases.unvote(wiring.reviews(), call.actor.account_id, review_id)


@endpoint(
    bp,
    "PUT",
    f"{_REVIEW}/report",
    summary="Say that something is wrong with a review",
    tag=_TAG,
    needs=Permission.REVIEW_VOICE,
    body=schemas.ReportIn,
    status=204,
    errors=(NotFound, OwnReview, Busy),
)
def report(call: Call, review_id: str) -> None:
    use_cases.report(wiring.reviews(), call.actor, review_id, call.body.reason, origin(call), on_device_of(call))
