"""Which of AWS's own services may act as a role."""

from collections.abc import Mapping
from typing import Any


def trust(service: str, condition: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the policy by which a service such as `backup.amazonaws.com` may take a role on."""
    statement: dict[str, Any] = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    if condition is not None:
        statement["Condition"] = dict(condition)
    return {"Version": "2012-10-17", "Statement": [statement]}
