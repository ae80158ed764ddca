"""Bookings over the clock: what nobody answered in time."""

from datetime import datetime

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.booking import use_cases
from chalicelib.kit.events import schedule_handler

bp = Blueprint(__name__)


@schedule_handler(bp, "rate(5 minutes)", name="booking-answers")
def answers(as_of: datetime) -> dict[str, int]:
    return vars(use_cases.decline_unanswered(wiring.booking(), as_of))
