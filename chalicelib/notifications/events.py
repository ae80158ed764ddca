"""The consumer of the queue `notifications`, and what looks every minute for notices that have waited long enough."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.kit.events import queue_handler, schedule_handler
from chalicelib.kit.outbox import NOTIFICATIONS, Message
from chalicelib.notifications import use_cases

bp = Blueprint(__name__)


@queue_handler(bp, NOTIFICATIONS, name="notifications-deliver")
def deliver(message: Message) -> None:
    """Tell those who should hear of it."""
    use_cases.deliver(wiring.notifications(), message)


@schedule_handler(bp, "rate(1 minute)", name="notifications-sweep")
def sweep(as_of: datetime) -> dict[str, Any]:
    """Send on its way what is due."""
    return asdict(use_cases.sweep(wiring.notifications(), as_of))
