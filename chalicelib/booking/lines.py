"""Bookings as lines of an order: implements `orders.ports.LineKind`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from chalicelib.booking import messages
from chalicelib.booking.ports import BookingStore
from chalicelib.booking.rules import booking as rules
from chalicelib.booking.rules import wanted
from chalicelib.booking.rules.booking import Booking, State
from chalicelib.booking.rules.days import Claim, Diary
from chalicelib.booking.rules.wanted import Chosen, Wanted
from chalicelib.kit.auth import Actor
from chalicelib.kit.ids import new_id
from chalicelib.kit.money import Money
from chalicelib.kit.outbox import Outbox
from chalicelib.kit.transaction import Action
from chalicelib.orders.ports import CannotFulfil, Line, LineState, Order, Policy, Reservation, Wish
from chalicelib.shops import use_cases as shops
from chalicelib.shops.ports import Choice, Shop, ShopPorts

KIND = "booking"


@dataclass(frozen=True)
class BookingLines:
    """Sells times.

    Attributes:
        store: the bookings.
        shops: who describes what can be booked.
        outbox: where it is told that time was taken, or can be had again.
    """

    store: BookingStore
    shops: ShopPorts
    outbox: Outbox

    def reserve(
        self, actor: Actor, order_id: str, wishes: Sequence[Wish], hold_until: datetime | None, now: datetime
    ) -> Reservation:
        """See `LineKind.reserve`: one query of each shop, one read of all rows that matter; one more of the customer's
        bookings where the shop gives customers whom they had the last time.

        Raises:
            SlotTaken: nobody who serves it is free; names other times.
            NotOffered: not a time that can be booked.
            NotFound: no such shop, offering or staff.
        """
        asked = [wanted.read(wish) for wish in wishes]
        listings = {shop_id: shops.listing(self.shops, shop_id) for shop_id in {one.shop_id for one in asked}}
        for one in asked:
            if one.by_shop:
                actor.must_run(listings[one.shop_id].shop.merchant_id)
        found = wanted.planned(asked, listings, now)
        diary = Diary(self.store.days({key for one in found for key in one.keys}, consistent=True), now)
        last = {
            one: self.store.last_staff(actor.account_id, one)
            for one, listing in listings.items()
            if listing.shop.terms.choice is Choice.LAST
        }
        chosen = wanted.chosen(found, diary, now, lambda _one: new_id("bkg"), hold_until, last)
        bookings = [_booking(actor, order_id, one, now, hold_until) for one in chosen]
        return Reservation(
            lines=tuple(_line(booking, one.wanted) for booking, one in zip(bookings, chosen, strict=True)),
            actions=(
                *(self.store.create(booking) for booking in bookings),
                *self._rows(diary),
                *self._answers(bookings),
                *self._told(bookings, (), now),
            ),
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
            _take_anew(booking, diary, None)
        sold = [rules.confirmed(booking, now) for booking in mine]
        return [*map(self.store.replace, sold), *self._rows(diary), *self._answers(sold)]

    def free_to_cancel(self, lines: Sequence[Line], now: datetime) -> Sequence[str]:  # noqa: ARG002 - the port's
        """See `LineKind.free_to_cancel`: what the merchant has not accepted yet."""
        found = self.store.bookings([line.ref for line in lines])
        waiting = {one.id for one in found.values() if one.state == State.REQUESTED}
        return [line.id for line in lines if line.ref in waiting]

    def extend(
        self,
        lines: Sequence[Line],
        order: Order,  # noqa: ARG002 - the port's
        until: datetime,
        now: datetime,
    ) -> Sequence[Action]:
        """See `LineKind.extend`."""
        found = self.store.bookings([line.ref for line in lines]).values()
        if len(found) < len(lines) or any(booking.state_at(now) != State.HELD for booking in found):
            raise CannotFulfil
        diary = self._diary(list(found), now)
        for booking in found:
            _take_anew(booking, diary, until)
        return [*(self.store.replace(rules.held_longer(booking, until)) for booking in found), *self._rows(diary)]

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
        freed = [one for one in found if one.id in given_up]
        return [
            *(self.store.replace(after) for after in given_up.values()),
            *self._rows(diary),
            *self._told((), freed, now),
        ]

    def _diary(self, bookings: Sequence[Booking], now: datetime) -> Diary:
        keys = {key for booking in bookings for claim in booking.claims for key in claim.keys}
        return Diary(self.store.days(keys, consistent=True), now)

    def _told(self, took: Sequence[Booking], freed: Sequence[Booking], now: datetime) -> list[Action]:
        """Return the write of the message, one for each shop; none where nothing changed."""
        shop_ids = sorted({one.shop_id for one in (*took, *freed)})
        return [
            self.outbox.put(messages.time_changed(one, _claims_in(one, took), _claims_in(one, freed), now))
            for one in shop_ids
        ]

    def _answers(self, bookings: Sequence[Booking]) -> list[Action]:
        return [self.store.await_answer(one) for one in bookings if one.state == State.REQUESTED]

    def _rows(self, diary: Diary) -> list[Action]:
        return [self.store.replace_day(day) for day in diary.changed]


def _claims_in(shop_id: str, bookings: Sequence[Booking]) -> list[Claim]:
    return [claim for one in bookings if one.shop_id == shop_id for claim in one.claims]


def _take_anew(booking: Booking, diary: Diary, hold_until: datetime | None) -> None:
    """Take what a booking holds once more. Its own entry proves nothing: by another function's clock the hold may have
    run out, and somebody else have the time.
    """
    for claim in booking.claims:
        diary.drop(claim, booking.id)
        if not diary.is_free(claim):
            raise CannotFulfil
        diary.take(claim, booking.id, hold_until)


def _booking(actor: Actor, order_id: str, chosen: Chosen, now: datetime, hold_until: datetime | None) -> Booking:
    """Return the booking that a choice makes."""
    plan, start = chosen.wanted.plan, chosen.wanted.start
    shop, offering = plan.shop, plan.offering
    held = Booking(
        id=chosen.booking_id,
        order_id=order_id,
        line_id=chosen.wanted.asked.line_id,
        shop_id=shop.id,
        merchant_id=shop.merchant_id,
        customer_id=actor.account_id,
        offering_id=offering.id,
        title=offering.name,
        zone=shop.zone,
        claims=chosen.claims,
        staff_id=chosen.staff_id,
        starts_at=start,
        ends_at=plan.ends(start),
        hold_until=hold_until,
        approval=offering.approval and not chosen.wanted.asked.by_shop,
        code=rules.new_code(),
        created_at=now,
    )
    return rules.begun(held, now)


def _line(booking: Booking, wanted: Wanted) -> Line:
    shop, offering = wanted.plan.shop, wanted.plan.offering
    deposit_bps = 0 if wanted.asked.by_shop else offering.deposit_bps
    return line_of(booking, KIND, shop, offering.price, deposit_bps)


def line_of(booking: Booking, kind: str, shop: Shop, price: Money, deposit_bps: int) -> Line:
    """Return the line of an order that sells a booking on the shop's terms as they are now; `price` is that of each."""
    policy = shop.policy
    return Line(
        id=booking.line_id,
        kind=kind,
        ref=booking.id,
        shop_id=booking.shop_id,
        merchant_id=booking.merchant_id,
        title=booking.title,
        offering_id=booking.offering_id,
        price=price,
        quantity=len(booking.seats) or 1,
        deposit_bps=deposit_bps,
        policy=Policy(policy.free_until_minutes_before, policy.late_fee_bps, policy.no_show_fee_bps),
        starts_at=booking.starts_at,
        ends_at=booking.ends_at,
    )
