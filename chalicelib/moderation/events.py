"""The consumer of the queue `moderation`, and the look at what waits."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.kit.events import queue_handler, schedule_handler
from chalicelib.kit.outbox import MODERATION, Message
from chalicelib.moderation import use_cases

bp = Blueprint(__name__)


@queue_handler(bp, MODERATION, name="moderation-work")
def judge(message: Message) -> None:
    """Look at a review, and hold what somebody should look at."""
    use_cases.judge(wiring.judging(), message)


@schedule_handler(bp, "rate(10 minutes)", name="moderation-sweep")
def sweep(as_of: datetime) -> dict[str, Any]:
    """Tell how long the longest waits, and have deleted what nobody can see any more."""
    return asdict(use_cases.sweep(wiring.moderation_sweep(), as_of))
