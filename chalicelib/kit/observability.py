"""One structured log line a request, with the request's id on everything it causes; metrics as EMF.

What a person could be reached or recognised by is masked on the way out, whoever logged it (`kit.mask`).
"""

import json
import os
from contextvars import ContextVar
from typing import Any

from aws_lambda_powertools import Logger

from chalicelib.kit.mask import mask, masked

__all__ = ["log", "mask", "metric", "request_id"]

request_id: ContextVar[str] = ContextVar("request_id", default="-")


def _masked_json(fields: dict[str, Any]) -> str:
    return json.dumps(masked(fields), ensure_ascii=False, separators=(",", ":"))


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
