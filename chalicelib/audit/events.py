"""The nightly seal."""

from datetime import datetime, timedelta
from typing import Any

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.audit import use_cases
from chalicelib.kit.events import schedule_handler

bp = Blueprint(__name__)
_WITHIN = timedelta(minutes=13)  # the function has 15; what is not done by then goes on with the next run


@schedule_handler(bp, "cron(15 3 * * ? *)", name="audit-seal")
def seal(as_of: datetime) -> dict[str, Any]:
    """Run at 03:15 UTC, when every function that began before midnight has ended long ago."""
    return dict(use_cases.seal_due(wiring.audit_sealing(), as_of, _WITHIN))
