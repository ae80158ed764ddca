"""The next free times of all that a shop offers: which rows to read for them at once, and what these say.

One read takes so many rows, so a shop with many people is looked at for fewer dates, and one with very many by some of
them. What was not looked at is told, never guessed.
"""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from chalicelib.booking.rules import free, hours, plans
from chalicelib.booking.rules.days import DayKey, Diary, utc_dates
from chalicelib.kit.wall import DAY, Window
from chalicelib.shops.ports import Listing, Offering, Status

ROWS = 100  # that one BatchGetItem returns
DAYS = 14  # UTC dates looked ahead at most, the present one among them
TIMES = 3  # of each offering
_LEAST_DAYS = 3  # with a shop's hours; rather some of its people than fewer of these
_MOST_STEPS = 150_000  # some 60 ms of a whole core; a step is one question whether somebody is free
_STEPS_A_START = 10  # what finding out one start of a date takes


@dataclass(frozen=True)
class Next:
    """The next free starts of an offering.

    Attributes:
        times: in UTC and in order, `TIMES` at most.
        partial: not all who can serve it were looked at, or not every date: earlier and further times may be free.
    """

    times: tuple[datetime, ...]
    partial: bool


@dataclass(frozen=True)
class _Want:
    """What decides when an offering is free; many of a shop's have all of it in common."""

    minutes: int
    before: int
    after: int
    slot_minutes: int
    groups: plans.Groups

    @property
    def able(self) -> frozenset[str]:
        """All who and all that can serve."""
        return frozenset(one for group in self.groups for one in group)


@dataclass(frozen=True)
class Outlook:
    """What is looked at.

    Attributes:
        until: only services that are over by then, buffers included, are looked for.
        windows: when the shop is open, from now on.
        keys: the rows that say what is taken.
        resource_ids: of whom.
        wants: the active offerings that want the same.
    """

    listing: Listing
    until: datetime
    windows: tuple[Window, ...]
    keys: tuple[DayKey, ...]
    resource_ids: frozenset[str]
    wants: Mapping[_Want, Sequence[Offering]]


def of_days(
    listing: Listing, offering_id: str, day: date, staff_id: str | None, days: int, now: datetime
) -> tuple[list[plans.Plan], date]:
    """Return an offering's plans for those of some local dates on which it can still be booked, and the last date that
    was looked at: as many as fit into `ROWS`, at least one.

    Raises:
        NotFound: no such offering, or the named staff does not serve it.
    """
    found: list[plans.Plan] = []
    keys: set[DayKey] = set()
    through = day
    for one in (day + n * DAY for n in range(days)):
        plan = plans.plan(listing, offering_id, one, staff_id)
        if plans.bookable(plan.starts, now, plan.shop.terms):
            keys.update(plan.keys)
            if len(keys) > ROWS and found:
                break
            found.append(plan)
        through = one
    return found, through


def outlook(listing: Listing, now: datetime) -> Outlook:
    """Return what to look at of a shop: as many dates as fit into `ROWS`, `DAYS` at most, dates without hours left
    out; of too many people the first ones by id, whoever is an offering's first before anybody's second. Nothing of a
    closed shop.
    """
    first, zone = now.astimezone(UTC).date(), ZoneInfo(listing.shop.zone)
    end = datetime.combine(first + DAYS * DAY, time(), UTC)
    wants = _wants(listing)
    people = _in_turn(wants)
    if not people:
        return Outlook(listing, end, (), (), frozenset(), wants)
    begin, last = (at.astimezone(zone).date() for at in (now, end))
    windows = tuple(_from(hours.open_windows(listing.shop.schedule, zone, begin - DAY, last), now))
    before, after = (timedelta(minutes=max(getattr(want, side) for want in wants)) for side in ("before", "after"))
    spans = [(one.start - before, min(one.end + after, end)) for one in windows if one.start < end]
    touched = sorted({day for span in spans for day in utc_dates(*span)})
    days = touched[: max(ROWS // len(people), _LEAST_DAYS)]
    if len(days) < len(touched):
        end = datetime.combine(touched[len(days)], time(), UTC)
    people = people[: ROWS // max(len(days), 1)]
    keys = tuple((one, day) for one in people for day in days)
    return Outlook(listing, end, windows, keys, frozenset(people), wants)


def next_times(outlook: Outlook, diary: Diary, now: datetime) -> dict[str, Next]:
    """Return the next free starts of each active offering, by its id. Date by date, so that what cannot be looked at
    within `_MOST_STEPS` is far ahead.

    Args:
        outlook: what was looked at.
        diary: the rows of `outlook.keys`.
        now: the same moment as the outlook's.
    """
    found: dict[_Want, list[datetime]] = {want: [] for want in outlook.wants}
    search = _Search(outlook, diary, now)
    lacking = [want for want in found if search.able(want)]
    cut: set[_Want] = set()
    for day in search.days:
        for want in lacking:
            if search.steps > _MOST_STEPS:
                cut.add(want)
            else:
                found[want] += islice(search.on(day, want), TIMES - len(found[want]))
        lacking = [want for want in lacking if len(found[want]) < TIMES]
    return {
        offering.id: Next(tuple(times), want in cut or not outlook.resource_ids.issuperset(want.able))
        for want, times in found.items()
        for offering in outlook.wants[want]
    }


class _Search:
    """Looks for free starts, and counts the steps that it takes."""

    def __init__(self, outlook: Outlook, diary: Diary, now: datetime) -> None:
        self._outlook, self._diary, self._now = outlook, diary, now
        self._zone = ZoneInfo(outlook.listing.shop.zone)
        self._plans: dict[tuple[date, _Want], plans.Plan] = {}
        self._room = self._longest_gaps()
        self.days = sorted({day for day, _ in self._room})
        self.steps = 0

    def able(self, want: _Want) -> bool:
        """Whether of those who are looked at some can serve, of each group."""
        return all(not self._outlook.resource_ids.isdisjoint(group) for group in want.groups)

    def on(self, day: date, want: _Want) -> Iterator[datetime]:
        """Yield the free starts of a local date."""
        length = timedelta(minutes=want.minutes)
        roomy = {one for one in want.able if self._room.get((day, one), timedelta()) >= length}
        if not all(roomy.intersection(group) for group in want.groups):
            return
        plan = self._planned(day, want)
        for start in plans.bookable(plan.starts, self._now, plan.shop.terms):
            if plan.claim("", start).end > self._outlook.until:
                return
            if free.one_of_each(self._first(plan, start, roomy)) is not None:
                yield start

    def _first(self, plan: plans.Plan, start: datetime, roomy: Container[str]) -> plans.Groups:
        """Return of each group whoever is free first: more where groups share members, none of the groups after one
        that has nobody.
        """
        shared = sum(map(len, plan.groups)) > len(plan.resource_ids)
        found: list[tuple[str, ...]] = []
        for group in plan.groups:
            free_ones = (one for one in group if one in roomy and self._is_free(plan, one, start))
            found.append(tuple(free_ones) if shared else tuple(islice(free_ones, 1)))
            if not found[-1]:
                break
        return tuple(found)

    def _is_free(self, plan: plans.Plan, one: str, start: datetime) -> bool:
        self.steps += 1
        claim = plan.claim(one, start)
        return plan.works(one, start) and self._diary.has_room(one, claim.start, claim.end)

    def _planned(self, day: date, want: _Want) -> plans.Plan:
        key = day, want
        if key not in self._plans:
            offering = self._outlook.wants[want][0]
            self._plans[key] = plans.plan(self._outlook.listing, offering.id, day)
            self.steps += _STEPS_A_START * (len(self._plans[key].starts) + _STEPS_A_START)
        return self._plans[key]

    def _longest_gaps(self) -> dict[tuple[date, str], timedelta]:
        """Return by local date and resource how long it is free at a stretch while the shop is open: nothing longer
        fits, and a date that is sold out need not be planned.
        """
        longest: dict[tuple[date, str], timedelta] = {}
        for one in self._outlook.resource_ids:
            for gap in _gaps(self._outlook.windows, self._diary.busy(one), self._outlook.until):
                first, last = (at.astimezone(self._zone).date() for at in (gap.start, gap.end))
                for offset in range((last - first).days + 1):
                    key = first + offset * DAY, one
                    longest[key] = max(longest.get(key, timedelta()), gap.end - gap.start)
        return longest


def _wants(listing: Listing) -> dict[_Want, list[Offering]]:
    wants: dict[_Want, list[Offering]] = {}
    if listing.shop.status is not Status.OPEN:
        return wants
    for one in listing.offerings:
        if one.active:
            groups = plans.groups(listing, one)
            want = _Want(one.minutes, one.buffer_before_minutes, one.buffer_after_minutes, one.slot_minutes, groups)
            wants.setdefault(want, []).append(one)
    return wants


def _in_turn(wants: Iterable[_Want]) -> list[str]:
    """Return who can serve anything: first who is the first of some offering, and so on, by id."""
    turn: dict[str, int] = {}
    for group in (group for want in wants for group in want.groups):
        for position, one in enumerate(group):
            turn[one] = min(position, turn.get(one, position))
    return sorted(turn, key=lambda one: (turn[one], one))


def _from(windows: Iterable[Window], now: datetime) -> Iterator[Window]:
    return (Window(max(one.start, now), one.end) for one in windows if now < one.end)


def _gaps(windows: Iterable[Window], busy: Sequence[Window], until: datetime) -> Iterator[Window]:
    """Yield what is left of windows; both are in order, and neither overlaps itself."""
    position = 0
    for window in windows:
        at, end = window.start, min(window.end, until)
        while position < len(busy) and busy[position].start < end:
            if at < busy[position].start:
                yield Window(at, busy[position].start)
            at = max(at, busy[position].end)
            if busy[position].end > end:
                break  # it may reach into the next one
            position += 1
        if at < end:
            yield Window(at, end)
