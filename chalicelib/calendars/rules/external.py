"""A calendar from elsewhere: whose busy times it says, when it is read again, and what became of the last attempt."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from chalicelib.calendars.rules.faults import AddressRefused, CalendarFault
from chalicelib.calendars.rules.reading import Busy
from chalicelib.kit import addresses
from chalicelib.kit.wall import Window

EVERY = timedelta(minutes=15)
AT_LEAST = timedelta(days=1)  # the days ahead move on, also for a calendar that does not change
_LONGEST_WAIT = timedelta(days=1)
LOOKED_AHEAD = timedelta(days=365)  # what is kept of a calendar; of it the days that can be booked are taken
LONGEST_URL = 2_000
_LONGEST_TAG = 500


class State(StrEnum):
    """What became of the last attempt."""

    WAITING = "waiting"
    READ = "read"
    FAILED = "failed"


@dataclass(frozen=True)
class Calendar:
    """A calendar that somebody keeps elsewhere, as an address or as a file.

    Attributes:
        id: `cal_...`; its busy times stand under it where bookings have theirs.
        staff_id: whose time it takes; None where the shop names no staff and it is the shop's own.
        url: None of a file. Who knows it can read the calendar.
        state, reason: of the last attempt; the reason is the code of a `CalendarFault`, None unless it failed.
        etag: what the address said that its present state is called.
        read_at: when it was last looked at; None before.
        written_at: when its busy times were last written to the days.
        spans: number of its busy times within a year.
        until: what begins later was left out, since there was too much of it; None where nothing was.
        conflicts: bookings that stand where it is busy.
        skipped: events that mean nothing to us.
        failures: attempts that failed since the last that did not.
        next_at: when its turn comes.
        version: rises with every change.
    """

    id: str
    shop_id: str
    staff_id: str | None
    name: str
    created_at: datetime
    next_at: datetime
    url: str | None = field(default=None, repr=False)
    state: State = State.WAITING
    reason: str | None = None
    etag: str | None = None
    read_at: datetime | None = None
    written_at: datetime | None = None
    spans: int = 0
    until: datetime | None = None
    conflicts: int = 0
    skipped: int = 0
    failures: int = 0
    version: int = 1

    @property
    def resource_id(self) -> str:
        """Whose time it takes, as the days know it."""
        return self.staff_id or self.shop_id

    def must_rewrite(self, now: datetime) -> bool:
        """Whether the days are to be written though it may not have changed: a booking that stood in its way may be
        gone, or there is a day more to look at.
        """
        return self.conflicts > 0 or self.written_at is None or self.written_at.date() != now.date()


def looked_at(now: datetime) -> Window:
    """Return the span of which busy times are kept."""
    return Window(now, now + LOOKED_AHEAD)


def read(calendar: Calendar, busy: Busy, etag: str | None, now: datetime) -> Calendar:
    """Return a calendar that was read, as the version that it is."""
    tag = etag if etag and len(etag) <= _LONGEST_TAG else None
    return replace(_done(calendar, now), etag=tag, spans=len(busy.spans), until=busy.until, skipped=busy.skipped)


def written(calendar: Calendar, conflicts: int, now: datetime) -> Calendar:
    """Return a calendar whose busy times go to the days."""
    return replace(calendar, conflicts=conflicts, written_at=now)


def unchanged(calendar: Calendar, now: datetime) -> Calendar:
    """Return the next version of a calendar that still says what it said."""
    return replace(_done(calendar, now), version=calendar.version + 1)


def _done(calendar: Calendar, now: datetime) -> Calendar:
    wait = EVERY if calendar.url else AT_LEAST
    return replace(calendar, state=State.READ, reason=None, failures=0, read_at=now, next_at=now + wait)


def failed(calendar: Calendar, fault: CalendarFault, now: datetime) -> Calendar:
    """Return the next version of a calendar that could not be read: what it said last counts on, and the next attempt
    waits twice as long each time, a day at most.
    """
    wait = min(EVERY * 2 ** min(calendar.failures + 1, 10), _LONGEST_WAIT)
    return replace(
        calendar,
        state=State.FAILED,
        reason=fault.code,
        failures=calendar.failures + 1,
        read_at=now,
        next_at=now + wait,
        version=calendar.version + 1,
    )


def check_url(url: str) -> None:
    """Raise `AddressRefused` where an address can be seen to be none; where it leads is seen when it is read."""
    if len(url) > LONGEST_URL:
        raise AddressRefused
    try:
        addresses.host_of(url)
    except addresses.AddressRefused as error:
        raise AddressRefused from error


def ahead(spans: Sequence[Window], now: datetime) -> tuple[Window, ...]:
    """Return busy times that are not over."""
    return tuple(one for one in spans if one.end > now)
