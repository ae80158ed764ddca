"""A booking from its sale to its end, beside buying and cancelling it, which `orders` does through `lines`."""

from collections.abc import Callable, Sequence
from datetime import datetime

from chalicelib.booking.ports import BookingPorts
from chalicelib.booking.rules import booking as rules
from chalicelib.booking.rules.booking import Booking, State
from chalicelib.booking.rules.problems import WrongCode
from chalicelib.booking.use_cases.read import get, run_by
from chalicelib.kit.auth import Actor
from chalicelib.kit.idempotency import Once
from chalicelib.kit.transaction import Action, retrying
from chalicelib.orders import use_cases as orders
from chalicelib.orders.ports import OrdersPorts


def check_in(ports: BookingPorts, actor: Actor, booking_id: str, code: str, once: Once) -> Booking:
    """Write down that the customer came, which their code proves.

    Raises:
        NotFound, Forbidden: not the actor's shop.
        WrongCode, TooManyTries, NotPossible, TooEarly: see `rules.booking.checked_in`. A wrong code counts before
            it is told that it is wrong.
    """

    def attempt() -> Booking:
        booking, now = run_by(ports, actor, booking_id), ports.clock.now()
        try:
            after = rules.checked_in(booking, code, now)
        except WrongCode:
            ports.committer.commit([ports.store.replace(rules.missed(booking, now))])
            raise
        ports.committer.commit([ports.store.replace(after), ports.idempotency.remember(once, after)])
        return after

    return retrying(attempt)


def ticket(ports: BookingPorts, actor: Actor, booking_id: str) -> str:
    """Return the ticket that the customer shows at the door.

    Raises:
        NotFound: not the actor's own. NotPossible: it is not confirmed.
    """
    booking = get(ports, actor, booking_id)
    actor.must_be(booking.customer_id, "booking")
    booking.to(State.CHECKED_IN, ports.clock.now())
    return ports.tickets.issue(booking)


def redeem(ports: BookingPorts, actor: Actor, booking_id: str, ticket_text: str, once: Once) -> Booking:
    """Write down that the customer came, which their ticket proves: once, whoever hands it in.

    Raises:
        NotFound, Forbidden: not the actor's shop.
        WrongTicket: not this booking's. NotPossible, TooEarly: see `rules.booking.came`.
    """

    def attempt() -> Booking:
        booking, now = run_by(ports, actor, booking_id), ports.clock.now()
        ports.tickets.check(ticket_text, booking, now)
        after = rules.came(booking, now)
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
        booking, now = run_by(ports, actor, booking_id), ports.clock.now()
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


def late(ports: BookingPorts, actor: Actor, booking_id: str, minutes: int, once: Once) -> Booking:
    """Write down that the customer comes late; they are no no-show before.

    Raises:
        NotFound: not the actor's own. NotPossible: it is not confirmed.
    """

    def attempt() -> Booking:
        booking = get(ports, actor, booking_id)
        actor.must_be(booking.customer_id, "booking")
        after = rules.late(booking, minutes, ports.clock.now())
        ports.committer.commit([ports.store.replace(after), ports.idempotency.remember(once, after)])
        return after

    return retrying(attempt)
