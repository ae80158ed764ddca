"""Moving a booking: to another time, to somebody else, to another offering. Old time is free as new time is taken."""

from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.booking import messages
from chalicelib.booking.ports import BookingPorts
from chalicelib.booking.rules import booking as rules
from chalicelib.booking.rules import wanted
from chalicelib.booking.rules.booking import Booking, State
from chalicelib.booking.rules.days import Diary
from chalicelib.booking.rules.sessions import NotAClass
from chalicelib.booking.rules.wanted import Asked, Chosen, Wanted
from chalicelib.booking.use_cases.read import get
from chalicelib.kit.auth import Actor
from chalicelib.kit.idempotency import Once
from chalicelib.kit.transaction import Action, retrying
from chalicelib.orders import use_cases as orders
from chalicelib.orders.ports import Line
from chalicelib.shops import use_cases as shops


@dataclass(frozen=True)
class Move:
    """What is to be different; None: as it is. Where the time or the offering changes and nobody is named, it is the
    same person if they can, and else anyone.
    """

    start: datetime | None = None
    staff_id: str | None = None
    offering_id: str | None = None


def move(ports: BookingPorts, actor: Actor, booking_id: str, wish: Move, once: Once) -> Booking:
    """Move a booking: three reads (the booking, the shop, all rows of old and new time) and one transaction. Its price
    stays, unless it becomes another offering: then what is cheaper goes back, and what is dearer is paid at the shop.

    A customer moves their own as long as cancelling it would cost nothing, to times that are offered. The merchant
    moves it at any time, to any time that the shop is open.

    Raises:
        NotFound: no such booking of the actor's, offering or staff.
        NotPossible: it is neither confirmed nor waiting for an answer. TooLateToChange: for the customer.
        NotOffered, SlotTaken: the new time cannot be had.
        CouponBound, PaidInAdvance, TooManyHolds: see `orders.line_changed`.
    """

    def attempt() -> Booking:
        booking, now = get(ports, actor, booking_id), ports.clock.now()
        if booking.session_id is not None:
            raise NotAClass
        is_own = booking.customer_id == booking.merchant_id
        by_customer = actor.account_id == booking.customer_id and not is_own
        found = _wanted(ports, booking, wish, now, by_shop=not by_customer)
        keys = {key for claim in booking.claims for key in claim.keys}.union(found.keys)
        diary = Diary(ports.store.days(keys, consistent=True), now)
        for claim in booking.claims:
            diary.drop(claim, booking.id)
        (chosen,) = wanted.chosen(
            [found], diary, now, lambda _one: booking.id, None, {booking.shop_id: booking.staff_id}
        )
        new = _moved(booking, found, chosen, now, by_customer=by_customer)
        line = orders.line_changed(
            ports.orders, booking.order_id, booking.line_id, lambda old: _line(old, booking, new, found), now,
            by_customer=by_customer,
        )  # fmt: skip
        rows = [ports.store.replace_day(day) for day in diary.changed]
        told = ports.outbox.put(messages.time_changed(booking.shop_id, new.claims, booking.claims, now))
        waits: list[Action] = [ports.store.await_answer(new)] if new.state == State.REQUESTED else []
        said = (told, ports.idempotency.remember(once, new))
        ports.committer.commit([ports.store.replace(new), *rows, *line, *waits, *said])
        return new

    return retrying(attempt)


def _moved(booking: Booking, found: Wanted, chosen: Chosen, now: datetime, *, by_customer: bool) -> Booking:
    plan, offering = found.plan, found.plan.offering
    same = offering.id == booking.offering_id
    return rules.moved(
        booking,
        now,
        by_customer=by_customer,
        claims=chosen.claims,
        staff_id=chosen.staff_id,
        offering_id=offering.id,
        approval=booking.approval if same else offering.approval,
        title=booking.title if same else offering.name,
        starts_at=found.start,
        ends_at=plan.ends(found.start),
    )


def _wanted(ports: BookingPorts, booking: Booking, wish: Move, now: datetime, *, by_shop: bool) -> Wanted:
    stays = wish.start is None and wish.offering_id is None
    asked = Asked(
        line_id=booking.line_id,
        shop_id=booking.shop_id,
        offering_id=wish.offering_id or booking.offering_id,
        start=wish.start or booking.starts_at,
        staff_id=wish.staff_id or (booking.staff_id if stays else None),
        by_shop=by_shop,
        moved=True,
    )
    listing = shops.listing(ports.shops, booking.shop_id)
    return wanted.planned([asked], {booking.shop_id: listing}, now)[0]


def _line(old: Line, before: Booking, new: Booking, found: Wanted) -> Line:
    moved = replace(old, starts_at=new.starts_at, ends_at=new.ends_at, title=new.title, offering_id=new.offering_id)
    if new.offering_id == before.offering_id:
        return moved
    offering = found.plan.offering
    return replace(moved, price=offering.price, deposit_bps=offering.deposit_bps)
