"""What calendars need from outside; also the types of this domain that others may use."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from chalicelib.booking.ports import BookingPorts
from chalicelib.calendars.rules.external import Calendar
from chalicelib.calendars.rules.feed import Feed
from chalicelib.kit.clock import Clock
from chalicelib.kit.idempotency import Idempotency
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import Action, Committer
from chalicelib.kit.wall import Window
from chalicelib.shops.ports import ShopPorts

__all__ = ["Calendar", "CalendarPorts", "CalendarStore", "Feed", "FeedPorts", "FeedStore", "Fetched", "Fetcher"]


class FeedStore(Protocol):
    """Where feeds are kept."""

    def feed(self, feed_id: str) -> Feed | None:
        """Return a feed, read consistently; None where there is none."""
        ...

    def put_feed(self, feed: Feed) -> Action:
        """Return the write of a feed, provided that its version follows the one that stands."""
        ...

    def drop_feed(self, feed: Feed) -> Action:
        """Return the removal of a feed, provided that it stands as it is."""
        ...

    def feeds_of_shop(self, shop_id: str, after: Mapping[str, Any] | None, limit: int) -> Page[Feed]:
        """Return some feeds of a shop and its staff; an index: a change may take a moment to show."""
        ...


class CalendarStore(Protocol):
    """Where imported calendars are kept, and what each said last."""

    shards: int

    def calendar(self, shop_id: str, calendar_id: str) -> Calendar | None:
        """Return a calendar, read consistently; None where there is none."""
        ...

    def calendars(self, shop_id: str) -> tuple[Calendar, ...]:
        """Return all calendars of a shop, oldest first, read consistently."""
        ...

    def busy(self, calendar: Calendar) -> tuple[Window, ...]:
        """Return the busy times that a calendar said last, in order; nothing where it has said nothing yet."""
        ...

    def create(self, calendar: Calendar) -> list[Action]:
        """Return the writes of a new calendar. Refused, it raises `TooManyCalendars`."""
        ...

    def replace(self, calendar: Calendar) -> Action:
        """Return the write of a calendar's next version, provided that it follows the one that stands."""
        ...

    def put_busy(self, calendar: Calendar, spans: Iterable[Window]) -> Action:
        """Return the write of what a calendar says; goes with `create` or `replace`, which guard it."""
        ...

    def remove(self, calendar: Calendar) -> list[Action]:
        """Return the removal of a calendar and of what it said, provided that it stands as it is."""
        ...

    def due(self, shard: int, before: datetime, limit: int) -> Iterable[tuple[str, str]]:
        """Return the shop and the id of calendars whose turn has come, the longest waiting first; an index."""
        ...


@dataclass(frozen=True)
class Fetched:
    """What an address answered.

    Attributes:
        text: the calendar; None where it has not changed since the tag.
        etag: names this state of it; None where the server does not say.
    """

    text: str | None
    etag: str | None


class Fetcher(Protocol):
    """Reads calendars from the internet."""

    def fetch(self, url: str, etag: str | None) -> Fetched:
        """Return what an address holds, or that it is still what it was under `etag`.

        Raises:
            CalendarFault: why it could not be read, as one of its subclasses.
        """
        ...


@dataclass(frozen=True)
class FeedPorts:
    """What feeds need."""

    feeds: FeedStore
    clock: Clock
    committer: Committer
    booking: BookingPorts
    shops: ShopPorts


@dataclass(frozen=True)
class CalendarPorts:
    """What imported calendars need."""

    calendars: CalendarStore
    fetcher: Fetcher
    clock: Clock
    committer: Committer
    idempotency: Idempotency
    booking: BookingPorts
    shops: ShopPorts
