"""What became of texts by SNS, from the logs that SNS writes: CloudWatch Logs calls this with each batch of lines."""

from typing import Any

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.reach import use_cases

bp = Blueprint(__name__)


@bp.lambda_function(name="reach-texts")
def texts(event: dict[str, Any], _context: Any) -> dict[str, int]:
    """Do what each line asks for: `{"awslogs": {"data": ...}}`, packed. Who may invoke it is IAM's to say; a repeat
    changes nothing.

    Raises:
        KeyError, ValueError: it is no batch of lines.
    """
    return {"lines": use_cases.take_lines(wiring.feedback(), event["awslogs"]["data"])}
