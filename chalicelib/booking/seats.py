"""Seats of sessions as lines of an order: implements `orders.ports.LineKind`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from chalicelib.booking.lines import line_of
from chalicelib.booking.ports import BookingStore, SessionStore
from chalicelib.booking.rules import booking as rules
from chalicelib.booking.rules import sessions
from chalicelib.booking.rules.booking import Booking, State
from chalicelib.booking.rules.sessions import MOST_AT_ONCE, NoSeats, Room, SessionOver
from chalicelib.kit.auth import Actor
from chalicelib.kit.errors import NotFound, invalid
from chalicelib.kit.ids import new_id
from chalicelib.kit.transaction import Action
from chalicelib.orders.ports import CannotFulfil, Line, LineState, Order, Reservation, Wish
from chalicelib.shops import use_cases as shops
from chalicelib.shops.ports import Shop, ShopPorts, Status

KIND = "seat"


@dataclass(frozen=True)
class SeatLines:
    """Sells seats.

    Attributes:
        store: the bookings.
        sessions: the sessions and their seats.
        shops: on what terms they are sold.
    """

    store: BookingStore
    sessions: SessionStore
    shops: ShopPorts

    def reserve(
        self, actor: Actor, order_id: str, wishes: Sequence[Wish], hold_until: datetime | None, now: datetime
    ) -> Reservation:
        """See `LineKind.reserve`: one query of each session, one read of each shop.

        Raises:
            NoSeats, SessionOver: they cannot be had.
            NotFound: no such session in that shop.
        """
        lines: list[Line] = []
        actions: list[Action] = []
        shops_by_id: dict[str, Shop] = {}
        if len({wish.fields.get("session_id") for wish in wishes}) < len(wishes):
            raise invalid("lines", "each session once, with all its seats")
        for wish in wishes:
            room, number = self._asked(wish.fields)
            shop_id = room.session.shop_id
            shop = shops_by_id[shop_id] = shops_by_id.get(shop_id) or shops.shop(self.shops, shop_id)
            if shop.status is not Status.OPEN:
                raise SessionOver
            numbers = sessions.choose(room, number, now, wish.line_id)
            booking = _booking(actor, order_id, wish.line_id, room, numbers, hold_until, now)
            lines.append(line_of(booking, KIND, shop, room.session.price, room.session.deposit_bps))
            actions.append(self.store.create(booking))
            actions += self.sessions.take(room.session, booking.id, numbers, hold_until, now)
        return Reservation(tuple(lines), tuple(actions))

    def confirm(self, lines: Sequence[Line], order: Order, now: datetime) -> Sequence[Action]:  # noqa: ARG002 - the port's
        """See `LineKind.confirm`: the bookings in one read, and one of each session. Where its own seats are somebody
        else's by now, any others will do.
        """
        found = self.store.bookings([line.ref for line in lines])
        if len(found) < len(lines) or any(one.state == State.CANCELLED for one in found.values()):
            raise CannotFulfil
        actions: list[Action] = []
        for booking in found.values():
            if booking.state in {State.HELD, State.EXPIRED}:
                numbers = self._seats_of(booking, now)
                sold = replace(rules.confirmed(booking, now), seats=tuple(numbers))
                actions.append(self.store.replace(sold))
                actions += self.sessions.keep(booking.session_id or "", booking.id, numbers, None, now)
        return actions

    def free_to_cancel(self, lines: Sequence[Line], now: datetime) -> Sequence[str]:  # noqa: ARG002 - the port's
        """See `LineKind.free_to_cancel`: seats are the customer's at once."""
        return ()

    def extend(
        self,
        lines: Sequence[Line],
        order: Order,  # noqa: ARG002 - the port's
        until: datetime,
        now: datetime,
    ) -> Sequence[Action]:
        """See `LineKind.extend`."""
        found = self.store.bookings([line.ref for line in lines]).values()
        if len(found) < len(lines) or any(one.state_at(now) != State.HELD for one in found):
            raise CannotFulfil
        actions: list[Action] = []
        for booking in found:
            numbers = self._seats_of(booking, now)
            actions.append(self.store.replace(replace(rules.held_longer(booking, until), seats=tuple(numbers))))
            actions += self.sessions.keep(booking.session_id or "", booking.id, numbers, until, now)
        return actions

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
        actions: list[Action] = []
        for booking in self.store.bookings([line.ref for line in lines]).values():
            after = rules.released(booking, target, now)
            if after is not None:
                actions.append(self.store.replace(after))
                room = self.sessions.room(booking.session_id or "")
                if room is not None:  # long after its end there is nothing to give back
                    actions += self.sessions.give(room.session.id, booking.id, room.of(booking.id))
        return actions

    def _asked(self, fields: Mapping[str, Any]) -> tuple[Room, int]:
        number = int(fields.get("seats") or 1)
        if not 1 <= number <= MOST_AT_ONCE:
            raise invalid("seats", f"1 to {MOST_AT_ONCE}")
        room = self.sessions.room(str(fields.get("session_id")))
        if room is None or room.session.shop_id != fields.get("shop_id"):
            raise NotFound("session")
        return room, number

    def _room(self, booking: Booking) -> Room:
        room = self.sessions.room(booking.session_id or "")
        if room is None:
            raise NotFound("session")
        return room

    def _seats_of(self, booking: Booking, now: datetime) -> Sequence[int]:
        room = self._room(booking)
        if not room.session.cancelled and sessions.still_theirs(room, booking.seats, booking.id, now):
            late = booking.state_at(now) == State.EXPIRED and booking.starts_at <= now
            if not late:
                return booking.seats
        try:
            return sessions.choose(room, len(booking.seats), now, booking.id)
        except (NoSeats, SessionOver) as error:
            raise CannotFulfil from error


def _booking(
    actor: Actor,
    order_id: str,
    line_id: str,
    room: Room,
    numbers: Sequence[int],
    hold_until: datetime | None,
    now: datetime,
) -> Booking:
    session = room.session
    held = Booking(
        id=new_id("bkg"),
        order_id=order_id,
        line_id=line_id,
        shop_id=session.shop_id,
        merchant_id=session.merchant_id,
        customer_id=actor.account_id,
        offering_id=session.offering_id,
        title=session.title,
        zone=session.zone,
        claims=(),
        staff_id=session.staff_id,
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        hold_until=hold_until,
        code=rules.new_code(),
        created_at=now,
        session_id=session.id,
        seats=tuple(numbers),
    )
    return rules.begun(held, now)
