"""What claims say over the wire."""

from collections.abc import Sequence
from typing import Annotated, Literal, Self

from pydantic import Field

from chalicelib.audit.ports import LONGEST_REASON
from chalicelib.claims import rules
from chalicelib.kit.http import Wire
from chalicelib.kit.wire import MOST_MONEY, Lines, Moment, MoneyOut
from chalicelib.kit.wire import Line as OneLine

Amount = Annotated[int, Field(ge=1, le=MOST_MONEY, strict=True, description="Whole minor units.", examples=[5000])]
Words = Annotated[Lines, Field(min_length=1, max_length=rules.LONGEST_TEXT, examples=["剪得不齐，与约定的不符。"])]
Code = Annotated[rules.ReasonCode, Field(description="Why.", examples=["quality"])]


class ClaimIn(Wire):
    """What you want back of a line, and why."""

    line_id: str = Field(pattern="^lin_[0-9a-z]{26}$", examples=["lin_01jd3x9k5r8m2q7w4t6y0z1abc"])
    amount: Amount
    reason_code: Code
    text: Words

    def wish(self) -> rules.Wish:
        """Return it as the domain knows it."""
        return rules.Wish(self.line_id, self.amount, self.reason_code, self.text)


class AgreeIn(Wire):
    """How much you give back."""

    amount: Amount | None = Field(default=None, description="Left out: all that is asked for.")


class DeclineIn(Wire):
    """Why you give nothing back."""

    reason: Words


class EscalateIn(Wire):
    """What the platform should know."""

    text: Words | None = None


class DecideIn(Wire):
    """What the platform decides."""

    outcome: Literal["agreed", "refused"]
    amount: Amount | None = Field(default=None, description="Where it agrees; left out: all that is asked for.")
    reason: OneLine = Field(min_length=1, max_length=LONGEST_REASON, examples=["照片显示服务未完成"])


class Claim(Wire):
    """A customer wants money of a line back."""

    id: str = Field(examples=["clm_01jd8x2n7v4k9x3c6z0b8d1f2g_01jd3x9k5r8m2q7w4t6y0z1abc_1"])
    order_id: str = Field(examples=["ord_01jd8x2n7v4k9x3c6z0b8d1f2g"])
    line_id: str = Field(examples=["lin_01jd3x9k5r8m2q7w4t6y0z1abc"])
    shop_id: str = Field(examples=["shp_01jd8x2n7v4k9x3c6z0b8d1f2g"])
    customer_id: str = Field(examples=["acc_01jd8x2n7v4k9x3c6z0b8d1f2g"])
    merchant_id: str = Field(examples=["acc_01jd3x9k5r8m2q7w4t6y0z1abc"])
    state: rules.State
    amount: MoneyOut = Field(description="What is asked for.")
    given: MoneyOut | None = Field(description="What of it goes back; null until that is decided.")
    reason_code: Code
    text: str = Field(description="Why, in the customer's words.")
    answer: str | None = Field(description="Why the merchant declined.")
    appeal: str | None = Field(description="What the customer told the platform.")
    verdict: str | None = Field(description="Why the platform decided so.")
    asked_at: Moment
    answered_at: Moment | None = Field(description="When the merchant agreed or declined.")
    escalated_at: Moment | None
    ended_at: Moment | None = Field(description="When it was agreed to, decided or withdrawn.")
    escalates_from: Moment | None = Field(description="From then on the customer may ask the platform to decide.")
    open_until: Moment | None = Field(description="What was declined is over then, unless it is escalated.")

    @classmethod
    def of(cls, claim: rules.Claim) -> Self:
        given = None if claim.given is None else MoneyOut(amount=claim.given, currency=claim.amount.currency)
        return cls(
            id=claim.id,
            order_id=claim.key.order_id,
            line_id=claim.key.line_id,
            shop_id=claim.shop_id,
            customer_id=claim.customer_id,
            merchant_id=claim.merchant_id,
            state=claim.state,
            amount=MoneyOut.of(claim.amount),
            given=given,
            reason_code=claim.code,
            text=claim.text,
            answer=claim.answer,
            appeal=claim.appeal,
            verdict=claim.verdict,
            asked_at=claim.asked_at,
            answered_at=claim.answered_at,
            escalated_at=claim.escalated_at,
            ended_at=claim.ended_at,
            escalates_from=claim.escalates_from,
            open_until=claim.open_until,
        )


class OrderClaims(Wire):
    """All claims of an order, line by line, oldest first."""

    items: list[Claim]

    @classmethod
    def of(cls, claims: Sequence[rules.Claim]) -> Self:
        return cls(items=[Claim.of(one) for one in claims])


class Claims(Wire):
    """Some claims."""

    items: list[Claim]
    next_cursor: str | None = Field(description="Where the list goes on; null at its end.")

    @classmethod
    def of(cls, claims: Sequence[rules.Claim], cursor: str | None) -> Self:
        return cls(items=[Claim.of(one) for one in claims], next_cursor=cursor)
