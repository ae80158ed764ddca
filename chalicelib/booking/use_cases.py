"""What can be done with bookings beside buying and cancelling them, which `orders` does through `lines`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from chalicelib.booking.busy import rewrite_busy as rewrite_busy  # noqa: PLC0414 - a use case in a file of its own
from chalicelib.booking.ports import BookingPorts
from chalicelib.booking.reading import Sold as Sold  # noqa: PLC0414 - as above
from chalicelib.booking.reading import bought_by as bought_by  # noqa: PLC0414
from chalicelib.booking.reading import sold_by_shop as sold_by_shop  # noqa: PLC0414
from chalicelib.booking.rules import ahead, free, plans
from chalicelib.booking.rules import booking as rules
from chalicelib.booking.rules.booking import Booking
from chalicelib.booking.rules.days import Diary
from chalicelib.kit.auth import Actor
from chalicelib.kit.errors import NotFound
from chalicelib.kit.idempotency import Once
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import Action, retrying
from chalicelib.kit.wall import day_bounds
from chalicelib.orders import use_cases as orders
from chalicelib.orders.ports import OrdersPorts
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
    if actor.account_id != booking.customer_id:
        actor.must_be(booking.merchant_id, "booking")
    return booking


def check_in(ports: BookingPorts, actor: Actor, booking_id: str, code: str, once: Once) -> Booking:
    """Write down that the customer came, which their code proves.

    Raises:
        NotFound, Forbidden: not the actor's shop.
        WrongCode, TooManyTries, NotPossible, TooEarly: see `rules.booking.checked_in`. A wrong code counts before
            it is told that it is wrong.
    """

    def attempt() -> Booking:
        booking, now = _run_by(ports, actor, booking_id), ports.clock.now()
        try:
            after = rules.checked_in(booking, code, now)
        except rules.WrongCode:
            ports.committer.commit([ports.store.replace(rules.missed(booking, now))])
            raise
        ports.committer.commit([ports.store.replace(after), ports.idempotency.remember(once, after)])
        return after

    return retrying(attempt)


def complete(ports: BookingPorts, actor: Actor, booking_id: str, once: Once) -> Booking:
    """Write down that the service was given: the order's line is completed and the merchant's money falls due.

    Raises:
        NotFound, Forbidden: not the actor's shop.
        NotPossible: the customer has not checked in.
    """
    return _end(ports, actor, booking_id, once, rules.completed, orders.line_completed)


def no_show(ports: BookingPorts, actor: Actor, booking_id: str, once: Once) -> Booking:
    """Write down that the customer did not come.

    Raises:
        NotFound, Forbidden: not the actor's shop.
        TooEarly: it has not begun. NotPossible: the customer came, or it was never sold.
    """
    return _end(ports, actor, booking_id, once, rules.no_show, orders.line_no_show)


def _end(
    ports: BookingPorts,
    actor: Actor,
    booking_id: str,
    once: Once,
    rule: Callable[[Booking, datetime], Booking],
    line_ended: Callable[[OrdersPorts, str, str, datetime], Sequence[Action]],
) -> Booking:
    def attempt() -> Booking:
        booking, now = _run_by(ports, actor, booking_id), ports.clock.now()
        after = rule(booking, now)
        ports.committer.commit(
            [
                ports.store.replace(after),
                *line_ended(ports.orders, booking.order_id, booking.line_id, now),
                ports.idempotency.remember(once, after),
            ]
        )
        return after

    return retrying(attempt)


def _run_by(ports: BookingPorts, actor: Actor, booking_id: str) -> Booking:
    booking = get(ports, actor, booking_id)
    actor.must_run(booking.merchant_id)
    return booking
