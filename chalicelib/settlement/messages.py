"""What settlement tells."""

from datetime import datetime

from chalicelib.kit.ids import derived_id
from chalicelib.kit.outbox import NOTIFICATIONS, PAYOUTS, Message
from chalicelib.settlement.rules import Settlement

POSTED = "settlement.posted"


def settlement_posted(settlement: Settlement, at: datetime) -> Message:
    """A merchant's settlement stands in the books. The id follows from what stands there: a repeat says it once."""
    lines = settlement.sums.lines
    return Message(
        type=POSTED,
        queues=(NOTIFICATIONS, PAYOUTS),
        payload={
            "settlement_id": settlement.id,
            "merchant_id": settlement.merchant_id,
            "currency": settlement.currency,
            "payable": settlement.sums.payable,
            "lines": lines,
        },
        occurred_at=at,
        version=lines,
        id=derived_id("msg", "settlement", settlement.merchant_id, settlement.id, str(lines)),
    )
