"""What of a shop can be had now, of that which came free: for those who wait."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from chalicelib.booking.ports import BookingStore
from chalicelib.booking.rules import free, plans
from chalicelib.booking.rules.days import Claim, Diary
from chalicelib.booking.rules.plans import Plan
from chalicelib.booking.rules.waits import AtShop, Nearby, Offer
from chalicelib.kit.cells import metres
from chalicelib.kit.errors import NotFound
from chalicelib.kit.wall import DAY
from chalicelib.shops.ports import Listing, Offering

_Wanted = tuple[str, str | None, date]  # offering, staff, local date


class Openings:
    """Some time of a shop, as it was when first asked for; `look_again` forgets what was read.

    Args:
        store: the bookings.
        listing: the shop.
        spans: what came free; None: everything is looked at.
        now: the moment.
    """

    def __init__(self, store: BookingStore, listing: Listing, spans: Sequence[Claim] | None, now: datetime) -> None:
        self.listing, self.spans = listing, spans
        self._store, self._now = store, now
        self._zone = ZoneInfo(listing.shop.zone)
        self._plans: dict[_Wanted, Plan | None] = {}
        self._free: dict[_Wanted, frozenset[datetime]] = {}

    def look_again(self) -> None:
        """Forget what was taken."""
        self._free.clear()

    @property
    def days(self) -> tuple[date, ...]:
        """The local dates on which a service can begin that takes some of what came free; in order."""
        longest = max((_length(one) for one in self.listing.offerings if one.active), default=timedelta())
        found: set[date] = set()
        for span in self.spans or ():
            first, last = (at.astimezone(self._zone).date() for at in (span.start - longest, span.end))
            first = max(first, self._today)
            found.update(first + n * DAY for n in range((last - first).days + 1))
        return tuple(sorted(found))

    def may_suit(self, ask: AtShop | Nearby) -> bool:
        """Whether somebody who asks for this need be looked at: by the shop's description alone, nothing is read."""
        if isinstance(ask, Nearby):
            place = self.listing.shop.position
            if metres(ask.lat, ask.lon, place.lat, place.lon) > ask.radius_m:
                return False
        return any(True for _ in self._starts(ask))

    def offers(self, ask: AtShop | Nearby) -> Iterator[Offer]:
        """Yield what of it is free and suits; of one start the cheapest offering first."""
        shop = self.listing.shop
        for wanted, plan, start in self._starts(ask):
            if start in self._free_starts(wanted, plan):
                yield Offer(shop.id, plan.offering.id, start, shop.zone, wanted[1])

    @property
    def _today(self) -> date:
        return self._now.astimezone(self._zone).date()

    def _starts(self, ask: AtShop | Nearby) -> Iterator[tuple[_Wanted, Plan, datetime]]:
        days = self._asked_days(ask) if self.spans is None else [d for d in self.days if ask.first <= d <= ask.last]
        for offering_id, staff_id in self._wanted(ask):
            for day in days:
                wanted = offering_id, staff_id, day
                plan = self._plan(wanted)
                if plan is not None:
                    suiting = (one for one in plan.starts if ask.suits(one, self._zone))
                    yield from ((wanted, plan, start) for start in suiting if self._came_free(plan, start))

    def _wanted(self, ask: AtShop | Nearby) -> list[tuple[str, str | None]]:
        if isinstance(ask, AtShop):
            return [(ask.offering_id, ask.staff_id)] if ask.shop_id == self.listing.shop.id else []
        # What is not paid beforehand would be theirs at once, in a shop that they have not chosen.
        paid = [one for one in self.listing.offerings if one.active and one.price.amount and one.deposit_bps]
        return [(one.id, None) for one in sorted(paid, key=lambda one: (one.price.amount, one.id))]

    def _asked_days(self, ask: AtShop | Nearby) -> list[date]:
        first = max(ask.first, self._today)
        return [first + n * DAY for n in range((ask.last - first).days + 1)]

    def _came_free(self, plan: Plan, start: datetime) -> bool:
        if self.spans is None:
            return True
        claim, able = plan.claim("", start), plan.resource_ids
        return any(
            span.resource_id in able and claim.start < span.end and span.start < claim.end for span in self.spans
        )

    def _plan(self, wanted: _Wanted) -> Plan | None:
        if wanted not in self._plans:
            offering_id, staff_id, day = wanted
            try:
                self._plans[wanted] = plans.plan(self.listing, offering_id, day, staff_id)
            except NotFound:  # it was offered when somebody asked for it
                self._plans[wanted] = None
        return self._plans[wanted]

    def _free_starts(self, wanted: _Wanted, plan: Plan) -> frozenset[datetime]:
        if wanted not in self._free:
            diary = Diary(self._store.days(plan.keys, consistent=True), self._now)
            self._free[wanted] = frozenset(one.start for one in free.free_times(plan, diary, self._now))
        return self._free[wanted]


def _length(one: Offering) -> timedelta:
    return timedelta(minutes=one.buffer_before_minutes + one.minutes + one.buffer_after_minutes)
