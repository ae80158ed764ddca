"""The scheduled opening of reviews, and the consumer of the queue `media`."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.kit.events import queue_handler, schedule_handler
from chalicelib.kit.outbox import MEDIA, Message
from chalicelib.reviews import use_cases

bp = Blueprint(__name__)


@schedule_handler(bp, "rate(1 hour)", name="reviews-open")
def open_due(as_of: datetime) -> dict[str, Any]:
    """Open the reviews whose time has come."""
    return asdict(use_cases.open_due(wiring.review_states(), as_of))


@queue_handler(bp, MEDIA, name="reviews-media", batch_size=1)
def work(message: Message) -> None:
    """Make what readers see of what an author sent, or delete it."""
    use_cases.work_media(wiring.media_work(), message)
