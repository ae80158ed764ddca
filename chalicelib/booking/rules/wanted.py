"""What customers ask for, wish by wish: a time, the step of a visit that follows another, the same time weeks later.

All wishes of an order are decided together: each sees what the others take, and all that cannot be had is told at once.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from chalicelib.booking.rules import free, plans
from chalicelib.booking.rules.days import Claim, DayKey, Diary
from chalicelib.booking.rules.plans import Plan
from chalicelib.booking.rules.problems import NotOffered, SlotTaken
from chalicelib.booking.rules.sessions import NotAClass
from chalicelib.kit.clock import parse
from chalicelib.kit.errors import FieldError, invalid
from chalicelib.kit.wall import moment, shown
from chalicelib.orders.ports import Wish
from chalicelib.shops.ports import BookingTerms, Listing

_MOST_TRIES = 200  # of what several wishes could take together
JUST_NOW = timedelta(hours=1)  # a shop may still write down who came in
_BY_SHOP = BookingTerms(horizon_days=366)


@dataclass(frozen=True)
class Asked:
    """One wish, read.

    Attributes:
        start: when; of a step that follows, when the visit begins.
        weeks_later: by the clock of the shop, so many weeks after that.
        follows: it begins when the wish before it, of the same visit, and the buffers between them are over.
        staff_id: who; None where the customer does not mind.
        by_shop: the shop books it itself, at its counter or for a customer who calls: any time that it is open.
        of_session: the shop plans a session of it.
        moved: it is a booking already, which never moves into the past.
    """

    line_id: str
    shop_id: str
    offering_id: str
    start: datetime
    staff_id: str | None = None
    weeks_later: int = 0
    follows: bool = False
    by_shop: bool = False
    of_session: bool = False
    moved: bool = False


@dataclass(frozen=True)
class Wanted:
    """A wish and the date that it falls on."""

    asked: Asked
    plan: Plan
    start: datetime

    @property
    def keys(self) -> set[DayKey]:
        """The rows that decide it: those of the date, and those of what it takes, which off the grid may lie beyond."""
        own = (key for one in self.plan.resource_ids for key in self.plan.claim(one, self.start).keys)
        return {*self.plan.keys, *own}


@dataclass(frozen=True)
class Chosen:
    """A wish that can be had."""

    wanted: Wanted
    booking_id: str
    claims: tuple[Claim, ...]

    @property
    def staff_id(self) -> str | None:
        """Who serves, where the offering needs somebody."""
        return self.claims[0].resource_id if self.wanted.plan.staffed else None


def read(wish: Wish) -> Asked:
    """Read a wish.

    Raises:
        Invalid: it lacks something, or says it wrongly.
    """
    fields = wish.fields
    for name in ("shop_id", "offering_id", "start"):
        if not fields.get(name):
            raise invalid(name, "a booking needs it")
    try:
        start = fields["start"].astimezone(UTC) if isinstance(fields["start"], datetime) else parse(fields["start"])
    except (ValueError, OverflowError) as error:
        raise invalid("start", "not a moment in RFC 3339") from error
    return Asked(
        wish.line_id,
        str(fields["shop_id"]),
        str(fields["offering_id"]),
        start,
        fields.get("staff_id") or None,
        int(fields.get("weeks_later", 0)),
        bool(fields.get("follows")),
        bool(fields.get("walk_in")),
    )


def planned(asked: Sequence[Asked], listings: Mapping[str, Listing], now: datetime) -> list[Wanted]:
    """Return the date of each wish, which can be booked by the shop's description.

    Raises:
        NotOffered: some cannot; names all of them.
        NotFound: no such offering or staff.
    """
    found: list[Wanted] = []
    faults: list[FieldError] = []
    for position, one in enumerate(asked):
        try:
            start = _start(one, listings[one.shop_id].shop.zone, found[-1:])
            found.append(_planned(one, listings[one.shop_id], start, now))
        except NotOffered as refused:
            if len(asked) == 1:
                raise
            faults += [FieldError(f"lines.{position}.start", fault.message) for fault in refused.errors]
            if any(later.follows for later in asked[position + 1 :]):
                break  # when they would begin is not known
    if faults:
        raise NotOffered(errors=faults)
    return found


def _start(asked: Asked, zone_name: str, before: Sequence[Wanted]) -> datetime:
    if asked.follows and before:
        plan = before[-1].plan
        return plan.claim("", before[-1].start).end  # the buffer before this one is added by `_planned`
    if not asked.weeks_later:
        return asked.start
    zone = ZoneInfo(zone_name)
    wall = shown(asked.start, zone) + timedelta(weeks=asked.weeks_later)
    later = moment(wall, zone)
    if shown(later, zone) != wall:
        raise NotOffered(errors=[FieldError("start", f"{wall.isoformat()} does not exist on that date")])
    return later


def _planned(asked: Asked, listing: Listing, start: datetime, now: datetime) -> Wanted:
    if asked.follows:
        before = plans.offering_of(listing, asked.offering_id).buffer_before_minutes
        start += timedelta(minutes=before)
    # Also keeps the calendar's ends away from the arithmetic of zones.
    since, terms = (now - JUST_NOW, _BY_SHOP) if asked.by_shop else (now, listing.shop.terms)
    since = now if asked.moved else since
    plans.check_bookable(start, since, terms)
    day = start.astimezone(ZoneInfo(listing.shop.zone)).date()
    plan = plans.plan(listing, asked.offering_id, day, asked.staff_id)
    if (plan.offering.seats > 1) != asked.of_session:
        raise NotAClass
    if asked.follows or asked.by_shop:
        plans.check_open(plan, start)
    else:
        plans.check_offered(plan, start)
    return Wanted(asked, plan, start)


def chosen(
    wanted: Sequence[Wanted],
    diary: Diary,
    now: datetime,
    name: Callable[[Wanted], str],
    hold_until: datetime | None,
    preferred: Mapping[str, str | None] = MappingProxyType({}),
) -> list[Chosen]:
    """Return what each wish takes, and write it into the diary under the booking's id that `name` gives; of those who
    can serve it, `preferred` says by shop whom first.

    Raises:
        SlotTaken: some cannot be had; names all of them, and of a single one other times.
    """
    order = plans.by_choice([one.plan for one in wanted])
    given = _fitted([wanted[position] for position in order], diary, preferred, [_MOST_TRIES])
    if given is None:
        raise _refusal(_refused(wanted, order, diary, now, preferred), len(wanted))
    by_position = dict(zip(order, given, strict=True))
    found = [Chosen(one, name(one), by_position[position]) for position, one in enumerate(wanted)]
    for one in found:
        for claim in one.claims:
            diary.take(claim, one.booking_id, hold_until)
    return found


def _fitted(
    wanted: Sequence[Wanted], diary: Diary, preferred: Mapping[str, str | None], tries: list[int]
) -> list[tuple[Claim, ...]] | None:
    """Return what each wish takes where all can be had together; None where they cannot, or where that was not found in
    so many `tries`. Mostly the first way fits; whoever is given away too early is given to somebody else then.
    """
    if not wanted:
        return []
    one = wanted[0]
    for claims in free.ways(one.plan, one.start, diary, one.asked.line_id, preferred.get(one.asked.shop_id)):
        if tries[0] <= 0:
            return None
        tries[0] -= 1
        then = diary.copy()
        for claim in claims:
            then.take(claim, one.asked.line_id, None)
        rest = _fitted(wanted[1:], then, preferred, tries)
        if rest is not None:
            return [claims, *rest]
    return None


def _refused(
    wanted: Sequence[Wanted],
    order: Sequence[int],
    diary: Diary,
    now: datetime,
    preferred: Mapping[str, str | None],
) -> dict[int, SlotTaken]:
    """Return who gets nothing where one after the other chooses."""
    then, refused = diary.copy(), dict[int, SlotTaken]()
    for position in order:
        one = wanted[position]
        claims = free.choose(one.plan, one.start, then, one.asked.line_id, preferred.get(one.asked.shop_id))
        if claims is None:
            refused[position] = free.taken(one.plan, one.start, then, now)
        for claim in claims or ():
            then.take(claim, one.asked.line_id, None)
    return refused or {order[-1]: free.taken(wanted[order[-1]].plan, wanted[order[-1]].start, then, now)}


def _refusal(refused: Mapping[int, SlotTaken], wishes: int) -> SlotTaken:
    first = refused[min(refused)]
    if wishes == 1:
        return first
    faults = [
        FieldError(f"lines.{at}.start", f"{one.start.isoformat()} is taken") for at, one in sorted(refused.items())
    ]
    return SlotTaken(first.start, first.free, faults)
