"""Calendars from elsewhere: their busy times become time that cannot be booked.

An address is read by a schedule, never while somebody waits. What it said is kept, so that a day more can be written
each day without asking again, and so that of a file nothing but times has to be kept.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from time import monotonic
from zoneinfo import ZoneInfo

from chalicelib.booking import use_cases as booking
from chalicelib.calendars.ports import Calendar, CalendarPorts
from chalicelib.calendars.rules import external as rules
from chalicelib.calendars.rules.faults import CalendarFault
from chalicelib.calendars.rules.reading import Busy, busy_times
from chalicelib.kit.auth import Actor
from chalicelib.kit.errors import Busy as TooBusy
from chalicelib.kit.errors import NotFound, invalid
from chalicelib.kit.idempotency import Once
from chalicelib.kit.ids import new_id
from chalicelib.kit.transaction import Action, retrying
from chalicelib.kit.wall import Window
from chalicelib.shops import use_cases as shops
from chalicelib.shops.ports import Listing, Shop

_AT_ONCE = 50  # of a shard, in one run
_SECONDS = 200.0  # of a run; then the rest waits for the next


@dataclass(frozen=True)
class Draft:
    """What a merchant says about a calendar: of `url` and `text` exactly one."""

    name: str
    staff_id: str | None
    url: str | None
    text: str | None


@dataclass(frozen=True)
class Run:
    """What became of those whose turn had come."""

    read: int = 0
    failed: int = 0
    left: int = 0


def add(ports: CalendarPorts, actor: Actor, shop_id: str, draft: Draft, once: Once) -> Calendar:
    """Import a calendar for one of the staff, or for the shop where it names no staff. A file is read at once; an
    address is read by the next run, within a quarter of an hour.

    Raises:
        NotFound, Forbidden: no such shop or staff, or somebody else's.
        CalendarFault: the file cannot be read, or the address will not be.
        TooManyCalendars: the shop has as many as it may.
    """
    listing = shops.listing(ports.shops, shop_id)
    actor.must_run(listing.shop.merchant_id)
    _check_resource(listing, draft.staff_id)
    if draft.url is not None:
        rules.check_url(draft.url)
    now = ports.clock.now()
    new = Calendar(new_id("cal"), shop_id, draft.staff_id, draft.name, now, now, draft.url)
    busy = None
    if draft.text is not None:
        busy = busy_times(draft.text, ZoneInfo(listing.shop.zone), rules.looked_at(now))

    def attempt() -> Calendar:
        made, actions = new, list[Action]()
        if busy is not None:
            made, actions = _rewrite(ports, rules.read(new, busy, None, now), busy.spans, now)
            actions.append(ports.calendars.put_busy(made, busy.spans))
        wanted = [*ports.calendars.create(made), *actions, ports.idempotency.remember(once, made)]
        ports.committer.commit(wanted)
        return made

    return retrying(attempt)


def of_shop(ports: CalendarPorts, actor: Actor, shop_id: str) -> tuple[Calendar, ...]:
    """Return the calendars of a shop and its staff, oldest first, each with what became of the last attempt.

    Raises:
        NotFound, Forbidden: no such shop, or somebody else's.
    """
    _run_by(ports, actor, shop_id)
    return ports.calendars.calendars(shop_id)


def remove(ports: CalendarPorts, actor: Actor, shop_id: str, calendar_id: str) -> None:
    """Forget a calendar and free what it took.

    Raises:
        NotFound, Forbidden: no such calendar, or somebody else's shop.
    """
    _run_by(ports, actor, shop_id)

    def attempt() -> None:
        standing = ports.calendars.calendar(shop_id, calendar_id)
        if standing is None:
            raise NotFound("calendar")
        freed = booking.rewrite_busy(ports.booking, shop_id, standing.resource_id, standing.id, (), ports.clock.now())
        ports.committer.commit([*ports.calendars.remove(standing), *freed.actions])

    retrying(attempt)


def fetch_due(ports: CalendarPorts, now: datetime, elapsed: Callable[[], float] = monotonic) -> Run:
    """Read those calendars whose turn has come, the longest waiting first. What cannot be read is written down where
    its merchant sees it, and keeps nobody else waiting.
    """
    began = elapsed()
    shards = (ports.calendars.due(shard, now, _AT_ONCE) for shard in range(ports.calendars.shards))
    due = [one for turn in zip_longest(*shards) for one in turn if one is not None]  # no shard behind another
    read = failed = 0
    for number, (shop_id, calendar_id) in enumerate(due):
        if elapsed() - began > _SECONDS:
            return Run(read, failed, len(due) - number)
        try:
            done = refresh(ports, shop_id, calendar_id, now)
        except TooBusy:  # its turn stays
            failed += 1
            continue
        read += done is not None and done.state == rules.State.READ
        failed += done is not None and done.state == rules.State.FAILED
    return Run(read, failed)


def refresh(ports: CalendarPorts, shop_id: str, calendar_id: str, now: datetime) -> Calendar | None:
    """Read a calendar and write its busy times; None where it is gone.

    Raises:
        Busy: the days change too fast.
    """
    asked = ports.calendars.calendar(shop_id, calendar_id)
    if asked is None:
        return None
    try:
        shop = shops.shop(ports.shops, shop_id)
        busy, etag = _look(ports, asked, shop, now)
    except CalendarFault as error:
        fault = error  # the name of an except clause ends with it
        return _write(ports, asked, lambda standing: _failed(ports, standing, fault, now))
    return _write(ports, asked, lambda standing: _next(ports, standing, busy, etag, now))


def _look(ports: CalendarPorts, asked: Calendar, shop: Shop, now: datetime) -> tuple[Busy | None, str | None]:
    """Return what an address says, None where it says what it said or where it is a file."""
    if asked.url is None:
        return None, None
    fetched = ports.fetcher.fetch(asked.url, asked.etag if asked.written_at else None)
    if fetched.text is None:
        return None, asked.etag
    return busy_times(fetched.text, ZoneInfo(shop.zone), rules.looked_at(now)), fetched.etag


def _next(
    ports: CalendarPorts, standing: Calendar, busy: Busy | None, etag: str | None, now: datetime
) -> tuple[Calendar, list[Action]]:
    after = rules.unchanged(standing, now)
    if busy is None:
        return _again(ports, standing, after, now)
    said = rules.read(after, busy, etag, now)
    after, actions = _rewrite(ports, said, busy.spans, now)
    if busy.spans != ports.calendars.busy(standing):
        actions.append(ports.calendars.put_busy(after, busy.spans))
    return after, actions


def _failed(
    ports: CalendarPorts, standing: Calendar, fault: CalendarFault, now: datetime
) -> tuple[Calendar, list[Action]]:
    after = rules.failed(standing, fault, now)
    return _again(ports, standing, after, now) if standing.written_at else (after, [])


def _again(ports: CalendarPorts, standing: Calendar, after: Calendar, now: datetime) -> tuple[Calendar, list[Action]]:
    """Return what a calendar's next version writes when it says what it said: the days may have moved on."""
    if not standing.must_rewrite(now):
        return after, []
    return _rewrite(ports, after, rules.ahead(ports.calendars.busy(standing), now), now)


def _rewrite(
    ports: CalendarPorts, calendar: Calendar, spans: tuple[Window, ...], now: datetime
) -> tuple[Calendar, list[Action]]:
    found = booking.rewrite_busy(ports.booking, calendar.shop_id, calendar.resource_id, calendar.id, spans, now)
    return rules.written(calendar, found.conflicts, now), list(found.actions)


def _write(
    ports: CalendarPorts, asked: Calendar, decide: Callable[[Calendar], tuple[Calendar, list[Action]]]
) -> Calendar | None:
    def attempt() -> Calendar | None:
        standing = ports.calendars.calendar(asked.shop_id, asked.id)
        if standing is None:
            return None
        if standing.read_at is not None and asked.read_at != standing.read_at:
            return standing  # another run was faster
        after, actions = decide(standing)
        ports.committer.commit([ports.calendars.replace(after), *actions])
        return after

    return retrying(attempt)


def _check_resource(listing: Listing, staff_id: str | None) -> None:
    if staff_id is None and listing.staff:
        raise invalid("staff_id", "the shop names its staff: say whose calendar it is")
    if staff_id is not None and staff_id not in {one.id for one in listing.staff}:
        raise NotFound("staff")


def _run_by(ports: CalendarPorts, actor: Actor, shop_id: str) -> None:
    actor.must_run(shops.shop(ports.shops, shop_id).merchant_id)
