"""The consumer of the queue `webhooks`, and the schedule that tries again."""

from dataclasses import asdict
from datetime import datetime

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.kit.events import queue_handler, schedule_handler
from chalicelib.kit.outbox import WEBHOOKS, Message
from chalicelib.webhooks import use_cases

bp = Blueprint(__name__)


@queue_handler(bp, WEBHOOKS, name="webhooks-deliver", batch_size=1)
def deliver(message: Message) -> None:
    """Send an event to the endpoints that want it."""
    use_cases.deliver(wiring.webhooks(), message)


@schedule_handler(bp, "rate(1 minute)", name="webhooks-retry")
def retry(as_of: datetime) -> dict[str, int]:
    """Try what waits again."""
    return asdict(use_cases.retry_due(wiring.webhooks(), as_of))
