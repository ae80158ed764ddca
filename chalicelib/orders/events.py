"""The scheduled sweep of holds that ran out."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.kit.events import schedule_handler
from chalicelib.orders import use_cases

bp = Blueprint(__name__)


@schedule_handler(bp, "rate(1 minute)", name="orders-expire")
def expire_holds(as_of: datetime) -> dict[str, Any]:
    """Tell customers whose hold ran out."""
    return asdict(use_cases.expire_holds(wiring.orders(), as_of))
