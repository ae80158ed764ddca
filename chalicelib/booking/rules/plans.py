"""An offering on a date, by its shop's description alone: when it could begin, and who and what could serve it.

It takes one of each group: of the staff who can do it, and of every group of rooms or things that it needs. All that
serve are taken from the buffer before its start to the buffer after its end; the customer is there in between, and in
between the shop is open and its people are at work.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from chalicelib.booking.rules import hours
from chalicelib.booking.rules.days import Claim, DayKey, utc_dates
from chalicelib.booking.rules.problems import NotOffered
from chalicelib.kit.errors import FieldError, NotFound
from chalicelib.kit.wall import DAY, Window, day_bounds
from chalicelib.shops.ports import BookingTerms, Listing, Offering, Schedule, Shop, Staff, Status

Groups = tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Plan:
    """An offering on one local date of its shop, before looking at what is taken.

    Attributes:
        day: the local date.
        span: the local date in UTC.
        groups: one of each is needed; of a staffed offering the first are the people.
        staffed: whether they are.
        starts: when it could begin by the opening hours alone, in UTC and in order.
        open: when the shop is, on that date and around it.
        at_work: the same for those who keep hours of their own.
    """

    shop: Shop
    offering: Offering
    day: date
    span: Window
    groups: Groups
    staffed: bool
    starts: tuple[datetime, ...]
    open: tuple[Window, ...]
    at_work: Mapping[str, tuple[Window, ...]]

    @property
    def staff_ids(self) -> tuple[str, ...]:
        """The people who can serve it; none where it is not people who do."""
        return self.groups[0] if self.staffed else ()

    @property
    def resource_ids(self) -> frozenset[str]:
        """All who and all that can serve it."""
        return frozenset(one for group in self.groups for one in group)

    def ends(self, start: datetime) -> datetime:
        """Return when a service that begins at `start` is over for the customer."""
        return start + timedelta(minutes=self.offering.minutes)

    def claim(self, resource_id: str, start: datetime) -> Claim:
        """Return what a service takes of a resource: its time, and the buffers around it."""
        before = timedelta(minutes=self.offering.buffer_before_minutes)
        after = timedelta(minutes=self.offering.buffer_after_minutes)
        return Claim(resource_id, start - before, self.ends(start) + after)

    def works(self, resource_id: str, start: datetime) -> bool:
        """Whether somebody is at work throughout a service; a thing always is."""
        own = self.at_work.get(resource_id)
        return own is None or any(one.start <= start and self.ends(start) <= one.end for one in own)

    @property
    def keys(self) -> tuple[DayKey, ...]:
        """The rows that say what is free on this date, and how busy everybody is."""
        ends = [self.claim("", start).end for start in self.starts[-1:]]
        begins = [self.claim("", start).start for start in self.starts[:1]]
        dates = utc_dates(min([self.span.start, *begins]), max([self.span.end, *ends]))
        return tuple((one, day) for one in sorted(self.resource_ids) for day in dates)


def offering_of(listing: Listing, offering_id: str) -> Offering:
    """Return an offering that can be booked.

    Raises:
        NotFound: there is none.
    """
    found = next((one for one in listing.offerings if one.id == offering_id and one.active), None)
    if found is None:
        raise NotFound("offering")
    return found


def groups(listing: Listing, offering: Offering, staff_id: str | None = None) -> Groups:
    """Return who and what can serve an offering, each group in the order of its ids. A shop that names neither staff
    nor things serves by itself, one at a time; one whose staff are all away serves nobody.

    Raises:
        NotFound: `staff_id` is nobody who serves this.
    """
    able = tuple(sorted(one.id for one in listing.staff if _can(one, offering)))
    if staff_id is not None:
        if not offering.staffed or staff_id not in able:
            raise NotFound("staff")
        able = (staff_id,)
    usable = {one.id for one in listing.resources if one.active}
    needs = tuple(tuple(sorted(usable.intersection(group))) for group in offering.needs)
    if offering.staffed and listing.staff:
        return (able, *needs)
    return needs or ((listing.shop.id,),)


def plan(listing: Listing, offering_id: str, day: date, staff_id: str | None = None) -> Plan:
    """Return what an offering's date looks like by the shop's description alone.

    Raises:
        NotFound: no such offering, or the named staff does not serve it.
    """
    shop, offering = listing.shop, offering_of(listing, offering_id)
    able, zone = groups(listing, offering, staff_id), ZoneInfo(shop.zone)
    staffed = offering.staffed and bool(listing.staff)
    span = day_bounds(day, zone)
    if shop.status != Status.OPEN:
        return Plan(shop, offering, day, span, able, staffed, (), (), {})
    starts: tuple[datetime, ...] = ()
    if offering.seats == 1:  # a class begins when its merchant plans it
        starts = hours.starts(shop.schedule, zone, day, minutes=offering.minutes, slot_minutes=offering.slot_minutes)
    last = day + timedelta(minutes=offering.minutes) + 2 * DAY  # as far as `hours.starts` looks
    serving = {one.id: one for one in listing.staff if one.id in able[0]} if staffed else {}
    at_work = {
        one.id: hours.open_windows(_schedule(one, shop), zone, day - DAY, last)
        for one in serving.values()
        if one.hours is not None or one.exceptions
    }
    opening = hours.open_windows(shop.schedule, zone, day - DAY, last)
    return Plan(shop, offering, day, span, able, staffed, starts, opening, at_work)


def bookable(starts: Iterable[datetime], now: datetime, terms: BookingTerms) -> tuple[datetime, ...]:
    """Return the starts that are neither too soon nor too far ahead."""
    first = now + timedelta(minutes=terms.lead_minutes)
    last = now + timedelta(days=terms.horizon_days)
    return tuple(at for at in starts if first <= at <= last)


def check_bookable(start: datetime, now: datetime, terms: BookingTerms) -> None:
    """Raise `NotOffered` where `start` is too soon or too far ahead."""
    if not bookable([start], now, terms):
        raise not_offered(start)


def check_offered(plan: Plan, start: datetime) -> None:
    """Raise `NotOffered` where `start` is no time of the plan."""
    if start not in plan.starts:
        raise not_offered(start)


def check_open(plan: Plan, start: datetime) -> None:
    """Raise `NotOffered` where the shop is not open throughout a service that begins at `start`: a later step of a
    visit, which begins when it does and not by the grid.
    """
    if not any(one.start <= start and plan.ends(start) <= one.end for one in plan.open):
        raise not_offered(start)


def not_offered(start: datetime) -> NotOffered:
    """Return the refusal of a start."""
    return NotOffered(errors=[FieldError("start", f"{start.isoformat()} cannot be booked")])


def by_choice(plans: list[Plan]) -> list[int]:
    """Return the positions of plans, those with the least choice first: whoever minds is served before whoever does
    not.
    """
    return sorted(range(len(plans)), key=lambda position: min(map(len, plans[position].groups)))


def _can(staff: Staff, offering: Offering) -> bool:
    named = not offering.staff_ids or staff.id in offering.staff_ids
    return staff.active and named and set(offering.skills) <= set(staff.skills)


def _schedule(staff: Staff, shop: Shop) -> Schedule:
    return Schedule(shop.hours if staff.hours is None else staff.hours, staff.exceptions)
