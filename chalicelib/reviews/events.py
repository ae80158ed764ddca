"""The scheduled opening of reviews."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.kit.events import schedule_handler
from chalicelib.reviews import use_cases

bp = Blueprint(__name__)


@schedule_handler(bp, "rate(1 hour)", name="reviews-open")
def open_due(as_of: datetime) -> dict[str, Any]:
    """Open the reviews whose time has come."""
    return asdict(use_cases.open_due(wiring.review_states(), as_of))
