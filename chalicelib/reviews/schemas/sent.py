"""What people say and ask of reviews."""

from typing import Annotated

from pydantic import Field

from chalicelib.kit.http import Wire
from chalicelib.kit.wire import Lines, PageQuery
from chalicelib.reviews.rules import Aspect, Sort, Wanted
from chalicelib.reviews.schemas.reviews import Stars, Tag
from chalicelib.reviews.use_cases import Opinion, Wrong

Given = Annotated[Stars, Field(strict=True)]
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
