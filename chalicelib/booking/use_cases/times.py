"""When something is free."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice

from chalicelib.booking.ports import BookingPorts
from chalicelib.booking.rules import ahead, free
from chalicelib.booking.rules.days import Diary
from chalicelib.shops import use_cases as shops
from chalicelib.shops.ports import Listing, Shop


@dataclass(frozen=True)
class Times:
    """When an offering is free.

    Attributes:
        day: local date of the shop, the first that was looked at.
        through: the last one.
        times: in order.
    """

    shop: Shop
    offering_id: str
    day: date
    through: date
    times: tuple[free.FreeTime, ...]


def times(
    ports: BookingPorts,
    shop_id: str,
    offering_id: str,
    day: date,
    staff_id: str | None = None,
    days: int = 1,
    first: int | None = None,
) -> Times:
    """Return when an offering is free on some local dates: one query of the shop, one read of what is taken. What was
    taken a moment ago may still show; holding it finds out.

    Args:
        ports: what booking needs.
        shop_id, offering_id: what.
        day: the first date.
        staff_id: only with this member of the staff.
        days: how many dates, 31 at most; fewer are looked at where one read does not take the rows of all who serve.
        first: only so many of the times; the earliest, where it is 1.

    Raises:
        NotFound: no such shop, offering or staff.
    """
    now = ports.clock.now()
    listing = shops.listing(ports.shops, shop_id)
    found, through = ahead.of_days(listing, offering_id, day, staff_id, days, now)
    keys = {key for plan in found for key in plan.keys}
    diary = Diary(ports.store.days(keys, consistent=False) if keys else (), now)
    seen = (one for plan in found for one in free.free_times(plan, diary, now))
    return Times(listing.shop, offering_id, day, through, tuple(islice(seen, first)))


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
