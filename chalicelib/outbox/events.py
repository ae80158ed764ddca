"""The relay, fed by the stream of the outbox table, and the sweep of what it left behind."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.kit.events import schedule_handler, stream_handler
from chalicelib.outbox import use_cases

bp = Blueprint(__name__)

# The deployment puts the stream of the stage's table in.
_PLACEHOLDER = "arn:aws:dynamodb:us-east-1:000000000000:table/outbox/stream/2000-01-01T00:00:00.000"


@stream_handler(bp, _PLACEHOLDER, name="outbox-relay", batch_size=100)
def relay(images: list[dict[str, Any]]) -> dict[str, int]:
    """Send what was just written."""
    return asdict(use_cases.relay(wiring.relay(), wiring.outbox().read_images(images)))


@schedule_handler(bp, "rate(1 minute)", name="outbox-sweep")
def sweep(as_of: datetime) -> dict[str, int]:
    """Send what the relay left behind, every minute."""
    return asdict(use_cases.sweep(wiring.relay(), as_of))
