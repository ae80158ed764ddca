"""The schedule that reads calendars from elsewhere."""

from dataclasses import asdict
from datetime import datetime

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.calendars import use_cases
from chalicelib.kit.events import schedule_handler

bp = Blueprint(__name__)


@schedule_handler(bp, "rate(15 minutes)", name="calendars-fetch")
def fetch(as_of: datetime) -> dict[str, int]:
    return asdict(use_cases.fetch_due(wiring.calendars(), as_of))
