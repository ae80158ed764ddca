"""Over the clock: what is being written to many goes on."""

from datetime import datetime

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.kit.events import schedule_handler
from chalicelib.outreach import use_cases

bp = Blueprint(__name__)


@schedule_handler(bp, "rate(5 minutes)", name="outreach-run")
def run(as_of: datetime) -> dict[str, int]:
    return vars(use_cases.run(wiring.outreach(), as_of))
