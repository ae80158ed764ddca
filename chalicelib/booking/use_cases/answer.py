"""The merchant's answer to a booking that asks for one: accepted, declined, or declined by the clock."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from chalicelib.booking.ports import Awaited, BookingPorts
from chalicelib.booking.rules import booking as rules
from chalicelib.booking.rules.booking import Booking, State
from chalicelib.booking.rules.problems import NotPossible
from chalicelib.booking.use_cases.read import run_by
from chalicelib.kit.auth import Actor
from chalicelib.kit.errors import NotFound
from chalicelib.kit.failures import Failures
from chalicelib.kit.idempotency import Once
from chalicelib.kit.transaction import Action, retrying
from chalicelib.orders import use_cases as orders
from chalicelib.orders.ports import NotPossible as OrderNotPossible

BATCH = 100  # bookings of a shard and run; what is left waits for the next run


def accept(ports: BookingPorts, actor: Actor, booking_id: str, once: Once) -> Booking:
    """Accept a booking that waits for it.

    Raises:
        NotFound, Forbidden: not the actor's shop.
        NotPossible: it waits for no answer. AnswerTooLate: it did.
    """

    def attempt() -> Booking:
        after = rules.accepted(run_by(ports, actor, booking_id), ports.clock.now())
        ports.committer.commit([ports.store.replace(after), ports.idempotency.remember(once, after)])
        return after

    return retrying(attempt)


def decline(ports: BookingPorts, actor: Actor, booking_id: str, reason: str | None, once: Once) -> Booking:
    """Decline a booking that waits for an answer: its time is free, and all of its money goes back.

    Raises:
        NotFound, Forbidden: not the actor's shop. NotPossible: it waits for no answer.
    """
    run_by(ports, actor, booking_id)

    def attempt() -> Booking:
        actions, after = _declined(ports, booking_id, reason, ports.clock.now())
        ports.committer.commit([*actions, ports.idempotency.remember(once, after)])
        return after

    return retrying(attempt)


@dataclass(frozen=True)
class Swept:
    """What a run did: bookings that were declined, and those that could not be."""

    declined: int
    failed: int


def decline_unanswered(ports: BookingPorts, as_of: datetime) -> Swept:
    """Decline all bookings that nobody answered in time. Safe to repeat, and to run twice at once; one that fails does
    not keep the others waiting.
    """
    declined, failures = 0, Failures()
    for shard in range(ports.store.shards):
        for awaited in list(ports.store.unanswered(shard, as_of, BATCH)):
            with failures.spared("a booking could not be declined", booking_id=awaited.booking_id):
                declined += retrying(partial(_lapse, ports, awaited, as_of))
    return Swept(declined, failures.count)


def _lapse(ports: BookingPorts, awaited: Awaited, as_of: datetime) -> bool:
    actions: Sequence[Action] = ()
    booking = ports.store.booking(awaited.booking_id)
    # Answered by now, or moved: then it waits under another time.
    if booking is not None and booking.answer_by is not None and booking.answer_by <= as_of:
        with suppress(NotPossible, OrderNotPossible):
            actions, _ = _declined(ports, booking.id, None, as_of)
    ports.committer.commit([*actions, ports.store.forget_answer(awaited)])
    return bool(actions)


def _declined(
    ports: BookingPorts, booking_id: str, reason: str | None, now: datetime
) -> tuple[Sequence[Action], Booking]:
    first = ports.store.booking(booking_id)
    if first is None:
        raise NotFound("booking")
    actions = orders.line_declined(ports.orders, first.order_id, first.line_id, reason, now)
    # Looked at after the writes were made of what stood before: nothing that is answered waits for an answer again.
    booking = ports.store.booking(booking_id)
    if booking is None:
        raise NotFound("booking")
    rules.check_unanswered(booking)
    return actions, booking.to(State.CANCELLED, now)
