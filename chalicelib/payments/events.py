"""The worker of the payments queue: providers' notices, and refunds that orders ask for; and the sweep."""

from dataclasses import asdict
from datetime import datetime

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.kit.events import queue_handler, schedule_handler
from chalicelib.kit.money import Money
from chalicelib.kit.outbox import PAYMENTS, Message
from chalicelib.payments import use_cases
from chalicelib.payments.messages import EVENT_RECEIVED
from chalicelib.payments.rules import STRIPE, Event

bp = Blueprint(__name__)


@queue_handler(bp, PAYMENTS, name="payments-work")
def work(message: Message) -> None:
    """Work one message; what raises comes again and ends among the dead letters."""
    told, ports = message.payload, wiring.payments()
    if message.type == EVENT_RECEIVED:
        provider = told.get("provider", STRIPE)
        event = Event(told["event_id"], told["subject"], told["ref"], told["type"], provider)
        use_cases.work_event(ports, event, again=told.get("again", False))
    elif message.type == "order.refund_due":
        wish = use_cases.RefundWish(
            told["order_id"],
            told["payment_id"],
            Money(told["amount"], told["currency"]),
            told["reason"],
            told["refund_key"],
            told.get("of_merchant", 0),
            told.get("by_customer", False),
        )
        use_cases.refund(ports, wish)
    else:
        raise ValueError(f"nobody works {message.type} here")


@schedule_handler(bp, "rate(5 minutes)", name="payments-sweep")
def sweep(as_of: datetime) -> dict[str, int]:
    """Ask for what no notice came of, every five minutes."""
    return asdict(use_cases.look_again(wiring.payments(), as_of))
