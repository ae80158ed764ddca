"""Privacy from outside HTTP."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.kit.events import queue_handler, schedule_handler
from chalicelib.kit.outbox import PRIVACY, Message
from chalicelib.privacy import use_cases
from chalicelib.privacy.messages import EXPORT_ASKED

bp = Blueprint(__name__)


@bp.lambda_function(name="privacy-reseal")
def reseal(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Seal some pages of fields anew: `{"pages": 20, "look": false, "after": ...}`, where `after` is `next` of the
    answer before and null at first; `look` only counts. `make reseal` calls it until `next` is null.
    """
    walked = use_cases.walk(wiring.resealing(), event.get("after"), event["pages"], look=event["look"])
    return {**vars(walked), "fields": dict(walked.fields)}


# One at a time: a copy reads all that somebody ever did.
@queue_handler(bp, PRIVACY, name="privacy-work", batch_size=1)
def work(message: Message) -> None:
    """Make a copy; what raises comes again and ends among the dead letters."""
    if message.type != EXPORT_ASKED:
        raise ValueError(f"nobody works {message.type} here")
    use_cases.make_export(wiring.privacy(), message.payload["customer_id"], message.payload["export_id"])


@schedule_handler(bp, "rate(15 minutes)", name="privacy-run")
def run(as_of: datetime) -> dict[str, int]:
    """Do the next step of every erasure that is due."""
    return asdict(use_cases.run_erasures(wiring.privacy(), as_of))
