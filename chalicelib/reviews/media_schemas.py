"""What photographs and films of reviews say over the wire."""

from collections.abc import Sequence
from typing import Literal, Self

from pydantic import Field

from chalicelib.kit.http import Wire
from chalicelib.kit.wire import Moment
from chalicelib.reviews.rules import media as rules
from chalicelib.reviews.rules.film import Fault
from chalicelib.reviews.use_cases import Form

MediumId = Field(pattern="^med_[0-9a-z]{26}$", examples=["med_01jd8x2n7v4k9x3c6z0b8d1f2g"])


class MediaUploadIn(Wire):
    """What you want to send. HEIC, WebP and QuickTime are not taken."""

    media: Literal["image/jpeg", "image/png", "video/mp4", "video/webm"] = Field(examples=["image/jpeg"])


class MediaUploadForm(Wire):
    """Send the file as multipart/form-data to `url`: all fields, then the file as the last one, `file`."""

    medium_id: str = MediumId
    url: str = Field(examples=["https://linli-prod-documents.s3.amazonaws.com/"])
    fields: dict[str, str]
    expires_at: Moment

    @classmethod
    def of(cls, form: Form) -> Self:
        return cls(
            medium_id=form.medium_id, url=form.form.url, fields=dict(form.form.fields), expires_at=form.expires_at
        )


class SentMedium(Wire):
    """A photograph or film that you sent for your review."""

    id: str = MediumId
    media: str = Field(examples=["image/jpeg"])
    state: rules.MediaState = Field(
        description="expected: nothing came yet; working: not shown yet; ready: shown with the review; refused.",
        examples=["working"],
    )
    fault: Fault | None = Field(description="Why it is refused.")

    @classmethod
    def of(cls, medium: rules.Medium) -> Self:
        return cls(id=medium.id, media=medium.media, state=medium.state, fault=medium.fault)


class SentMedia(Wire):
    """All that you sent for a review."""

    items: list[SentMedium]

    @classmethod
    def of(cls, media: Sequence[rules.Medium]) -> Self:
        return cls(items=[SentMedium.of(one) for one in media])
