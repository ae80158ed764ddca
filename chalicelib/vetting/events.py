"""The daily look after licences."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.kit.events import schedule_handler
from chalicelib.vetting import use_cases

bp = Blueprint(__name__)


# In the morning of most merchants: an SMS by night helps nobody.
@schedule_handler(bp, "cron(20 1 * * ? *)", name="vetting-sweep")
def look_after(as_of: datetime) -> dict[str, Any]:
    """Tell merchants whose licence ends, freeze the payouts of those whose licence has, and forget what is over."""
    return asdict(use_cases.look_after(wiring.vetting_sweep(), as_of))
