"""What is done with orders, over the wire."""

from pydantic import Field

from chalicelib.kit.http import Wire
from chalicelib.kit.wire import Line as OneLine
from chalicelib.orders import rules
from chalicelib.orders.schemas.wishes import LineId


class CancelIn(Wire):
    """Why an order is cancelled."""

    reason: OneLine | None = Field(default=None, max_length=500, examples=["我临时有事"])
    line_ids: list[LineId] | None = Field(
        default=None, min_length=1, max_length=rules.MOST_LINES, description="Only these lines; left out: all."
    )


class Part(Wire):
    """What of a line goes back."""

    line_id: LineId
    amount: int = Field(ge=1, le=rules.MOST_MONEY, strict=True, description="Whole minor units.", examples=[2000])


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
