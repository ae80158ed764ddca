"""Reviews of either side, with their answers and what they show."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import Field

from chalicelib.kit.files import JPEG
from chalicelib.kit.http import Wire
from chalicelib.kit.wire import Moment
from chalicelib.reviews import rules
from chalicelib.reviews.rules import Aspect, State
from chalicelib.reviews.rules.blind import EDITABLE
from chalicelib.reviews.rules.media import FILMS, Shown
from chalicelib.reviews.schemas.ratings import Rating
from chalicelib.reviews.use_cases import Exchange as _Exchange

Stars = Annotated[int, Field(ge=1, le=5, description="1 (poor) to 5 (excellent).", examples=[5])]
Tag = Annotated[
    str,
    Field(
        max_length=35,
        pattern="^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$",
        description="BCP 47 tag of the text.",
        examples=["zh-CN"],
    ),
]
MediumId = Annotated[str, Field(examples=["med_01jd8x2n7v4k9x3c6z0b8d1f2g"])]
Id = Annotated[str, Field(examples=["rev_3c6z0b8d1f2g5h1w8q2n7v4k9x"])]


class Reply(Wire):
    """What the merchant answered."""

    text: str
    at: Moment
    edited_at: Moment | None = Field(description="Null where it was never changed.")

    @classmethod
    def of(cls, reply: rules.Reply) -> "Reply":
        return cls(text=reply.text, at=reply.at, edited_at=reply.edited_at)


class OwnReply(Reply):
    """What the merchant answered, as those who run the shop see it."""

    state: rules.ReplyState = Field(
        description="judging, held: nobody else reads it yet; shown: everybody who reads the review; removed: nobody.",
        examples=["judging"],
    )

    @classmethod
    def of(cls, reply: rules.Reply) -> "OwnReply":
        return cls(text=reply.text, at=reply.at, edited_at=reply.edited_at, state=reply.state)


class Review(Wire):
    """A customer's review of one line of an order."""

    id: Id
    shop_id: str = Field(examples=["shp_01jd8x2n7v4k9x3c6z0b8d1f2g"])
    author: str | None = Field(
        description="The customer's name, abbreviated; null where there was none.", examples=["张*"]
    )
    stars: Stars
    aspects: dict[Aspect, Stars] = Field(examples=[{"skill": 5, "value": 4}])
    staff_id: str | None = Field(description="Who served; null where nobody is named.")
    staff_stars: Stars | None
    text: str
    language: Tag
    created_at: Moment
    edited_at: Moment | None = Field(description="Null where it was never changed.")
    helpful: int = Field(ge=0, description="How many readers it helped.", examples=[12])
    reply: Reply | None

    @classmethod
    def of(cls, review: rules.Review) -> Self:
        return cls(**_shown(review))


class AnsweredReview(Review):
    """A review as those see it who run the shop and answered it."""

    own_reply: OwnReply | None = Field(description="The answer, whoever reads it by now.")

    @classmethod
    def of(cls, review: rules.Review) -> Self:
        return cls(**_shown(review), own_reply=OwnReply.of(review.reply) if review.reply else None)


class MediaFile(Wire):
    """One file of a photograph or film; the address is good for an hour."""

    url: str = Field(examples=["https://linli-prod-documents.s3.amazonaws.com/reviews/..."])
    width: int = Field(ge=1, examples=[960])
    height: int = Field(ge=1, examples=[720])


class ShownMedium(Wire):
    """A photograph or film that is shown with a review."""

    id: MediumId
    kind: Literal["photo", "film"] = Field(examples=["photo"])
    media: str = Field(examples=["image/jpeg"])
    seconds: float = Field(ge=0, description="How long a film is.", examples=[0])
    files: list[MediaFile] = Field(description="The same in several sizes, the smallest first; a film has one.")

    @classmethod
    def of(cls, shown: Shown, links: Sequence[str]) -> Self:
        sizes = zip(links, shown.sizes, strict=True)
        return cls(
            id=shown.id,
            kind="film" if shown.media in FILMS else "photo",
            media=shown.media if shown.media in FILMS else JPEG,
            seconds=shown.millis / 1000,
            files=[MediaFile(url=url, width=width, height=height) for url, (width, height) in sizes],
        )


class ListedReview(Review):
    """A customer's review with what it shows."""

    media: list[ShownMedium] = Field(description="Photographs and films; their addresses are good for an hour.")

    @classmethod
    def showing(cls, review: rules.Review, links: Callable[[Shown], Sequence[str]]) -> Self:
        """Return a review with the addresses of what it shows."""
        media = [ShownMedium.of(one, links(one)) for one in review.media]
        return cls(**_shown(review), media=media)


class OwnReview(Review):
    """A review as its author sees it."""

    state: State = Field(description="`blind`: only you read it, until the shop has reviewed you or `opens_at`.")
    opens_at: Moment | None = Field(description="When it opens, if not before.")
    editable_until: Moment | None = Field(description="Null where it cannot be changed any more.")

    @classmethod
    def of(cls, review: rules.Review) -> Self:
        return cls(**_shown(review), **_own(review))


class GuestReview(Wire):
    """What a shop says of a guest; the two of them read it."""

    id: Annotated[str, Field(examples=["gst_3c6z0b8d1f2g5h1w8q2n7v4k9x"])]
    shop_id: str
    stars: Stars
    text: str
    language: Tag
    created_at: Moment
    edited_at: Moment | None
    state: State
    opens_at: Moment | None = Field(description="When it opens, if not before.")
    editable_until: Moment | None = Field(description="Null where it cannot be changed any more.")

    @classmethod
    def of(cls, review: rules.Review) -> Self:
        shown = {name: getattr(review, name) for name in cls.model_fields if hasattr(review, name)}
        return cls(**shown | _own(review))


class Exchange(Wire):
    """What two sides said of a line, as far as you may read it."""

    customer: OwnReview | None = Field(description="Of the shop; null where there is none, or none to read yet.")
    merchant: GuestReview | None = Field(description="Of the guest; likewise.")
    aspects: tuple[Aspect, ...] = Field(description="Parts that the customer can give stars.")
    own_reply: OwnReply | None = Field(
        description="What the shop answered, whoever reads it by now: for those who run the shop, null for others."
    )

    @classmethod
    def of(cls, found: _Exchange) -> "Exchange":
        return cls(
            customer=None if found.customer is None else OwnReview.of(found.customer),
            merchant=None if found.merchant is None else GuestReview.of(found.merchant),
            aspects=found.aspects,
            own_reply=OwnReply.of(found.reply) if found.reply else None,
        )


class Reviews(Wire):
    """A shop's rating and some of its reviews."""

    rating: Rating
    items: tuple[ListedReview, ...]
    next_cursor: str | None = Field(description="Where the list goes on; null at its end.")


_PUBLIC = tuple(name for name in Review.model_fields if name != "reply")


def _shown(review: rules.Review) -> dict[str, Any]:
    shown = {name: getattr(review, name) for name in _PUBLIC}
    return shown | {"aspects": dict(review.aspects), "reply": review.read_reply and Reply.of(review.read_reply)}


def _own(review: rules.Review) -> dict[str, Any]:
    editable = not review.paired and review.state is not State.REMOVED
    return {
        "state": review.state,
        "opens_at": None if review.opened else review.opens_at,
        "editable_until": review.created_at + EDITABLE if editable else None,
    }
