"""Looking at bookings: one, a shop's agenda of a date, and what was sold over many dates."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from chalicelib.booking.ports import Booking, BookingPorts
from chalicelib.booking.rules.booking import State
from chalicelib.kit.auth import Actor
from chalicelib.kit.errors import NotFound
from chalicelib.kit.pagination import Page
from chalicelib.kit.wall import Window, day_bounds
from chalicelib.shops import use_cases as shops

_PAGE = 1_000  # bookings of one query: less than the megabyte that a page of an index can have
_MOST_PAGES = 4  # of a shop whose staff are many: one of them is looked for so far


@dataclass(frozen=True)
class Sold:
    """Bookings by start.

    Attributes:
        whole: these are all there are.
    """

    items: tuple[Booking, ...]
    whole: bool


class _Read(Protocol):
    def __call__(self, after: Mapping[str, Any] | None, limit: int) -> Page[Booking]: ...


def sold_by_shop(ports: BookingPorts, shop_id: str, span: Window, limit: int, staff_id: str | None = None) -> Sold:
    """Return what a shop has sold that begins within a span, by start, what was cancelled too; of one of its staff
    alone where `staff_id` says so. One query of an index mostly, four at most; a change may take a moment to show.
    Whose shop it is, is not asked: that is the caller's.
    """

    def read(after: Mapping[str, Any] | None, limit: int) -> Page[Booking]:
        return ports.store.agenda(shop_id, span, after, limit)

    return _first(read, limit, staff_id)


def bought_by(ports: BookingPorts, account_id: str, span: Window, limit: int) -> Sold:
    """Return what a customer has bought, likewise."""

    def read(after: Mapping[str, Any] | None, limit: int) -> Page[Booking]:
        return ports.store.of_customer(account_id, span, after, limit)

    return _first(read, limit, None)


def _first(read: _Read, limit: int, staff_id: str | None) -> Sold:
    found: list[Booking] = []
    after: Mapping[str, Any] | None = None
    for _ in range(_MOST_PAGES):
        page = read(after, _PAGE if staff_id else min(_PAGE, limit - len(found)))
        found += [one for one in page.items if staff_id in {None, one.staff_id}]
        after = page.next
        if after is None or len(found) >= limit:
            break
    return Sold(tuple(found[:limit]), whole=after is None and len(found) <= limit)


def expected(ports: BookingPorts, booking_ids: Collection[str]) -> frozenset[str]:
    """Return those of some bookings whose customer is expected: accepted, to come, and not there already. One read."""
    found = ports.store.bookings(booking_ids)
    return frozenset(one.id for one in found.values() if one.state is State.CONFIRMED)


def agenda(
    ports: BookingPorts, actor: Actor, shop_id: str, day: date, after: Mapping[str, Any] | None, limit: int
) -> Page[Booking]:
    """Return some of what the actor's shop has sold for a local date, by start; what was cancelled too.

    Raises:
        NotFound: no such shop. Forbidden: somebody else's.
    """
    shop = shops.shop(ports.shops, shop_id)
    actor.must_run(shop.merchant_id)
    return ports.store.agenda(shop_id, day_bounds(day, ZoneInfo(shop.zone)), after, limit)


def get(ports: BookingPorts, actor: Actor, booking_id: str) -> Booking:
    """Return a booking to its customer, its merchant and admins.

    Raises:
        NotFound: there is none, or it is none of the actor's business.
    """
    booking = ports.store.booking(booking_id)
    if booking is None:
        raise NotFound("booking")
    actor.must_be(booking.customer_id, "booking", booking.merchant_id)
    return booking


def run_by(ports: BookingPorts, actor: Actor, booking_id: str) -> Booking:
    """Return a booking to those who run its shop.

    Raises:
        NotFound, Forbidden: not the actor's shop.
    """
    booking = get(ports, actor, booking_id)
    actor.must_run(booking.merchant_id)
    return booking
