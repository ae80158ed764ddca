"""Photographs and films of reviews over HTTP: what their authors do.

The form is good for minutes and lets in whoever has it: its POST takes no Idempotency-Key, for its answer must not lie
in a table, and a repeat only makes another one.
"""

from chalicelib import wiring
from chalicelib.kit.auth import Permission
from chalicelib.kit.errors import Busy, NotFound
from chalicelib.kit.files import FilesDown
from chalicelib.kit.http import Call, endpoint
from chalicelib.reviews import media_schemas as schemas
from chalicelib.reviews import use_cases
from chalicelib.reviews.routes.blueprint import bp
from chalicelib.reviews.rules import NotInState
from chalicelib.reviews.rules import media as rules

_MEDIA = "/v1/reviews/{review_id}/media"
_MEDIUM = f"{_MEDIA}/{{medium_id}}"
_REFUSED = (
    rules.MediaRefused, rules.HeicRefused, rules.WebpRefused, rules.QuickTimeRefused, rules.TooManyBytes,
)  # fmt: skip


@endpoint(
    bp, "POST", _MEDIA, summary="Get a form that takes one photograph or film for your review",
    tag="reviews", needs=Permission.REVIEW_WRITE, body=schemas.MediaUploadIn, returns=schemas.MediaUploadForm,
    status=201, errors=(NotFound, NotInState, rules.EnoughMedia, Busy),
)  # fmt: skip
def begin_upload(call: Call, review_id: str) -> schemas.MediaUploadForm:
    form = use_cases.begin_upload(wiring.review_media(), call.actor, review_id, call.body.media)
    return schemas.MediaUploadForm.of(form)


@endpoint(
    bp, "POST", _MEDIUM, summary="Register a photograph or film that was sent", tag="reviews",
    needs=Permission.REVIEW_WRITE, returns=schemas.SentMedium, status=201, idempotent=True,
    errors=(NotFound, NotInState, rules.MediaMissing, *_REFUSED, FilesDown, Busy),
)  # fmt: skip
def add(call: Call, review_id: str, medium_id: str) -> schemas.SentMedium:
    once, show = call.once(schemas.SentMedium.of), schemas.SentMedium.of
    return show(use_cases.add_media(wiring.review_media(), call.actor, review_id, medium_id, once))


@endpoint(
    bp, "GET", _MEDIA, summary="What you sent for your review, and what became of it", tag="reviews",
    needs=Permission.REVIEW_WRITE, returns=schemas.SentMedia, errors=(NotFound,),
)  # fmt: skip
def sent(call: Call, review_id: str) -> schemas.SentMedia:
    return schemas.SentMedia.of(use_cases.sent_media(wiring.review_media(), call.actor, review_id))


@endpoint(
    bp, "DELETE", _MEDIUM, summary="Take a photograph or film out of your review", tag="reviews",
    needs=Permission.REVIEW_WRITE, status=204, errors=(NotFound, Busy),
)  # fmt: skip
def take_away(call: Call, review_id: str, medium_id: str) -> None:
    use_cases.take_media_away(wiring.review_media(), call.actor, review_id, medium_id)
