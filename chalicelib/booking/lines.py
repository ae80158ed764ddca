"""Bookings as lines of an order: implements `orders.ports.LineKind`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from chalicelib.booking.ports import BookingStore
from chalicelib.booking.rules import booking as rules
from chalicelib.booking.rules import free
from chalicelib.booking.rules.booking import Booking, State
from chalicelib.booking.rules.days import Claim, Diary
from chalicelib.kit.auth import Actor
from chalicelib.kit.clock import parse
from chalicelib.kit.errors import invalid
from chalicelib.kit.ids import new_id
from chalicelib.kit.transaction import Action
from chalicelib.orders.ports import CannotFulfil, Line, LineState, Order, Policy, Reservation, Wish
from chalicelib.shops import use_cases as shops
from chalicelib.shops.ports import Listing, ShopPorts

KIND = "booking"


@dataclass(frozen=True)
class _Asked:
    """One wish, read."""

    line_id: str
    shop_id: str
    offering_id: str
    start: datetime
    staff_id: str | None


@dataclass(frozen=True)
class BookingLines:
    """Sells times.

    Attributes:
        store: the bookings.
        shops: who describes what can be booked.
    """

    store: BookingStore
    shops: ShopPorts

    def reserve(
        self, actor: Actor, order_id: str, wishes: Sequence[Wish], hold_until: datetime | None, now: datetime
    ) -> Reservation:
        """See `LineKind.reserve`: one query of each shop, one read of all rows that matter.

        Raises:
            SlotTaken: nobody who serves it is free; names other times.
            NotOffered: not a time that can be booked.
            NotFound: no such shop, offering or staff.
        """
        asked = [_read(wish) for wish in wishes]
        listings = {shop_id: shops.listing(self.shops, shop_id) for shop_id in {one.shop_id for one in asked}}
        plans = [_plan(listings[one.shop_id], one, now) for one in asked]
        diary = Diary(self.store.days({key for plan in plans for key in plan.keys}, consistent=True), now)
        held: dict[int, Booking] = {}
        for position in free.by_choice(plans):
            plan, one = plans[position], asked[position]
            claim = free.choose(plan, one.start, diary, one.line_id)
            if claim is None:
                raise free.taken(plan, one.start, diary, now)
            held[position] = _booking(actor, order_id, one, plan, claim, hold_until, now)
            diary.take(claim, held[position].id, hold_until)
        bookings = [held[position] for position in range(len(asked))]
        return Reservation(
            lines=tuple(_line(booking, plan) for booking, plan in zip(bookings, plans, strict=True)),
            actions=(*(self.store.create(booking) for booking in bookings), *self._rows(diary)),
        )

    def confirm(self, lines: Sequence[Line], order: Order, now: datetime) -> Sequence[Action]:  # noqa: ARG002 - the port's
        """See `LineKind.confirm`: the bookings in one read, their rows in another."""
        found = self.store.bookings([line.ref for line in lines])
        if len(found) < len(lines) or any(booking.state == State.CANCELLED for booking in found.values()):
            raise CannotFulfil
        mine = [booking for booking in found.values() if booking.state in {State.HELD, State.EXPIRED}]
        if any(booking.state_at(now) == State.EXPIRED and booking.starts_at <= now for booking in mine):
            raise CannotFulfil
        diary = self._diary(mine, now)
        for booking in mine:
            for claim in booking.claims:
                diary.drop(claim, booking.id)
                if not diary.is_free(claim):
                    raise CannotFulfil
                diary.take(claim, booking.id, None)
        return [*(self.store.replace(rules.confirmed(booking, now)) for booking in mine), *self._rows(diary)]

    def release(
        self,
        lines: Sequence[Line],
        order: Order,  # noqa: ARG002 - the port's
        state: LineState,
        now: datetime,
    ) -> Sequence[Action]:
        """See `LineKind.release`.

        Raises:
            NotPossible: it is over.
        """
        target = State.EXPIRED if state == LineState.EXPIRED else State.CANCELLED
        found = self.store.bookings([line.ref for line in lines]).values()
        given_up = {one.id: after for one in found if (after := rules.released(one, target, now)) is not None}
        holding = [one for one in found if one.id in given_up and one.state_at(now) != State.EXPIRED]
        diary = self._diary(holding, now)
        for booking in holding:
            for claim in booking.claims:
                diary.drop(claim, booking.id)
        return [*(self.store.replace(after) for after in given_up.values()), *self._rows(diary)]

    def _diary(self, bookings: Sequence[Booking], now: datetime) -> Diary:
        keys = {key for booking in bookings for claim in booking.claims for key in claim.keys}
        return Diary(self.store.days(keys, consistent=True), now)

    def _rows(self, diary: Diary) -> list[Action]:
        return [self.store.replace_day(day) for day in diary.changed]


def _read(wish: Wish) -> _Asked:
    fields: Mapping[str, Any] = wish.fields
    for name in ("shop_id", "offering_id", "start"):
        if not fields.get(name):
            raise invalid(name, "a booking needs it")
    try:
        start = fields["start"].astimezone(UTC) if isinstance(fields["start"], datetime) else parse(fields["start"])
    except (ValueError, OverflowError) as error:
        raise invalid("start", "not a moment in RFC 3339") from error
    return _Asked(
        wish.line_id, str(fields["shop_id"]), str(fields["offering_id"]), start, fields.get("staff_id") or None
    )


def _plan(listing: Listing, asked: _Asked, now: datetime) -> free.Plan:
    """Return the date of a wish, which can be booked by the shop's description."""
    free.check_bookable(asked.start, now)  # also keeps the calendar's ends away from the arithmetic of zones
    day = asked.start.astimezone(ZoneInfo(listing.shop.zone)).date()
    plan = free.plan(listing, asked.offering_id, day, asked.staff_id)
    free.check_offered(plan, asked.start)
    return plan


def _booking(
    actor: Actor,
    order_id: str,
    asked: _Asked,
    plan: free.Plan,
    claim: Claim,
    hold_until: datetime | None,
    now: datetime,
) -> Booking:
    """Return the booking that a claim makes: held, or sold at once where there is nothing to wait for."""
    shop, offering = plan.shop, plan.offering
    return Booking(
        id=new_id("bkg"),
        order_id=order_id,
        line_id=asked.line_id,
        shop_id=shop.id,
        merchant_id=shop.merchant_id,
        customer_id=actor.account_id,
        offering_id=offering.id,
        title=offering.name,
        zone=shop.zone,
        claims=(claim,),
        staff_id=claim.resource_id if claim.resource_id != shop.id else None,
        starts_at=claim.start,
        ends_at=plan.ends(claim.start),
        state=State.HELD if hold_until else State.CONFIRMED,
        hold_until=hold_until,
        confirmed_at=None if hold_until else now,
        code=rules.new_code(),
        created_at=now,
    )


def _line(booking: Booking, plan: free.Plan) -> Line:
    policy = plan.shop.policy
    return Line(
        id=booking.line_id,
        kind=KIND,
        ref=booking.id,
        shop_id=booking.shop_id,
        merchant_id=booking.merchant_id,
        title=booking.title,
        price=plan.offering.price,
        policy=Policy(policy.free_until_minutes_before, policy.late_fee_bps),
        starts_at=booking.starts_at,
        ends_at=booking.ends_at,
    )
