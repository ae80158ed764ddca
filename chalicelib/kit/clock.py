"""Time comes from outside: a port, so that tests own it."""

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


def iso(moment: datetime) -> str:
    """Write an aware moment as RFC 3339 in UTC with microseconds: such texts sort as the moments do."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def parse(text: str) -> datetime:
    """Read an RFC 3339 moment; one without an offset is refused.

    Raises:
        ValueError: not a moment, no offset, or not within the years 1 to 9999 in UTC.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("the time has no offset")
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("the time is out of range") from error


def iso_or_none(moment: datetime | None) -> str | None:
    """Write what a row may lack: as `iso`, or nothing."""
    return iso(moment) if moment else None


def parse_or_none(text: str | None) -> datetime | None:
    """Read what a row may lack: as `parse`, or nothing.

    Raises:
        ValueError: as `parse`.
    """
    return parse(text) if text else None
