"""The nightly run."""

from datetime import datetime, timedelta
from typing import Any

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.kit.events import schedule_handler
from chalicelib.reconciliation import use_cases

bp = Blueprint(__name__)
_WITHIN = timedelta(minutes=13)  # the function has 15; what is not done by then goes on with the next run


@schedule_handler(bp, "cron(30 20 * * ? *)", name="reconciliation-run")
def run(as_of: datetime) -> dict[str, Any]:
    """Run at 20:30 UTC, in China before the day begins: yesterday, and what the wallets tell of the day before."""
    return dict(use_cases.nightly(wiring.reconciliation(), as_of, _WITHIN))
