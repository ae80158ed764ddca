"""Differences, cases and figures, and what should agree with what. No I/O."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from chalicelib.reconciliation.rules.case import (
    BOOKS,
    ORDERS,
    Case,
    CaseClosed,
    CaseKind,
    CaseState,
    Difference,
    Note,
    NothingToWriteOff,
    Resolution,
    closed,
    seen_again,
)
from chalicelib.reconciliation.rules.report import Figures, PartReport, Report, as_text

__all__ = [
    "BOOKS",
    "ORDERS",
    "Case",
    "CaseClosed",
    "CaseKind",
    "CaseState",
    "Difference",
    "Figures",
    "Note",
    "NothingToWriteOff",
    "PartReport",
    "Report",
    "Resolution",
    "as_text",
    "bounds",
    "closed",
    "days",
    "seen_again",
]


def bounds(day: date) -> tuple[datetime, datetime]:
    """Return the moment that a UTC date begins, and the one that ends it."""
    since = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return since, since + timedelta(days=1)


def days(first: date, last: date) -> Iterator[date]:
    """Yield the dates from the first to the last."""
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)
