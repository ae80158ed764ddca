"""Privacy from outside HTTP."""

from typing import Any

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.privacy import use_cases

bp = Blueprint(__name__)


@bp.lambda_function(name="privacy-reseal")
def reseal(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Seal some pages of fields anew: `{"pages": 20, "look": false, "after": ...}`, where `after` is `next` of the
    answer before and null at first; `look` only counts. `make reseal` calls it until `next` is null.
    """
    walked = use_cases.walk(wiring.resealing(), event.get("after"), event["pages"], look=event["look"])
    return {**vars(walked), "fields": dict(walked.fields)}
