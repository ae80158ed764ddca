"""Sessions: planned and called off by the merchant, seen by everybody. Their seats are sold by `seats`."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from chalicelib.booking import messages
from chalicelib.booking.ports import BookingPorts
from chalicelib.booking.rules import sessions, wanted
from chalicelib.booking.rules.days import Diary
from chalicelib.booking.rules.sessions import Room, Session
from chalicelib.booking.rules.wanted import Asked, Chosen
from chalicelib.kit.auth import Actor
from chalicelib.kit.errors import NotFound
from chalicelib.kit.idempotency import Once
from chalicelib.kit.ids import new_id
from chalicelib.kit.transaction import Action, retrying
from chalicelib.kit.wall import DAY, Window, day_bounds
from chalicelib.orders import use_cases as orders
from chalicelib.orders.ports import NotPossible
from chalicelib.shops import use_cases as shops

_ROWS = 400  # of seats that one look takes
_TOGETHER = 25  # bookings that one message calls off


@dataclass(frozen=True)
class Planned:
    """What a merchant plans: an offering with seats, when, and with whom; None: anyone who can."""

    offering_id: str
    start: datetime
    staff_id: str | None = None


def plan(ports: BookingPorts, actor: Actor, shop_id: str, wish: Planned, once: Once) -> Session:
    """Plan a session: it takes its staff and its rooms, and its seats can be bought from now on.

    Raises:
        NotFound, Forbidden: not the actor's shop, no such offering or staff.
        NotAClass: the offering has no seats. NotOffered: the shop is not open. SlotTaken: somebody is busy.
    """
    session_id = new_id("ses")

    def attempt() -> Session:
        now = ports.clock.now()
        listing = shops.listing(ports.shops, shop_id)
        actor.must_run(listing.shop.merchant_id)
        asked = Asked(session_id, shop_id, wish.offering_id, wish.start, wish.staff_id, by_shop=True, of_session=True)
        found = wanted.planned([asked], {shop_id: listing}, now)
        diary = Diary(ports.store.days(found[0].keys, consistent=True), now)
        (chosen,) = wanted.chosen(found, diary, now, lambda _one: session_id, None)
        session = _session(session_id, chosen)
        ports.committer.commit(
            [
                *ports.sessions.plan(session),
                *map(ports.store.replace_day, diary.changed),
                ports.outbox.put(messages.time_changed(shop_id, session.claims, (), now)),
                ports.idempotency.remember(once, Room(session)),
            ]
        )
        return session

    return retrying(attempt)


def _session(session_id: str, chosen: Chosen) -> Session:
    plan, start = chosen.wanted.plan, chosen.wanted.start
    shop, offering = plan.shop, plan.offering
    return Session(
        id=session_id,
        shop_id=shop.id,
        merchant_id=shop.merchant_id,
        offering_id=offering.id,
        title=offering.name,
        price=offering.price,
        deposit_bps=offering.deposit_bps,
        zone=shop.zone,
        starts_at=start,
        ends_at=plan.ends(start),
        seats=offering.seats,
        claims=chosen.claims,
        staff_id=chosen.staff_id,
    )


def rooms(ports: BookingPorts, shop_id: str, day: date, days: int) -> Sequence[Room]:
    """Return a shop's sessions of some local dates with their seats, by start, also those that were called off.

    Raises:
        NotFound: no such shop.
    """
    zone = ZoneInfo(shops.shop(ports.shops, shop_id).zone)
    span = Window(day_bounds(day, zone).start, day_bounds(day + (days - 1) * DAY, zone).end)
    return ports.sessions.of_shop(shop_id, span, _ROWS)


def call_off(ports: BookingPorts, actor: Actor, session_id: str, once: Once) -> Room:
    """Call a session off: nobody can buy a seat, its staff and rooms are free, and everybody who has bought one gets
    all of their money back, which messages see to.

    Raises:
        NotFound, Forbidden: not the actor's.
    """

    def attempt() -> Room:
        now = ports.clock.now()
        room = ports.sessions.room(session_id)
        if room is None:
            raise NotFound("session")
        actor.must_run(room.session.merchant_id)
        after = sessions.called_off(room.session)
        actions: list[Action] = []
        if after is not room.session:
            keys = {key for claim in after.claims for key in claim.keys}
            diary = Diary(ports.store.days(keys, consistent=True), now)
            for claim in after.claims:
                diary.drop(claim, session_id)
            actions += [*ports.sessions.call_off(room, after), *map(ports.store.replace_day, diary.changed)]
            actions.append(ports.outbox.put(messages.time_changed(after.shop_id, (), after.claims, now)))
            held = room.holders(now)
            some = (held[at : at + _TOGETHER] for at in range(0, len(held), _TOGETHER))
            actions += [ports.outbox.put(messages.called_off(session_id, ids, now)) for ids in some]
        result = Room(after, room.taken)
        ports.committer.commit([*actions, ports.idempotency.remember(once, result)])
        return result

    return retrying(attempt)


def give_back(ports: BookingPorts, booking_ids: Collection[str]) -> None:
    """Give the money of bookings back whose session was called off. One that is not paid yet gives itself back when its
    money comes. Safe to repeat.
    """
    for booking in ports.store.bookings(booking_ids).values():
        retrying(lambda one=booking: _give_back(ports, one.order_id, one.line_id))  # type: ignore[misc]


def _give_back(ports: BookingPorts, order_id: str, line_id: str) -> None:
    try:
        actions = orders.line_declined(ports.orders, order_id, line_id, None, ports.clock.now())
    except NotPossible:  # done before, cancelled, or not paid for
        return
    ports.committer.commit(actions)
