"""What lines tell."""

from datetime import datetime

from chalicelib.kit.outbox import NOTIFICATIONS, Message
from chalicelib.queueing.rules import NEARLY, Ticket


def called(ticket: Ticket, now: datetime) -> Message:
    """A customer is called, or called again: each call is a message of its own, so each makes a notice."""
    return _told("queue.called", ticket, now, 0)


def nearly(ticket: Ticket, now: datetime) -> Message:
    """Only a few are ahead of a customer."""
    return _told("queue.nearly", ticket, now, NEARLY)


def _told(type_: str, ticket: Ticket, now: datetime, ahead: int) -> Message:
    return Message(
        type=type_,
        queues=(NOTIFICATIONS,),
        payload={
            "ticket_id": ticket.id,
            "shop_id": ticket.shop_id,
            "customer_id": ticket.customer_id,
            "number": ticket.label,
            "ahead": ahead,
        },
        occurred_at=now,
        version=ticket.version,
    )
