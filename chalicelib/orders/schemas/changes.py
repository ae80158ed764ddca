"""What is done with orders, over the wire."""

from typing import Self

from pydantic import Field

from chalicelib.kit.http import Wire
from chalicelib.kit.i18n import Language, Text
from chalicelib.kit.wire import Line as OneLine
from chalicelib.kit.wire import MoneyOut
from chalicelib.orders import rules
from chalicelib.orders.schemas.wishes import LineId


class CancelIn(Wire):
    """Why an order is cancelled."""

    reason: OneLine | None = Field(default=None, max_length=500, examples=["我临时有事"])
    line_ids: list[LineId] | None = Field(
        default=None, min_length=1, max_length=rules.MOST_LINES, description="Only these lines; left out: all."
    )


class CancelQuoteIn(Wire):
    """What would be cancelled."""

    line_ids: list[LineId] | None = Field(
        default=None, min_length=1, max_length=rules.MOST_LINES, description="Only these lines; left out: all."
    )


class GoesBack(Wire):
    """What goes back of one line."""

    line_id: str = Field(examples=["lin_01jd3x9k5r8m2q7w4t6y0z1abc"])
    title: str = Field(examples=["剪发"])
    refund: MoneyOut
    fee: MoneyOut = Field(description="What is kept, because it is late.")


class TakenBack(Wire):
    """What a coupon takes off no more."""

    coupon_id: str = Field(examples=["cpn_01jd3x9k5r8m2q7w4t6y0z1abc"])
    amount: MoneyOut
    words: str = Field(description="Why, for people.", examples=["保留的项目未达到使用门槛，需补回该优惠。"])


class CancelQuote(Wire):
    """What cancelling would bring now. It depends on the time, and on what becomes of the other lines."""

    refund: MoneyOut = Field(description="What would go back, all in all.")
    lines: list[GoesBack]
    taken_back: list[TakenBack] = Field(
        description="What coupons would take off the lines that stay no more. It is kept of what goes back, and not in "
        "`refund`; of lines that are paid at the shop it is in `at_shop`."
    )
    at_shop: MoneyOut = Field(description="What would have to be paid more at the shop for the lines that stay.")

    @classmethod
    def of(cls, before: rules.Order, after: rules.Order, language: Language) -> Self:
        def money(amount: int) -> MoneyOut:
            return MoneyOut(amount=amount, currency=before.currency)

        both = list(zip(before.lines, after.lines, strict=True))
        gone = [(old, new) for old, new in both if old.state != new.state]
        return cls(
            refund=money(sum(new.refund for _, new in gone)),
            lines=[
                GoesBack(line_id=new.id, title=new.title, refund=money(new.refund), fee=money(_fee(before, new)))
                for _, new in gone
            ],
            taken_back=[
                TakenBack(coupon_id=coupon_id, amount=money(amount), words=_TAKEN_BACK.render(language))
                for coupon_id, amount in rules.taken_back(before, after).items()
            ],
            at_shop=money(sum(new.at_shop - old.at_shop for old, new in both if old.state == new.state)),
        )


_TAKEN_BACK = Text(
    "What you keep does not reach the least to spend for this coupon: you pay that much more for it.",
    "保留的项目未达到该优惠券的使用门槛，需补回相应优惠金额。",
)


def _fee(before: rules.Order, line: rules.Line) -> int:
    """What is kept of a line that would be called off; nothing was paid for one that is only held."""
    return 0 if before.state == rules.OrderState.HELD else line.kept


class Part(Wire):
    """What of a line goes back."""

    line_id: LineId
    amount: int = Field(
        ge=1,
        le=rules.MOST_MONEY,
        strict=True,
        description="Whole minor units. Of a line on which nothing was paid: of what the platform added for a coupon, "
        "which goes back to the platform.",
        examples=[2000],
    )


class GiveBackIn(Wire):
    """What goes back to the customer, beside what cancelling brings."""

    lines: list[Part] = Field(min_length=1, max_length=rules.MOST_LINES)
    reason: OneLine | None = Field(default=None, max_length=500, examples=["服务未达标"])

    def parts(self) -> dict[str, int]:
        """Return the amounts by line; those of a line that is named twice add up."""
        amounts: dict[str, int] = {}
        for part in self.lines:
            amounts[part.line_id] = amounts.get(part.line_id, 0) + part.amount
        return amounts
