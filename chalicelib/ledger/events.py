"""The scheduled settlement."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.kit.events import schedule_handler
from chalicelib.ledger import use_cases

bp = Blueprint(__name__)


@schedule_handler(bp, "cron(30 18 * * ? *)", name="ledger-settle")
def settle(as_of: datetime) -> dict[str, Any]:
    """Settle once a day, at 02:30 in China, when little is sold."""
    return asdict(use_cases.settle(wiring.ledger(), as_of))
