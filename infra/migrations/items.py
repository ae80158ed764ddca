"""Rows between DynamoDB's typed JSON and Python."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

_READ, _WRITE = TypeDeserializer(), TypeSerializer()


def plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row in Python's types; numbers are `Decimal`."""
    return {name: _READ.deserialize(value) for name, value in row.items()}


def typed(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row in DynamoDB's typed JSON."""
    return {name: _WRITE.serialize(_exact(value)) for name, value in row.items()}


def _exact(value: Any) -> Any:
    # boto3 writes no floats, which are moments here.
    return Decimal(str(value)) if isinstance(value, float) else value
