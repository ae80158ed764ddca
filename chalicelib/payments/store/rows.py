"""What the rows of the payments table share."""

import zlib
from collections.abc import Callable
from typing import Any, TypeVar

from pynamodb.exceptions import UpdateError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action as UpdateAction

from chalicelib.kit.dynamo import Row, code_of
from chalicelib.payments.rules import Moved

SHARDS = 8
_T = TypeVar("_T")


def moved(_row: object) -> Exception:
    """Refusal of what somebody else has moved on."""
    return Moved()


def shard(text: str) -> int:
    """Return the shard of an index that something lies in."""
    return zlib.crc32(text.encode()) % SHARDS


def got(model: type[Any], pk: str, sk: str, read: Callable[[Any], _T]) -> _T | None:
    """Return what a row says, read consistently; None where there is none."""
    try:
        return read(model.get(pk, sk, consistent_read=True))
    except model.DoesNotExist:
        return None


def perhaps(row: Row, changes: list[UpdateAction], condition: Condition) -> None:
    """Change a row if it still stands so; otherwise there is nothing to do."""
    try:
        row.update(changes, condition=condition)
    except UpdateError as error:
        if code_of(error) != "ConditionalCheckFailedException":
            raise
