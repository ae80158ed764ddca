"""The scheduled expiry of coupons."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.coupons import use_cases
from chalicelib.kit.events import schedule_handler

bp = Blueprint(__name__)


@schedule_handler(bp, "rate(1 hour)", name="coupons-expire")
def expire(as_of: datetime) -> dict[str, Any]:
    """Expire the coupons whose time is over."""
    return asdict(use_cases.expire(wiring.coupons(), as_of))
