"""Bookings over the queue, what time can be had again; and over the clock, what nobody answered in time."""

from datetime import datetime

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.booking import use_cases
from chalicelib.booking.messages import CALLED_OFF, TIME_CHANGED, WAIT_LOOKS, freed
from chalicelib.booking.use_cases import offer
from chalicelib.kit.events import queue_handler, schedule_handler
from chalicelib.kit.observability import log
from chalicelib.kit.outbox import BOOKING, Message

bp = Blueprint(__name__)


@queue_handler(bp, BOOKING, name="booking-work")
def work(message: Message) -> None:
    """Work one message; what raises comes again and ends among the dead letters."""
    if message.type == CALLED_OFF:
        use_cases.give_back(wiring.booking(), message.payload["booking_ids"])
        return
    if message.type == WAIT_LOOKS:
        offer.look(wiring.waiting(), message.payload["wait_id"], message.payload["shop_ids"])
        return
    if message.type != TIME_CHANGED:
        raise ValueError(f"booking does not know what to do about {message.type}")
    made = offer.time_freed(wiring.waiting(), message.payload["shop_id"], freed(message))
    log.debug("time changed", shop_id=message.payload["shop_id"], offers=made)


@schedule_handler(bp, "rate(5 minutes)", name="booking-answers")
def answers(as_of: datetime) -> dict[str, int]:
    return vars(use_cases.decline_unanswered(wiring.booking(), as_of))
