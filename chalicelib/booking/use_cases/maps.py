"""What is free on whole dates of a shop, for whoever keeps it ready: whether a start is too soon or too far ahead is
not looked at here but when what was kept is read (`bookable`).

All else counts as it does for `times`: hours, breaks, staff, rooms and things, buffers, and what is taken.
"""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from chalicelib.booking.ports import BookingPorts
from chalicelib.booking.rules import free, plans
from chalicelib.booking.rules.ahead import ROWS
from chalicelib.booking.rules.days import Claim, DayKey, Diary
from chalicelib.booking.rules.plans import Groups, Plan
from chalicelib.kit.wall import DAY, Window
from chalicelib.shops.ports import BookingTerms, Listing, Offering


@dataclass(frozen=True)
class FreeStarts:
    """When an offering is free on a date: starts in UTC, in order, past ones too."""

    offering: Offering
    starts: tuple[datetime, ...]


FreeDay = tuple[FreeStarts, ...]
_Want = tuple[int, int, int, Groups, tuple[datetime, ...]]


def free_maps(
    ports: BookingPorts, listing: Listing, days: Iterable[date], now: datetime
) -> Mapping[date, tuple[FreeStarts, ...]]:
    """Return what is free on some local dates of a shop, for each of its active offerings that is free at all. Of a
    closed shop nothing is.

    One read for as many dates as 100 rows hold; a date that has more rows by itself (some fifty people and things) is
    read in several. The reads are consistent: what is returned is no older than the call.

    Args:
        ports: of these the store alone.
        listing: the shop as the caller knows it; it is not read again.
        days: local dates.
        now: holds that ran out by then keep nobody out.
    """
    found: dict[date, FreeDay] = {}
    for chunk in _chunks(listing, sorted(set(days))):
        keys = {key for planned in chunk.values() for plan in planned for key in plan.keys}
        diary = Diary(ports.store.days(keys, consistent=True) if keys else (), now)
        found |= {day: _free(planned, diary) if planned else () for day, planned in chunk.items()}
    return found


def touched(listing: Listing, spans: Iterable[Window]) -> set[date]:
    """Return the local dates on which starts may have come or gone when these spans of time, buffers included, were
    taken or given free.
    """
    zone = ZoneInfo(listing.shop.zone)
    active = [one for one in listing.offerings if one.active]
    before = timedelta(minutes=max((one.buffer_before_minutes for one in active), default=0))
    after = timedelta(minutes=max((one.minutes + one.buffer_after_minutes for one in active), default=0))
    days: set[date] = set()
    for span in spans:
        first, last = (at.astimezone(zone).date() for at in (span.start - after, span.end + before))
        days.update(first + n * DAY for n in range((last - first).days + 1))
    return days


def bookable(start: datetime, now: datetime, terms: BookingTerms) -> bool:
    """Tell whether a start is neither too soon nor too far ahead."""
    return bool(plans.bookable((start,), now, terms))


def _chunks(listing: Listing, days: Sequence[date]) -> Iterator[dict[date, list[Plan]]]:
    """Yield the plans of dates that are read together."""
    offered = [one.id for one in listing.offerings if one.active]
    chunk: dict[date, list[Plan]] = {}
    keys: set[DayKey] = set()
    for day in days:
        planned = [plan for one in offered if (plan := plans.plan(listing, one, day)).starts]
        wanted = {key for plan in planned for key in plan.keys}
        if chunk and len(keys | wanted) > ROWS:
            yield chunk
            chunk, keys = {}, set()
        chunk[day] = planned
        keys |= wanted
    if chunk:
        yield chunk


def _free(planned: Sequence[Plan], diary: Diary) -> FreeDay:
    """Return what is free on a date; offerings that want the same are looked at once."""
    known: dict[_Want, tuple[datetime, ...]] = {}
    room = _longest_gaps(planned, diary)
    found = []
    for plan in planned:
        one = plan.offering
        want = one.minutes, one.buffer_before_minutes, one.buffer_after_minutes, plan.groups, plan.starts
        if want not in known:
            claim = plan.claim("", plan.starts[0])
            roomy = {who for who in plan.resource_ids if room[who] >= claim.end - claim.start}
            known[want] = tuple(start for start in plan.starts if _is_free(plan, start, diary, roomy))
        if known[want]:
            found.append(FreeStarts(one, known[want]))
    return tuple(found)


def _longest_gaps(planned: Sequence[Plan], diary: Diary) -> dict[str, timedelta]:
    """Return how long each resource is free at a stretch within the date: nothing longer fits, and whoever is booked
    out need not be asked for every start.
    """
    ends = [plan.claim("", start) for plan in planned for start in (plan.starts[0], plan.starts[-1])]
    first, last = min(one.start for one in ends), max(one.end for one in ends)
    longest: dict[str, timedelta] = {}
    for one in {one for plan in planned for one in plan.resource_ids}:
        at, longest[one] = first, timedelta()
        for busy in (*diary.busy(one), Window(last, last)):
            longest[one] = max(longest[one], min(busy.start, last) - at)
            at = max(at, busy.end)
    return longest


def _is_free(plan: Plan, start: datetime, diary: Diary, roomy: Container[str]) -> bool:
    def is_free(claim: Claim) -> bool:
        one = claim.resource_id
        return one in roomy and diary.has_room(one, claim.start, claim.end)

    if sum(map(len, plan.groups)) > len(plan.resource_ids):  # some are in several groups, and serve in one only
        return free.one_of_each(free.serving(plan, start, is_free)) is not None
    # The first who is free will do: where many are, finding all would be most of the work.
    return all(
        any(one in roomy and plan.works(one, start) and is_free(plan.claim(one, start)) for one in group)
        for group in plan.groups
    )
