"""The worker of the payments queue: the provider's notices, and refunds that orders ask for."""

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.kit.events import queue_handler
from chalicelib.kit.money import Money
from chalicelib.kit.outbox import PAYMENTS, Message
from chalicelib.payments import refunds, use_cases
from chalicelib.payments.messages import EVENT_RECEIVED
from chalicelib.payments.rules import Event

bp = Blueprint(__name__)


@queue_handler(bp, PAYMENTS, name="payments-work")
def work(message: Message) -> None:
    """Work one message; what raises comes again and ends among the dead letters."""
    told, ports = message.payload, wiring.payments()
    if message.type == EVENT_RECEIVED:
        use_cases.work_event(ports, Event(told["event_id"], told["subject"], told["ref"], told["type"]))
    elif message.type == "order.refund_due":
        amount = Money(told["amount"], told["currency"])
        refunds.refund(ports, told["order_id"], told["payment_id"], amount, told["reason"], told["refund_key"])
    else:
        raise ValueError(f"nobody works {message.type} here")
