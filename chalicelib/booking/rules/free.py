"""What can be had: who can serve an offering, when it is free, and whom to give where the customer does not mind."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from chalicelib.booking.rules import hours
from chalicelib.booking.rules.booking import NotOffered, SlotTaken
from chalicelib.booking.rules.days import Claim, DayKey, Diary, utc_dates
from chalicelib.kit.errors import FieldError, NotFound
from chalicelib.kit.wall import Window, day_bounds
from chalicelib.shops.ports import Listing, Offering, Shop, Status

HINTS = 3  # free times that a refusal names


@dataclass(frozen=True)
class Limits:
    """How soon and how far ahead can be booked."""

    lead: timedelta = timedelta()
    horizon: timedelta = timedelta(days=90)


LIMITS = Limits()


@dataclass(frozen=True)
class FreeTime:
    """A time that can be had, and the resources of which each can serve it."""

    start: datetime
    end: datetime
    resource_ids: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """An offering on one local date of its shop, before looking at what is taken.

    Attributes:
        day: the local date.
        span: the local date in UTC.
        resource_ids: who can serve; the shop itself where it names no staff.
        starts: when it could begin by the opening hours alone, in UTC and in order.
    """

    shop: Shop
    offering: Offering
    day: date
    span: Window
    resource_ids: tuple[str, ...]
    starts: tuple[datetime, ...]

    def ends(self, start: datetime) -> datetime:
        """Return when a service that begins at `start` is over for the customer."""
        return start + timedelta(minutes=self.offering.minutes)

    def claim(self, resource_id: str, start: datetime) -> Claim:
        """Return what a service takes of a resource: its time, and the buffer after it."""
        return Claim(resource_id, start, self.ends(start) + timedelta(minutes=self.offering.buffer_after_minutes))

    @property
    def keys(self) -> tuple[DayKey, ...]:
        """The rows that say what is free on this date, and how busy everybody is."""
        ends = [self.claim("", start).end for start in self.starts[-1:]]
        dates = utc_dates(self.span.start, max([self.span.end, *ends]))
        return tuple((resource_id, day) for resource_id in self.resource_ids for day in dates)


def offering_of(listing: Listing, offering_id: str) -> Offering:
    """Return an offering that can be booked.

    Raises:
        NotFound: there is none.
    """
    found = next((one for one in listing.offerings if one.id == offering_id and one.active), None)
    if found is None:
        raise NotFound("offering")
    return found


def resource_ids(listing: Listing, offering: Offering, staff_id: str | None = None) -> tuple[str, ...]:
    """Return who can serve an offering, in the order of their ids. A shop that names no staff serves by itself, one
    at a time; one whose staff are all away serves nobody.

    Raises:
        NotFound: `staff_id` is nobody who serves this.
    """
    able = {one.id for one in listing.staff if one.active and one.id in (offering.staff_ids or (one.id,))}
    if staff_id is not None:
        if staff_id not in able:
            raise NotFound("staff")
        return (staff_id,)
    return tuple(sorted(able)) if listing.staff else (listing.shop.id,)


def plan(listing: Listing, offering_id: str, day: date, staff_id: str | None = None) -> Plan:
    """Return what an offering's date looks like by the shop's description alone.

    Raises:
        NotFound: no such offering, or the named staff does not serve it.
    """
    shop, offering = listing.shop, offering_of(listing, offering_id)
    zone = ZoneInfo(shop.zone)
    able = resource_ids(listing, offering, staff_id)
    starts: tuple[datetime, ...] = ()
    if shop.status == Status.OPEN:
        starts = hours.starts(shop.schedule, zone, day, minutes=offering.minutes, slot_minutes=offering.slot_minutes)
    return Plan(shop, offering, day, day_bounds(day, zone), able, starts)


def bookable(starts: Iterable[datetime], now: datetime, limits: Limits = LIMITS) -> tuple[datetime, ...]:
    """Return the starts that are neither too soon nor too far ahead."""
    return tuple(at for at in starts if now + limits.lead <= at <= now + limits.horizon)


def free_times(plan: Plan, diary: Diary, now: datetime, limits: Limits = LIMITS) -> tuple[FreeTime, ...]:
    """Return every time of a plan that somebody can serve, with all who can, in order."""
    found = []
    for start in bookable(plan.starts, now, limits):
        able = tuple(one for one in plan.resource_ids if diary.is_free(plan.claim(one, start)))
        if able:
            found.append(FreeTime(start, plan.ends(start), able))
    return tuple(found)


def check_bookable(start: datetime, now: datetime, limits: Limits = LIMITS) -> None:
    """Raise `NotOffered` where `start` is too soon or too far ahead."""
    if not bookable([start], now, limits):
        raise _not_offered(start)


def check_offered(plan: Plan, start: datetime) -> None:
    """Raise `NotOffered` where `start` is no time of the plan."""
    if start not in plan.starts:
        raise _not_offered(start)


def _not_offered(start: datetime) -> NotOffered:
    return NotOffered(errors=[FieldError("start", f"{start.isoformat()} cannot be booked")])


def choose(plan: Plan, start: datetime, diary: Diary, seed: str) -> Claim | None:
    """Return the claim of the free resource with the least to do on that date, None where nobody is free. Among
    equals `seed` decides (such as the line's id): the same request has the same answer, but not all requests press on
    the same member of the staff.
    """
    free = [claim for one in plan.resource_ids if diary.is_free(claim := plan.claim(one, start))]

    def rank(claim: Claim) -> tuple[timedelta, bytes]:
        return diary.load(claim.resource_id, plan.span), _lot(seed, claim.resource_id)

    return min(free, key=rank, default=None)


def taken(plan: Plan, start: datetime, diary: Diary, now: datetime) -> SlotTaken:
    """Return the answer that a time is taken, with the next free ones of that date, else the last before."""
    zone = ZoneInfo(plan.shop.zone)
    free = [one.start for one in free_times(plan, diary, now)]
    later = [at for at in free if at > start][:HINTS]
    return SlotTaken(start.astimezone(zone), [at.astimezone(zone) for at in later or free[-HINTS:]])


def by_choice(plans: Sequence[Plan]) -> list[int]:
    """Return the positions of plans, those with the fewest resources first: whoever minds is served before whoever
    does not.
    """
    return sorted(range(len(plans)), key=lambda position: len(plans[position].resource_ids))


def _lot(seed: str, resource_id: str) -> bytes:
    return hashlib.sha256(f"{seed}\0{resource_id}".encode()).digest()
