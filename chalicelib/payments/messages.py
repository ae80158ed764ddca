"""What payments tell themselves: work that comes after the answer."""

from datetime import datetime

from chalicelib.kit.outbox import PAYMENTS, Message
from chalicelib.payments.rules import Event

EVENT_RECEIVED = "payment.event_received"


def event_received(event: Event, at: datetime) -> Message:
    """The provider told us of something. The event's own id is the message's: told twice, it waits once."""
    return Message(
        type=EVENT_RECEIVED,
        queues=(PAYMENTS,),
        payload={"event_id": event.id, "subject": event.subject, "ref": event.ref, "type": event.type},
        occurred_at=at,
        id=f"msg_{event.id}",
    )
