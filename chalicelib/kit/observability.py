"""One structured log line a request, with the request's id on everything it causes; metrics as EMF.

What a person could be reached or recognised by (phone numbers, e-mail addresses, tokens) is masked on the way out,
whoever logged it.
"""

import json
import os
import re
from contextvars import ContextVar
from typing import Any

from aws_lambda_powertools import Logger

request_id: ContextVar[str] = ContextVar("request_id", default="-")

_MASKS = (
    (re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+\.[\w.-]+"), "***@***"),
    (re.compile(r"\+\d{6,13}(?=\d{2}\b)"), "+***"),
    (re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]+"), "***jwt***"),
    (re.compile(r"(?<=\.)[0-9a-f]{64}\b"), "***mac***"),  # what makes a refresh token one
    (re.compile(r"\b(?:(?:sk|rk|whsec)_\w{8,}|pi_\w+?_secret_\w+)"), "***key***"),
)


def mask(text: str) -> str:
    """Return `text` without phone numbers (E.164), e-mail addresses, tokens and keys."""
    for pattern, stars in _MASKS:
        text = pattern.sub(stars, text)
    return text


def _masked_json(fields: dict[str, Any]) -> str:
    return mask(json.dumps(fields, default=str, ensure_ascii=False, separators=(",", ":")))


log = Logger(service="linli", json_serializer=_masked_json, utc=True)


def metric(name: str, value: float = 1, unit: str = "Count", **dimensions: str) -> None:
    """Emit one business metric in CloudWatch's embedded metric format: the log line is the metric. Each has the stage
    as a dimension: two stages may share an account.
    """
    # Only functions that count something pay for the import.
    from aws_lambda_powertools.metrics import MetricUnit, single_metric

    with single_metric(name=name, unit=MetricUnit(unit), value=value, namespace="Linli") as made:
        for dimension, text in {"stage": os.environ.get("STAGE", "-"), **dimensions}.items():
            made.add_dimension(name=dimension, value=text)
