"""What moderation says over the wire."""

from collections.abc import Callable, Sequence
from typing import Literal, Self

from pydantic import Field

from chalicelib.audit.ports import LONGEST_REASON
from chalicelib.kit.http import Wire
from chalicelib.kit.wire import Line, Lines, Moment, PageQuery
from chalicelib.moderation.rules import cases as rules
from chalicelib.moderation.rules.reasons import Code
from chalicelib.reviews.ports import Review, Shown, State
from chalicelib.reviews.schemas import OwnReply, ShownMedium

ReviewId = Field(examples=["rev_3c6z0b8d1f2g5h1w8q2n7v4k9x"])
CaseId = Field(
    description="Of the review, or of the reply (`rpl_...`), that it is about.",
    examples=["rev_3c6z0b8d1f2g5h1w8q2n7v4k9x"],
)
SEEN = "9f86d081884c7d659a2feaa0c55ad015"
CodeIn = Field(description="What you found; `fine` goes with `show` alone.", examples=["advertising"])


class CasesQuery(PageQuery):
    """Which cases."""

    queue: Literal["waiting", "appealed"] = Field(default="waiting", description="First looks, or appeals.")


class Case(Wire):
    """A review, or the reply to one, that somebody is to look at, or has."""

    review_id: str = CaseId
    shop_id: str = Field(examples=["shp_01jd8x2n7v4k9x3c6z0b8d1f2g"])
    state: rules.CaseState = Field(examples=["waiting"])
    reasons: list[str] = Field(description="Why; a classifier's own word after a colon.", examples=[["contact"]])
    cleared: list[str] = Field(description="Reasons that somebody found nothing in.", examples=[[]])
    since: Moment = Field(description="When it began to wait as it stands.")
    taken_by: str | None = Field(description="Whose it is.", examples=["acc_01jd8x2n7v4k9x3c6z0b8d1f2g"])
    taken_until: Moment | None = Field(description="Until when nobody else decides it.")
    code: Code | None = Field(description="What was found last.")
    note: str | None = Field(description="What they noted, for the operator's people.")
    decided_by: str | None
    decided_at: Moment | None
    appeal: str | None = Field(description="What the author wrote.")
    appealed_at: Moment | None

    @classmethod
    def of(cls, case: rules.Case) -> Self:
        return cls(
            review_id=case.review_id,
            shop_id=case.shop_id,
            state=case.state,
            reasons=list(case.reasons),
            cleared=list(case.cleared),
            since=case.since,
            taken_by=case.taken_by,
            taken_until=case.taken_until,
            code=case.code,
            note=case.note,
            decided_by=case.decided_by,
            decided_at=case.decided_at,
            appeal=case.appeal,
            appealed_at=case.appealed_at,
        )


class Cases(Wire):
    """Some cases, the longest waiting first."""

    items: list[Case]
    next_cursor: str | None = Field(description="Where the list goes on; null at its end.")

    @classmethod
    def of(cls, cases: Sequence[rules.Case], cursor: str | None) -> Self:
        return cls(items=[Case.of(one) for one in cases], next_cursor=cursor)


class CaseReview(Wire):
    """The review as it is now, also where nobody else sees it."""

    id: str = ReviewId
    order_id: str = Field(examples=["ord_01jd8x2n7v4k9x3c6z0b8d1f2g"])
    author_id: str = Field(examples=["acc_01jd8x2n7v4k9x3c6z0b8d1f2g"])
    stars: int = Field(ge=1, le=5, examples=[5])
    text: str
    language: str = Field(examples=["zh-CN"])
    state: State = Field(examples=["held"])
    created_at: Moment
    media: list[ShownMedium]

    @classmethod
    def of(cls, review: Review, links: Callable[[Shown], Sequence[str]]) -> Self:
        return cls(
            id=review.id,
            order_id=review.order_id,
            author_id=review.author_id,
            stars=review.stars,
            text=review.text,
            language=review.language,
            state=review.state,
            created_at=review.created_at,
            media=[ShownMedium.of(one, links(one)) for one in review.media],
        )


class CaseFile(Wire):
    """A case with what it is about."""

    case: Case
    seen: str = Field(description="What you decide on: send it with your decision.", examples=[SEEN])
    review: CaseReview
    reply: OwnReply | None = Field(description="Where the case is about what the merchant answered; else null.")

    @classmethod
    def of(cls, case: rules.Case, seen: str, review: Review, links: Callable[[Shown], Sequence[str]]) -> Self:
        """Return a case with its review; `seen` is the digest of what it is about."""
        reply = OwnReply.of(review.reply) if case.is_reply and review.reply else None
        return cls(case=Case.of(case), seen=seen, review=CaseReview.of(review, links), reply=reply)


class DecisionIn(Wire):
    """What you decide."""

    outcome: rules.Outcome = Field(examples=["remove"])
    code: Code = CodeIn
    seen: str = Field(
        min_length=1,
        max_length=64,
        description="As the case told it when you looked; refused where that changed since.",
        examples=[SEEN],
    )
    note: Line = Field(min_length=1, max_length=min(rules.LONGEST_NOTE, LONGEST_REASON), examples=["留下了微信号"])


class AppealIn(Wire):
    """Why the removal was wrong."""

    text: Lines = Field(min_length=1, max_length=rules.LONGEST_APPEAL, examples=["我确实在这家店消费过，请看订单。"])


class OwnCase(Wire):
    """What became of your review, or of your reply to one."""

    review_id: str = CaseId
    state: rules.CaseState = Field(
        description="waiting: somebody will look at it; cleared, restored: nothing is wrong; removed, upheld: see why; "
        "appealed: somebody else looks at it again.",
        examples=["removed"],
    )
    code: Code | None = Field(description="Why it was removed; null where it was not.", examples=["advertising"])
    appeal: str | None = Field(description="What you wrote.")
    appeal_until: Moment | None = Field(description="Until when you may appeal; null where you may not.")

    @classmethod
    def of(cls, case: rules.Case) -> Self:
        tells = {rules.CaseState.REMOVED, rules.CaseState.UPHELD, rules.CaseState.APPEALED}
        return cls(
            review_id=case.review_id,
            state=case.state,
            code=case.code if case.state in tells else None,
            appeal=case.appeal,
            appeal_until=case.appeal_until,
        )
