"""The consumer of the queue `notifications`."""

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.kit.events import queue_handler
from chalicelib.kit.outbox import NOTIFICATIONS, Message
from chalicelib.notifications import use_cases

bp = Blueprint(__name__)


@queue_handler(bp, NOTIFICATIONS, name="notifications-deliver")
def deliver(message: Message) -> None:
    """Tell those who should hear of it."""
    use_cases.deliver(wiring.notifications(), message)
