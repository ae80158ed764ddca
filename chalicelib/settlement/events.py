"""The scheduled settlement."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.kit.events import schedule_handler
from chalicelib.settlement import use_cases

bp = Blueprint(__name__)


@schedule_handler(bp, "cron(10 * * * ? *)", name="settlement-run")
def settle(as_of: datetime) -> dict[str, Any]:
    """Settle every hour: somewhere a merchant's midnight has just passed."""
    return asdict(use_cases.settle(wiring.settlement(), as_of))
