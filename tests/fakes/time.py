"""A clock that stands until it is told to move: what `chalicelib.kit.clock.Clock` promises."""

from datetime import datetime, timedelta


class FakeClock:
    """The time that a test says."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def move(self, **by: float) -> None:
        """Move on by so many `seconds`, `minutes`, `days` ..."""
        self._now += timedelta(**by)
