"""What reviews say over the wire."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import Field

from chalicelib.kit.files import JPEG
from chalicelib.kit.http import Wire
from chalicelib.kit.wire import Lines, Moment, PageQuery
from chalicelib.reviews import rules
from chalicelib.reviews.rules import Aspect, Sort, State, Wanted
from chalicelib.reviews.rules.blind import EDITABLE
from chalicelib.reviews.rules.media import FILMS, Shown
from chalicelib.reviews.rules.rating import mean
from chalicelib.reviews.use_cases import Exchange as _Exchange
from chalicelib.reviews.use_cases import Opinion, Wrong

Stars = Annotated[int, Field(ge=1, le=5, description="1 (poor) to 5 (excellent).", examples=[5])]
Given = Annotated[Stars, Field(strict=True)]
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
Text = Annotated[Lines, Field(max_length=2000, examples=["手艺很好，下次再来。"])]


class ReviewIn(Wire):
    """What you think of a completed line of your order, or of the guest there."""

    stars: Given
    aspects: dict[Aspect, Given] = Field(
        default_factory=dict,
        description="Stars for parts of it; which ones, says `aspects` of the line's reviews.",
        examples=[{"skill": 5, "value": 4}],
    )
    staff_stars: Given | None = Field(default=None, description="For who served you, where the booking names them.")
    text: Text = ""
    language: Tag | None = Field(default=None, description="BCP 47 tag of the text; none: that of your request.")

    def opinion(self, fallback: str) -> Opinion:
        """Return it as the domain knows it."""
        return Opinion(
            stars=self.stars,
            text=self.text,
            language=self.language or fallback,
            aspects=self.aspects,
            staff_stars=self.staff_stars,
        )


class GuestReviewIn(Wire):
    """What you think of a guest: they read the words, other shops at most a number."""

    stars: Given
    text: Text = Field(default="", max_length=500, examples=["准时到店，很有礼貌。"])
    language: Tag | None = None

    def opinion(self, fallback: str) -> Opinion:
        """Return it as the domain knows it."""
        return Opinion(stars=self.stars, text=self.text, language=self.language or fallback)


class ReplyIn(Wire):
    """What you answer; everybody reads it."""

    text: Text = Field(min_length=1, max_length=1000, examples=["谢谢您的光临，期待再次见到您。"])


class ReportIn(Wire):
    """What is wrong with a review."""

    reason: Wrong = Field(examples=["advertising"])


class ReviewsQuery(PageQuery):
    """Which of a shop's reviews, in which order. A page may be short, or empty, though the list goes on: follow
    `next_cursor`.
    """

    sort: Sort = Field(default=Sort.NEWEST, description="`media`: those alone that show something, newest first.")
    stars: int | None = Field(default=None, ge=1, le=5, description="With just so many.")
    aspect: Aspect | None = Field(default=None, description="That gave this part stars.")
    staff_id: str | None = Field(default=None, max_length=64, description="Of whom this person served.")
    language: str | None = Field(
        default=None, max_length=35, pattern="^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$", description="`zh` finds `zh-CN`."
    )
    q: str | None = Field(default=None, min_length=1, max_length=100, description="All of these words occur.")

    def wanted(self) -> Wanted:
        """Return it as the domain knows it."""
        return Wanted(self.stars, self.aspect, self.staff_id, self.language, self.q)


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


class GuestRating(Wire):
    """What shops said of a guest."""

    count: int = Field(ge=0, description="How many times; 0 where they are too few shops to tell.")
    average: float | None = Field(description="Mean of the stars to one decimal; null where `count` is 0.")

    @classmethod
    def of(cls, rating: rules.GuestRating) -> "GuestRating":
        return cls(count=rating.count, average=None if rating.tenths is None else rating.tenths / 10)


class Helpful(Wire):
    """How many readers a review helped."""

    helpful: int = Field(ge=0, examples=[12])


class Part(Wire):
    """What an aspect was given."""

    average: float = Field(description="Mean of the stars to one decimal.", examples=[4.6])
    count: int = Field(ge=1, examples=[97])


class Rating(Wire):
    """What all reviews of a shop, or of somebody who works there, add up to."""

    average: float | None = Field(description="Mean of the stars to one decimal; null without reviews.", examples=[4.7])
    score: float = Field(
        description="What lists are sorted by: late reviews weigh more, half as much for each year, and ten with 4.2 "
        "stars are added.",
        examples=[4.65],
    )
    count: int = Field(ge=0, description="Number of reviews.", examples=[128])
    histogram: tuple[int, int, int, int, int] = Field(
        description="Number of reviews with 1, 2, 3, 4 and 5 stars.", examples=[[1, 0, 3, 24, 100]]
    )
    aspects: dict[Aspect, Part] = Field(description="Of those that were given stars.")
    with_media: int = Field(ge=0, description="Number of reviews with photographs or films.", examples=[31])

    @classmethod
    def of(cls, rating: rules.Rating, now: datetime) -> "Rating":
        average = None if rating.tenths is None else rating.tenths / 10
        parts: Mapping[Aspect, Part] = {
            aspect: Part(average=tenths / 10, count=count)
            for aspect, (total, count) in rating.aspects.items()
            if (tenths := mean(total, count, 10)) is not None
        }
        return cls(
            average=average,
            score=rating.score(now) / 100,
            count=rating.count,
            histogram=rating.histogram,
            aspects=dict(parts),
            with_media=rating.media,
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
