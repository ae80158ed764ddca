"""What settlement tells."""

from datetime import datetime

from chalicelib.kit.clock import iso_or_none
from chalicelib.kit.ids import derived_id
from chalicelib.kit.outbox import NOTIFICATIONS, PAYOUTS, Message
from chalicelib.settlement.rules import Route, Settlement, Terms

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


def account_changed(merchant_id: str, terms: Terms, held_until: datetime | None, at: datetime) -> Message:
    """The operator's people said where a merchant's money goes from now on."""
    number = terms.bank.masked if terms.route == Route.BANK and terms.bank else terms.connect_account or ""
    return Message(
        type=f"account.{terms.route}",
        queues=(NOTIFICATIONS,),
        payload={
            "merchant_id": merchant_id,
            "end": number[-4:].lstrip("*"),
            "held_until": iso_or_none(held_until),
            "zone": terms.zone,
        },
        occurred_at=at,
        version=terms.version,
        id=derived_id("msg", "terms", merchant_id, str(terms.version)),
    )
