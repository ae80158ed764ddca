"""What the ledger tells."""

from datetime import datetime

from chalicelib.kit.ids import derived_id
from chalicelib.kit.outbox import NOTIFICATIONS, Message
from chalicelib.ledger.rules import Settlement


def settlement_posted(settlement: Settlement, at: datetime) -> Message:
    """A merchant's settlement stands in the books. The id follows from what stands there: a repeat says it once."""
    return Message(
        type="settlement.posted",
        queues=(NOTIFICATIONS,),
        payload={
            "settlement_id": settlement.id,
            "merchant_id": settlement.merchant_id,
            "currency": settlement.currency,
            "payable": settlement.payable,
            "lines": settlement.lines,
        },
        occurred_at=at,
        version=settlement.lines,
        id=derived_id("msg", "settlement", settlement.merchant_id, settlement.id, str(settlement.lines)),
    )
