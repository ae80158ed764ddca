"""What payments tell: themselves, of work that comes after the answer, and merchants, of disputes."""

from datetime import datetime

from chalicelib.kit.clock import iso_or_none
from chalicelib.kit.ids import derived_id
from chalicelib.kit.outbox import NOTIFICATIONS, PAYMENTS, Message
from chalicelib.payments.rules import Dispute, Event

EVENT_RECEIVED = "payment.event_received"


def event_received(event: Event, at: datetime, *, again: bool = False) -> Message:
    """The provider told us of something. The event's own id is the message's: told twice, it waits once. `again`: it is
    to be worked although it was.
    """
    return Message(
        type=EVENT_RECEIVED,
        queues=(PAYMENTS,),
        payload={
            "event_id": event.id,
            "subject": event.subject,
            "ref": event.ref,
            "type": event.type,
            "provider": event.provider,
            **({"again": True} if again else {}),
        },
        occurred_at=at,
        id=f"msg_{event.provider}_{event.id}",
    )


def dispute_told(dispute: Dispute, at: datetime) -> Message:
    """A dispute began or ended: its merchant wants to know, and until when evidence can be given."""
    return Message(
        type=f"dispute.{dispute.state}",
        queues=(NOTIFICATIONS,),
        payload={
            "dispute_id": dispute.id,
            "order_id": dispute.order_id,
            "merchant_id": dispute.merchant_id,
            "amount": dispute.amount.amount,
            "currency": dispute.amount.currency,
            "evidence_until": iso_or_none(dispute.evidence_until),
        },
        occurred_at=at,
        version=dispute.version,
        id=derived_id("msg", dispute.id, dispute.state),
    )
