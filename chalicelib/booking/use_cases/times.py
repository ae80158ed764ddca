"""When something is free."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from chalicelib.booking.ports import BookingPorts
from chalicelib.booking.rules import ahead, free, plans
from chalicelib.booking.rules.days import Diary
from chalicelib.shops import use_cases as shops
from chalicelib.shops.ports import Listing, Shop


@dataclass(frozen=True)
class Times:
    """When an offering is free on a date.

    Attributes:
        day: local date of the shop.
        times: in order.
    """

    shop: Shop
    offering_id: str
    day: date
    times: tuple[free.FreeTime, ...]


def times(ports: BookingPorts, shop_id: str, offering_id: str, day: date, staff_id: str | None = None) -> Times:
    """Return when an offering is free on a local date: one query of the shop, one read of what is taken. What was
    taken a moment ago may still show; holding it finds out.

    Raises:
        NotFound: no such shop, offering or staff.
    """
    now = ports.clock.now()
    plan = plans.plan(shops.listing(ports.shops, shop_id), offering_id, day, staff_id)
    if not plans.bookable(plan.starts, now, plan.shop.terms):
        return Times(plan.shop, offering_id, day, ())
    diary = Diary(ports.store.days(plan.keys, consistent=False), now)
    return Times(plan.shop, offering_id, day, free.free_times(plan, diary, now))


@dataclass(frozen=True)
class NextTimes:
    """The next free times of a shop.

    Attributes:
        until: only services that are over by then, buffers included, were looked for.
        offerings: by id of each active offering; of a closed shop none.
    """

    until: datetime
    offerings: Mapping[str, ahead.Next]


def next_times(ports: BookingPorts, listing: Listing, now: datetime) -> NextTimes:
    """Return the next free starts of all that a shop offers: one read of what is taken, and none where nothing can be
    booked. What was taken a moment ago may still show; holding it finds out.

    Args:
        ports: of these the store alone.
        listing: the shop as the caller knows it; it is not read again.
        now: the moment.
    """
    outlook = ahead.outlook(listing, now)
    diary = Diary(ports.store.days(outlook.keys, consistent=False), now)
    return NextTimes(outlook.until, ahead.next_times(outlook, diary, now))
