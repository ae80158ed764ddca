"""Reminders over the queue, what happened to orders; and over the clock, what is due."""

from datetime import datetime

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.kit.events import queue_handler, schedule_handler
from chalicelib.kit.outbox import REMINDERS, Message
from chalicelib.reminders import use_cases

bp = Blueprint(__name__)


@queue_handler(bp, REMINDERS, name="reminders-plan")
def plan(message: Message) -> None:
    """Plan anew what is told of the order that a message speaks of."""
    use_cases.plan(wiring.reminders(), message.payload["order_id"])


@schedule_handler(bp, "rate(1 minute)", name="reminders-sweep")
def sweep(as_of: datetime) -> dict[str, int]:
    return vars(use_cases.sweep(wiring.reminders(), as_of))
