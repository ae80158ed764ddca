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
from chalicelib.reconciliation.rules.report import Figures, PartReport, Report

__all__ = [
    "BOOKS",
    "ORDERS",
    "OVER",
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
    "bounds",
    "closed",
    "days",
    "is_ready",
    "seen_again",
]


def bounds(day: date) -> tuple[datetime, datetime]:
    """Return the moment that a UTC date begins, and the one that ends it."""
    since = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return since, since + timedelta(days=1)


# How long after a UTC date's end a provider can tell of all of it: wallets make bills of China's days, and the one that
# begins within the date is there at 10 o'clock of the day after it, 26 hours later. Everybody else: an hour.
OVER = timedelta(hours=1)
_TELLS_AFTER = {"wechat": timedelta(hours=27), "alipay": timedelta(hours=27)}


def is_ready(part: str, day: date, now: datetime) -> bool:
    """Say whether a part of a UTC date can be run: nothing is posted or told of for it any more."""
    return now >= bounds(day)[1] + _TELLS_AFTER.get(part, OVER)


def days(first: date, last: date) -> Iterator[date]:
    """Yield the dates from the first to the last."""
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)
