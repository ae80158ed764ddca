"""One page of a query of DynamoDB: where it begins, how long it is, and where the next one does."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pynamodb.pagination import ResultIterator

from chalicelib.kit.pagination import Page

_R = TypeVar("_R")
_T = TypeVar("_T")


def paged(after: Mapping[str, Any] | None, limit: int | None) -> dict[str, Any]:
    """Return what a query is told: to go on after a position, and to ask once for as many rows as are wanted."""
    return {"last_evaluated_key": dict(after) if after else None, "limit": limit, "page_size": limit}


def page_of(rows: ResultIterator[_R], read: Callable[[_R], _T]) -> Page[_T]:
    """Return what the rows of such a query are read as, and the position after them."""
    return Page(tuple(map(read, rows)), rows.last_evaluated_key)
