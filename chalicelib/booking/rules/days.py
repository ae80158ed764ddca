"""What is taken: per resource and UTC date, and what a decision changes of it.

A resource is whatever can serve one at a time: a member of the staff, or a shop that names none; later rooms and
machines. A claim is one resource's time for one booking, buffers included. A claim that runs over midnight (UTC)
stands whole on the row of each date that it touches.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from chalicelib.kit.wall import Window, merged

DayKey = tuple[str, date]
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True)
class Claim:
    """A resource's time, from `start` until before `end`, buffers included."""

    resource_id: str
    start: datetime
    end: datetime

    @property
    def keys(self) -> tuple[DayKey, ...]:
        """The rows that it stands on."""
        return tuple((self.resource_id, day) for day in utc_dates(self.start, self.end))


@dataclass(frozen=True)
class Taken:
    """Time that a booking has on a row; a hold's only until `hold_until`."""

    start: datetime
    end: datetime
    booking_id: str
    hold_until: datetime | None = None

    def is_live(self, now: datetime) -> bool:
        """Whether it keeps others out."""
        return self.hold_until is None or now < self.hold_until


@dataclass(frozen=True)
class Day:
    """One resource's row of one UTC date.

    Attributes:
        version: rises with every change; 0 where there is no row yet.
        taken: by start; holds that ran out stay until the row is next written.
    """

    resource_id: str
    date: date
    version: int = 0
    taken: tuple[Taken, ...] = ()

    @property
    def key(self) -> DayKey:
        return self.resource_id, self.date


def utc_dates(start: datetime, end: datetime) -> tuple[date, ...]:
    """Return the UTC dates that the span from `start` until before `end` touches."""
    first, last = start.astimezone(UTC).date(), (end - _TICK).astimezone(UTC).date()
    return tuple(first + timedelta(days=offset) for offset in range((last - first).days + 1))


class Diary:
    """The rows that one decision has read, and what it changes of them.

    Several claims of one transaction see each other here, and each row is written once.
    """

    def __init__(self, days: Iterable[Day], now: datetime) -> None:
        self._days = {day.key: day for day in days}
        self._now = now
        self._changed: set[DayKey] = set()
        self._busy: dict[str, tuple[tuple[Window, ...], list[datetime]]] = {}

    def copy(self) -> "Diary":
        """Return another one of the same rows: what is tried there changes nothing here."""
        return Diary(self._days.values(), self._now)

    def is_free(self, claim: Claim) -> bool:
        """Whether nobody has any of a claim's time.

        Raises:
            KeyError: a row that the claim stands on was not read; it could be taken there.
        """
        self.must_know((claim.resource_id,), claim.start, claim.end)
        return self.has_room(claim.resource_id, claim.start, claim.end)

    def must_know(self, resource_ids: Iterable[str], start: datetime, end: datetime) -> None:
        """Let pass who asks about resources from `start` until before `end`, where all that it stands on was read.

        Raises:
            KeyError: a row was not read; something could be taken there.
        """
        unread = {(one, day) for one in resource_ids for day in utc_dates(start, end)} - self._days.keys()
        if unread:
            raise KeyError(f"rows {unread} were not read")

    def has_room(self, resource_id: str, start: datetime, end: datetime) -> bool:
        """Whether nobody has any of a resource's time from `start` until before `end`, by the rows that were read: for
        who asks often and has read all that the span stands on.
        """
        spans, begins = self._spans(resource_id)
        before = bisect_left(begins, end)
        return before == 0 or spans[before - 1].end <= start

    def within(self, claim: Claim) -> list[str]:
        """Return the ids of what has any of a claim's time."""
        live = (one for key in claim.keys for one in self._live(key))
        return sorted({one.booking_id for one in live if one.start < claim.end and claim.start < one.end})

    def busy(self, resource_id: str) -> tuple[Window, ...]:
        """Return when a resource is taken, in order, by the rows that were read."""
        return self._spans(resource_id)[0]

    def load(self, resource_id: str, span: Window) -> timedelta:
        """Return how much of a span a resource is taken."""
        spans, _ = self._spans(resource_id)
        zero = timedelta()
        return sum((max(zero, min(one.end, span.end) - max(one.start, span.start)) for one in spans), zero)

    def take(self, claim: Claim, booking_id: str, hold_until: datetime | None) -> None:
        """Give a free claim to a booking, or its own claim anew."""
        entry = Taken(claim.start, claim.end, booking_id, hold_until)
        for key in claim.keys:
            others = [one for one in self._live(key) if one.booking_id != booking_id]
            self._rewrite(key, [*others, entry])

    def drop(self, claim: Claim, booking_id: str) -> None:
        """Free a booking's claim. A hold that ran out is left for the next writer: it keeps nobody out."""
        for key in claim.keys:
            live = list(self._live(key))
            rest = [one for one in live if one.booking_id != booking_id]
            if len(rest) < len(live):
                self._rewrite(key, rest)

    @property
    def changed(self) -> tuple[Day, ...]:
        """The rows to write: new contents, each with the version that was read."""
        return tuple(self._days[key] for key in sorted(self._changed))

    def _live(self, key: DayKey) -> Iterator[Taken]:
        return (one for one in self._days[key].taken if one.is_live(self._now))

    def _rewrite(self, key: DayKey, taken: list[Taken]) -> None:
        in_order = tuple(sorted(taken, key=lambda one: (one.start, one.booking_id)))
        self._days[key] = replace(self._days[key], taken=in_order)
        self._changed.add(key)
        self._busy.pop(key[0], None)

    def _spans(self, resource_id: str) -> tuple[tuple[Window, ...], list[datetime]]:
        if resource_id not in self._busy:
            keys = [key for key in self._days if key[0] == resource_id]
            spans = merged(Window(one.start, one.end) for key in keys for one in self._live(key))
            self._busy[resource_id] = spans, [span.start for span in spans]
        return self._busy[resource_id]
